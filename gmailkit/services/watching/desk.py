"""A watch at work: it looks, hands out what is due, and notes what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from gmailkit.clock import Clock
from gmailkit.model.ids import MessageId
from gmailkit.record.watches import Seen, Watched
from gmailkit.services.arriving import LAG, added, came_after, matching
from gmailkit.services.asking import asked
from gmailkit.services.connect import Connection
from gmailkit.services.search import labelled
from gmailkit.services.watching.event import MailEvent
from gmailkit.services.watching.watch import Watch

_SURELY = 600.0  # seconds before the last look from which on it is looked again by time


class Desk:
    """`alone` has to be held while it works: another process may run the same watch."""

    def __init__(
        self, connection: Connection, watch: Watch, *, since: float = 0, clock: Clock
    ) -> None:
        """`since`: where the watch is new, what came in so many seconds before counts too.

        Raises QueryError and NotFound as a search does.
        """
        self.watch = watch
        self._connection = connection
        self._client = connection.client
        self._clock = clock
        self._record = connection.watches
        self._wanted = asked(self._client, watch.query)
        self._since = since

    def alone(self) -> AbstractContextManager[None]:
        return self._record.alone(self.watch.key)

    def look(self) -> None:
        """Take in what came, and find out what of it matches.

        2 units, and 5 while something new is there. A history that reaches not so far back, or has
        a gap, is made up for by a search by time.
        """
        key, query = self.watch.key, self.watch.query
        known = self._record.find(key)
        if known is None:
            history = self._now()
            before = self._since_then(self._clock.now() - self._since) if self._since else []
            self._record.begin(key, query, history=history, came=before)
        else:
            if known.query != query:
                self._record.ask(key, query)
            self._take(known)
        if fresh := self._record.fresh(key):
            found = matching(self._client, self._wanted, frozenset(fresh))
            self._record.settle(key, [ref.id for ref in found], lag=LAG)

    def due(self) -> Iterator[tuple[Seen, MailEvent]]:
        """What is to be handled now, in the order in which it came. 20 units each.

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

    def failed(self, seen: Seen, why: str) -> bool:
        """Whether it is tried again."""
        pause = self.watch.pause_after(seen.tries + 1)
        due = None if pause is None else self._clock.now() + pause
        self._record.failed(seen.number, why, due=due)
        return pause is not None

    def pause(self) -> float:
        """Seconds until it looks again, or something is due again."""
        next_due = self._record.next_due(self.watch.key)
        until = self.watch.every if next_due is None else next_due - self._clock.now()
        return max(0.0, min(until, self.watch.every))

    def _take(self, known: Watched) -> None:
        came = added(self._client, known.history)
        if came is not None:
            self._record.take(known.name, came.ids, history=came.history, state="fresh")
            return
        history = self._now()
        looked = min(known.looked.timestamp(), self._clock.now()) - _SURELY
        ids = self._since_then(looked)
        self._record.take(known.name, ids, history=history, state="due")

    def _since_then(self, time: float) -> list[MessageId]:
        """What matches and came after that moment, oldest first."""
        refs = list(came_after(self._client, self.watch.query, time))
        return [ref.id for ref in reversed(refs)]

    def _now(self) -> int:
        return self._client.get_profile().history_id

    def _event(self, seen: Seen) -> MailEvent | None:
        found = next(labelled(self._client, self._connection.cache, [seen.message]), None)
        if found is None:
            return None
        envelope, labels = found
        account = self._connection.address
        return MailEvent(
            id=f"{account}/{self.watch.key}/{seen.message}",
            watch=self.watch.key,
            account=account,
            tries=seen.tries + 1,
            envelope=envelope,
            labels=labels,
        )
