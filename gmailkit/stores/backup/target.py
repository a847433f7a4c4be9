"""Mail of any other store, brought into a backup under an account of its own.

A run of `gmailkit backup` keeps Gmail's ids and follows what becomes of a message; an item has no
such id. So it gets one of its bytes, and never stands among mail that is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.events import Labels, Run
from gmailkit.backup.folder import Backup
from gmailkit.backup.labels import SYSTEM_NAMES
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import url_of
from gmailkit.backup.record import Record
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotDo, UsageError
from gmailkit.model.content import IN_MEMORY
from gmailkit.model.digests import sha256_of
from gmailkit.model.flags import to_gmail
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.stores.backup.source import OF_USERS
from gmailkit.stores.dates import file_date
from gmailkit.stores.known import check_names

NOBODY = "imported@localhost"  # whose mail it is where no account is named
_ID = 16  # digits, as Gmail's ids have
_UNREAD = frozenset({"UNREAD"})


class BackupTarget:
    """Makes the backup where it is missing. Equal messages are kept once.

    What an item is marked as beside Gmail's own marks (answered, forwarded) is not kept. Raises
    what `Backup.open` raises, and UsageError for an account whose mail is followed there.
    """

    can = KEPT | Can.WRITE

    def __init__(
        self,
        path: Path,
        account: str = "",
        *,
        identity: Identity = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.account = account.casefold() or NOBODY
        self._clock = clock
        self._folder = Backup.open(path, create=True, identity=identity, clock=clock)
        self._added: dict[str, tuple[str, frozenset[str]]] = {}  # since it was made sure of
        self.notes = self._folder.notes
        self.name = f"backup:{url_of(path) or path.resolve()}#{self.account}"
        if self._folder.latest(self.account, Run):
            self._folder.close()
            raise UsageError(
                f"{path} follows the mail of {self.account} in Gmail; nothing else is put there.",
                hint=f"Name another account for it: backup:{path}#{NOBODY}",
            )

    def __enter__(self) -> BackupTarget:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._folder.close()

    def find(self, item: Item) -> Iterator[Ref]:
        id, there = self._place(item.content.digest)
        if there is not None and not _lacks(there, to_gmail(item.labels, item.flags)):
            yield Ref(id)

    def add(self, item: Item) -> Ref:
        check_names(item)
        digest = item.content.digest
        id, there = self._place(digest)
        labels = to_gmail(item.labels, item.flags)
        if there is None:
            self._folder.add(self._record(id, labels, item))
            self._added[id] = digest, labels
        elif _lacks(there, labels):
            self.flush()  # what is noted of a message follows it
            both = (labels | there) - (_UNREAD - (labels & there))
            self._folder.note(Labels(account=self.account, id=id, labels=_by_id(both)))
            self._added[id] = digest, both
        return Ref(id)

    def flush(self) -> None:
        self._folder.flush()
        self._added.clear()

    def _record(self, id: str, labels: frozenset[str], item: Item) -> Record:
        content = item.content
        large = content.size > IN_MEMORY
        return Record(
            self.account,
            id,
            item.thread or id,
            file_date(item) or 0,
            _by_id(labels),
            raw=b"" if large else content.bytes,
            content=content if large else None,
        )

    def _place(self, digest: str) -> tuple[str, frozenset[str] | None]:
        """The id of a message, and the labels it bears; None where it is not here. Somebody may
        make two messages that agree in as many digits as an id has, but not in all of them.
        """
        for at in range(0, len(digest), _ID):
            id = digest[at : at + _ID]
            if added := self._added.get(id):
                there, labels = added
            elif entry := self._folder.find(self.account, id):
                there, labels = entry.sha256, _names(entry)
            else:
                return id, None
            if there == digest:
                return id, labels
        raise CannotDo("Other messages have all ids that it could have.")


def _lacks(there: frozenset[str], labels: frozenset[str]) -> bool:
    """Whether a message that bears these is more than what is there: it may have been read."""
    return not labels - _UNREAD <= there or not _UNREAD & there <= labels


def _names(entry: Entry) -> frozenset[str]:
    return frozenset(name if id.startswith(OF_USERS) else id for id, name in entry.labels.items())


def _by_id(labels: frozenset[str]) -> dict[str, str]:
    """A user's label gets an id of its name, the same in every run."""
    return {x if x in SYSTEM_NAMES else _id_of(x): x for x in sorted(labels)}


def _id_of(label: str) -> str:
    return f"{OF_USERS}{sha256_of([label.encode()])[:_ID]}"
