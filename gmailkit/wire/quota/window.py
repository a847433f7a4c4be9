"""One budget of units a minute: what was spent of it, and when the next request may leave.

Two rules. An even pace, so that no second is crowded (virtual scheduling, GCRA: ITU-T I.371). And
a count of the last minute that is never more than the limit, wherever a minute is begun: a request
counts from the moment it is let go until a minute after its answer came, since the server counted
it somewhere in between. So slow lines and sleepy processes cannot add up to a refusal.

Plain data and sums: no clock, no file. Times are seconds since boot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import msgspec

MINUTE = 60.0
BURST = 1.0  # seconds' worth that may leave at once after a lull, or make up for a stall
SHORTER = 0.3  # seconds by which our minute is longer than Gmail's: keeps the count from binding
LATE = 5.0  # seconds after which a request that was let go has arrived, or never will
TICKS = 5  # a second; the count is kept in such steps, rounded so that we wait longer


class Window(msgspec.Struct):
    """`spent` holds units by method and by the tick in which they leave the minute."""

    paid_until: float = 0.0
    spent: dict[str, dict[int, int]] = {}

    def clean(self, now: float, *, limit: float | None) -> None:
        """Forget what is older than a minute, and what cannot be: it is from before a reboot."""
        furthest = now + _furthest(limit)
        if self.paid_until > furthest:
            self.paid_until = now
        over, beyond = _tick(now), _tick(furthest)
        for method, ticks in list(self.spent.items()):
            if ticks and over < min(ticks) and max(ticks) <= beyond:
                continue  # most often
            kept = {tick: units for tick, units in ticks.items() if over < tick <= beyond}
            if kept:
                self.spent[method] = kept
            else:
                del self.spent[method]

    def used(self, at: float) -> int:
        """Units that still count at `at`, those included that were promised to leave until then."""
        over = _tick(at)
        return sum(
            sum(ticks.values())
            if ticks and over < min(ticks)
            else sum(units for tick, units in ticks.items() if tick > over)
            for ticks in self.spent.values()
        )

    def sent(self, now: float) -> int:
        """Units of the last minute that have left already."""
        over, promised = _tick(now), leaves(now + LATE)
        return sum(units for tick, units in self._ticks() if over < tick <= promised)

    def span(self, now: float) -> float:
        """Seconds of the last minute in which we have been at work."""
        oldest = min((tick for tick, _ in self._ticks()), default=0) / TICKS - MINUTE
        return min(max(now - oldest, 1.0), MINUTE)

    def earliest(self, units: int, now: float, *, limit: float) -> float:
        """When a request of so many units may leave. One that exceeds the limit by itself leaves
        when nothing else counts any more.
        """
        at = max(now, self.paid_until)
        too_much = self.used(at) + units - limit
        for tick, leaving in sorted(self._ticks()) if too_much > 0 else ():
            if tick > _tick(at):
                at, too_much = tick / TICKS, too_much - leaving
            if too_much <= 0:
                break
        return at

    def take(self, units: Mapping[str, int], *, at: float, now: float, rate: float) -> int:
        """Spend units by method at `at`, which `earliest` gave for all of them; the tick in which
        they leave the minute.

        What leaves later than now moves the line for all who come after: first come, first served.
        """
        begun = at if at > now else max(self.paid_until, now - BURST)
        self.paid_until = begun + sum(units.values()) / rate
        tick = leaves(at + LATE)
        for method, each in units.items():
            self.add(method, tick, each)
        return tick

    def add(self, method: str, tick: int, units: int) -> None:
        """Count units until `tick`; negative ones take back."""
        ticks = self.spent.setdefault(method, {})
        ticks[tick] = ticks.get(tick, 0) + units
        if ticks[tick] <= 0:
            del ticks[tick]

    def by_method(self, now: float) -> dict[str, int]:
        """Units of the last minute."""
        over = _tick(now)
        sums = {
            method: sum(units for tick, units in ticks.items() if tick > over)
            for method, ticks in self.spent.items()
        }
        return {method: units for method, units in sums.items() if units}

    def _ticks(self) -> Iterator[tuple[int, int]]:
        for ticks in self.spent.values():
            yield from ticks.items()


def leaves(done: float) -> int:
    """The tick in which a request leaves the minute that was answered at `done`."""
    return math.ceil((done + MINUTE) * TICKS)


def _tick(at: float) -> int:
    """The last tick that has come at `at`."""
    return math.floor(at * TICKS + 1e-6)


def pace(limit: float) -> float:
    """Units a second that spend `limit` a minute evenly."""
    return limit / (MINUTE + SHORTER)


def _furthest(limit: float | None) -> float:
    """How far ahead anything can lie: a wait for the minute to pass, the minute after it, and a
    line of twenty processes, each with the dearest request.
    """
    return 2 * (MINUTE + LATE) + (20 * 100 / pace(limit) if limit else 0)
