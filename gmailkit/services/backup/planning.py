"""How long a run takes by each way, from cheap questions; and the way that is picked for it.

Asked are the profile and the labels (1 unit each), and over IMAP sizes, which cost no units; where
IMAP is closed to this sign-in, some messages for their size, to say what it would take.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from gmailkit.backup.crypt.given import BackupKey
from gmailkit.backup.folder import Backup
from gmailkit.client.client import Client
from gmailkit.client.listing import PAGE
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, NoBackup
from gmailkit.model.ids import MessageId
from gmailkit.model.item import Ref
from gmailkit.record.bandwidth import GMAIL
from gmailkit.services.backup.choice import Choice
from gmailkit.services.backup.matrix import Ids
from gmailkit.services.backup.wanted import Wanted
from gmailkit.services.backup.ways import (
    SHORT,
    WORK,
    ApiSpeed,
    BackupPlan,
    ImapSpeed,
    Listing,
    Via,
    Way,
    picked,
    ways,
)
from gmailkit.services.cheapest import label_matrix_units
from gmailkit.services.labels import LabelNames
from gmailkit.stores.gmail import GmailSource
from gmailkit.stores.gmail.bodies import Bodies, ByApi, Came, May
from gmailkit.stores.locate import locate
from gmailkit.stores.protocol import Source
from gmailkit.wire.http import IN_FLIGHT
from gmailkit.wire.methods import find
from gmailkit.wire.quota.window import BURST, pace

if TYPE_CHECKING:
    from gmailkit.services.backup.by_imap import ByImap
    from gmailkit.services.connect import Connection
    from gmailkit.services.mail_servers import MailServers
    from gmailkit.stores.imap import GmailImapStore

LONG = 600.0  # seconds: so long a run is worth a word on what a sign-in with IMAP would spare
_AROUND = 20  # calls of a run one after the other that read no message: settings, labels, history
_LINE = 1_000_000  # bytes a second. Open: how fast Gmail's IMAP is; nowhere told
_log = logging.getLogger(__name__)
OnPlan = Callable[[BackupPlan], None]


class _Found(msgspec.Struct, frozen=True):
    """Ways, and how many bytes all messages have: None where nobody asked, `sampled` a guess."""

    ways: tuple[Way, ...]
    bytes: int | None = None
    sampled: bool = False


class Ways:
    """Bodies by the way that is picked for so many messages, `via` it or None: the fastest that is
    open, and the API for what that reads in a minute.

    `pace`: units a second, None for no limit. `open` connects to IMAP; it is asked for nothing
    where the API alone will do.
    """

    def __init__(
        self,
        client: Client,
        address: str,
        *,
        via: Via | None = None,
        pace: float | None = None,
        open: Callable[[], GmailImapStore],
        on_plan: OnPlan = lambda plan: None,
        clock: Clock,
    ) -> None:
        self._client = client
        self._address = address
        self._via = via
        self._pace = pace
        self._open = open
        self._on_plan = on_plan
        self._clock = clock
        self._units = find("messages.get").price(client.prices)
        self._imap: ByImap | None = None
        self._listed = False  # labels for IMAP, at the moment when its round began

    def __enter__(self) -> Ways:
        return self

    def __exit__(self, *_: object) -> None:
        if self._imap:
            self._imap.close()

    def fetch(self, ids: Iterable[MessageId], may: May) -> Generator[Came, None, None]:
        every = Ids(ids)
        yield from self._by(every).fetch(every, may)

    def _by(self, ids: Collection[MessageId]) -> Bodies:
        name: str = self._via or "fastest"
        short = self._paced(len(ids)) < SHORT
        # A later round follows the history, which has told of changes since labels were listed.
        if not ids or name == "api" or self._listed or (short and self._via is None):
            return ByApi(self._client)
        if not short or name == "fastest":
            plan = self.plan(list(ids))
            self._on_plan(plan)
            name = plan.picked
        if name == "api":
            return ByApi(self._client)
        try:
            imap = self._seen()
        except GmailKitError as error:
            if name == "imap" or not error.passing:
                raise
            _log.warning("Gmail's IMAP is closed: %s Gmail's API goes on.", error.message)
            return ByApi(self._client)
        from gmailkit.services.backup.side_by_side import SideBySide

        self._listed = True
        return SideBySide(self._client, imap, alone=name == "imap")

    def plan(
        self, ids: Sequence[MessageId], *, seeds: Iterable[Source] = (), thorough: bool = False
    ) -> BackupPlan:
        """For these, the newest first. `thorough`: also what IMAP would take where it is closed and
        little would be spared; and the run that is planned will ask all this again. Raises what
        IMAP is closed for where `via` insists on it.
        """
        latency = self._latency()
        begin = _AROUND * latency - (BURST if self._pace else 0)
        api = ApiSpeed(self._units, self._pace, latency, max(0.0, begin))
        listing = self._labels(latency)
        found = self._found(list(reversed(ids)), api, listing, thorough=thorough)
        seeded = (self._seeded(each, ids, api, listing) for each in seeds)
        every = (*found.ways, *seeded)
        return BackupPlan(
            account=self._address,
            messages=len(ids),
            bytes=found.bytes,
            ways=every,
            picked=picked(every, self._via).name,
            sampled=found.sampled,
        )

    def _found(
        self, ids: Sequence[MessageId], api: ApiSpeed, listing: Listing, *, thorough: bool
    ) -> _Found:
        """To messages, the oldest first."""
        if not ids:
            return _Found(ways((), api, None), 0)
        begun = self._clock.monotonic()
        try:
            imap = self._seen()
            imap.warm_up(ids)
            if thorough:  # the run itself will look again
                passed = self._clock.monotonic() - begun
                listing = replace(listing, seconds=listing.seconds + passed)
            sizes = [size for id in ids if (size := imap.size(id)) is not None]
            speed = imap.speed(ids, listing)
        except GmailKitError as error:
            return self._without(ids, api, listing, error, thorough=thorough)
        return _Found(ways(sizes, api, speed, unseen=len(ids) - len(sizes)), sum(sizes))

    def _seeded(
        self, source: Source, ids: Sequence[MessageId], api: ApiSpeed, listing: Listing
    ) -> Way:
        from gmailkit.services.backup.seed_speed import seed_way

        return seed_way(self._client, source, ids, api, listing, self._clock)

    def _without(
        self,
        ids: Sequence[MessageId],
        api: ApiSpeed,
        listing: Listing,
        why: GmailKitError,
        *,
        thorough: bool,
    ) -> _Found:
        """IMAP is closed: what it would take, if that is worth a word and nobody insists on it."""
        if self._via == "imap" or (self._via == "both" and not why.passing):
            raise why
        if not thorough and len(ids) * api.each < LONG:
            return _Found(ways([0] * len(ids), api, None))
        mean = GmailSource(self._client, self._address).mean_size(list(map(Ref, ids)))
        daily = GMAIL["imap"].down
        speed = ImapSpeed(WORK, 1 / _LINE, listing, daily, daily)
        alone, *others = ways([mean] * len(ids), api, speed)
        closed = (replace(way, closed=why.message, hint=why.hint or "") for way in others)
        return _Found((alone, *closed), mean * len(ids), sampled=True)

    def _seen(self) -> ByImap:
        if self._imap is None:
            from gmailkit.services.backup.by_imap import ByImap  # and all of IMAP with it

            imap = ByImap(self._client, self._open, clock=self._clock)
            imap.look()
            self._imap = imap
        return self._imap

    def _paced(self, count: int) -> float:
        return count * self._units / self._pace if self._pace else 0.0

    def _latency(self) -> float:
        """Seconds that a small answer takes; the better of two, since one may wait in line."""
        return min(self._asked() for _ in range(2))

    def _asked(self) -> float:
        begun = self._clock.monotonic()
        self._messages = self._client.get_profile().messages_total
        return self._clock.monotonic() - begun

    def _labels(self, latency: float) -> Listing:
        """1 unit for each label, to know how many bear it."""
        labels = self._client.labels.get_many(label.id for label in self._client.labels.list())
        count, carrying = self._messages, [label.messages_total or 0 for label in labels]
        units = label_matrix_units(count, carrying, self._client.prices)
        longest = max(ceil(max(carrying, default=0) / PAGE), len(labels) / IN_FLIGHT)
        one_by_one = (ceil(count / PAGE) + longest) * latency
        paced = units / self._pace - BURST if self._pace else 0.0
        return Listing(units, max(paced, one_by_one))


@contextmanager
def ways_of(
    connection: Connection, *, via: Via | None = None, on_plan: OnPlan = lambda plan: None
) -> Iterator[Ways]:
    """For the mailbox of a connection, with its own limits and its own sign-in."""
    limit = connection.allowance.units_per_minute
    with ExitStack() as opened:

        @cache
        def servers() -> MailServers:
            """Most runs need none."""
            from gmailkit.services.mail_servers import MailServers

            made = MailServers(
                lambda: connection.settings, lambda _: connection, clock=connection.clock
            )
            return opened.enter_context(closing(made))

        location = locate(f"imap+gmail:{connection.address}")
        with Ways(
            connection.client,
            connection.address,
            via=via,
            pace=pace(limit) if limit else None,
            open=lambda: servers().gmail(location),
            on_plan=on_plan,
            clock=connection.clock,
        ) as ways:
            yield ways


def missing(client: Client, address: str, path: Path, choice: Choice) -> list[MessageId]:
    """What a run would read, the newest first, by listings: 5 units for each 500. Raises what a run
    raises before it reads.
    """
    wanted = Wanted.of(
        client, LabelNames.of(client), choice.label, choice.query, every=choice.every
    )
    found = wanted.listed(client)
    saved: set[str] = set()
    with suppress(NoBackup), Backup.look_at(path, identity=BackupKey()) as folder:
        saved = folder.known(address.casefold())
    return [id for id in found if id not in saved]
