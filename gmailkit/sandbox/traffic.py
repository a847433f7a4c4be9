"""What moves through IMAP and POP3: bytes of a user in a rolling day, sessions at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Literal

from gmailkit.clock import Clock
from gmailkit.sandbox.meter import DAY, Meter, Window
from gmailkit.sandbox.state.users import User

Way = Literal["imap_download", "imap_upload", "pop3_download"]


class Traffic:
    """Counts always; refuses where `Meter.limits` sets a limit. A user who is over one is shut out
    until enough of it is a day old, an hour at least (Gmail: 1 to 24 hours).
    """

    def __init__(self, clock: Clock, meter: Meter) -> None:
        self._clock = clock
        self._meter = meter
        self._guard = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._guard:
            self._moved: dict[tuple[int, Way], Window] = {}
            self._shut: dict[tuple[int, Way], float] = {}
            self._sessions: Counter[int] = Counter()

    def enter(self, user: User) -> bool:
        """Whether one more session may begin; it ends with `leave`."""
        most = self._meter.limits.imap_sessions
        with self._guard:
            if most is not None and self._sessions[user.n] >= most:
                return False
            self._sessions[user.n] += 1
            return True

    def leave(self, user: User) -> None:
        with self._guard:
            self._sessions[user.n] -= 1

    def answer_late(self) -> None:
        """What each answer takes, as in the API."""
        if self._meter.latency:
            self._clock.sleep(self._meter.latency)

    def moved(self, user: User, way: Way) -> int:
        """Bytes in the last day."""
        with self._guard:
            return self._window(user, way).units(self._clock.monotonic())

    def is_shut(self, user: User, way: Way) -> bool:
        with self._guard:
            return self._clock.monotonic() < self._shut.get((user.n, way), 0.0)

    def move(self, user: User, way: Way, count: int) -> bool:
        """So many bytes more. False when they are too many: then nothing moves for a while."""
        most = self._most(way)
        with self._guard:
            now, window = self._clock.monotonic(), self._window(user, way)
            if most is not None and window.units(now) + count > most:
                free = window.fits_at(count, most, now)
                self._shut[user.n, way] = max(free, now + 3_600.0)
                return False
            window.add(now, count)
            return True

    def _most(self, way: Way) -> int | None:
        limits = self._meter.limits
        match way:
            case "imap_download":
                return limits.imap_download_per_day
            case "imap_upload":
                return limits.imap_upload_per_day
            case "pop3_download":
                return limits.pop3_download_per_day

    def _window(self, user: User, way: Way) -> Window:
        return self._moved.setdefault((user.n, way), Window(DAY))
