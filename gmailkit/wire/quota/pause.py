"""Times before which Gmail wants nothing more of us, remembered for the next run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from gmailkit.errors import DailyLimit, GmailKitError, TryLater

# Gmail suspends for 24 hours at most. What claims more comes from a clock that jumped.
LONGEST = 25 * 3600.0
SET_BACK = 300.0  # seconds by which a clock may be put right without making a pause doubtful
# Open: when a sending limit of "24 hours" gives way is not said; it rolls. So we ask once an hour.
SENDING_PAUSE = 3600.0
SENDING = frozenset({"messages.send", "drafts.send"})


class Pause(msgspec.Struct, frozen=True):
    """Until when, and when it was said, both in seconds since the epoch."""

    until: float
    said: float
    daily: bool = False

    def left(self, now: float) -> float:
        """Seconds still to wait; 0 when it is over, or cannot be true by this clock."""
        possible = self.said - SET_BACK <= now and self.until - now <= LONGEST
        return max(0.0, self.until - now) if possible else 0.0

    def error(self, method: str) -> TryLater:
        """What Gmail would answer, without asking it."""
        time = datetime.fromtimestamp(self.until, UTC)
        if self.daily:
            what = "The daily limit of this account or Cloud project was used up"
            kind: type[TryLater] = DailyLimit
        else:
            what, kind = "Gmail paused this account", TryLater
        return kind(
            f"{what}; nothing is asked before {time:%Y-%m-%d %H:%M} UTC.",
            hint="Run the same command again then. To ask at once: gmailkit quota --reset",
            retry_at=time,
            method=method,
        )


def pause_for(error: GmailKitError, method: str, now: float) -> Pause | None:
    """What a refusal asks for, or None when it names no time and is not about a day."""
    daily = isinstance(error, DailyLimit)
    if isinstance(error, TryLater) and error.retry_at is not None:
        return Pause(error.retry_at.timestamp(), now, daily)
    if not daily:
        return None
    until = now + SENDING_PAUSE if method in SENDING else next_day(now)
    return Pause(until, now, daily)


def scope_of(error: GmailKitError, method: str) -> str:
    """Which requests a pause is about: a day's messages are not a day's units."""
    return "sending" if isinstance(error, DailyLimit) and method in SENDING else "all"


def pacific_day(now: float) -> str:
    """The day that Google counts by, as 2026-11-25."""
    return f"{datetime.fromtimestamp(now, _pacific()):%Y-%m-%d}"


def next_day(now: float) -> float:
    """The next midnight of Google's day, in seconds since the epoch."""
    here = datetime.fromtimestamp(now, _pacific())
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.timestamp()


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # no tz database: an hour off in summer
        return timezone(timedelta(hours=-8))
