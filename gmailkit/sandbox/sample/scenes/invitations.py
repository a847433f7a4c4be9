"""Calendar mail: invitations, a move, a cancellation, and answers to one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days, day_text
from gmailkit.sandbox.sample.files import ics
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import rows
from gmailkit.sandbox.sample.people import ME, PEOPLE

_CALENDAR = Address("calendar-noreply@example.com", "Example Calendar")


class _Event(NamedTuple):
    """`ahead` is how many days after the mail it takes place; `word` begins the subject."""

    ago: int
    who: str
    method: str
    word: str
    title: str
    where: str
    ahead: int
    at: str
    minutes: int


_EVENTS = (
    (1, "ann", "REQUEST", "Invitation", "Budget round", "fern room, Mill Street 9", 6, "09:00", 60),
    (4, "carla", "REQUEST", "Updated invitation", "Release 4.2: go or no", "video", 5, "08:30", 15),
    (18, "dina", "REQUEST", "Invitation", "Harbor: yearly review", "Pier 4", 9, "11:00", 90),
    (41, "bob", "CANCEL", "Canceled event", "Cache retrospective", "video", 1, "14:00", 45),
    (43, "bob", "REQUEST", "Invitation", "Cache retrospective", "video", 3, "14:00", 45),
    (76, "ivan", "REQUEST", "Invitation", "Chess, first round", "Old Town Hall", 18, "17:00", 180),
    (166, "ann", "REQUEST", "Invitation", "Your yearly talk", "Ann's room", 7, "10:00", 50),
    (241, "carla", "REPLY", "Accepted", "Map colours, the last word", "video", 2, "12:00", 30),
    (242, "bob", "REPLY", "Declined", "Map colours, the last word", "video", 3, "12:00", 30),
    (540, "june", "REQUEST", "Invitation", "School concert", "Lakeside School", 12, "16:00", 75),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for event in map(_Event._make, _EVENTS):
        yield _mail(days, event)


def _mail(days: Days, event: _Event) -> Letter:
    date = days.ago(event.ago, "08:05")
    start = days.ago(event.ago, event.at).replace(second=0) + timedelta(days=event.ahead)
    person = PEOPLE[event.who].address
    people = [person.email, ME.email] if event.method != "REPLY" else [ME.email, person.email]
    when = f"{day_text(start)}, {event.at} UTC"
    facts = [("What", event.title), ("When", when), ("Where", event.where), ("Who", person.email)]
    lines = "".join(f"{left + ':':<8}{right}\n" for left, right in facts)
    title = event.title.lower().replace(" ", "-")
    return Letter(
        key=f"event-{title}-{event.ago}",
        date=date,
        sender=Address(person.email, f"{person.name} (calendar)"),
        subject=f"{event.word}: {event.title} @ {when}",
        text=f"{event.word}\n\n{lines}\nAnswer: https://calendar.example.com/e/{title}\n",
        html=rows(f"{event.word}: {event.title}", facts, footer="You are among the guests."),
        files=(
            ics(
                method=event.method,
                uid=f"{title}@calendar.example.com",
                start=start,
                minutes=event.minutes,
                summary=event.title,
                people=people,
            ),
        ),
        headers={"Sender": f"{_CALENDAR.name} <{_CALENDAR.email}>", "X-Calendar": event.method},
        labels=(*(("INBOX",) if event.ago < 30 else ()), "CATEGORY_PERSONAL", "IMPORTANT"),
    )
