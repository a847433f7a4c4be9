"""Watches that run until they are stopped, each event told at least once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Event, Thread

from gmailkit.clock import Clock
from gmailkit.errors import (
    BudgetSpent,
    DailyLimit,
    GmailKitError,
    UsageError,
)
from gmailkit.services.watching.arrivals import Arrivals, Sleep
from gmailkit.services.watching.desk import Desk
from gmailkit.services.watching.event import MailEvent
from gmailkit.services.watching.handlers import why
from gmailkit.services.watching.watch import EVERY, Watch

_PARTING = 2.0  # seconds for those that wait to end their connections
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling an event: `why` it failed, "" where it did not; `again`: it is told once
    more, later.
    """

    event: MailEvent
    why: str = ""
    again: bool = False


OnOutcome = Callable[[Outcome], None]
Open = Callable[[Watch], Arrivals]


@dataclass(slots=True)
class Watching:
    """What was done: how often an event was `handled`, `failed` and is told again, or is `dead`."""

    handled: int = 0
    failed: int = 0
    dead: int = 0
    _on_outcome: OnOutcome = field(default=lambda outcome: None, repr=False)

    def note(self, outcome: Outcome) -> None:
        if not outcome.why:
            self.handled += 1
        elif outcome.again:
            self.failed += 1
        else:
            self.dead += 1
        self._on_outcome(outcome)


def run_watches(
    open_: Open,
    watches: Sequence[Watch],
    *,
    since: float = 0,
    once: bool = False,
    on_outcome: OnOutcome = lambda outcome: None,
    clock: Clock,
) -> Watching:
    """Until it is stopped, or with `once` until what is there now was told once.

    Each of several watches has a thread of its own, so a slow handler keeps no other from its mail.
    Faults that pass are waited out. `open_` opens where a watch looks, `since` seconds: see `Desk`.
    Raises what `open_` raises, UsageError for two watches of one name, and whatever stops a watch
    for good.
    """
    names = [(watch.store, watch.key) for watch in watches]
    if not names or len(set(names)) < len(names):
        raise UsageError("Each watch has a name of its own.", hint='As in name = "bank"')
    done = Watching(_on_outcome=on_outcome)
    with ExitStack() as opened:

        def desk_of(watch: Watch) -> Desk:
            desk = Desk(open_(watch), watch, since=since, clock=clock)
            return opened.enter_context(closing(desk))

        if once:
            for watch in watches:
                _run_once(desk_of(watch), done)
        elif len(watches) == 1:
            _run(desk_of(watches[0]), done, clock.sleep)
        else:
            _side_by_side(watches, desk_of, done)
    return done


def events(
    open_: Open, watch: Watch, *, since: float = 0, once: bool = False, clock: Clock
) -> Iterator[MailEvent]:
    """The events of one watch, as they come; with `once` those that are there now. One is done
    when the next is asked for: it comes once more where the loop was left before, by `break`, an
    exception, or a crash.
    """
    outage = _Outage()
    with closing(Desk(open_(watch), watch, since=since, clock=clock)) as desk, desk.alone():
        while True:
            with nullcontext() if once else outage.waited_out():
                desk.look()
                for seen, event in desk.due():
                    yield event
                    desk.done(seen)
                if not once:
                    desk.wait(clock.sleep)
            if once:
                return
            if outage.lasts:
                clock.sleep(watch.every)


def _run(desk: Desk, done: Watching, sleep: Sleep) -> None:
    outage = _Outage()
    with desk.alone():
        while True:
            with outage.waited_out():
                desk.look()
                _tell(desk, done)
                desk.wait(sleep)
            if outage.lasts:
                sleep(desk.watch.every)


def _run_once(desk: Desk, done: Watching) -> None:
    with desk.alone():
        desk.look()
        _tell(desk, done)


def _passes(error: GmailKitError) -> bool:
    """By itself, and soon."""
    return error.passing and not isinstance(error, DailyLimit | BudgetSpent)


class _Outage:
    """Says once that nobody answers, however long that lasts."""

    def __init__(self) -> None:
        self.lasts = False

    @contextmanager
    def waited_out(self) -> Iterator[None]:
        try:
            yield
            self.lasts = False
        except GmailKitError as error:
            if not _passes(error):
                raise
            if not self.lasts:
                _log.warning("%s Watching goes on when that has passed.", error.message)
            self.lasts = True


def _tell(desk: Desk, done: Watching) -> None:
    for seen, event in desk.due():
        try:
            desk.watch.handle(event)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, it has not succeeded
            said = why(error)
            done.note(Outcome(event, said, again=desk.failed(seen, event, said)))
        else:
            desk.done(seen)
            done.note(Outcome(event))


def _side_by_side(watches: Sequence[Watch], open_: Callable[[Watch], Desk], done: Watching) -> None:
    """The first one that fails for good ends them all."""
    over, failures = Event(), list[BaseException]()

    class Over(BaseException):
        pass

    def sleep(seconds: float) -> None:
        if over.wait(seconds):
            raise Over

    def work(watch: Watch, desk: Desk | None) -> None:
        try:
            _run(desk or _opened_later(watch, open_, sleep), done, sleep)
        except Over:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            failures.append(error)
            over.set()

    opened = _opened(watches, open_)
    threads = [Thread(target=work, args=each, daemon=True) for each in opened]
    try:
        for thread in threads:
            thread.start()
        while not over.wait(1.0):
            pass
    finally:
        over.set()
        for thread in threads:  # one whose handler takes long ends with the process
            thread.join(_PARTING / len(threads))
    if failures:
        raise failures[0]


def _opened(
    watches: Sequence[Watch], open_: Callable[[Watch], Desk]
) -> list[tuple[Watch, Desk | None]]:
    """None for those whose server does not answer: it keeps the others from nothing. Raises what
    was raised last where none answers.
    """
    found = list[tuple[Watch, Desk | None]]()
    for watch in watches:
        try:
            found.append((watch, open_(watch)))
        except GmailKitError as error:
            nobody = len(found) == len(watches) - 1 and not any(desk for _, desk in found)
            if nobody or not _passes(error):
                raise
            _log.warning("%s", error.message)
            found.append((watch, None))
    return found


def _opened_later(watch: Watch, open_: Callable[[Watch], Desk], sleep: Sleep) -> Desk:
    while True:
        sleep(max(watch.every, EVERY))
        try:
            return open_(watch)
        except GmailKitError as error:
            if not _passes(error):
                raise
