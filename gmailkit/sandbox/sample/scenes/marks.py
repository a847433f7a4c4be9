"""Mail that carries Gmail's marks: a star of each kind, muted, snoozed, chats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.people import PEOPLE

_STARRED = (
    ("YELLOW_STAR", 13, "lena", "Address of the book binder", "Quay 17, bell without a name."),
    ("ORANGE_STAR", 37, "nils", "Boat papers", "The number on the hull is NV 2214."),
    ("RED_STAR", 55, "ann", "Alarm code after hours", "It changes on Monday, ask me in person."),
    ("PURPLE_STAR", 66, "hana", "Word of the day", "Komorebi: light through leaves."),
    ("BLUE_STAR", 79, "emil", "Server names", "Skagen, Lindesnes, Ona. All lighthouses."),
    ("GREEN_STAR", 92, "olga", "Colour of the fence", "RAL 6011, two coats, dry weather."),
    ("RED_BANG", 108, "mum", "Do not forget the oven", "Off means the flame is off, not the lamp."),
    ("YELLOW_BANG", 129, "june", "Deadline for the choir", "Friday at noon, after that only bass."),
    ("ORANGE_GUILLEMET", 144, "carla", "Read this next", "The style guide, chapter on blue."),
    ("GREEN_CHECK", 168, "bob", "Backups ran", "All 31 of them, and I restored one to be sure."),
    ("BLUE_INFO", 182, "dina", "Opening hours of the pier", "Six to six, Sundays by telephone."),
    ("PURPLE_QUESTION", 216, "ivan", "Is c5 playable?", "After bishop b5 I see nothing for Black."),
)

_MUTED = Conversation(
    key="teapot-war",
    subject="Whose teapot is this",
    ago=34,
    at="11:11",
    people="all",
    labels=("MUTED",),
    script="""
@bob
There is a teapot in the sink. It has been there since the move.
@carla +3m
It is a nice teapot.
@ann +30m
It is a nice teapot in the sink.
@bob +1h
I have washed it. It is mine now.
""",
)

_CHATS = (
    (880, "ann", "are you at your desk? the courier is downstairs"),
    (879, "bob", "the build is green, quick, nobody touch anything"),
    (870, "carla", "left is 8px, right is 9px. i will not sleep"),
)


def letters(days: Days) -> Iterator[Letter]:
    for star, ago, who, subject, text in _STARRED:
        yield _from(days, ago, who, subject, text, ("STARRED", star, "CATEGORY_PERSONAL"))
    yield from letters_of(_MUTED, days)
    snoozed = "The window man comes between eight and ten. Somebody must be at home."
    yield _from(days, 15, "lena", "Window man, next month", snoozed, ("SNOOZED",))
    for ago, who, text in _CHATS:
        chat = _from(days, ago, who, f"Chat with {PEOPLE[who].address.name}", text, ("CHAT",))
        yield replace(chat, headers={"X-Chat": "1"})


def _from(
    days: Days, ago: int, who: str, subject: str, text: str, labels: tuple[str, ...]
) -> Letter:
    person = PEOPLE[who]
    return Letter(
        key=f"{who}-{ago}",
        date=days.ago(ago, "10:10"),
        sender=person.address,
        subject=subject,
        text=f"{text}\n",
        labels=labels,
        producer=person.producer,
        zone=person.zone,
    )
