"""How many requests may be in flight at once, after Gmail said that there were too many."""

from __future__ import annotations

import threading

import msgspec

SAME_BURST = 1.0  # seconds in which further refusals tell nothing new
STEP = 10.0  # seconds without a refusal after which one more may fly
OPEN = 32  # from here on nobody counts any more


class Throttle(msgspec.Struct, frozen=True):
    """`most` in flight of each process, as learned at `at` (seconds since boot)."""

    most: int
    at: float

    def most_at(self, now: float) -> int | None:
        """None when the gate is open again."""
        most = self.most + int(max(0.0, now - self.at) / STEP)
        return most if most < OPEN else None


def halve(before: Throttle | None, *, in_flight: int, now: float) -> Throttle:
    """From a refusal while so many were in flight. One of a burst counts, the others do not."""
    if before is not None and 0 <= now - before.at < SAME_BURST:
        return before
    most = before.most_at(now) if before is not None else None
    return Throttle(max(1, min(in_flight, most or in_flight) // 2), now)


class Gate:
    """Lets through so many threads as `most` says; None: all."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._most: int | None = None
        self.in_flight = 0

    def enter(self, *, patience: float | None = None) -> bool:
        """Waits for room, `patience` seconds at most; whether there was any."""
        with self._changed:
            if not self._changed.wait_for(self._has_room, patience):
                return False
            self.in_flight += 1
            return True

    def leave(self) -> None:
        with self._changed:
            self.in_flight -= 1
            self._changed.notify()

    def allow(self, most: int | None) -> None:
        with self._changed:
            self._most = most
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._most is None or self.in_flight < self._most
