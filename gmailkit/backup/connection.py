"""SQLite as an index uses it: how a file is opened, and its errors as ours."""

from __future__ import annotations

import errno
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from gmailkit.backup.crypt import database
from gmailkit.backup.marker import MARKER
from gmailkit.backup.seal import unseal
from gmailkit.backup.storage import Storage, cannot_write, takes_locks, writing
from gmailkit.backup.tables import APPLICATION, SCHEMA, SCHEMA_VERSION
from gmailkit.errors import BackupDamaged, BackupLocked, GmailKitError

BUSY = 30  # seconds a commit waits for readers


class OutdatedIndex(BackupDamaged):
    """An index of earlier tables: as good as none, and no damage."""


class IndexFile:
    """One open index as a file: how it comes to be, is opened and is changed.

    Every method raises BackupDamaged when SQLite finds the file broken; changing ones raise
    CannotWrite when it cannot be written and BackupLocked when a reader never lets go.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        storage: Storage | None = None,
        *,
        key: bytes | None = None,
        copied_to: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """`key` opens a file that is encrypted."""
        self.path = path
        self._sql = connection
        self._storage = storage
        self._copied_to = copied_to
        self._keys: dict[str, int] = {}
        self._changing = self._closed = False
        self._file = _file(path)
        self.lone = True  # nobody else writes while it is open

    @classmethod
    def create(cls, path: Path, storage: Storage, *, key: bytes | None = None) -> Self:
        """A new, empty index where there is none."""
        with writing(path):
            storage.create(path)
        index = cls(path, connect(path, "rw", key), storage, key=key)
        with index._closed_on_error():
            index._for_writing()
            index._lay_out()
        return index

    @classmethod
    def open(cls, path: Path, storage: Storage, *, key: bytes | None = None) -> Self:
        """The index for writing. Raises BackupDamaged when there is none that can be used."""
        with explained(path, change=False):
            index = cls(path, connect(path, "rw", key), storage, key=key)
        with index._closed_on_error():
            index._for_writing()
            index._must_be_ours()
            index._must_be_whole()
        return index

    @classmethod
    def read(cls, path: Path, *, key: bytes | None = None) -> Self:
        """The index for reading alone; nothing in the backup's folder is touched.

        A commit that a crash cut short can be undone only by writing: that is done to a copy.
        """
        with explained(path, change=False):
            index = cls(path, connect(path, "ro", key), key=key)
        with index._closed_on_error():
            if index._must_be_rolled_back():
                index.close()
                index = cls._copied(path, key)
        with index._closed_on_error():
            index._must_be_ours()
        return index

    @classmethod
    def in_memory(cls, path: Path, *, key: bytes | None = None) -> Self:
        """An empty one that leaves no trace (SQLite spills it to a nameless file if it is big, but
        not where there is a `key`); `path` is what it stands for."""
        empty = database.in_memory() if key else sqlite3.connect("", isolation_level=None)
        index = cls(path, empty)
        with index._closed_on_error():
            index._lay_out()
        return index

    def close(self) -> None:
        """Once is enough."""
        if self._closed:
            return
        self._closed = True
        with suppress(sqlite3.Error, UnicodeDecodeError):  # an empty journal does no harm
            self._roll_back()
            self._sql.execute("PRAGMA journal_mode = DELETE")
        self._sql.close()
        if self._copied_to:
            self._copied_to.cleanup()

    def abandon(self) -> None:
        """Let go of a file that is not at its path any more: another one's journal lies there."""
        self._closed = True
        self._sql.close()

    @property
    def is_in_place(self) -> bool:
        """Whether the file that was opened is the one at its path still."""
        return self._file == _file(self.path)

    def trouble(self) -> list[str]:
        """What SQLite's own check of the whole file finds wrong."""
        with explained(self.path, change=False):
            found = [text for (text,) in self._sql.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def _for_writing(self) -> None:
        with explained(self.path, change=True):
            self._sql.execute("PRAGMA synchronous = FULL")
            # TRUNCATE is synced without the folder, so a power cut cannot bring a journal back.
            self._sql.execute("PRAGMA journal_mode = TRUNCATE")

    def _lay_out(self) -> None:
        with self.at_once():
            for statement in SCHEMA:
                self._sql.execute(statement)
            self._sql.execute("INSERT INTO made VALUES (?, 0)", (secrets.token_hex(8),))
            self._sql.execute(f"PRAGMA application_id = {APPLICATION}")
            self._sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _must_be_ours(self) -> None:
        with explained(self.path, change=False):
            (application,) = self._sql.execute("PRAGMA application_id").fetchone()
            (version,) = self._sql.execute("PRAGMA user_version").fetchone()
            found = self._sql.execute("SELECT sql FROM sqlite_schema WHERE sql > '' ORDER BY rowid")
            schema = tuple(sql for (sql,) in found)
        if application == APPLICATION and version < SCHEMA_VERSION:
            raise OutdatedIndex(f"{self.path} is of an earlier version of gmailkit.")
        if (application, version, schema) != (APPLICATION, SCHEMA_VERSION, SCHEMA):
            raise BackupDamaged(f"{self.path} is not an index of this version.")

    def _must_be_whole(self) -> None:
        with explained(self.path, change=False):
            (found,) = self._sql.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BackupDamaged(f"{self.path} is broken: {found}.")

    def _must_be_rolled_back(self) -> bool:
        try:
            with explained(self.path, change=False):
                self._sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BackupDamaged as error:
            cause = error.__cause__
            return getattr(cause, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK"
        return False

    @classmethod
    def _copied(cls, path: Path, key: bytes | None) -> Self:
        folder = tempfile.TemporaryDirectory(prefix="gmailkit-")
        copy = Path(folder.name) / path.name
        try:
            for suffix in ("", "-journal"):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            index = cls(path, connect(copy, "rw", key), key=key, copied_to=folder)
        except BaseException:
            folder.cleanup()
            raise
        with index._closed_on_error():
            index._must_be_whole()
        return index

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A transaction; one within another is a part of it."""
        if self._changing:
            yield
            return
        if self._storage:
            unseal(self.path, self._storage)
        with explained(self.path, change=True), writing(self.path):
            self._roll_back()  # what was only read
            self._sql.execute("BEGIN IMMEDIATE")
            self._changing = True
            try:
                yield
                self._step("index commit")
                self._sql.execute("COMMIT")
            finally:
                self._changing = False
                self._roll_back()
            self._step("index committed")

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """While nobody else writes, many questions in a row: SQLite looks at its files once."""
        with explained(self.path, change=False):
            if not self._sql.in_transaction:
                self._sql.execute("BEGIN")
        try:
            yield
        finally:
            if not self.lone:
                self._roll_back()

    def _roll_back(self) -> None:
        """What is left of a transaction; after some errors SQLite has done it already."""
        if self._sql.in_transaction:
            self._sql.execute("ROLLBACK")

    def _step(self, name: str) -> None:
        if self._storage:
            self._storage.step(name, self.path)

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise


def _file(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def journals(path: Path) -> list[Path]:
    """What SQLite may leave beside an index; it must never meet another index of that name."""
    return [path.with_name(path.name + suffix) for suffix in ("-journal", "-wal", "-shm")]


def connect(path: Path, mode: str, key: bytes | None = None) -> sqlite3.Connection:
    """Where nothing can be locked an index is read without: only runs elsewhere may write to it."""
    locks = mode != "ro" or takes_locks(path.with_name(MARKER))
    if key:
        return database.connect(path, mode, key=key, timeout=BUSY, locks=locks)
    uri = f"{path.absolute().as_uri()}?mode={mode}{'' if locks else '&nolock=1'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY)


@contextmanager
def explained(path: Path, *, change: bool) -> Iterator[None]:
    """SQLite's errors as ours. (Of a broken file even its message may be no UTF-8.)"""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _explain(path, error, change=change) from error


def _explain(path: Path, error: Exception, *, change: bool) -> GmailKitError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BackupLocked(
            f"Another program has held {path} for more than {BUSY} seconds.",
            hint="Let it finish, then run the same command again.",
        )
    if change and code == sqlite3.SQLITE_FULL:
        return cannot_write(path, errno.ENOSPC, "No space left on device")
    if change and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        return cannot_write(path, errno.EACCES, str(error))
    if change and code == sqlite3.SQLITE_IOERR:
        return cannot_write(path, errno.EIO, str(error))
    return BackupDamaged(
        f"{path} cannot be read: {error}.",
        hint="The messages are in the packs. Delete this file: the next backup builds it again.",
    )
