"""Who answers whom, how fast, and who owes an answer: conversations as their messages pass by."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from gmailkit.model.mail import Address
from gmailkit.services.stats.model import Person

_MOST = 50_000  # people who are told apart
_LONGEST = 0xFFFFFFFF  # seconds that an answer is told to have taken; 136 years


@dataclass(slots=True)
class _Known:
    """One other person, as far as was seen."""

    address: str
    name: str = ""
    received: int = 0
    sent: int = 0
    mine: array[int] = field(default_factory=lambda: array("I"))
    theirs: array[int] = field(default_factory=lambda: array("I"))
    i_owe: int = 0
    owes_me: int = 0
    waiting: int | None = None


@dataclass(slots=True)
class _Open:
    """The side that wrote last in a conversation, since when the other has not answered, and who
    the other person is.
    """

    own: bool
    since: int
    who: int


class Replies:
    """Messages are told with the oldest first; of a conversation one line is held."""

    def __init__(self) -> None:
        self._people: list[_Known] = []
        self._numbers: dict[str, int] = {}
        self._open: dict[str, _Open] = {}

    def received(self, thread: str, millis: int, sender: Address) -> None:
        """From a person; what came by a list, or from nobody, is not told."""
        number = self._number(sender)
        if number is None:
            return
        known = self._people[number]
        known.received += 1
        before = self._open.get(thread) if thread else None
        if before and before.own:
            known.theirs.append(_seconds(before.since, millis))
        if thread and (before is None or before.own):
            self._open[thread] = _Open(False, millis, number)

    def sent(self, thread: str, millis: int, to: Iterable[Address]) -> None:
        """By the owner of the mailbox."""
        numbers = [number for each in to if (number := self._number(each)) is not None]
        for number in numbers:
            self._people[number].sent += 1
        before = self._open.get(thread) if thread else None
        if before and not before.own:
            self._people[before.who].mine.append(_seconds(before.since, millis))
        if thread and numbers and (before is None or not before.own):
            who = before.who if before and before.who in numbers else numbers[0]
            self._open[thread] = _Open(True, millis, who)

    def people(self) -> tuple[Person, ...]:
        """Those who were ever written to; who never was is owed no answer."""
        for each in self._open.values():
            known = self._people[each.who]
            if each.own:
                known.owes_me += 1
            else:
                known.i_owe += 1
                known.waiting = min(known.waiting or each.since, each.since)
        found = [_person(each) for each in self._people if each.sent]
        return tuple(sorted(found, key=_most_open))

    def _number(self, who: Address) -> int | None:
        """None where there is no address, or too many were seen."""
        key = who.email.casefold()
        number = self._numbers.get(key)
        if number is None and key and len(self._people) < _MOST:
            number = self._numbers[key] = len(self._people)
            self._people.append(_Known(key))
        if number is not None and who.name and not self._people[number].name:
            self._people[number].name = who.name
        return number


def _seconds(since: int, until: int) -> int:
    return min(max(0, until - since) // 1000, _LONGEST)


def _person(known: _Known) -> Person:
    waiting = known.waiting
    return Person(
        address=known.address,
        name=known.name,
        received=known.received,
        sent=known.sent,
        my_answers=len(known.mine),
        my_median=float(median(known.mine)) if known.mine else None,
        their_answers=len(known.theirs),
        their_median=float(median(known.theirs)) if known.theirs else None,
        i_owe=known.i_owe,
        owes_me=known.owes_me,
        waiting=datetime.fromtimestamp(waiting / 1000, UTC) if waiting is not None else None,
    )


def _most_open(person: Person) -> tuple[int, int, str]:
    return -person.i_owe - person.owes_me, -person.sent - person.received, person.address
