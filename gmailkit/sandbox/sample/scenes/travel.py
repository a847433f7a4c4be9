"""Tickets, rooms, and what the railway has to say about the weather."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import rows

_RAIL = Address("tickets@coastline-rail.example", "Coastline Rail")
_AIR = Address("booking@blueheron-air.example", "Blue Heron Air")
_HOTEL = Address("reception@casa-do-rio.example", "Casa do Rio")

# days ago, sender, subject, rows, ticket, labels
_BOOKINGS = (
    (16, _RAIL, "Your ticket to Rotterdam, reference C7QX2",
     (("Train", "CR 412, coach 7, seat 31"), ("Departs", "07:12"), ("Price", "48.00 EUR")),
     "ticket-C7QX2.pdf", ("INBOX", "Travel", "STARRED")),
    (190, _RAIL, "Your ticket to Gdynia, reference B1MM9",
     (("Train", "CR 88, coach 2, seat 5"), ("Departs", "06:40"), ("Price", "74.50 EUR")),
     "ticket-B1MM9.pdf", ("Travel", "Work")),
    (232, _AIR, "Booking confirmed: Lisbon, BH 331",
     (("Flight", "BH 331"), ("Seat", "14A"), ("Luggage", "1 bag"), ("Price", "164.20 EUR")),
     "boarding-BH331.pdf", ("Travel/Lisbon [spring]",)),
    (231, _HOTEL, "Reservation 2207 at Casa do Rio",
     (("Room", "3, to the river"), ("Nights", "4"), ("Breakfast", "yes"), ("Sum", "312.00 EUR")),
     "", ("Travel/Lisbon [spring]",)),
    (480, _RAIL, "Your ticket to the sea, reference A0KK4",
     (("Train", "CR 9, first coach"), ("Departs", "09:30"), ("Price", "22.00 EUR")),
     "ticket-A0KK4.pdf", ("Travel",)),
    (815, _AIR, "Booking confirmed: Tromsø, BH 870",
     (("Flight", "BH 870"), ("Seat", "3F"), ("Luggage", "hand luggage"), ("Price", "240.00 EUR")),
     "boarding-BH870.pdf", ("Путешествия",)),
)  # fmt: skip

_NEWS = (
    (10, _RAIL, "CR 412 leaves 25 minutes later",
     "Wet leaves near the bridge. Your connection in Utrecht waits for you.", ("INBOX", "Travel")),
    (205, _AIR, "Check in now for BH 331",
     "The flight leaves in 24 hours. Bring the passport that ends in 88.",
     ("Travel/Lisbon [spring]",)),
    (196, _HOTEL, "You left a scarf",
     "It is green and smells of the sea. Shall we send it? It would cost 6.50 EUR.",
     ("Travel/Lisbon [spring]",)),
    (812, _AIR, "Снег в Тромсё: вылет перенесён",
     "Рейс BH 870 вылетит на два часа позже из-за снега. Горячий чай у выхода 4 за наш счёт.",
     ("Путешествия",)),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for ago, sender, subject, facts, ticket, labels in _BOOKINGS:
        yield _booking(days, ago, sender, subject, facts, ticket, labels)
    for ago, sender, subject, text, labels in _NEWS:
        yield Letter(
            key=f"travel-news-{ago}",
            date=days.ago(ago, "06:21"),
            sender=sender,
            subject=subject,
            text=f"{text}\n\n{sender.name}\n",
            labels=(*labels, "CATEGORY_UPDATES"),
        )


def _booking(
    days: Days,
    ago: int,
    sender: Address,
    subject: str,
    facts: tuple[tuple[str, str], ...],
    ticket: str,
    labels: tuple[str, ...],
) -> Letter:
    lines = [f"{left}: {right}" for left, right in facts]
    return Letter(
        key=f"booking-{sender.email}-{ago}",
        date=days.ago(ago, "21:07"),
        sender=sender,
        to=(Address("me+travel@example.com", "Mira Vale"),),
        subject=subject,
        text="\n".join([f"Thank you for booking with {sender.name}.", "", *lines, ""]),
        html=rows(subject, facts, footer=f"{sender.name}. Show the code at the barrier."),
        files=(pdf(ticket, [sender.name, subject, *lines]),) if ticket else (),
        labels=(*labels, "CATEGORY_UPDATES", "CATEGORY_RESERVATIONS"),
        delivered_to="me+travel@example.com",
    )
