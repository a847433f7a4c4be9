"""What messages on a server are, byte for byte but for line ends, under their numbers: which never
become another message's while the folder is the same. So none is read twice only to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from gmailkit.record.book import Book, Kind

Folder = tuple[str, int]
"""A folder's name and UIDVALIDITY."""
DIGESTS = Kind(
    name="digests.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE message (folder TEXT NOT NULL, validity INTEGER NOT NULL,"
        " uid INTEGER NOT NULL, digest BLOB NOT NULL,"
        " PRIMARY KEY (folder, validity, uid)) WITHOUT ROWID",
    ),
    what="the record of what a mail server holds",
    without="Nothing is copied there without it",
    before=". What may be the same is then read once more to be compared.",
)


class Digests:
    """Of one server and user; `folder` is asked for on first use. Raises CannotWrite."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._book = Book(folder, DIGESTS)

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else of this machine copies to that server meanwhile: a second one waits, since
        two would not see what the other has just added. Not to be nested.
        """
        return self._book.alone("copying.lock", by="copy")

    def load(self, folder: Folder) -> dict[int, str]:
        """By UID, in hexadecimal digits."""
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT uid, digest FROM message WHERE folder = ? AND validity = ?", folder
            )
            return {uid: digest.hex() for uid, digest in rows}

    def note(self, folder: Folder, digests: Mapping[int, str]) -> None:
        with self._book.writing() as database:
            database.execute(  # its numbers are nobody's any more
                "DELETE FROM message WHERE folder = ? AND validity != ?", folder
            )
            database.executemany(
                "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?)",
                [(*folder, uid, bytes.fromhex(digest)) for uid, digest in digests.items()],
            )

    def close(self) -> None:
        self._book.close()
