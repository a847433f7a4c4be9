"""Advertising that one has signed up for, once, in a weak moment. HTML alone, as such mail is."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import png
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.page import rows
from gmailkit.sandbox.sample.producers import POSTWAGON

_SHOPS = {
    "kestrel": Address("news@kestrel-outdoor.example", "Kestrel Outdoor"),
    "lumen": Address("hello@lumen.example", "Lumen Lamps"),
    "rail": Address("offers@coastline-rail.example", "Coastline Rail"),
    "cinema": Address("programme@orpheum.example", "Orpheum Cinema"),
    "fit": Address("team@stairs-gym.example", "Stairs Gym"),
}

_OFFERS = (
    (1, "kestrel", "Only today: 30% off everything with a hood", "Code HOOD30", "until midnight"),
    (5, "cinema", "This week: three films with submarines", "Cheerful", "Friday, 20:00"),
    (7, "rail", "Berlin from 19.90 & Paris from 29.90", "Seats at this price", "1,200"),
    (13, "lumen", "Light for the dark half of the year", "Brass desk lamp", "67.20 EUR"),
    (19, "fit", "We miss you on the stairs", "Free visits for you", "2"),
    (27, "kestrel", "Your jacket has friends", "Trousers, blue", "89.00 EUR"),
    (44, "rail", "The night train is back", "First departure", "21:48"),
    (77, "cinema", "Silent films with a loud organ", "Organist", "on all four evenings"),
    (125, "fit", "Summer: the stairs are outside now", "Steps to the castle", "312"),
    (210, "lumen", "Moving house? So are our prices", "Bulbs, box of ten", "14.00 EUR"),
    (299, "rail", "A seat at the window is guaranteed", "Extra", "3.50 EUR"),
    (455, "kestrel", "Tents, aired and tested", "Nights we slept in them", "41"),
    (700, "cinema", "Our old seats are for sale", "Red velvet, per pair", "25.00 EUR"),
)


def letters(days: Days) -> Iterator[Letter]:
    for ago, shop, subject, left, right in _OFFERS:
        yield _offer(days, ago, _SHOPS[shop], subject, (left, right))


def _offer(days: Days, ago: int, shop: Address, subject: str, line: tuple[str, str]) -> Letter:
    domain = shop.email.rpartition("@")[2]
    key = f"offer-{domain}-{ago}"
    way_out = f"https://{domain}/leave?u={token(key, 12)}"
    page = rows(subject, [line, ("Where", domain)], footer=f"{shop.name}. Leave: {way_out}")
    banner = png("banner.png", width=60, height=12, color=0xCC3A21, content_id=f"b{ago}@{domain}")
    if pictured := ago % 3 == 1:
        page = page.replace("<h2>", f'<img src="cid:{banner.content_id}" alt=""><h2>', 1)
    return Letter(
        key=key,
        date=days.ago(ago, "07:30"),
        sender=shop,
        subject=subject,
        html=page,
        files=(banner,) if pictured else (),
        labels=_place(ago),
        headers={"List-Unsubscribe": f"<{way_out}>", "X-Campaign": token(subject, 8)},
        producer=POSTWAGON,
    )


def _place(ago: int) -> tuple[str, ...]:
    inbox = ("INBOX",) if ago < 50 else ()
    return (*inbox, "CATEGORY_PROMOTIONS", *(("UNREAD",) if ago % 2 else ()))
