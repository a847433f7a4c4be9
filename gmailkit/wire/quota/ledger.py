"""The books that all processes of one user, and of one project, keep together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from gmailkit.clock import Clock, since
from gmailkit.wire.methods import Cost
from gmailkit.wire.quota.gate import Throttle
from gmailkit.wire.quota.lesson import Lesson
from gmailkit.wire.quota.pause import Pause, pacific_day
from gmailkit.wire.quota.window import Window, leaves

T = TypeVar("T")


Counted = tuple[str, str, str, int, int]
"""A user, a day of Google's (it ends at midnight Pacific time), a method, calls, units."""


class Store(Protocol):
    """Where the books lie."""

    def exchange(
        self,
        names: Sequence[str],
        change: Callable[[list[bytes]], tuple[T, list[bytes]]],
        counts: Sequence[Counted] = (),
    ) -> T:
        """Replace the books of `names` (b"" for none yet) while nobody else looks at them.

        `counts` are added to what is counted. `change` may be called twice.
        """
        ...

    def counts(self, name: str, day: str) -> list[Counted]: ...

    def close(self) -> None: ...


class Books(msgspec.Struct):
    """Of one user or project. `version` rises when promises made before are void."""

    window: Window = msgspec.field(default_factory=Window)
    lesson: Lesson | None = None
    throttle: Throttle | None = None
    pauses: dict[str, Pause] = {}
    version: int = 0

    def pause(self, method_scope: str, wall: float) -> Pause | None:
        """The longest that is about everything, or about this scope."""
        found = [self.pauses[name] for name in ("all", method_scope) if name in self.pauses]
        longest = max(found, key=lambda pause: pause.left(wall), default=None)
        return longest if longest and longest.left(wall) else None


class Moment(msgspec.Struct):
    """Both books and the time, while nobody else looks. `now` since boot, `wall` since 1970."""

    now: float
    wall: float
    user: Books
    project: Books


class Answered(msgspec.Struct, frozen=True):
    """A request that is over: its costs, the ticks it was to leave the minutes in, the time."""

    costs: tuple[Cost, ...]
    tick: int | None
    project_tick: int | None
    done: float


class Ledger:
    """Opens the books for one change at a time. `names` are asked for once, at the first one."""

    def __init__(self, store: Store, *, names: Callable[[], tuple[str, str]], clock: Clock) -> None:
        self._store = store
        self._ask_names = names
        self._names: tuple[str, str] | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._answered: list[Answered] = []

    @property
    def names(self) -> tuple[str, str]:
        """Of the user and of the project."""
        if self._names is None:
            self._names = self._ask_names()
        return self._names

    def visit(self, change: Callable[[Moment], T], *, limit: float | None = None) -> T:
        """What `change` makes of the books; what was answered meanwhile is entered before."""
        # Books of another boot, or of another machine that shares this home, count other seconds.
        names = [f"{name} since {since()}" for name in self.names]
        with self._lock:
            answered, self._answered = self._answered, []

        def enter(old: list[bytes]) -> tuple[T, list[bytes]]:
            # The time is read here, behind the lock: nobody's entry is later than the next one's.
            moment = Moment(self._clock.monotonic(), self._clock.now(), *map(_decode, old))
            moment.user.window.clean(moment.now, limit=limit)
            moment.project.window.clean(moment.now, limit=None)
            for each in answered:
                for cost in each.costs:
                    _settle(moment.user.window, cost.method, cost.units, each.tick, each.done)
                units = sum(cost.units for cost in each.costs)
                _settle(moment.project.window, "all", units, each.project_tick, each.done)
            result = change(moment)
            return result, [_encoder.encode(books) for books in (moment.user, moment.project)]

        return self._store.exchange(names, enter, self._counts(answered))

    def answered(self, each: Answered) -> None:
        """Entered with the next visit."""
        with self._lock:
            self._answered.append(each)

    def counts(self) -> list[Counted]:
        """What the user has spent on this day of Google's."""
        return self._store.counts(self.names[0], pacific_day(self._clock.now()))

    def close(self) -> None:
        with self._lock:
            waiting = bool(self._answered)
        if waiting:
            self.visit(lambda _: None)
        self._store.close()

    def _counts(self, answered: Sequence[Answered]) -> list[Counted]:
        day = pacific_day(self._clock.now()) if answered else ""
        calls: Counter[str] = Counter()
        units: Counter[str] = Counter()
        for cost in (cost for each in answered for cost in each.costs):
            calls[cost.method] += cost.calls
            units[cost.method] += cost.units
        user, _ = self.names
        return [(user, day, method, calls[method], units[method]) for method in calls]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Books)


def _decode(blob: bytes) -> Books:
    """The books, or empty ones: what cannot be read is of another version."""
    try:
        return _decoder.decode(blob)
    except msgspec.MsgspecError:
        return Books()


def _settle(window: Window, method: str, units: int, tick: int | None, done: float) -> None:
    """From its answer on we know for how long a request counts."""
    if tick is not None:
        window.add(method, tick, -units)
    window.add(method, leaves(done), units)
