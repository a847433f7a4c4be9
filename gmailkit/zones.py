"""Clocks on the wall: which moment one shows, in the zone of this machine or a named one.

A wall time that daylight saving skips is moved forward by as much as the clocks are; one that comes
twice is two moments (PEP 495 `fold`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

import msgspec

from gmailkit.errors import UsageError

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


class When(msgspec.Struct, frozen=True):
    """An aware moment, and what has to be said about how it was found ("" for nothing).

    `counted`: it is so long from now, and not what a clock shows then.
    """

    at: datetime
    remark: str = ""
    counted: bool = False


class _Local(tzinfo):
    """The zone of this machine, for any date, by the C library."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        wall = when.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
        first = wall.replace(tzinfo=self, fold=0)
        return first if instant(first) == when.replace(tzinfo=UTC) else first.replace(fold=1)

    def __str__(self) -> str:
        return "the zone of this machine"


LOCAL: tzinfo = _Local()


def local(moment: datetime) -> datetime:
    """A moment as the clocks of this machine show it; as it is where they show none, as in the
    first and the last hours that Python knows: mail may claim to be of any time.
    """
    try:
        return moment.astimezone()
    except (OverflowError, OSError, ValueError):
        return moment


def walls(day: date, clock: time, zone: tzinfo) -> Iterator[When]:
    """The moment at which a clock of `zone` shows that; the second one too, where there are two."""
    first = wall(day, clock, zone)
    yield first
    second = datetime.combine(day, clock, zone).replace(fold=1)
    if instant(second) > instant(first.at) and _shows(second):
        shown = f"{clock:%H:%M} comes twice on {day} in {zone}: the second is meant."
        yield When(_seen(second), shown)


def wall(day: date, clock: time, zone: tzinfo) -> When:
    """The moment at which a clock of `zone` shows that, the first of two."""
    shown_as = datetime.combine(day, clock.replace(tzinfo=None, fold=0), zone)
    if not _shows(shown_as):
        moved = _seen(shown_as)
        shown = f"{clock:%H:%M} does not come on {day} in {zone}, where the clocks are put forward"
        return When(moved, f"{shown}: {moved:%H:%M} it is.")
    if instant(shown_as.replace(fold=1)) > instant(shown_as):
        shown = f"{clock:%H:%M} comes twice on {day} in {zone}: the first is meant."
        return When(_seen(shown_as), shown)
    return When(_seen(shown_as))


def _shows(wall: datetime) -> bool:
    """Whether clocks ever show that."""
    seen = instant(wall).astimezone(wall.tzinfo)
    return seen.replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None, fold=0)


def _seen(wall: datetime) -> datetime:
    """The moment itself, in its zone; where a wall time is skipped, that much later."""
    return instant(wall).astimezone(wall.tzinfo)


def instant(wall: datetime) -> datetime:
    """In UTC: Python compares two times of one zone by their walls."""
    return wall.astimezone(UTC)


def zone_named(word: str) -> tzinfo | None:
    """The zone that a word names (Europe/Berlin, CET, UTC, +01:00), None when it is no zone.

    Raises UsageError for what can only be one and is none.
    """
    if offset := _OFFSET.fullmatch(word):
        return _offset(word, int(offset[2]), int(offset[3]))
    if word.casefold() in ("z", "utc", "gmt"):
        return UTC
    if "/" not in word and not (word.isupper() and len(word) > 2):
        return None
    from zoneinfo import ZoneInfo, available_timezones

    names = {name.casefold(): name for name in available_timezones()}
    if word.casefold() not in names:
        if "/" not in word:
            return None  # MONDAY
        from difflib import get_close_matches

        near = get_close_matches(word.casefold(), names, n=1)
        raise UsageError(
            f"There is no time zone {word!r}.",
            hint=f"Did you mean {names[near[0]]}?" if near else "Name it as Europe/Berlin.",
        )
    return ZoneInfo(names[word.casefold()])


def _offset(word: str, hours: int, minutes: int) -> tzinfo:
    if hours > 23 or minutes > 59:
        raise UsageError(f"{word} is no offset from UTC.", hint="As in +01:00.")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if word[0] == "-" else ahead)
