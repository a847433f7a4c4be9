"""The words for days, times and spans of time: English ones, and a date with its year first.

What they mean, ahead or in the past, is said by `when.py` and `past.py`.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from gmailkit.errors import UsageError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
# The parts of a day as in Gmail's own "schedule send", and the two that need no agreement.
NAMED = {
    "morning": time(8),
    "noon": time(12),
    "afternoon": time(13),
    "evening": time(18),
    "midnight": time(0),
}
UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
}
TOKEN = re.compile(
    r"""(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:t(?=\d))?
    | (?P<amount>\d{1,9}(?:\.\d{1,6})?)\s*
      (?P<unit>s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)
      (?![a-z:/])
    | (?P<year>\d{4})(?![\d:/.-])
    | (?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,9})?)?)?
      (?:\s*(?P<half>[ap])\.?m\b\.?)?(?![\d:/]|\.\d)
    | (?P<offset>[+-]\d\d:?\d\d|z\b)
    | (?P<word>[a-z][a-z0-9_+/-]*)
    | (?P<other>[^\s,]+)
    | [\s,]+""",
    re.VERBOSE | re.IGNORECASE,
)


def clock_of(found: re.Match[str]) -> time:
    """The time of day that a TOKEN tells. Raises UsageError for 25:00 and 13pm."""
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = (found["half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        raise _no_time(found[0])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise _no_time(found[0]) from None


def month_of(word: str) -> int | None:
    found = (n for n, name in enumerate(MONTHS, 1) if word in (name, name[:3]))
    return next(found, None)


def day_of(text: str, whole: str) -> date:
    try:
        return date(*map(int, text.split("-")))
    except ValueError:
        raise UsageError(
            f"There is no day {text} (in {whole!r}).", hint="Year, month, day: 2026-12-24."
        ) from None


def _no_time(word: str) -> UsageError:
    return UsageError(f"{word!r} is no time of day.", hint="Write it as 9:00, 18:30 or 9am.")
