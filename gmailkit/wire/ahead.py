"""How far our clock is from the server's, as its answers tell for nothing."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


class Ahead:
    """`seconds` that our clock was ahead when the last answer came; None while no answer told."""

    def __init__(self) -> None:
        self.seconds: float | None = None

    def note(self, date: str, now: float) -> None:
        """`date` is a Date header, `now` our clock when it came; what is no date tells nothing."""
        seconds = ahead_of(date, now)
        if seconds is not None:
            self.seconds = seconds


def ahead_of(date: str, now: float) -> float | None:
    """Seconds that `now` is ahead of a Date header; None for what is none."""
    try:
        server = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
    # The header has whole seconds, so the truth lies half a second later on average.
    return now - (server + 0.5)
