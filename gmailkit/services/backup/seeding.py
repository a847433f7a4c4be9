"""A backup begun with mail that lies elsewhere already: only what is missing is read from Gmail.

Ids, conversations and labels are Gmail's, from cheap listings; the bytes are those of the other
store, and say so (`origin`): a Takeout's need not be Gmail's. They are believed nowhere that mail
could get lost by it, until somebody compares them with Gmail's (`services.comparing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.folder import Backup
from gmailkit.backup.storage import DISK, Storage
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import Failure, GmailKitError, UsageError
from gmailkit.model import flags
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Item, Ref
from gmailkit.services.backup.matrix import Matrix, listed
from gmailkit.services.backup.recognising import Mailbox
from gmailkit.services.copying.run import Copied, copy
from gmailkit.services.labels import LabelNames
from gmailkit.stores.backup import FollowedTarget
from gmailkit.stores.dates import dated
from gmailkit.stores.protocol import Fetched, Source
from gmailkit.stores.wrapped import Wrapped

OnSeeded = Callable[[int, int], None]  # messages of the store looked at, and of these taken
_GONE = "It is not in the store any more."


@dataclass(slots=True)
class Seeded:
    """What came of the messages of a store: those that were recognised were `copied`, with `bytes`
    of mail that is new to the backup; `hidden` lie in Spam or Trash, which this backup leaves out;
    `strange` are none of the mailbox, or nobody can tell which; `undated` have no date.
    """

    store: str
    copied: Copied = field(default_factory=Copied)
    bytes: int = 0
    hidden: int = 0
    strange: int = 0
    undated: int = 0

    @property
    def taken(self) -> int:
        return self.copied.added

    @property
    def present(self) -> int:
        """Were in the backup before."""
        return self.copied.present

    @property
    def failed(self) -> list[Failure]:
        """Could not be read, or are more than a backup takes."""
        gone = (Failure(ref, _GONE) for ref in self.copied.gone)
        return [*self.copied.failed, *self.copied.refused, *gone]

    @property
    def looked_at(self) -> int:
        return self.copied.looked_at + self.hidden + self.strange + self.undated


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
    by its Message-ID alone. Raises what `Backup.open` and `copy` raise.
    """
    done = Seeded(source.name)

    def count(came: Ref, item: Item) -> None:
        done.bytes += item.content.size

    def tell() -> None:
        on_progress(done.looked_at, done.taken)

    coming = source.refs()
    first = list(islice(coming, 1))  # what cannot be read is said before a folder is made
    with Backup.open(
        path, write=True, create=True, identity=identity, storage=storage, clock=clock
    ) as folder:
        names = LabelNames.of(client)
        mailbox = Mailbox(client)
        labels = listed(client, sorted(label.id for label in names.labels))
        copy(
            _Recognised(source, mailbox, labels, names, every, done, tell),
            FollowedTarget(folder, address.casefold(), names),
            chain(first, coming),
            copied=done.copied,
            on_added=count,
            on_passed=lambda passed: tell(),
        )
    return done


class _Recognised(Wrapped):
    """Of a source what is of the mailbox, as messages of Gmail; the others are counted."""

    def __init__(
        self,
        source: Source,
        mailbox: Mailbox,
        labels: Matrix,
        names: LabelNames,
        every: bool,
        done: Seeded,
        tell: Callable[[], None],
    ) -> None:
        super().__init__(source)
        self._mailbox = mailbox
        self._labels = labels
        self._names = names
        self._every = every
        self._done = done
        self._tell = tell

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref, got in self._source.fetch(refs):
            if isinstance(got, GmailKitError):
                yield ref, got
                continue
            try:
                item = self._known(ref, got)
            except UsageError as error:  # its bytes could not be read
                yield ref, error
            else:
                if item:
                    yield ref, item
                else:
                    self._tell()

    def _known(self, ref: Ref, item: Item) -> Item | None:
        found = self._mailbox.recognise(ref, item)
        bears = None if found is None else self._labels.of(found.id)
        if found is None or bears is None:
            self._done.strange += 1
            return None
        if not self._every and not HIDDEN.isdisjoint(bears):
            self._done.hidden += 1
            return None
        date = dated(item)
        if date is None:
            self._done.undated += 1
            return None
        labels, marks = flags.from_gmail(self._names.shown(bears))
        return replace(
            item,
            id=found.id,
            thread=found.thread_id,
            labels=labels,
            flags=marks,
            received=date,
            origin=self.name.partition(":")[0],
        )
