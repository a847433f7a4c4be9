"""Standing in line for units: decisions on open books, without a clock or a wait."""

from __future__ import annotations

import math

import msgspec
from msgspec import structs

from gmailkit.wire.methods import Cost, Method, Prices
from gmailkit.wire.quota.ledger import Moment
from gmailkit.wire.quota.lesson import PROBE, learn, pace_under
from gmailkit.wire.quota.pause import SENDING, Pause
from gmailkit.wire.quota.window import pace

STRICTEST = 6000  # units a minute, the least that Google sells: assumed where none was said
FORGOTTEN = 10  # times what was learned where no limit is said: then there is none again
ALL = "all"  # the method under which a project's books keep everything


class Allowance(msgspec.Struct, frozen=True):
    """The limits, None for none, and the table of prices. Without a user's limit nothing is paced
    until a refusal teaches one.
    """

    units_per_minute: int | None = None
    project_units_per_minute: int | None = None
    prices: Prices = "new"


class Wish(msgspec.Struct, frozen=True):
    """A request that wants to leave, before `give_up` if at all (seconds since boot).

    A batch stands in line once, with all its calls. `waited_for` is the time (since 1970) until
    which pauses have been obeyed already.
    """

    method: Method
    prices: Prices
    give_up: float | None = None
    waited_for: float = -math.inf

    @property
    def units(self) -> int:
        return self.method.price(self.prices)

    @property
    def calls(self) -> int:
        return len(self.method.calls) or 1

    @property
    def costs(self) -> tuple[Cost, ...]:
        return self.method.costs(self.prices)


class Place(msgspec.Struct, frozen=True):
    """In line until `at`, by books of this `version`.

    `ready`: then it may leave, and nobody need be asked again. `tick` is None when nothing was
    reserved: because of a `pause`, or of the deadline, or because nothing is paced.
    """

    at: float
    version: int
    tick: int | None = None
    project_tick: int | None = None
    ready: bool = False
    pause: Pause | None = None


class Line:
    """Of one user with one allowance."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance

    def reserve(self, m: Moment, wish: Wish) -> Place:
        """A place at the end of the line."""
        scope = "sending" if wish.method.name in SENDING else ALL
        pause = m.user.pause(scope, m.wall)
        if pause is not None and pause.until > wish.waited_for:
            return Place(m.now + pause.left(m.wall), m.user.version, pause=pause)
        limit, rate = self._pace(m)
        if limit == math.inf:
            return Place(m.now, m.user.version, ready=True)
        window = m.user.window
        at = window.earliest(wish.units, m.now, limit=limit)
        if wish.give_up is not None and at > wish.give_up:
            return Place(at, m.user.version)
        spent = {cost.method: cost.units for cost in wish.costs}
        tick = window.take(spent, at=at, now=m.now, rate=rate)
        if m.user.lesson and m.user.lesson.tried is None:
            m.user.lesson = structs.replace(m.user.lesson, tried=at)
            window.paid_until = max(window.paid_until, at + PROBE)
        place = Place(at, m.user.version, tick)
        return place if at > m.now else self._pay_project(m, wish, place)

    def confirm(self, m: Moment, *, wish: Wish, place: Place) -> Place:
        """The place when its time has come; a new one when it became void meanwhile."""
        if place.tick is not None and place.version == m.user.version:
            return self._pay_project(m, wish, place)
        if place.tick is not None:
            for cost in wish.costs:
                m.user.window.add(cost.method, place.tick, -cost.units)
        return self.reserve(m, wish)

    def lower(self, m: Moment, wish: Wish, place: Place) -> int | None:
        """After a refusal: less for all, and every promise is void; the new limit. None when the
        request left under an older version: that tells nothing new.
        """
        if place.version != m.user.version:
            return None
        window = m.user.window
        sent = window.sent(m.now) - wish.units
        before = m.user.lesson
        full = self._allowance.units_per_minute or (before.full if before else max(sent, STRICTEST))
        m.user.lesson = learn(before, now=m.now, sent=sent, span=window.span(m.now), full=full)
        m.user.version += 1
        window.paid_until = m.now
        return int(m.user.lesson.limit)

    def _pay_project(self, m: Moment, wish: Wish, place: Place) -> Place:
        """Only when the user's turn has come: nobody waits for another user's."""
        limit = self._allowance.project_units_per_minute
        if limit is None:
            return structs.replace(place, ready=True)
        window = m.project.window
        at = window.earliest(wish.units, m.now, limit=limit)
        tick = window.take({ALL: wish.units}, at=at, now=m.now, rate=pace(limit))
        return structs.replace(place, at=at, project_tick=tick, ready=True)

    def _pace(self, m: Moment) -> tuple[float, float]:
        """Units a minute and a second; infinite where nothing is paced."""
        said = self._allowance.units_per_minute
        full = math.inf if said is None else float(said)
        if lesson := m.user.lesson:
            limit = lesson.limit_at(m.now)
            if limit < (said or FORGOTTEN * lesson.full):
                return limit, pace_under(limit, full)
            m.user.lesson = None
        return full, pace(full)
