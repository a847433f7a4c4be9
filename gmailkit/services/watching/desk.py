"""A watch at work: it looks, hands out what is due, and notes what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from math import inf

from gmailkit.clock import Clock
from gmailkit.record.watches import Seen, State, Watched
from gmailkit.services.arriving import LAG
from gmailkit.services.watching.arrivals import Arrivals, Sleep
from gmailkit.services.watching.event import MailEvent
from gmailkit.services.watching.watch import Watch

_BEHIND = "@"  # in a mark, before the moment from which on a search has to know what came
_SURELY = 600.0  # seconds before the last look from which on it is looked again by time


class Desk:
    """`alone` has to be held while it works: another process may run the same watch."""

    def __init__(self, arrivals: Arrivals, watch: Watch, *, since: float = 0, clock: Clock) -> None:
        """`since`: where the watch is new, what came in so many seconds before counts too."""
        self.watch = watch
        self._arrivals = arrivals
        self._clock = clock
        self._record = arrivals.record
        self._since = since

    def alone(self) -> AbstractContextManager[None]:
        return self._record.alone(self.watch.key)

    def look(self) -> None:
        """Take in what came, and find out what of it matches.

        Where nobody can tell what came since the last look, it is made up for by time.
        """
        key, query = self.watch.key, self.watch.query
        known = self._record.find(key)
        if known is None:
            self._begin()
        else:
            if known.query != query:
                self._record.ask(key, query)
            self._take(known)
        if fresh := self._record.fresh(key):
            found = self._arrivals.matching(frozenset(fresh))
            self._record.settle(key, found, lag=LAG)

    def due(self) -> Iterator[tuple[Seen, MailEvent]]:
        """What is to be handled now, in the order in which it came.

        What is gone from the mailbox meanwhile is done.
        """
        for seen in self._record.due(self.watch.key):
            event = self._event(seen)
            if event is None:
                self._record.done(seen.number)
            else:
                yield seen, event

    def done(self, seen: Seen) -> None:
        self._record.done(seen.number)

    def failed(self, seen: Seen, event: MailEvent, why: str) -> bool:
        """Whether it is tried again."""
        pause = self.watch.pause_after(seen.tries + 1)
        due = None if pause is None else self._clock.now() + pause
        self._record.failed(seen.number, why, due=due, about=event.about())
        return pause is not None

    def wait(self, sleep: Sleep) -> None:
        """Until something may have come, or something is due again."""
        key = self.watch.key
        next_due = self._record.next_due(key)
        until = inf if next_due is None else max(0.0, next_due - self._clock.now())
        if self._record.fresh(key):
            until = min(until, self.watch.every)
        self._arrivals.wait(until, sleep)

    def close(self) -> None:
        self._arrivals.close()

    def _begin(self) -> None:
        """What came before is known as done, so that no later look by time tells of it."""
        now = self._clock.now()
        before = self._arrivals.after(now - _SURELY)
        mark = self._arrivals.mark()
        asked_for = self._arrivals.after(now - self._since) if self._since else []
        self._record.begin(
            self.watch.key, self.watch.query, mark=mark, came=asked_for, before=before
        )

    def _take(self, known: Watched) -> None:
        mark, _, behind = known.mark.partition(_BEHIND)
        found = None if behind else self._arrivals.since(mark)
        if found is not None:
            for came in found:
                state: State = "due" if came.sure else "fresh"
                self._record.take(known.name, came.ids, mark=came.mark, state=state)
            return
        now = self._clock.now()
        if not behind:
            mark, behind = self._arrivals.mark(), f"{int(now)}"
        looked = min(known.looked.timestamp(), now) - _SURELY
        ids = self._arrivals.after(looked)
        # What came just before the mark a search may not know yet: it is asked once more then.
        if abs(now - float(behind)) < self._arrivals.lag:
            mark += f"{_BEHIND}{behind}"
        self._record.take(known.name, ids, mark=mark, state="due")

    def _event(self, seen: Seen) -> MailEvent | None:
        told = self._arrivals.told(seen.message)
        if told is None:
            return None
        account = self._arrivals.account
        return MailEvent(
            id=f"{account}/{self.watch.key}/{seen.message}",
            watch=self.watch.key,
            account=account,
            tries=seen.tries + 1,
            envelope=told.envelope,
            labels=told.labels,
        )
