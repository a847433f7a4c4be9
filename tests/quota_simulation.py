"""Many processes that share one quota, in a time of our own: any interleaving, no waiting."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from fakes import FakeClock
from gmailkit.wire.methods import METHODS
from gmailkit.wire.quota.ledger import Answered, Counted, Ledger
from gmailkit.wire.quota.line import Allowance, Line, Place, Wish

T = TypeVar("T")


class Shelf:
    """The shared file, in a dictionary."""

    def __init__(self) -> None:
        self.books: dict[str, bytes] = {}

    def exchange(
        self,
        names: Sequence[str],
        change: Callable[[list[bytes]], tuple[T, list[bytes]]],
        counts: Sequence[Counted] = (),
    ) -> T:
        result, new = change([self.books.get(name, b"") for name in names])
        self.books.update(zip(names, new, strict=True))
        return result

    def counts(self, name: str, day: str) -> list[Counted]:
        return []

    def close(self) -> None:
        pass


@dataclass
class Server:
    """Counts what arrives, and refuses what exceeds `limit` in a rolling minute, strangers in."""

    limit: float
    stranger: Callable[[float], float] = lambda now: 0.0
    log: list[tuple[float, int, int]] = field(default_factory=list)  # time, units, process
    rejections: list[float] = field(default_factory=list)
    _minute: deque[tuple[float, int]] = field(default_factory=deque)
    _units: int = 0

    def take(self, now: float, units: int, process: int) -> bool:
        while self._minute and self._minute[0][0] <= now - 60:
            self._units -= self._minute.popleft()[1]
        self._minute.append((now, units))
        self._units += units
        self.log.append((now, units, process))
        refused = self._units + self.stranger(now) > self.limit
        if refused:
            self.rejections.append(now)
        return not refused

    def most_in(self, seconds: float) -> int:
        most = units = first = 0
        for time, price, _ in self.log:
            units += price
            while self.log[first][0] <= time - seconds:
                units -= self.log[first][1]
                first += 1
            most = max(most, units)
        return most

    def spent(self, begin: float, end: float, process: int | None = None) -> int:
        wanted = (e for e in self.log if process is None or e[2] == process)
        return sum(units for time, units, _ in wanted if begin < time <= end)


class Simulation:
    """`add` processes, then `run`. `methods(n)` is what a process asks as its n-th request;
    `delay()` are the seconds a step takes: waking up, the way there, the way back.
    """

    def __init__(
        self,
        allowance: Allowance,
        server: Server,
        *,
        delay: Callable[[], float] = lambda: 0.03,
        shelf: Shelf | None = None,
    ) -> None:
        self.clock = FakeClock(time=10_000.0)
        self.server = server
        self.shelf = shelf or Shelf()
        self._allowance = allowance
        self._delay = delay
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self.begun = self.clock.time

    def add(
        self,
        process: int,
        methods: Callable[[int], str] = lambda n: "messages.get",
        *,
        in_flight: int = 2,
        user: str = "me",
        at: float = 0.0,
        until: float = float("inf"),
    ) -> None:
        ledger = Ledger(self.shelf, names=lambda: (user, "us"), clock=self.clock)
        running = Process(self, process, ledger, methods, in_flight, self.begun + until)
        self.after(at, running.ask)

    def run(self, seconds: float) -> None:
        end = self.begun + seconds
        while self._events and self._events[0][0] <= end:
            self.clock.time, _, act = heapq.heappop(self._events)
            act()

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.clock.time + seconds, next(self._number), act))

    def at(self, time: float, act: Callable[[], None]) -> None:
        self.after(max(0.0, time - self.clock.time), act)


@dataclass
class Process:
    """Asks again as soon as fewer than `in_flight` are under way; stands in line once."""

    world: Simulation
    number: int
    ledger: Ledger
    methods: Callable[[int], str]
    in_flight: int
    killed_at: float
    flying: int = 0
    asked: int = 0
    waiting: bool = False

    def __post_init__(self) -> None:
        self.line = Line(self.world._allowance)

    def ask(self) -> None:
        if self.waiting or self.flying >= self.in_flight or self._dead():
            return
        method = METHODS[self.methods(self.asked)]
        self.asked += 1
        self.waiting = True
        wish = Wish(method, self.world._allowance.prices)
        self._stand(wish, self.ledger.visit(lambda m: self.line.reserve(m, wish)))

    def _stand(self, wish: Wish, place: Place) -> None:
        late = 0.0 if place.at <= self.world.clock.time else self.world._delay()
        act = self._depart if place.ready else self._look_again
        self.world.at(place.at + late, lambda: act(wish, place))

    def _look_again(self, wish: Wish, place: Place) -> None:
        if not self._dead():
            again = self.ledger.visit(lambda m: self.line.confirm(m, wish=wish, place=place))
            self._stand(wish, again)

    def _depart(self, wish: Wish, place: Place) -> None:
        self.waiting = False
        self.flying += 1
        self.world.after(self.world._delay(), lambda: self._arrive(wish, place))
        self.world.after(0.0, self.ask)

    def _arrive(self, wish: Wish, place: Place) -> None:
        good = self.world.server.take(self.world.clock.time, wish.units, self.number)
        self.world.after(self.world._delay(), lambda: self._answer(wish, place, good))

    def _answer(self, wish: Wish, place: Place, good: bool) -> None:
        if self._dead():
            return
        self.flying -= 1
        now = self.world.clock.time
        self.ledger.answered(Answered(wish.costs, place.tick, place.project_tick, now))
        if not good:
            self.ledger.visit(lambda m: self.line.lower(m, wish, place))
        self.ask()

    def _dead(self) -> bool:
        return self.world.clock.time >= self.killed_at
