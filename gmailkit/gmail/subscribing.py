"""Mail to many: who sends it, leaving, and who went on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.query.builder import Q
    from gmailkit.record.departures import Departure
    from gmailkit.record.journal import Change
    from gmailkit.services.lists.going_on import SilencePlan
    from gmailkit.services.lists.leaving import LeavingPlan, Left
    from gmailkit.services.lists.mailings import Found
    from gmailkit.services.lists.sources import MailingList

OnProgress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """Nobody is told."""


class Subscribing(Connected):
    """Looking needs gmail.readonly (docs/subscriptions.md)."""

    def find_mailings(
        self, query: str | Q = "", *, since: str | None = "90d", limit: int = 1_000
    ) -> Found:
        """The messages that `mailing_lists` would read, and what that costs. 10 units a page.

        `since` is a day (2026-01-31) or an age (90d), None for any time. Without a `query` what
        looks like mail to many.
        """
        from gmailkit.services.lists.mailings import find_mailings

        return find_mailings(self._connection, str(query), since=since, limit=limit)

    def mailing_lists(
        self,
        found: Found | str | Q = "",
        *,
        since: str | None = "90d",
        limit: int = 1_000,
        on_progress: OnProgress = _quiet,
    ) -> tuple[MailingList, ...]:
        """Senders of mail to many: how much, how much of it was read, and how one leaves; those
        with most messages first. 20 units for each message that was never read for this.

        Of what `find_mailings` found, or of a search as it takes one.
        """
        from gmailkit.services.lists.mailings import Found
        from gmailkit.services.lists.sources import mailing_lists

        if not isinstance(found, Found):
            found = self.find_mailings(found, since=since, limit=limit)
        return mailing_lists(self._connection, found, on_progress=on_progress)

    def plan_unsubscribe(
        self,
        query: str | Q | None = None,
        *,
        keys: Iterable[str] = (),
        ids: Iterable[str] = (),
        again: bool = False,
        by_mail: bool = False,
        unsigned: bool = False,
        on_progress: OnProgress = _quiet,
    ) -> LeavingPlan:
        """What `unsubscribe` would do; nobody is asked. By a search, an address or a List-Id, by
        the keys of lists (`MailingList.source.key`), or by ids of messages that came by them.

        One click (RFC 8058) where a valid signature vouches for it, or `unsigned`; else by mail, as
        always with `by_mail`; a mail that nobody vouches for is asked with `unsigned` alone.
        `again`: lists that were asked before, too. NotFound for no list.
        """
        from gmailkit.services.lists.leaving import plan_leaving

        return plan_leaving(
            self._connection,
            query=str(query) if query is not None else None,
            keys=keys,
            ids=ids,
            again=again,
            by_mail=by_mail,
            unsigned=unsigned,
            on_progress=on_progress,
        )

    def unsubscribe(self, plan: LeavingPlan) -> Iterator[Left]:
        """Ask the lists of a plan to stop, one after the other as the result is iterated; each is
        recorded before. What came of it stands in each result, its error too.
        """
        from gmailkit.services.lists.leaving import leave

        return leave(self._connection, plan)

    def departures(self) -> Iterator[Departure]:
        """The last request to each list, newest first. Asks nobody."""
        from gmailkit.services.lists.standing import departures

        return departures(self._connection)

    def plan_silence(
        self,
        *,
        grace: int | None = None,
        filters: bool = True,
        on_progress: OnProgress = _quiet,
    ) -> SilencePlan:
        """Which lists went on writing after they were asked not to, and what `silence` would do.

        `grace` in days; without it 2 after one click and 10 after mail. Only mail that says itself
        that it is mail to many counts. No filter where it would take other mail (`GoingOn.why`).
        """
        from gmailkit.services.lists.going_on import plan_silence

        return plan_silence(self._connection, grace=grace, filters=filters, on_progress=on_progress)

    def silence(self, plan: SilencePlan, *, on_progress: OnProgress = _quiet) -> Change | None:
        """Move what they sent since to Trash, and what they will send, by a filter: one change,
        which `undo` takes back. Needs gmail.modify, and for filters gmail.settings.basic.
        """
        from gmailkit.services.lists.going_on import silence

        return silence(self._connection, plan, on_progress=on_progress)
