"""How far a search database follows its backup."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.errors import BackupDamaged
from gmailkit.finding.database import Database, Place

FACT = "followed"
_BEFORE_ALL: Place = (-1, -1, -1)


class Followed(msgspec.Struct, frozen=True):
    """How far a search database follows its backup, as its fact "followed" tells.

    `added` and `changed` are numbers of the `index` with that id; the last message that was added
    tells whether the packs are still the same.
    """

    index: str = ""
    added: int = 0
    changed: int = 0
    account: str = ""
    id: str = ""
    place: Place = _BEFORE_ALL
    sha256: str = ""

    @classmethod
    def of(cls, database: Database) -> Followed:
        said = database.fact(FACT)
        return msgspec.json.decode(said, type=cls) if said else cls()

    def is_still_there(self, backup: Backup) -> bool:
        """Whether the packs go on from what was followed; else it is of another backup."""
        entry = backup.find(self.account, self.id) if self.id else None
        return not self.id or (
            entry is not None
            and self.place == (entry.pack, entry.offset, entry.position)
            and self.sha256 == entry.sha256
        )

    def within(self, backup: Backup) -> Followed:
        """The same for the index that there is now: one that was made anew counts anew."""
        id = backup.index_id()
        if id == self.index:
            return self
        return msgspec.structs.replace(self, index=id, added=0, changed=0)

    def further(self, number: int, entry: Entry) -> Followed:
        return msgspec.structs.replace(
            self,
            added=number,
            account=entry.account,
            id=entry.id,
            place=(entry.pack, entry.offset, entry.position),
            sha256=entry.sha256,
        )

    def said(self) -> str:
        return msgspec.json.encode(self).decode()


def is_behind(backup: Backup, database: Database) -> bool:
    """Whether the backup has something that cannot be found yet. No message is read."""
    followed = Followed.of(database)
    if not followed.is_still_there(backup) or database.waiting() or any(mended(backup, database)):
        return True
    now = followed.within(backup)
    new = chain(backup.added_since(now.added), backup.changed_since(now.changed))
    return next(new, None) is not None


def mended(backup: Backup, database: Database) -> Iterator[Entry]:
    """Messages that could not be read, and that a repair has saved at another place since; or those
    that hold their bytes."""
    for account, id, place in database.damaged():
        entry = backup.find(account, id)
        if entry is None:
            continue
        moved = place != (entry.pack, entry.offset, entry.position)
        if moved or (entry.same and _is_whole(backup, entry)):
            yield entry


def _is_whole(backup: Backup, entry: Entry) -> bool:
    try:
        backup.content(entry).close()
    except BackupDamaged:
        return False
    return True
