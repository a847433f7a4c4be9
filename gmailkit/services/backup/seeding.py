"""A backup begun with mail that lies elsewhere already: only what is missing is read from Gmail.

Ids, conversations and labels are Gmail's, from cheap listings; the bytes are those of the other
store, and say so (`origin`): a Takeout's need not be Gmail's. They are believed nowhere that mail
could get lost by it, until somebody compares them with Gmail's (`services.comparing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.backup.storage import DISK, Storage
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import Failure, GmailKitError, UsageError
from gmailkit.mime.parse import parse_headers
from gmailkit.model.content import IN_MEMORY
from gmailkit.model.item import Item, Ref
from gmailkit.model.message import MessageRef
from gmailkit.model.shape import to_millis
from gmailkit.services.backup.matrix import Matrix, listed
from gmailkit.services.backup.recognising import Mailbox
from gmailkit.services.backup.wanted import HIDDEN
from gmailkit.services.labels import LabelNames
from gmailkit.stores.gmail import HEADER
from gmailkit.stores.protocol import Source

OnSeeded = Callable[[int, int], None]  # messages of the store looked at, and of these taken


@dataclass(slots=True)
class Seeded:
    """What came of the messages of a store: `taken` into the backup with `bytes` of mail; `present`
    were there before; `hidden` lie in Spam or Trash, which this backup leaves out; `strange` are
    none of the mailbox, or nobody can tell which; `undated` have no date. `failed` could not be
    read.
    """

    store: str
    taken: int = 0
    bytes: int = 0
    present: int = 0
    hidden: int = 0
    strange: int = 0
    undated: int = 0
    failed: list[Failure] = field(default_factory=list)

    @property
    def looked_at(self) -> int:
        others = self.present + self.hidden + self.strange + self.undated
        return self.taken + others + len(self.failed)


def seed(
    client: Client,
    address: str,
    path: Path,
    source: Source,
    *,
    every: bool = False,
    identity: Identity = None,
    on_progress: OnSeeded = lambda done, taken: None,
    storage: Storage = DISK,
    clock: Clock,
) -> Seeded:
    """Take the messages of `source` that are those of the mailbox into the backup; with `every`
    those in Spam and Trash too. Killed at any point it goes on when it is begun again.

    5 units for each 500 messages of the mailbox and of each label, and 5 for a message that is told
    by its Message-ID alone. Raises what `Backup.open` and `Backup.add` raise.
    """
    done = Seeded(source.name)
    with Backup.open(
        path, write=True, create=True, identity=identity, storage=storage, clock=clock
    ) as folder:
        names = LabelNames.of(client)
        mailbox = Mailbox(client)
        labels = listed(client, sorted(label.id for label in names.labels))
        run = _Seeding(folder, address.casefold(), names, mailbox, labels, every, done)
        for ref, got in source.fetch(source.refs()):
            run.take(ref, got)
            on_progress(done.looked_at, done.taken)
        folder.flush()
    return done


@dataclass(slots=True)
class _Seeding:
    folder: Backup
    account: str
    names: LabelNames
    mailbox: Mailbox
    labels: Matrix
    every: bool
    done: Seeded

    def take(self, ref: Ref, got: Item | GmailKitError) -> None:
        if isinstance(got, GmailKitError):
            self.done.failed.append(Failure.of(ref, got))
            return
        with got.content:
            try:
                self._take(ref, got)
            except UsageError as error:  # its bytes could not be read to their end
                self.done.failed.append(Failure.of(ref, error))

    def _take(self, ref: Ref, item: Item) -> None:
        found = self.mailbox.recognise(ref, item)
        bears = None if found is None else self.labels.of(found.id)
        if found is None or bears is None:
            self.done.strange += 1
        elif not self.every and not HIDDEN.isdisjoint(bears):
            self.done.hidden += 1
        elif (date := _date(item)) is None:
            self.done.undated += 1
        elif self.folder.add(self._record(found, item, date)):
            self.done.taken += 1
            self.done.bytes += item.content.size
        else:
            self.done.present += 1

    def _record(self, found: MessageRef, item: Item, date: int) -> Record:
        large = item.content.size > IN_MEMORY
        return Record(
            account=self.account,
            id=found.id,
            thread=found.thread_id,
            date_ms=date,
            labels={id: self.names.name(id) for id in self.labels.bears(found.id)},
            raw=b"" if large else item.content.bytes,
            content=item.content if large else None,
            origin=self.done.store.partition(":")[0],
        )


def _date(item: Item) -> int | None:
    """When it was received, else what its header says; milliseconds since 1970."""
    date = item.received or parse_headers(item.content.part(0, HEADER)).date
    return to_millis(date) if date else None
