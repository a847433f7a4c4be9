"""Never faster than the quota: units are taken before a request leaves."""

from __future__ import annotations

import threading

from gmailkit.clock import Clock
from gmailkit.wire.request import Request, Response, Sender

BURST_SECONDS = 1.0  # Gmail watches seconds as well as minutes ("moving average")


class Pace:
    """Spends `units_per_minute` evenly, new prices, for the threads of this one process.

    In no minute more than the limit leaves: the steady rate is lower by what the burst allows.
    """

    def __init__(self, inner: Sender, *, units_per_minute: int, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._rate = units_per_minute / (60 + BURST_SECONDS)
        self._lock = threading.Lock()
        self._paid_until = clock.monotonic() - BURST_SECONDS

    def send(self, request: Request) -> Response:
        self._clock.sleep(self._reserve(request.method.new))
        return self._inner.send(request)

    def _reserve(self, units: int) -> float:
        """Seconds to wait before spending `units`."""
        with self._lock:
            now = self._clock.monotonic()
            start = max(self._paid_until, now - BURST_SECONDS)
            self._paid_until = start + units / self._rate
            return max(0.0, self._paid_until - now)
