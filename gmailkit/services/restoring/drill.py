"""A restore tried out: a sample of a backup put into an empty practice mailbox, and compared.

So the whole way back is walked, by the code that restores into Gmail: reading, adding, labels,
conversations, dates. Gmail itself is not asked for anything, and nothing is left behind.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from gmailkit.backup.crypt.given import BackupKey, Identity, key_of
from gmailkit.backup.folder import Backup
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import Failure, PartialError
from gmailkit.model import flags
from gmailkit.model.item import Item, Ref
from gmailkit.query.parse import parse
from gmailkit.record.copies import Receipt
from gmailkit.services.connect import Connection, connect
from gmailkit.services.copying.differences import NAMES, differences
from gmailkit.services.labels import LabelNames
from gmailkit.services.practice import fresh_mailbox
from gmailkit.services.restoring.plan import plan_restore
from gmailkit.services.restoring.run import restore
from gmailkit.services.searched import searched
from gmailkit.stores.backup import BackupStore

SAMPLE = 100
# What one practice mailbox takes, which is held in memory.
_ROUND, _ROUND_BYTES = 500, 64 << 20
_NEWEST = 10  # one in so many of a sample is of the newest: what the last run saved

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What a drill found: `tried` of the `messages` that were asked for, of `accounts`, `bytes` of
    mail in `conversations`, bearing `labels` of a person's own.

    `listed` counts the differences that docs/restoring.md lists, by their names. `refused` are
    messages that Gmail does not take, which a restore keeps in its quarantine folder. `wrong` are
    those that did not come back as they were, each with why.
    """

    path: Path
    accounts: tuple[str, ...]
    messages: int
    tried: int
    bytes: int
    conversations: int
    labels: int
    listed: Mapping[str, int]
    refused: tuple[Failure, ...]
    wrong: tuple[Failure, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong


def drill(
    path: Path,
    *,
    origin: str = "",
    query: str = "",
    sample: int | None = SAMPLE,
    seed: int | None = None,
    identity: Identity = None,
    on_progress: OnProgress = lambda done, total: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Drill:
    """Restore `sample` messages of a backup into an empty mailbox of the sandbox, and compare
    bytes, labels, flags, dates and conversations; None: all of them, some hundred at a time.

    Those of `origin`, or of every account that the backup holds. What lies in Spam and Trash is
    among them, unless a `query` leaves it out; a query reads every message. Raises what
    `Backup.open` raises, NotFound, QueryError.
    """
    key = key_of(identity)
    with Backup.open(path, identity=key) as folder:
        accounts = (origin.casefold(),) if origin else folder.accounts()
    chosen = {each: _asked_for(path, each, query, key, clock) for each in accounts}
    messages = sum(map(len, chosen.values()))
    if sample is not None:
        chosen = _sampled(chosen, sample, random.Random(seed))  # noqa: S311 - no secret
    found = _Found()
    total = sum(map(len, chosen.values()))
    on_progress(0, total)
    for account, refs in chosen.items():
        for some in _rounds(path, account, refs, key):
            _Round(path, account, some, found, key, clock).run()
            on_progress(found.tried, total)
    return Drill(
        path=path,
        accounts=tuple(accounts),
        messages=messages,
        tried=found.tried,
        bytes=found.bytes,
        conversations=found.conversations,
        labels=len(found.labels),
        listed=dict(sorted(found.listed.items())),
        refused=tuple(found.refused),
        wrong=tuple(found.wrong),
    )


def _asked_for(path: Path, account: str, query: str, key: BackupKey, clock: Clock) -> list[Ref]:
    """The oldest first."""
    with BackupStore(path, account, identity=key, clock=clock) as store:
        return list(searched(store, parse(query)))


def _sampled(
    chosen: Mapping[str, Sequence[Ref]], sample: int, chance: random.Random
) -> dict[str, list[Ref]]:
    """So many of all, some of them the newest of each account; in their order."""
    every = [(account, n) for account, refs in chosen.items() for n in range(len(refs))]
    most = max(1, sample // _NEWEST // max(1, len(chosen)))
    newest = [(account, n) for account, refs in chosen.items() for n in range(len(refs))[-most:]]
    others = chance.sample(every, min(sample, len(every)))
    places = sorted(list(dict.fromkeys([*newest, *others]))[:sample])
    return {
        account: [refs[n] for whose, n in places if whose == account]
        for account, refs in chosen.items()
    }


def _rounds(path: Path, account: str, refs: Sequence[Ref], key: BackupKey) -> Iterator[list[Ref]]:
    some: list[Ref] = []
    held = 0
    with BackupStore(path, account, identity=key) as store:
        for ref in refs:
            size = store.facts(ref)[0]
            if some and (len(some) == _ROUND or held + size > _ROUND_BYTES):
                yield some
                some, held = [], 0
            some.append(ref)
            held += size
    if some:
        yield some


@dataclass(slots=True)
class _Found:
    tried: int = 0
    bytes: int = 0
    conversations: int = 0
    labels: set[str] = field(default_factory=set)
    listed: Counter[str] = field(default_factory=Counter)
    refused: list[Failure] = field(default_factory=list)
    wrong: list[Failure] = field(default_factory=list)


@dataclass(slots=True)
class _Round:
    """One practice mailbox: filled, compared, gone."""

    path: Path
    account: str
    refs: list[Ref]
    found: _Found
    key: BackupKey
    clock: Clock
    renamed: Mapping[str, str] = field(default_factory=dict)
    came: dict[Ref, Receipt] = field(default_factory=dict)
    threads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    origins: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def run(self) -> None:
        with fresh_mailbox(self.account, clock=self.clock) as settings:
            self._filled(settings)
        self.found.tried += len(self.refs)
        self.found.conversations += len(self.threads)

    def _filled(self, settings: Settings) -> None:
        with closing(connect(settings, None, clock=self.clock)) as connection:
            plan = plan_restore(
                connection,
                self.path,
                origin=self.account,
                refs=self.refs,
                identity=self.key,
                mark="",
                everywhere=True,
            )
            self.found.labels.update(plan.labels)
            self.renamed = plan.renamed
            unread: dict[str, str] = {}
            try:
                restore(connection, plan, on_settled=self._settled)
            except PartialError as error:
                unread = {each.item: each.why for each in error.failed}
            self._compared(connection, unread)

    def _settled(self, receipt: Receipt) -> None:
        self.came[receipt.ref] = receipt

    def _compared(self, connection: Connection, unread: Mapping[str, str]) -> None:
        names = LabelNames.of(connection.client)
        with BackupStore(self.path, self.account, identity=self.key) as store:
            for ref, was in store.fetch(self.refs):
                receipt = self.came.get(ref)
                if receipt and receipt.state == "refused":
                    self.found.refused.append(Failure(ref, receipt.why))
                elif not isinstance(was, Item) or receipt is None:
                    self._wrong(ref, unread.get(ref, "It did not come back."))
                elif receipt.state != "added":
                    self._wrong(ref, "Another message was taken for it.")
                else:
                    self._look(connection, names, ref, was, receipt.came)

    def _look(
        self, connection: Connection, names: LabelNames, ref: Ref, was: Item, came: str
    ) -> None:
        message, content = connection.client.messages.get_raw(came)
        named = names.named(message.label_ids)
        labels, marks = flags.from_gmail(named[id] for id in message.label_ids)
        self.found.bytes += was.content.size
        if was.labels & self.renamed.keys():
            self.found.listed[NAMES] += 1
            had = frozenset(self.renamed.get(name, name) for name in was.labels)
            was = replace(was, labels=had)
        with content:
            now = Item(content=content, labels=labels, flags=marks, received=message.internal_date)
            for each in differences(was, now):
                if each.listed:
                    self.found.listed[each.what] += 1
                else:
                    self._wrong(ref, each.what)
        self._same_conversation(ref, was.thread, message.thread_id)

    def _same_conversation(self, ref: Ref, was: str, now: str) -> None:
        """As far as the messages of this round tell."""
        self.threads[was].add(now)
        self.origins[now].add(was)
        if len(self.threads[was]) > 1:
            self._wrong(ref, "Its conversation was torn apart.")
        if len(self.origins[now]) > 1:
            self._wrong(ref, "It was put into the conversation of others.")

    def _wrong(self, ref: Ref, why: str) -> None:
        self.found.wrong.append(Failure(ref, why))
