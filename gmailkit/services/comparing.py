"""A backup held against Gmail: which messages only one of them has, and whether the bytes agree."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.backup.events import Cursor, Verified
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import (
    BackupDamaged,
    CannotDo,
    Failure,
    NotFound,
    Refused,
    ServerFault,
    UsageError,
)
from gmailkit.model.content import Content
from gmailkit.model.ids import HIDDEN, MessageId
from gmailkit.services.connect import Connection
from gmailkit.services.mending import record_of
from gmailkit.services.quota import estimate
from gmailkit.wire.methods import find

_AT_ONCE = 200  # messages found to be Gmail's, until that is written down

OnCompared = Callable[[int, int], None]  # messages done, messages in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the listings say, and which bytes are to be compared.

    `gmail` and `backup` are how many messages each has. Of those that Gmail alone has, `newer` came
    after the newest one of the backup and `hidden` lie in Spam or Trash, which a backup leaves out
    unless told, and `let_go` were left out by a compaction; nothing explains that the others,
    `lacking`, are not in the backup. Of one that
    covers a choice of messages nobody knows which it should have: all are `beyond` it. `kept` are
    in the backup alone: Gmail has them no more. `ids` are those to read, of the `common` ones;
    reading them costs `units` and takes `seconds` within the quota at least (None: nobody knows).
    `seeded` of them came from elsewhere and were never compared.
    """

    path: Path
    account: str
    gmail: int
    backup: int
    common: int
    lacking: tuple[MessageId, ...]
    newer: tuple[MessageId, ...]
    hidden: tuple[MessageId, ...]
    let_go: tuple[MessageId, ...]
    beyond: tuple[MessageId, ...]
    kept: tuple[MessageId, ...]
    ids: frozenset[str] | None
    to_read: int
    seeded: int
    units: int
    seconds: float | None
    key: BackupKey = field(default=GIVEN, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it: `same` messages have the very bytes that Gmail has, `different` do not, or
    are damaged in the backup; `gone` were deleted in Gmail meanwhile, `unread` could not be read.
    Of messages that the backup had taken from elsewhere, `verified` have Gmail's bytes and count as
    such from now on; `replaced` had others, and have Gmail's now.
    """

    plan: Compared
    same: int
    verified: int
    replaced: tuple[MessageId, ...]
    different: tuple[Failure, ...]
    gone: tuple[MessageId, ...]
    unread: tuple[Failure, ...]

    @property
    def ok(self) -> bool:
        return not (self.different or self.unread or self.plan.lacking)


def plan_comparison(
    connection: Connection,
    path: Path,
    *,
    sample: int | None = None,
    seed: int | None = None,
    identity: Identity = None,
) -> Compared:
    """List both sides; `sample` messages are to be read, chosen by lot (`seed`), all for None.

    5 units for each 500 messages of the mailbox. Raises what `Backup.open` raises, NotFound when
    the backup has nothing of this account.
    """
    if sample is not None and sample < 0:
        raise UsageError(f"A sample of {sample} messages cannot be.", hint="0 reads none.")
    client, key = connection.client, key_of(identity)
    with Backup.open(path, identity=key) as folder:
        account = one_account(folder, connection.address)
        listed = _Listed.of(client, folder, account)
        seeded = {id for id in folder.unverified(account) if id not in listed.kept}
        ids = None
        if sample is not None and sample < listed.common:
            lot = Random(seed)  # noqa: S311 - a sample, no secret
            others = (id for id in _common(folder, account, listed.kept) if id not in seeded)
            ids = _sampled(seeded, others, listed.common - len(seeded), sample, lot)
        reasons = _Reasons.of(client, folder, account, listed.only_gmail)
    to_read = listed.common if ids is None else len(ids)
    units = to_read * find("messages.get").price(client.prices)
    return Compared(
        path=path,
        account=account,
        gmail=listed.gmail,
        backup=listed.backup,
        common=listed.common,
        lacking=reasons.lacking,
        newer=reasons.newer,
        hidden=reasons.hidden,
        let_go=reasons.let_go,
        beyond=reasons.beyond,
        kept=tuple(map(MessageId, sorted(listed.kept))),
        ids=ids,
        to_read=to_read,
        seeded=len(seeded) if ids is None else len(ids.intersection(seeded)),
        units=units,
        seconds=estimate(connection, units).seconds,
        key=key,
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    """How many messages each side has, and those that one alone has."""

    gmail: int
    backup: int
    only_gmail: tuple[MessageId, ...]
    kept: set[str]

    @classmethod
    def of(cls, client: Client, folder: Backup, account: str) -> _Listed:
        rest: set[str] = folder.known(account)
        saved, gmail, only_gmail = len(rest), 0, list[MessageId]()
        for ref in client.messages.list(include_spam_trash=True):
            gmail += 1
            if ref.id in rest:
                rest.discard(ref.id)
            else:
                only_gmail.append(ref.id)
        return cls(gmail, saved, tuple(only_gmail), rest)

    @property
    def common(self) -> int:
        return self.backup - len(self.kept)


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Why Gmail alone has a message, as in `Compared`; none is known of those that are lacking."""

    lacking: tuple[MessageId, ...] = ()
    newer: tuple[MessageId, ...] = ()
    hidden: tuple[MessageId, ...] = ()
    let_go: tuple[MessageId, ...] = ()
    beyond: tuple[MessageId, ...] = ()

    @classmethod
    def of(
        cls, client: Client, folder: Backup, account: str, only_gmail: tuple[MessageId, ...]
    ) -> _Reasons:
        if not only_gmail:
            return cls()
        left, covers = folder.let_go(account), _covers(folder, account)
        let_go = tuple(id for id in only_gmail if id in left)
        others = tuple(id for id in only_gmail if id not in left)
        if covers == "known":
            return cls(let_go=let_go, beyond=others)
        newest = max((entry.date_ms for entry in _of(folder, account)), default=0)
        newer, hidden = _explained(client, set(others), newest)
        if covers == "all":
            hidden = set()  # this backup takes them too
        return cls(
            lacking=tuple(id for id in others if id not in newer and id not in hidden),
            newer=tuple(id for id in others if id in newer and id not in hidden),
            hidden=tuple(id for id in others if id in hidden),
            let_go=let_go,
        )


def compare(
    connection: Connection,
    plan: Compared,
    *,
    on_progress: OnCompared = lambda done, total: None,
) -> Comparison:
    """Read the messages of the plan from both sides and compare their bytes by SHA-256. What came
    from elsewhere is Gmail's afterwards.
    """
    with Backup.open(plan.path, write=plan.seeded > 0, identity=plan.key) as folder:
        run = _Run(folder, plan.account)
        gone = set(plan.kept)
        wanted = (e for e in _of(folder, plan.account) if e.id not in gone)
        chosen = (e for e in wanted if plan.ids is None or e.id in plan.ids)
        for done in run.compare(connection.client, chosen):
            on_progress(done, plan.to_read)
        run.note_verified()
    return Comparison(
        plan=plan,
        same=run.same,
        verified=run.verified,
        replaced=tuple(run.replaced),
        different=tuple(run.different),
        gone=tuple(run.gone),
        unread=tuple(run.unread),
    )


class _Run:
    """The messages one by one, as they come from Gmail."""

    def __init__(self, folder: Backup, account: str) -> None:
        self._folder = folder
        self._account = account
        self.same = 0
        self.verified = 0
        self.replaced: list[MessageId] = []
        self._proven: list[str] = []  # that nobody has written down yet
        self.different: list[Failure] = []
        self.gone: list[MessageId] = []
        self.unread: list[Failure] = []

    def compare(self, client: Client, entries: Iterable[Entry]) -> Iterator[int]:
        """How many are done, after each. Few are held at once: the entries are asked as needed."""
        ids = (MessageId(entry.id) for entry in entries)
        with closing(fetch_raw(client.messages, ids)) as coming:
            for done, (id, result) in enumerate(coming, start=1):
                try:
                    _, content = result.result()
                except NotFound:
                    self.gone.append(id)
                except (CannotDo, Refused, ServerFault, UsageError) as error:
                    self.unread.append(Failure.of(id, error))
                else:
                    with content:
                        self._hold_against(id, content)
                yield done

    def _hold_against(self, id: MessageId, content: Content) -> None:
        entry = self._folder.find(self._account, id)
        if entry is None:
            self.different.append(Failure(id, "It is not in the backup any more."))
            return
        if entry.origin:
            self._hold_seeded(entry, content)
            return
        try:
            self._folder.content(entry).close()  # its bytes are checked
        except BackupDamaged as error:
            self.different.append(Failure(id, error.message))
            return
        if entry.length != content.size:
            why = f"{entry.length:,} bytes were saved, Gmail gives {content.size:,}."
            self.different.append(Failure(id, why))
        elif entry.sha256 != content.digest:
            self.different.append(Failure(id, "Gmail gives other bytes than were saved."))
        else:
            self.same += 1

    def _hold_seeded(self, entry: Entry, content: Content) -> None:
        """What is damaged is replaced too."""
        if entry.sha256 == content.digest and self._is_whole(entry):
            self._proven.append(entry.id)
            self.verified += 1
            self.same += 1
            if len(self._proven) >= _AT_ONCE:
                self.note_verified()
            return
        for other in self._folder.sharing(entry):  # its own bytes, before they go
            with suppress(BackupDamaged), self._folder.content(other) as held:
                self._folder.mend(record_of(other, held, origin=other.origin))
        self._folder.mend(record_of(entry, content))
        self._folder.flush()
        self.replaced.append(MessageId(entry.id))

    def _is_whole(self, entry: Entry) -> bool:
        try:
            self._folder.content(entry).close()
        except BackupDamaged:
            return False
        return True

    def note_verified(self) -> None:
        if self._proven:
            self._folder.note(Verified(account=self._account, ids=tuple(self._proven)))
            self._folder.flush()
            self._proven.clear()


def _explained(
    client: Client, ids: set[MessageId], newest_ms: int
) -> tuple[set[MessageId], set[MessageId]]:
    """Those of `ids` that came after the newest one saved, and those in Spam and Trash."""
    if not ids:
        return set(), set()
    after = datetime.fromtimestamp(newest_ms / 1000, UTC)
    query = f"after:{int(after.timestamp())}"
    newer = {ref.id for ref in client.messages.list(q=query, include_spam_trash=True)} & ids
    hidden = {
        ref.id
        for label in sorted(HIDDEN)
        for ref in client.messages.list(label_ids=[label], include_spam_trash=True)
    }
    return newer, hidden & ids


def _covers(folder: Backup, account: str) -> str:
    """Which mail the last run was for. The index forgets it where a run has to list again; the
    events do not."""
    if cursor := folder.latest(account, Cursor):
        return cursor.covers
    return next(iter(deque((each.covers for each in folder.events(account, Cursor)), maxlen=1)), "")


def _of(folder: Backup, account: str) -> Iterator[Entry]:
    return (entry for entry in folder.entries() if entry.account == account)


def _common(folder: Backup, account: str, others: set[str]) -> Iterator[str]:
    return (entry.id for entry in _of(folder, account) if entry.id not in others)


def _sampled(
    seeded: set[str], others: Iterable[str], count: int, sample: int, lot: Random
) -> frozenset[str]:
    """Those that came from elsewhere first: they gain most by it; then some of `count` others."""
    first = lot.sample(sorted(seeded), min(sample, len(seeded)))
    return frozenset([*first, *_drawn(others, count, sample - len(first), lot)])


def _drawn(ids: Iterable[str], count: int, sample: int, lot: Random) -> Iterator[str]:
    """`sample` of `count` ids, each as likely as any other."""
    places = set(lot.sample(range(count), sample))
    return (id for place, id in enumerate(ids) if place in places)
