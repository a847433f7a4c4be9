"""The Date header, read tolerantly and written strictly (RFC 5322 section 3.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Hours east of UTC (RFC 822 section 5.1, RFC 5322 section 4.3). Other letters say nothing: UTC.
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "BST": 1, "WET": 0, "WEST": 1,
    "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
}  # fmt: skip

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d+)?)?\s*([ap]m)?\b", re.I)
_OFFSET = re.compile(r"([+-])\s?(\d{1,2})(?::?(\d\d))?(?!\d)")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_YEAR = re.compile(r"(?<![\d+-])\d{4}(?!\d)")
_LONGEST = 200


def parse_date(value: str) -> datetime | None:
    """The moment a Date header names, aware, or None. Without a zone it is taken as UTC.

    Reads also ctime, dashes between day, month and year, years of two digits (RFC 5322 section
    4.3), comments, and a clock without seconds.
    """
    text = re.sub(r"\([^()]*\)", " ", value[:_LONGEST])
    clock = _CLOCK.search(text)
    if not clock:
        return None
    after = text[clock.end() :]
    try:
        return datetime(*_day(text[: clock.start()], after), *_time(clock), tzinfo=_zone(after))
    except (ValueError, OverflowError):
        return None


def _day(before: str, after: str) -> tuple[int, int, int]:
    """Year, month, day; ctime has the year behind the clock. ValueError when they are not there."""
    if iso := _ISO.search(before):
        return int(iso[1]), int(iso[2]), int(iso[3])
    words = [word[:3].lower() for word in re.findall(r"[A-Za-z]{3,}", before)]
    month = 1 + _MONTHS.index(next((word for word in words if word in _MONTHS), ""))
    numbers = [*re.findall(r"\d+", before), *_YEAR.findall(after)]
    day, year = (int(number) for number in numbers[:2])
    return (_full_year(year), month, day) if day <= 31 else (_full_year(day), month, year)


def _full_year(year: int) -> int:
    """Two and three digits as RFC 5322 section 4.3 reads them."""
    return year + (2000 if year < 50 else 1900 if year < 1000 else 0)


def _time(clock: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = int(clock[1]), int(clock[2]), min(int(clock[3] or 0), 59)
    if clock[4]:
        hour = hour % 12 + 12 * (clock[4].lower() == "pm")
    return hour, minute, second


def _zone(after: str) -> timezone:
    if offset := _OFFSET.search(after):
        sign = -1 if offset[1] == "-" else 1
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(sign * timedelta(minutes=minutes)) if minutes < 24 * 60 else UTC
    name = re.search(r"[A-Z]{2,5}", after.upper())
    return timezone(timedelta(hours=_ZONES.get(name[0], 0))) if name else UTC


def format_date(date: datetime) -> str:
    """As a Date header has it; a naive `date` is taken as UTC. Independent of the locale."""
    from email.utils import format_datetime  # reading does without the package

    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    if (date.utcoffset() or timedelta()) % timedelta(minutes=1):
        date = date.astimezone(UTC)  # local mean time of the 1800s: no header can write it
    return format_datetime(date)
