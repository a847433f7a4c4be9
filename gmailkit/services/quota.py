"""What was spent of Gmail's quota, what is left of it, and how long work will take."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gmailkit.services.connect import Connection
from gmailkit.wire.methods import Prices
from gmailkit.wire.quota.ledger import Books, Moment
from gmailkit.wire.quota.pause import pacific_day
from gmailkit.wire.quota.window import pace


class MethodSpending(msgspec.Struct, frozen=True):
    """Calls and units of one method, repeated and refused calls included."""

    method: str
    calls: int
    units: int


class QuotaReport(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes of this machine have spent of one user's quota, dearest first.

    `day` is Google's (it ends at midnight Pacific time), `minute` maps methods to the units of the
    last 60 seconds, `project_minute` are those of all users of the project. Limits are units a
    minute; None means unpaced. `learned` is the limit that refusals have taught, `in_flight` how
    many requests may be under way at once; None when nothing was refused lately. Nothing at all
    is asked before `paused_until`, nothing is sent before `sending_paused_until`.
    """

    day: str
    today: tuple[MethodSpending, ...]
    minute: dict[str, int]
    project_minute: int
    prices: Prices
    units_per_minute: int | None
    project_units_per_minute: int | None
    learned: int | None
    in_flight: int | None
    paused_until: datetime | None
    sending_paused_until: datetime | None


class Estimate(msgspec.Struct, frozen=True):
    """Units, and the seconds in which the limit lets them be spent (None: unpaced)."""

    units: int
    seconds: float | None


def quota(connection: Connection) -> QuotaReport:
    """The books of this mailbox; no request is made."""
    said = connection.allowance
    user, project_minute, now, wall = connection.ledger.visit(_look)
    today = connection.ledger.counts()
    lesson, throttle = user.lesson, user.throttle
    learned = lesson.limit_at(now) if lesson else None
    return QuotaReport(
        day=pacific_day(wall),
        today=tuple(MethodSpending(method, calls, units) for _, _, method, calls, units in today),
        minute=dict(sorted(user.window.by_method(now).items(), key=lambda each: -each[1])),
        project_minute=project_minute,
        prices=said.prices,
        units_per_minute=said.units_per_minute,
        project_units_per_minute=said.project_units_per_minute if said.units_per_minute else None,
        learned=_below(learned, said.units_per_minute),
        in_flight=throttle.most_at(now) if throttle else None,
        paused_until=_until(user, "all", wall),
        sending_paused_until=_until(user, "sending", wall),
    )


def reset(connection: Connection) -> None:
    """Forget what refusals have taught, and pauses; what was spent still counts."""
    connection.ledger.visit(_forget)


def estimate(connection: Connection, units: int) -> Estimate:
    """How long it takes at least to spend so many units, by the limit as it was said."""
    limit = connection.allowance.units_per_minute
    return Estimate(units, units / pace(limit) if limit else None)


def _look(m: Moment) -> tuple[Books, int, float, float]:
    return m.user, m.project.window.used(m.now), m.now, m.wall


def _forget(m: Moment) -> None:
    m.user.lesson = None
    m.user.throttle = None
    m.user.pauses = {}
    m.user.version += 1


def _below(learned: float | None, said: int | None) -> int | None:
    return None if learned is None or (said and learned >= said) else int(learned)


def _until(books: Books, name: str, wall: float) -> datetime | None:
    pause = books.pauses.get(name)
    return datetime.fromtimestamp(pause.until, UTC) if pause and pause.left(wall) else None
