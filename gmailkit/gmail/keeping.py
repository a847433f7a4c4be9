"""Keeping mail: a backup of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.chosen import names
from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import Identity
    from gmailkit.query.builder import Q
    from gmailkit.services.backup.report import BackupReport, Progress
    from gmailkit.services.backup.seeding import OnSeeded, Seeded
    from gmailkit.services.backup.ways import BackupPlan, Via
    from gmailkit.services.places import Places
    from gmailkit.stores.protocol import Source


class Keeping(Connected):
    """Needs gmail.readonly or gmail.modify."""

    def seed_backup(
        self,
        path: str | Path,
        store: str | Source,
        *,
        every: bool = False,
        identity: Identity = None,
        on_progress: OnSeeded = lambda done, taken: None,
    ) -> Seeded:
        """Begin the backup folder `path` with mail that lies elsewhere: the messages of `store` (a
        name as "takeout:FILE.zip", or an open one) that are those of this mailbox, so that the
        next `backup` reads only what is missing. With `every` those in Spam and Trash too.

        Labels are Gmail's; the bytes are the store's, and counted as unverified until `compare`
        has seen Gmail's: `offload` refuses them so long. 5 units for each 500 messages of the
        mailbox and of each label, and 5 for each that is told by its Message-ID alone. It goes on
        where it was stopped. docs/seeding.md tells how messages are recognised.
        """
        from gmailkit.services.backup.seeding import seed
        from gmailkit.services.places import Places

        with Places(lambda: self._connection.settings, clock=self._clock) as places:
            return seed(
                self._client,
                self.address,
                Path(path).expanduser(),
                _source(places, store),
                every=every,
                identity=identity,
                on_progress=on_progress,
                clock=self._clock,
            )

    def backup(
        self,
        path: str | Path,
        *,
        label: str | Iterable[str] = (),
        query: str | Q = "",
        every: bool = False,
        settings: bool = False,
        reconcile: bool = False,
        index: bool = False,
        at_most: float | timedelta | str | None = None,
        via: Via | None = None,
        identity: Identity = None,
        on_plan: Callable[[BackupPlan], None] = lambda plan: None,
        on_progress: Callable[[Progress], None] | None = None,
        on_indexed: Callable[[int, int], None] = lambda done, total: None,
    ) -> BackupReport:
        """Save messages with any of `label` that match `query` into the backup folder `path`.

        All mail but Spam and Trash without either; these too with `every`. Exact bytes; labels,
        drafts, filters and the other settings with it. A second run asks what changed since, notes
        it and reads what is new; a killed run is continued by the next. Once a day settings are
        read, once a week both sides are compared: at once with `settings`, `reconcile`. `at_most`
        is the time it may take ("2h", a timedelta, seconds).

        Messages come by the API, over Gmail's IMAP or by both side by side: `via` "api", "imap",
        "both" or "fastest"; without it the fastest way that the sign-in allows, and the API for
        what that reads in a minute. `on_plan` hears how long each takes. What came by IMAP counts
        as unverified, as a seeded message does. An encrypted backup takes mail without
        `identity` too. `index` makes it searchable at the end, which else the first search
        does. docs/backup.md tells all, the format is docs/backup-format.md. Raises
        PartialError, TimeSpent, BudgetSpent.
        """
        from gmailkit.services.backup.choice import Choice
        from gmailkit.services.backup.planning import ways_of
        from gmailkit.services.backup.run import backup

        choice = Choice(
            label=tuple(names(label)),
            query=str(query),
            every=every,
            settings=settings,
            reconcile=reconcile,
            seconds=None if at_most is None else _seconds(at_most),
        )
        with ways_of(self._connection, via=via, on_plan=on_plan) as ways:
            run = partial(
                backup,
                self._client,
                self.address,
                Path(path).expanduser(),
                choice,
                bodies=ways,
                identity=identity,
                on_progress=on_progress or (lambda progress: None),
                clock=self._clock,
            )
            if not index:
                return run()
            from gmailkit.services.backup.indexed import indexed

            home = self._connection.settings.home
            return indexed(run, Path(path).expanduser(), home, identity, on_progress=on_indexed)

    def plan_backup(
        self,
        path: str | Path,
        *,
        label: str | Iterable[str] = (),
        query: str | Q = "",
        every: bool = False,
        via: Via | None = None,
        seed: Iterable[str | Source] = (),
    ) -> BackupPlan:
        """What `backup` would read, and how long each way takes; nothing is saved. `seed` are
        stores that it could begin with (`seed_backup`).

        5 units for each 500 messages that are listed, and 20 for each of some whose size is asked
        for where IMAP is closed to this sign-in; else some are read over IMAP, to measure it.
        Raises as `backup` does before it reads, and CannotDo for `via` a way that is closed.
        """
        from gmailkit.services.backup.choice import Choice
        from gmailkit.services.backup.planning import missing, ways_of
        from gmailkit.services.places import Places

        choice = Choice(label=tuple(names(label)), query=str(query), every=every)
        ids = missing(self._client, self.address, Path(path).expanduser(), choice)
        with (
            ways_of(self._connection, via=via) as ways,
            Places(lambda: self._connection.settings, clock=self._clock) as places,
        ):
            seeds = [_source(places, each) for each in seed]
            return ways.plan(ids, seeds=seeds, thorough=True)


def _source(places: Places, store: str | Source) -> Source:
    return places.source(places.locate(store)) if isinstance(store, str) else store


def _seconds(time: float | timedelta | str) -> float:
    from gmailkit.compose.when import seconds

    return seconds(time)
