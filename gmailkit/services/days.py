"""Days and moments as people give them, in the zone of this machine."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from gmailkit.errors import UsageError

When = str | date | datetime


def first_moment(given: When) -> datetime:
    """When it begins: a moment as it is, a day with its first."""
    found = _parsed(given)
    return found if isinstance(found, datetime) else _midnight(found)


def last_moment(given: When) -> datetime:
    """When it ends: a moment as it is; a day counts whole, so midnight after it."""
    found = _parsed(given)
    return found if isinstance(found, datetime) else _midnight(found + timedelta(days=1))


def as_of(given: When | None) -> datetime | None:
    """The moment up to which a backup is looked at; None for all of it."""
    return None if given is None else last_moment(given)


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
