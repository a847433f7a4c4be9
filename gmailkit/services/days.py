"""Days and moments as people give them, in the zone of this machine."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import UsageError
from gmailkit.zones import LOCAL

if TYPE_CHECKING:
    from gmailkit.compose.past import Past

When = str | date | datetime


def first_moment(given: When) -> datetime:
    """When it begins: a moment as it is, a day with its first."""
    found = _parsed(given)
    return found if isinstance(found, datetime) else _midnight(found)


def last_moment(given: When) -> datetime:
    """When it ends: a moment as it is; a day counts whole, so midnight after it."""
    found = _parsed(given)
    return found if isinstance(found, datetime) else _midnight(found + timedelta(days=1))


def as_of(given: When | None, *, clock: Clock = SYSTEM_CLOCK) -> datetime | None:
    """The moment up to which a backup is looked at; None for all of it. A text may be "yesterday".

    Raises UsageError for what is no time, and for words that mean one still to come. A date that is
    so is taken: a backup may have been written by a clock that was ahead.
    """
    return None if given is None else _gone_by(given, clock).last


def gone_before(given: When, *, clock: Clock = SYSTEM_CLOCK) -> datetime:
    """When a day or a moment that has gone by began, in the same words."""
    return _gone_by(given, clock).first


def _gone_by(given: When, clock: Clock) -> Past:
    from gmailkit.compose.past import Past, read_past

    try:
        return Past(first_moment(given), last_moment(given))
    except UsageError:
        if not isinstance(given, str):
            raise
    return read_past(given, now=datetime.fromtimestamp(clock.now(), LOCAL))


def _parsed(given: When) -> date | datetime:
    """A day, or an aware moment; one without a zone is of this machine's zone."""
    found = _read(given) if isinstance(given, str) else given
    if isinstance(found, datetime):
        return found.astimezone() if found.tzinfo is None else found
    return found


def _read(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-12-24") else _moment(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no day or time.",
            hint="Write it as 2026-12-24, or with a time as 2026-12-24T18:00.",
        ) from None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()
