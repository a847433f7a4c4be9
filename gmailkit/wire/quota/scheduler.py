"""The one scheduler that every request passes: never faster than the quota allows.

All processes of one user share the books (`ledger`): the even pace and the count of the
minute (`window`), what refusals taught (`lesson`), how many may be in flight (`gate`)
and the times before which Gmail wants nothing (`pause`).

A process stands in line with one request at most, so one that is killed leaves a gap no longer
than that request costs. A promise is looked at again when its time has come: a refusal in between
voids all promises.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from gmailkit.clock import Clock
from gmailkit.errors import TryLater
from gmailkit.wire.batch import BATCH, parts_of
from gmailkit.wire.fault import Fault, Slow, fault_of
from gmailkit.wire.quota.gate import Gate, halve
from gmailkit.wire.quota.ledger import Answered, Ledger, Moment
from gmailkit.wire.quota.line import Allowance, Line, Place, Wish
from gmailkit.wire.quota.meter import Meter
from gmailkit.wire.quota.pause import Pause, pause_for, scope_of
from gmailkit.wire.request import Request, Response, Sender

log = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_PAUSE = 15 * 60.0  # seconds; Gmail's longer ones are said, not slept
LOOK = 1.0  # seconds between two looks into the books of a client that has no limit
NAP = 5.0  # seconds; a longer wait is cut up, so that time asleep (a closed lid) counts


class Quota:
    """Waits until there is room for the request, pays for it, sends it, learns from the answer.

    Raises BudgetSpent when the run has spent what it may, and TryLater when Gmail named a time too
    far away, or there is no room before the request's deadline; nothing was sent then.
    """

    def __init__(
        self, inner: Sender, *, allowance: Allowance, ledger: Ledger, meter: Meter, clock: Clock
    ) -> None:
        self._inner = inner
        self._allowance = allowance
        self._ledger = ledger
        self._meter = meter
        self._clock = clock
        self._line = Line(allowance)
        self._one_ahead = threading.Lock()
        self._gate = Gate()
        self._paced = True  # the first request looks into the books, whatever the limits
        self._version = 0
        self._looked = -math.inf

    def send(self, request: Request) -> Response:
        wish = Wish(request.method, self._allowance.prices, request.give_up)
        if not wish.units:
            return self._inner.send(request)  # the later requests of an upload are free
        self._meter.pay(wish.method.name, wish.units, calls=wish.calls)
        try:
            place = self._enter(wish)
        except BaseException:
            self._meter.refund(wish.units, calls=wish.calls)
            raise
        in_flight = self._gate.in_flight
        try:
            response = self._inner.send(request)
        finally:
            self._gate.leave()
            self._answered(wish, place)
        for answer in _answers(request, response):
            if fault := fault_of(request, answer, now=self._clock.now()):
                self._learn(fault, wish, place, in_flight)
        return response

    def _enter(self, wish: Wish) -> Place:
        """Through the gate and the line."""
        if not self._gate.enter(patience=self._left(wish)):
            raise _no_room(wish)
        try:
            if not self._paced and self._clock.monotonic() - self._looked < LOOK:
                return Place(self._looked, self._version, ready=True)
            left = self._left(wish)
            if not self._one_ahead.acquire(timeout=-1 if left is None else left):
                raise _no_room(wish)
            try:
                return self._stand_in_line(wish)
            finally:
                self._one_ahead.release()
        except BaseException:
            self._gate.leave()
            raise

    def _stand_in_line(self, wish: Wish) -> Place:
        place = self._visit(lambda m: self._line.reserve(m, wish))
        while True:
            if place.pause and place.pause.left(self._clock.now()) > LONGEST_PAUSE:
                raise place.pause.error(wish.method.name)
            if wish.give_up is not None and place.at > wish.give_up:
                raise place.pause.error(wish.method.name) if place.pause else _no_room(wish)
            self._wait(place.at)
            if place.ready:
                return place
            if place.pause:
                wish = replace(wish, waited_for=place.pause.until)
            place = self._visit(partial(self._line.confirm, wish=wish, place=place))

    def _wait(self, until: float) -> None:
        for _ in range(math.ceil((until - self._clock.monotonic()) / NAP)):
            self._clock.sleep(max(0.0, min(NAP, until - self._clock.monotonic())))

    def _left(self, wish: Wish) -> float | None:
        """Seconds before the request's deadline."""
        return None if wish.give_up is None else max(0.0, wish.give_up - self._clock.monotonic())

    def _answered(self, wish: Wish, place: Place) -> None:
        done = self._clock.monotonic()
        self._ledger.answered(Answered(wish.costs, place.tick, place.project_tick, done))

    def _learn(self, fault: Fault, wish: Wish, place: Place, in_flight: int) -> None:
        if fault.slow is Slow.RATE:
            if limit := self._visit(lambda m: self._line.lower(m, wish, place)):
                log.info(
                    "Gmail refuses %s: %d units a minute from now on.", wish.method.name, limit
                )
        elif fault.slow is Slow.CONCURRENCY:
            self._visit(lambda m: _narrow(m, in_flight))
        elif pause := pause_for(fault.error, wish.method.name, self._clock.now()):
            scope = scope_of(fault.error, wish.method.name)
            self._visit(lambda m: _pause(m, scope, pause))

    def _visit(self, change: Callable[[Moment], T]) -> T:
        """Open the books, and take along what the others have learned."""

        def look(m: Moment) -> T:
            result = change(m)
            self._looked = m.now
            self._version = m.user.version
            self._paced = self._allowance.units_per_minute is not None or m.user.lesson is not None
            throttle = m.user.throttle
            self._gate.allow(throttle.most_at(m.now) if throttle else None)
            return result

        return self._ledger.visit(look, limit=self._allowance.units_per_minute)


def _answers(request: Request, response: Response) -> Iterable[Response]:
    """What may hold a refusal: a batch is answered well although Gmail refused calls in it."""
    if request.method.name == BATCH and response.status == 200:
        return parts_of(response).values()
    return (response,)


def _narrow(m: Moment, in_flight: int) -> None:
    m.user.throttle = halve(m.user.throttle, in_flight=in_flight, now=m.now)


def _pause(m: Moment, scope: str, pause: Pause) -> None:
    m.user.pauses[scope] = pause
    m.user.version += 1  # who stands in line looks again


def _no_room(wish: Wish) -> TryLater:
    return TryLater(
        f"The quota leaves no room for {wish.method.name} before the deadline.",
        hint="Give it more time (GMAILKIT_DEADLINE), or run the same command again later.",
        method=wish.method.name,
    )
