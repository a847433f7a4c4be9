"""What was thrown away in the last thirty days; some of it had a label, some was never read."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.people import PEOPLE

_THROWN_AWAY = (
    (3, "gus", "Wrong Mira", "Sorry, that was for another Mira with another bicycle.", ()),
    (7, "farah", "Recipe", "Never mind the recipe, I burnt it. Do not cook this.", ("UNREAD",)),
    (11, "emil", "Test", "Does this arrive? The new server and I are not friends yet.", ()),
    (13, "emil", "Test 2", "And this one? It went by the other server.", ()),
    (18, "olga", "Flat for rent", "Taken already. It had the view, and the damp.", ("UNREAD",)),
    (25, "bob", "Old agenda", "Agenda of a meeting that nobody came to, me included.", ("Work",)),
)

_PARTY = Conversation(
    key="car-park",
    subject="Lights on in the car park",
    ago=20,
    at="16:20",
    people="all",
    labels=("TRASH",),
    script="""
@carla
A small blue car in the yard has its lights on.
@bob +8m
Mine. Was mine. The battery is gone.
""",
)


def letters(days: Days) -> Iterator[Letter]:
    for ago, who, subject, text, labels in _THROWN_AWAY:
        person = PEOPLE[who]
        yield Letter(
            key=f"trash-{ago}",
            date=days.ago(ago, "13:13"),
            sender=person.address,
            subject=subject,
            text=f"{text}\n\n{person.address.name}\n",
            labels=("TRASH", *labels),
            producer=person.producer,
            zone=person.zone,
        )
    yield from letters_of(_PARTY, days)
