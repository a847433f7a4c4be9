"""A time zone as calendars want to be told about it (RFC 5545 section 3.6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Component, Timezone

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def timezone_of(zone: ZoneInfo, first: datetime, last: datetime) -> Timezone:
    """What its clocks do from the year before `first` to the year after `last`, change by change.

    The changes are those this machine's rules have; a program that knows the zone by its name goes
    by its own.
    """
    from icalendar import Timezone

    made = Timezone()
    made.add("tzid", zone.key)
    begin = datetime(first.year - 1, 1, 1, tzinfo=UTC)
    end = datetime(last.year + 2, 1, 1, tzinfo=UTC)
    before = begin - _DAY
    for change in (begin, *_changes(zone, begin, end)):
        made.add_component(_observance(zone, before, change))
        before = change
    return made


def _observance(zone: ZoneInfo, before: datetime, change: datetime) -> Component:
    """From the moment `change` on; its start is told by the clock as it was `before`."""
    from icalendar import TimezoneDaylight, TimezoneStandard

    then, now = before.astimezone(zone), change.astimezone(zone)
    made = TimezoneDaylight() if now.dst() else TimezoneStandard()
    offset = then.utcoffset() or timedelta()
    made.add("dtstart", (change + offset).replace(tzinfo=None))
    made.add("tzoffsetfrom", offset)
    made.add("tzoffsetto", now.utcoffset())
    made.add("tzname", now.tzname())
    return made


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The moments at which the distance to UTC changes, to the second."""
    day = begin
    while day < end:
        after = day + _DAY
        if _offset(zone, day) != _offset(zone, after):
            yield _first_after(zone, day, after)
        day = after


def _first_after(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    old = _offset(zone, low)
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
