"""Mail of a mailbox of Gmail, brought into the backup that follows it.

A message stands there under the id that Gmail gave it, and so do its labels: they can be renamed.
What becomes of the mail later is noted by `services/backup/`, which runs the copy.
"""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.client.label_names import LabelNames
from gmailkit.errors import CannotDo
from gmailkit.model.content import IN_MEMORY
from gmailkit.model.flags import to_gmail
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.model.shape import to_millis


class FollowedTarget:
    """`folder` is open for writing, and closed by whoever opened it. Refs are Gmail's ids; what is
    saved stays as it is. `names` are the labels of the mailbox, as whoever gives the items knows
    them.
    """

    can = KEPT | Can.WRITE

    def __init__(self, folder: Backup, account: str, names: LabelNames) -> None:
        self.name = f"backup:{folder.path}#{account}"
        self._folder = folder
        self._account = account
        self._names = names
        self._lacking = ""  # what was looked for last

    def __enter__(self) -> FollowedTarget:
        return self

    def __exit__(self, *_: object) -> None: ...

    def find(self, item: Item) -> Iterator[Ref]:
        if self._folder.has(self._account, item.id):
            yield Ref(item.id)
        else:
            self._lacking = item.id

    def add(self, item: Item) -> Ref:
        """Raises CannotDo for what is no message of Gmail."""
        if not item.id or item.received is None:
            raise CannotDo(
                "Only messages of Gmail are followed, which have an id and a date there."
            )
        large = item.content.size > IN_MEMORY
        record = Record(
            account=self._account,
            id=item.id,
            thread=item.thread,
            date_ms=to_millis(item.received),
            labels=self._names.meant(to_gmail(item.labels, item.flags)),
            raw=b"" if large else item.content.bytes,
            content=item.content if large else None,
            origin=item.origin,
        )
        if self._lacking == item.id:  # asked once: each question lets other threads go first
            self._lacking = ""
            self._folder.put(record)
        else:
            self._folder.add(record)
        return Ref(item.id)

    def flush(self) -> None:
        self._folder.flush()
