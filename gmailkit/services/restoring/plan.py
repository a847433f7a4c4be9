"""What a restore would do; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.model.item import Ref
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.tree import Node
from gmailkit.record.copies import Copies
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.quota import estimate
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.gmail import CHAT, DRAFT, PLACED, name_of_mailbox
from gmailkit.wire.methods import find

IMPORT, LIST = "messages.import", "messages.list"
_HIDDEN = frozenset({"TRASH", "SPAM"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """What would come back: `refs` of `origin`'s mail in the backup at `path`, oldest first.

    `before` were restored by earlier runs, and are not among `refs`; nor are the `left_out`, which
    lie in Spam or Trash. `labels` are the names that they bear, `create` those that would be made,
    `mark` the one that everything bears which is added ("": none). `drafts` come back as drafts,
    `chats` as mail. `units` are those of looking for each message and of adding it, if none of them
    is there; `seconds` the time they take within the quota at least, None where nobody knows.
    """

    path: Path
    origin: str
    account: str
    refs: tuple[Ref, ...]
    bytes: int
    before: int
    left_out: int
    drafts: int
    chats: int
    labels: tuple[str, ...]
    create: tuple[str, ...]
    mark: str
    units: int
    seconds: float | None


def plan_restore(
    connection: Connection,
    path: Path,
    *,
    origin: str = "",
    query: str = "",
    mark: str | None = None,
    everywhere: bool = False,
) -> RestorePlan:
    """What `restore` would do.

    `origin` is the account whose mail it is, where the backup holds that of several. `mark` is a
    label, "restored/" and the day for None, none for "". `everywhere`: with what lies in Spam and
    Trash. A query reads every message of the backup. Raises what `Backup.open` raises, NotFound,
    QueryError, UsageError.
    """
    wanted = parse(query)
    hidden = frozenset() if everywhere or reaches_spam_and_trash(wanted) else _HIDDEN
    with BackupStore(path, origin, clock=connection.clock) as store, connection.copies() as copies:
        number = copies.open(store.name, name_of_mailbox(connection.address))
        _forget_what_was_undone(connection, copies, number)
        mark = _mark(connection, copies, number, mark)
        seen = _Seen(hidden=hidden)
        every = tuple(seen.passing(store, wanted))
        refs = tuple(copies.unsettled(number, every))
        names = LabelNames.of(connection.client)
        needed = {*(seen.labels - PLACED - {DRAFT, CHAT}), *filter(None, [mark])}
        labels = tuple(sorted(needed))
        create = tuple(name for name in labels if not names.find(name))
        prices = connection.client.prices
        each = find(LIST).price(prices) + find(IMPORT).price(prices)
        units = len(refs) * each + len(create) * find("labels.create").price(prices)
        return RestorePlan(
            path=path,
            origin=store.account,
            account=connection.address,
            refs=refs,
            bytes=seen.bytes,
            before=len(every) - len(refs),
            left_out=seen.left_out,
            drafts=seen.drafts,
            chats=seen.chats,
            labels=labels,
            create=create,
            mark=mark,
            units=units,
            seconds=estimate(connection, units).seconds,
        )


def _mark(connection: Connection, copies: Copies, number: int, wanted: str | None) -> str:
    """A restore that goes on goes on under its first label."""
    before = copies.mark(number)
    if before is not None and wanted not in (None, before):
        raise UsageError(
            f'This restore has begun under the label "{before}".',
            hint="Leave the label away to go on, or take back first what was restored.",
        )
    if before is not None:
        return before
    if wanted is not None:
        return wanted
    day = datetime.fromtimestamp(connection.clock.now(), UTC).astimezone()
    return f"restored/{day:%Y-%m-%d}"


def _forget_what_was_undone(connection: Connection, copies: Copies, number: int) -> None:
    """A restore that was taken back begins anew."""
    change = copies.change(number)
    if change and connection.journal.find(change).undone_by:
        copies.forget(number)


@dataclass(slots=True)
class _Seen:
    """What the messages are that pass by."""

    hidden: frozenset[str]
    labels: set[str] = field(default_factory=set)
    bytes: int = 0
    left_out: int = 0
    drafts: int = 0
    chats: int = 0

    def passing(self, store: BackupStore, wanted: Node) -> Iterator[Ref]:
        for ref in store.refs(wanted):
            size, labels = store.facts(ref)
            if labels & self.hidden:
                self.left_out += 1
                continue
            self.bytes += size
            self.labels |= labels
            self.drafts += DRAFT in labels
            self.chats += CHAT in labels
            yield ref
