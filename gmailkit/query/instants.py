"""Days and ages as seconds."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo

from gmailkit.query.tree import Unit

_HOUR = 3600
# Open: how long a month and a year are; about 30 and 365 days.
SECONDS = {
    Unit.HOUR: _HOUR,
    Unit.DAY: 24 * _HOUR,
    Unit.MONTH: 30 * 24 * _HOUR,
    Unit.YEAR: 365 * 24 * _HOUR,
}


def instant(at: date | int, zone: tzinfo) -> float:
    """Epoch seconds of a moment, or of the first of a day in that zone."""
    return datetime.combine(at, time(), zone).timestamp() if isinstance(at, date) else at
