"""A clock that tests move."""

from __future__ import annotations

from datetime import datetime

from gmailkit.clock import Clock
from gmailkit.errors import UsageError


class MovableClock:
    """The time of `base`, and ahead of it by what it was moved; sleeping takes `base`'s time."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._ahead = 0.0  # of the time of day; may be negative
        self._passed = 0.0  # for `monotonic`, which never goes back

    def now(self) -> float:
        return self._base.now() + self._ahead

    def monotonic(self) -> float:
        return self._base.monotonic() + self._passed

    def sleep(self, seconds: float) -> None:
        self._base.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once: tokens, quotas, history and grants age with it.

        Raises UsageError for less than nothing; `set` can go back.
        """
        if not 0 <= seconds < float("inf"):
            raise UsageError("Time passes forward only.", hint="Use clock.set to go back.")
        self._ahead += seconds
        self._passed += seconds

    def set(self, time: datetime | float) -> None:
        """Make it `time` (aware, or seconds since the epoch). Back, it moves the date alone: quotas
        are counted in time that passed.
        """
        wanted = time.timestamp() if isinstance(time, datetime) else time
        moved = wanted - self.now()
        self._ahead += moved
        self._passed += max(0.0, moved)

    def reset(self) -> None:
        """Back to the time of `base`."""
        self._ahead = 0.0
