"""So many messages a minute and no more, whoever of several threads sends them."""

from __future__ import annotations

import threading

from gmailkit.clock import Clock


class Pace:
    """Without a `rate` nobody waits here: then the quota alone sets the pace."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._between = 60 / rate if rate else 0.0  # seconds
        self._clock = clock
        self._next = clock.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Until the next message may go. A pause is not made up for by haste."""
        if not self._between:
            return
        with self._lock:
            turn = max(self._next, self._clock.monotonic())
            self._next = turn + self._between
        if (left := turn - self._clock.monotonic()) > 0:
            self._clock.sleep(left)
