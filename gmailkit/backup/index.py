"""The index of a backup: SQLite, derived from the packs, and the only place with SQL.

It may be deleted at any time; the next writer builds it again. It uses a rollback journal and no
WAL: at rest it is one file, which can be read on read-only media and over NFS, where WAL cannot.
"""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gmailkit.backup.packs import End, Entry
from gmailkit.backup.record import labels_json
from gmailkit.backup.seal import unseal
from gmailkit.backup.storage import Storage, cannot_write, writing
from gmailkit.errors import BackupDamaged, BackupLocked, GmailKitError

APPLICATION = 0x474D4B31  # "GMK1", so that file(1) and we know whose database it is
SCHEMA_VERSION = 2
SCHEMA = (
    """CREATE TABLE packs (
        number INTEGER PRIMARY KEY, length INTEGER NOT NULL, digest BLOB NOT NULL)""",
    "CREATE TABLE accounts (key INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE)",
    # The same few sets of labels come back again and again, so each is kept once, as JSON.
    "CREATE TABLE label_sets (key INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE)",
    """CREATE TABLE messages (
        key INTEGER PRIMARY KEY,
        account INTEGER NOT NULL, id TEXT NOT NULL, thread TEXT NOT NULL,
        date_ms INTEGER NOT NULL, labels INTEGER NOT NULL,
        length INTEGER NOT NULL, sha256 BLOB NOT NULL,
        pack INTEGER NOT NULL, offset INTEGER NOT NULL,
        frame_length INTEGER NOT NULL, position INTEGER NOT NULL,
        UNIQUE (account, id))""",
    "CREATE INDEX messages_place ON messages (pack, offset, position)",
    "CREATE INDEX messages_date ON messages (account, date_ms, id)",
)
_INSERT = """INSERT OR IGNORE INTO messages
    (id, thread, date_ms, length, sha256, pack, offset, frame_length, position, account, labels)
    SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, accounts.key, label_sets.key
    FROM accounts, label_sets WHERE address = ? AND label_sets.labels = ?"""
_ENTRY = """SELECT accounts.address, id, thread, date_ms, label_sets.labels, length, sha256,
    pack, offset, frame_length, position
    FROM messages JOIN accounts ON accounts.key = account
    JOIN label_sets ON label_sets.key = messages.labels """
_BUSY = 30  # seconds a commit waits for readers
_PAGE = 500  # entries read at once: a reader never holds a writer up for longer

Row = tuple[str, str, str, int, str, int, bytes, int, int, int, int]


class Index:
    """One open index; not for two threads at once.

    Every method raises BackupDamaged when SQLite finds the file broken; changing ones raise
    CannotWrite when it cannot be written and BackupLocked when a reader never lets go.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        storage: Storage | None = None,
        *,
        copied_to: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self._sql = connection
        self._storage = storage
        self._copied_to = copied_to

    @classmethod
    def create(cls, path: Path, storage: Storage) -> Index:
        """A new, empty index where there is none."""
        with writing(path):
            storage.create(path)
        index = cls(path, _connect(path, "rw"), storage)
        with index._closed_on_error():
            index._for_writing()
            index._lay_out()
        return index

    @classmethod
    def open(cls, path: Path, storage: Storage) -> Index:
        """The index for writing. Raises BackupDamaged when there is none that can be used."""
        with _explained(path, change=False):
            index = cls(path, _connect(path, "rw"), storage)
        with index._closed_on_error():
            index._for_writing()
            index._must_be_ours()
            index._must_be_whole()
        return index

    @classmethod
    def read(cls, path: Path) -> Index:
        """The index for reading alone; nothing in the backup's folder is touched.

        A commit that a crash cut short can be undone only by writing: that is done to a copy.
        """
        with _explained(path, change=False):
            index = cls(path, _connect(path, "ro"))
        with index._closed_on_error():
            if index._must_be_rolled_back():
                index.close()
                index = cls._copied(path)
        with index._closed_on_error():
            index._must_be_ours()
        return index

    @classmethod
    def in_memory(cls, path: Path) -> Index:
        """An empty one that leaves no trace (SQLite spills it to a nameless file if it is big);
        `path` is what it stands for."""
        index = cls(path, sqlite3.connect("", isolation_level=None))
        with index._closed_on_error():
            index._lay_out()
        return index

    def close(self) -> None:
        with suppress(sqlite3.Error, UnicodeDecodeError):  # an empty journal does no harm
            self._sql.execute("PRAGMA journal_mode = DELETE")
        self._sql.close()
        if self._copied_to:
            self._copied_to.cleanup()

    def known(self, account: str) -> set[str]:
        """Ids of the account's messages."""
        sql = """SELECT id FROM messages
            WHERE account = (SELECT key FROM accounts WHERE address = ?)"""
        with _explained(self.path, change=False):
            return {id for (id,) in self._sql.execute(sql, (account,))}

    def has(self, account: str, id: str) -> bool:
        sql = """SELECT 1 FROM messages
            WHERE account = (SELECT key FROM accounts WHERE address = ?) AND id = ?"""
        with _explained(self.path, change=False):
            return self._sql.execute(sql, (account, id)).fetchone() is not None

    def find(self, account: str, id: str) -> Entry | None:
        with _explained(self.path, change=False):
            where = "WHERE accounts.address = ? AND id = ?"
            row = self._sql.execute(_ENTRY + where, (account, id)).fetchone()
            return _entry(row) if row else None

    def entries(self, *, pack: int | None = None) -> Iterator[Entry]:
        """All entries, or one pack's, in the order in which they lie in the packs."""
        where = f"""WHERE (pack, offset, position) > (?, ?, ?) AND pack <= ?
            ORDER BY pack, offset, position LIMIT {_PAGE}"""
        last = (pack if pack is not None else -1, -1, -1)
        until = pack if pack is not None else 1 << 62
        while True:
            with _explained(self.path, change=False):
                rows = self._sql.execute(_ENTRY + where, (*last, until)).fetchall()
                page = [_entry(row) for row in rows]
            yield from page
            if len(page) < _PAGE:
                return
            before, last = last, (page[-1].pack, page[-1].offset, page[-1].position)
            if last <= before:
                raise BackupDamaged(f"{self.path} is out of order.")

    def accounts(self) -> tuple[str, ...]:
        """The addresses of the mailboxes that messages are from."""
        with _explained(self.path, change=False):
            rows = self._sql.execute("SELECT address FROM accounts ORDER BY address").fetchall()
        return tuple(address for (address,) in rows)

    def oldest_first(self, account: str) -> Iterator[str]:
        """Ids of the account's messages by their dates."""
        sql = f"""SELECT date_ms, id FROM messages
            WHERE account = (SELECT key FROM accounts WHERE address = ?)
            AND (date_ms, id) > (?, ?) ORDER BY date_ms, id LIMIT {_PAGE}"""  # noqa: S608 - ours
        last: tuple[int, str] = (-(1 << 63), "")
        while True:
            with _explained(self.path, change=False):
                page = self._sql.execute(sql, (account, *last)).fetchall()
            yield from (id for _, id in page)
            if len(page) < _PAGE:
                return
            if page[-1] <= last:
                raise BackupDamaged(f"{self.path} is out of order.")
            last = page[-1]

    def ends(self) -> dict[int, End]:
        """How far each pack is known."""
        with _explained(self.path, change=False):
            rows = self._sql.execute("SELECT number, length, digest FROM packs ORDER BY number")
            ends = {number: End(length, digest) for number, length, digest in rows}
        for end in ends.values():
            if not isinstance(end.length, int) or not isinstance(end.digest, bytes):
                raise BackupDamaged(f"{self.path} is wrong about the end of a pack.")
        return ends

    def pack(self, number: int) -> tuple[End | None, list[Entry]]:
        """How far a pack is known and what lies in it, both at one moment of a running backup."""
        with _explained(self.path, change=False):
            self._sql.execute("BEGIN")
        try:
            return self.ends().get(number), list(self.entries(pack=number))
        finally:
            self._roll_back()

    def add(self, entries: Sequence[Entry], ends: Mapping[int, End]) -> int:
        """Take in messages whose bytes are safe on disk, and how far packs are known now.

        Known messages are left as they are; returns how many were new.
        """
        with self._transaction():
            sets = {(labels_json(entry.labels),) for entry in entries}
            self._sql.executemany("INSERT OR IGNORE INTO label_sets (labels) VALUES (?)", sets)
            accounts = {(entry.account,) for entry in entries}
            self._sql.executemany("INSERT OR IGNORE INTO accounts (address) VALUES (?)", accounts)
            before = self._sql.total_changes
            self._sql.executemany(_INSERT, map(_row, entries))
            new = self._sql.total_changes - before
            self._sql.executemany(
                "INSERT OR REPLACE INTO packs VALUES (?, ?, ?)",
                [(number, end.length, end.digest) for number, end in ends.items()],
            )
        return new

    def forget(self, pack: int, end: End) -> list[tuple[str, str]]:
        """Drop what lies beyond `end` of a pack; (account, id) of each."""
        lost = [e for e in self.entries(pack=pack) if e.offset + e.frame_length > end.length]
        with self._transaction():
            self._sql.executemany(
                """DELETE FROM messages WHERE id = ?
                AND account = (SELECT key FROM accounts WHERE address = ?)""",
                [(entry.id, entry.account) for entry in lost],
            )
            self._sql.execute("DELETE FROM packs WHERE number = ?", (pack,))
            if end.length:
                row = (pack, end.length, end.digest)
                self._sql.execute("INSERT INTO packs VALUES (?, ?, ?)", row)
        return [(entry.account, entry.id) for entry in lost]

    def trouble(self) -> list[str]:
        """What SQLite's own check of the whole file finds wrong."""
        with _explained(self.path, change=False):
            found = [text for (text,) in self._sql.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def _for_writing(self) -> None:
        with _explained(self.path, change=True):
            self._sql.execute("PRAGMA synchronous = FULL")
            # TRUNCATE is synced without the folder, so a power cut cannot bring a journal back.
            self._sql.execute("PRAGMA journal_mode = TRUNCATE")

    def _lay_out(self) -> None:
        with self._transaction():
            for statement in SCHEMA:
                self._sql.execute(statement)
            self._sql.execute(f"PRAGMA application_id = {APPLICATION}")
            self._sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _must_be_ours(self) -> None:
        with _explained(self.path, change=False):
            (application,) = self._sql.execute("PRAGMA application_id").fetchone()
            (version,) = self._sql.execute("PRAGMA user_version").fetchone()
            found = self._sql.execute("SELECT sql FROM sqlite_schema WHERE sql > '' ORDER BY rowid")
            schema = tuple(sql for (sql,) in found)
        if (application, version, schema) != (APPLICATION, SCHEMA_VERSION, SCHEMA):
            raise BackupDamaged(f"{self.path} is not an index of this version.")

    def _must_be_whole(self) -> None:
        with _explained(self.path, change=False):
            (found,) = self._sql.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BackupDamaged(f"{self.path} is broken: {found}.")

    def _must_be_rolled_back(self) -> bool:
        try:
            with _explained(self.path, change=False):
                self._sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BackupDamaged as error:
            cause = error.__cause__
            return getattr(cause, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK"
        return False

    @classmethod
    def _copied(cls, path: Path) -> Index:
        folder = tempfile.TemporaryDirectory(prefix="gmailkit-")
        copy = Path(folder.name) / path.name
        try:
            for suffix in ("", "-journal"):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            index = cls(path, _connect(copy, "rw"), copied_to=folder)
        except BaseException:
            folder.cleanup()
            raise
        with index._closed_on_error():
            index._must_be_whole()
        return index

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._storage:
            unseal(self.path, self._storage)
        with _explained(self.path, change=True), writing(self.path):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._step("index commit")
                self._sql.execute("COMMIT")
            finally:
                self._roll_back()
            self._step("index committed")

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


def journals(path: Path) -> list[Path]:
    """What SQLite may leave beside an index; it must never meet another index of that name."""
    return [path.with_name(path.name + suffix) for suffix in ("-journal", "-wal", "-shm")]


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY)


@contextmanager
def _explained(path: Path, *, change: bool) -> Iterator[None]:
    """SQLite's errors as ours. (Of a broken file even its message may be no UTF-8.)"""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _explain(path, error, change=change) from error


def _explain(path: Path, error: Exception, *, change: bool) -> GmailKitError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BackupLocked(
            f"Another program has held {path} for more than {_BUSY} seconds.",
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


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.thread,
        entry.date_ms,
        entry.length,
        bytes.fromhex(entry.sha256),
        entry.pack,
        entry.offset,
        entry.frame_length,
        entry.position,
        entry.account,
        labels_json(entry.labels),
    )


def _entry(row: Row) -> Entry:
    account, id, thread, date_ms, labels, length, sha256, pack, offset, frame_length, position = row
    numbers = (date_ms, length, pack, offset, frame_length, position)
    try:
        if not all(isinstance(number, int) for number in numbers):
            raise TypeError(numbers)
        return Entry(
            account=account,
            id=id,
            thread=thread,
            date_ms=date_ms,
            labels=json.loads(labels),
            length=length,
            sha256=sha256.hex(),
            pack=pack,
            offset=offset,
            frame_length=frame_length,
            position=position,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise BackupDamaged(f"The index holds no usable entry for message {id!r}.") from error
