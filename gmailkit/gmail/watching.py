"""New mail as events."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from gmailkit.config import Settings
from gmailkit.gmail.connected import Connected
from gmailkit.query.builder import Q

if TYPE_CHECKING:
    from gmailkit.record.watches import Seen, Watched
    from gmailkit.services.watching.event import MailEvent
    from gmailkit.services.watching.opening import Opening
    from gmailkit.services.watching.run import OnOutcome, Watching
    from gmailkit.services.watching.watch import Watch


class Watcher(Connected):
    """Needs gmail.readonly (docs/watching.md). `store` is where mail comes in: this mailbox, or a
    server of IMAP ("imaps://ann@mail.example.com/Work"), which needs no sign-in with Google.
    """

    @abstractmethod
    def _said(self) -> Settings:
        """The settings, without a connection."""

    def _opening(self) -> Opening:
        from gmailkit.services.watching.opening import Opening

        return Opening(self._said, lambda: self._connection, clock=self._clock)

    def events(
        self,
        query: str | Q = "",
        *,
        name: str = "",
        every: float | timedelta | str = 20,
        since: float | timedelta | str = 0,
        once: bool = False,
        store: str = "",
        idle: bool = False,
    ) -> Iterator[MailEvent]:
        """Messages that come and match: one is done when the next is asked for. For ever; with
        `once` those that are there now.

        What came while nobody looked comes too: the watch is remembered by its `name`, or by its
        query. So an event comes once more, with the same `id`, where the loop was left in the
        middle of it. A new watch begins now, or `since` before. Times are seconds, a timedelta, or
        as "5m". 2 units a look, `every` so often, 5 while something new is there, 20 an event. With
        `idle` it looks when Gmail's IMAP tells that something came, which costs no units (needs the
        full scope; without it the watch goes on by looking). A `store` of IMAP tells at once too.
        Raises QueryError and NotFound as a search does, and what connecting raises; what passes is
        waited out.
        """
        from gmailkit.compose.when import seconds
        from gmailkit.services.watching.run import events
        from gmailkit.services.watching.watch import Watch

        watch = Watch(query=str(query), name=name, every=seconds(every), store=store, idle=idle)
        before, clock = seconds(since), self._clock

        def coming() -> Iterator[MailEvent]:
            with self._opening() as opening:
                yield from events(opening.arrivals, watch, since=before, once=once, clock=clock)

        return coming()

    def run_watches(
        self,
        watches: Sequence[Watch],
        *,
        since: float | timedelta | str = 0,
        once: bool = False,
        on_outcome: OnOutcome = lambda outcome: None,
    ) -> Watching:
        """Hand what comes to the handlers of these, until stopped; with `once` what is there now.

        A handler that raises is told the same event again, later and later, and after `tries`
        failures no more: see `dead_events`.
        """
        from gmailkit.compose.when import seconds
        from gmailkit.services.watching.run import run_watches

        with self._opening() as opening:
            return run_watches(
                opening.arrivals,
                watches,
                since=seconds(since),
                once=once,
                on_outcome=on_outcome,
                clock=self._clock,
            )

    def watches(self, store: str = "") -> list[Watched]:
        """Those that are remembered of this account, or of that server, by name."""
        with self._opening() as opening:
            return opening.record(store).all()

    def waiting_events(self, name: str, store: str = "") -> list[Seen]:
        """What that watch has still to tell, oldest first."""
        with self._opening() as opening:
            return opening.record(store).of(name, "due")

    def dead_events(self, name: str, store: str = "") -> list[Seen]:
        """Those whose handler failed too often, oldest first."""
        with self._opening() as opening:
            return opening.record(store).of(name, "dead")

    def retry_events(self, name: str, store: str = "") -> int:
        """The dead ones are told again by the next run; how many they are."""
        with self._opening() as opening:
            return opening.record(store).revive(name)

    def forget_watch(self, name: str, store: str = "") -> bool:
        """Its next run begins anew; whether there was one."""
        with self._opening() as opening:
            return opening.record(store).forget(name)


def watch(
    query: str | Q = "",
    *,
    account: str | None = None,
    name: str = "",
    every: float | timedelta | str = 20,
    since: float | timedelta | str = 0,
    once: bool = False,
    store: str = "",
    idle: bool = False,
) -> Iterator[MailEvent]:
    """`Gmail(account).events(...)`: for scripts that do nothing else.

    >>> for event in gmailkit.watch("from:bank"):
    ...     print(event.envelope.subject)
    >>> for event in gmailkit.watch("from:bank", store="imaps://ann@mail.example.com"):
    ...     print(event.envelope.subject)
    """
    from gmailkit.gmail.mailbox import Gmail

    with Gmail(account) as gmail:
        yield from gmail.events(
            query, name=name, every=every, since=since, once=once, store=store, idle=idle
        )
