"""What a restore would do; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.errors import NotFound, UsageError
from gmailkit.model.item import Ref
from gmailkit.query.labels import is_system
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.record.copies import Copies, UnderWay
from gmailkit.services import days
from gmailkit.services.connect import Connection
from gmailkit.services.days import When
from gmailkit.services.labels import LabelNames
from gmailkit.services.labels.names import MOST
from gmailkit.services.quota import estimate
from gmailkit.services.restoring.naming import name_here
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.gmail import CHAT, DRAFT, name_of_mailbox
from gmailkit.wire.methods import find

IMPORT, LIST = "messages.import", "messages.list"
A_DAY = 500_000_000  # bytes that Gmail takes by IMAP, by its page of bandwidth limits
_HIDDEN = frozenset({"TRASH", "SPAM"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """What would come back: `refs` of `origin`'s mail in the backup at `path`, oldest first.

    `before` were restored by a run that was cut short, and are not among `refs`; nor are the
    `left_out`, which lie in Spam or Trash. `labels` are the names that they bear, `create` those
    that would be made, `renamed` those that Gmail would not take by their names, and what they are
    called here; `mark` the one that everything bears which is added ("": none). `drafts`
    come back as drafts, `chats` as mail; of `gone` a backup found that Gmail has them no more.
    `units` are those of looking for each message and of adding it, if none of them is there;
    `seconds` the time they take within the quota at least, None where nobody knows. `notes` say
    what opening the backup met.
    """

    path: Path
    origin: str
    account: str
    query: str
    as_of: datetime | None
    refs: tuple[Ref, ...]
    bytes: int
    before: int
    left_out: int
    gone: int
    drafts: int
    chats: int
    labels: tuple[str, ...]
    create: tuple[str, ...]
    renamed: Mapping[str, str]
    mark: str
    notes: tuple[str, ...]
    units: int
    seconds: float | None
    key: BackupKey = field(default=GIVEN, repr=False)

    @property
    def days(self) -> float:
        """How long it takes where Gmail takes no more than by IMAP. Open: whether it does here; it
        stops long restores now and then ("User-rate limit exceeded"), which go on then.
        """
        return self.bytes / A_DAY


def plan_restore(
    connection: Connection,
    path: Path,
    *,
    origin: str = "",
    query: str = "",
    as_of: When | None = None,
    refs: Iterable[Ref] | None = None,
    mark: str | None = None,
    everywhere: bool = False,
    identity: Identity = None,
) -> RestorePlan:
    """What `restore` would do; with `refs` to just these.

    `origin` is the account whose mail it is, where the backup holds that of several. `mark` is a
    label, "restored/" and the day for None, none for "". `everywhere`: with what lies in Spam and
    Trash. `as_of`, a day or a moment, takes the backup as it was known to be then. A query reads
    every message of the backup. Raises what `Backup.open` raises, NotFound, QueryError, UsageError.
    """
    wanted = parse(query)
    hidden = frozenset() if everywhere or reaches_spam_and_trash(wanted) else _HIDDEN
    moment, key = days.as_of(as_of, clock=connection.clock), key_of(identity)
    with (
        BackupStore(path, origin, as_of=moment, identity=key, clock=connection.clock) as store,
        connection.copies() as copies,
    ):
        mailbox = name_of_mailbox(connection.address)
        number = copies.open(store.name, mailbox, wanted_of(query, moment))
        mark = _mark(connection, copies, number, mark)
        seen = _Seen(hidden=hidden)
        every = seen.counted(store.refs(wanted) if refs is None else refs)
        coming = tuple(seen.passing(store, copies.unsettled(number, every)))
        names = LabelNames.of(connection.client)
        own = {name for name in seen.labels if not is_system(name)}
        users = (label.name for label in names.labels if label.type != "system")
        there = {name.casefold(): name for name in users}
        called = {name: name_here(name, there) for name in sorted(own)}
        needed = {*called.values(), *filter(None, [mark])}
        labels = tuple(sorted(needed))
        create = tuple(name for name in labels if not names.find(name))
        _check_room(len(there) + len(create))
        prices = connection.client.prices
        each = find(LIST).price(prices) + find(IMPORT).price(prices)
        units = len(coming) * each + len(create) * find("labels.create").price(prices)
        return RestorePlan(
            path=path,
            origin=store.account,
            account=connection.address,
            query=query,
            as_of=moment,
            refs=coming,
            bytes=seen.bytes,
            before=seen.count - len(coming) - seen.left_out,
            left_out=seen.left_out,
            gone=len(store.gone() & set(coming)),
            drafts=seen.drafts,
            chats=seen.chats,
            labels=labels,
            create=create,
            renamed={a: b for a, b in called.items() if a.casefold() != b.casefold()},
            mark=mark,
            notes=store.notes,
            units=units,
            seconds=estimate(connection, units).seconds,
            key=key,
        )


def _check_room(labels: int) -> None:
    """UsageError before anything is made, where Gmail would refuse one of the last labels."""
    if labels > MOST:
        raise UsageError(
            f"The mailbox would have {labels:,} labels, and Gmail takes {MOST:,}.",
            hint="Restore a part of the mail, which bears fewer: --query.",
        )


def wanted_of(query: str, as_of: datetime | None) -> str:
    """What a restore is of: mail as it was at another moment is another restore."""
    return f"{query} as of {as_of.isoformat()}".strip() if as_of else query


def _mark(connection: Connection, copies: Copies, number: int, wanted: str | None) -> str:
    """A restore that goes on goes on under its first label."""
    before = under_way(connection, copies, number)
    if before and wanted not in (None, before.mark):
        raise UsageError(
            f'This restore was cut short under the label "{before.mark}".',
            hint=f"Leave the label away to go on, or take it back: gmailkit undo {before.change}",
        )
    if before:
        return before.mark
    if wanted is not None:
        return wanted
    day = datetime.fromtimestamp(connection.clock.now(), UTC).astimezone()
    return f"restored/{day:%Y-%m-%d}"


def under_way(connection: Connection, copies: Copies, number: int) -> UnderWay | None:
    """What a restore that was cut short has begun. One that was taken back, or of which the journal
    knows nothing any more, begins anew.
    """
    begun = copies.under_way(number)
    if begun is None:
        return None
    try:
        change = connection.journal.find(begun.change)
    except NotFound:
        change = None
    if change and not change.undone_by and change.time.isoformat() == begun.since:
        return begun
    copies.finish(number)
    return None


@dataclass(slots=True)
class _Seen:
    """What the messages are that pass by."""

    hidden: frozenset[str]
    count: int = 0
    labels: set[str] = field(default_factory=set)
    bytes: int = 0
    left_out: int = 0
    drafts: int = 0
    chats: int = 0

    def counted(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref in refs:
            self.count += 1
            yield ref

    def passing(self, store: BackupStore, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref in refs:
            size, labels = store.facts(ref)
            if labels & self.hidden:
                self.left_out += 1
                continue
            self.bytes += size
            self.labels |= labels
            self.drafts += DRAFT in labels
            self.chats += CHAT in labels
            yield ref
