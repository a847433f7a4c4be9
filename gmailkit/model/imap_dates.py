"""Days and moments as IMAP writes them (RFC 3501 section 9: date, date-time)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MOMENT = re.compile(
    r"(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_text(day: date) -> str:
    """As in a search: 2-Jan-2026."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def moment_text(moment: datetime) -> str:
    """In UTC, since the zone of a message's arrival says nothing. Not before 1970: some servers
    would make 2106 of it.
    """
    at = max(moment, _EPOCH).astimezone(UTC)
    return f"{day_text(at):>11} {at:%H:%M:%S} +0000"


def moment_of(text: str) -> datetime | None:
    """None for what is none, or no calendar has."""
    found = _MOMENT.fullmatch(text)
    if not found or found[2].title() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[at]) for at in (1, 3, 4, 5, 6))
    zone = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        at = datetime(
            year, _MONTHS.index(found[2].title()) + 1, day, hour, minute, second, tzinfo=UTC
        )
        return at + zone if found[7] == "-" else at - zone
    except (ValueError, OverflowError):
        return None
