"""What was spent of Gmail's quota, shared by the processes of this machine: one SQLite file.

It may be deleted at any time. A process killed in the middle leaves it whole: SQLite rolls back,
and the system drops its locks. Where it cannot be used (disk full, read-only, a strange file
system), a process keeps its own books in memory and says so once.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE, private_folder

log = logging.getLogger(__name__)

T = TypeVar("T")
Counted = tuple[str, str, str, int, int]
"""A name, a day, a method, calls, units."""

_SCHEMA = 1  # raise it when a table changes: the file is then made anew
_PATIENCE = 5.0  # seconds for a lock; each is held for less than a millisecond
_ALONE = 60.0  # seconds after a failure before the file is tried again
_TABLES = """
CREATE TABLE books (
    name TEXT PRIMARY KEY, content BLOB NOT NULL, day TEXT DEFAULT CURRENT_DATE
) WITHOUT ROWID;
CREATE TABLE spent (
    name TEXT, day TEXT, method TEXT, calls INTEGER, units INTEGER,
    PRIMARY KEY (name, day, method)
) WITHOUT ROWID;
"""
_KEPT_DAYS = 8


class Spending:
    """`path` names the file, None keeps all in memory. Safe to use from several threads."""

    def __init__(self, path: Path | None, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._inode = 0
        self._memory: sqlite3.Connection | None = None
        self._alone_until = float("-inf")
        self._warned = False

    def exchange(
        self,
        names: Sequence[str],
        change: Callable[[list[bytes]], tuple[T, list[bytes]]],
        counts: Sequence[Counted] = (),
    ) -> T:
        """Replace the books of `names` (b"" for none yet) while nobody else looks at them.

        `counts` are added to what is counted. `change` may be called twice.
        """
        return self._run(lambda database: _exchange(database, names, change, counts))

    def counts(self, name: str, day: str) -> list[Counted]:
        """Calls and units by method, dearest first."""
        return self._run(lambda database: _counts(database, name, day))

    def close(self) -> None:
        with self._lock:
            for database in (self._file, self._memory):
                if database is not None:
                    database.close()
            self._file = self._memory = None

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            if self._path is None or self._clock.monotonic() < self._alone_until:
                return work(self._in_memory())
            try:
                return self._shared(self._path, work)
            except (sqlite3.Error, OSError, CannotWrite) as error:
                self._go_alone(error)
                return work(self._in_memory())

    def _shared(self, path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._open(path))
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
        self._make_anew(path)
        return work(self._open(path))

    def _open(self, path: Path) -> sqlite3.Connection:
        """The connection to the file that bears the name now; another process may replace it."""
        if self._file is not None and self._inode == _inode(path):
            return self._file
        self._forget()
        private_folder(path.parent)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(path, flags, PRIVATE_FILE))  # SQLite would let others read it
        self._file, self._inode = _connect(path), _inode(path)
        return self._file

    def _make_anew(self, path: Path) -> None:
        """Take a damaged file away; one process does it, the others find it done."""
        from filelock import FileLock

        with FileLock(path.with_suffix(".lock"), timeout=_PATIENCE, mode=PRIVATE_FILE):
            self._forget()
            try:
                with closing(_connect(path)) as database:
                    _check(database)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                log.warning("%s cannot be read and is made anew: %s.", path, error)
                for ending in ("", "-wal", "-shm", "-journal"):
                    with suppress(FileNotFoundError):
                        path.with_name(path.name + ending).unlink()

    def _forget(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _in_memory(self) -> sqlite3.Connection:
        if self._memory is None:
            self._memory = _connect(":memory:")
        return self._memory

    def _go_alone(self, error: Exception) -> None:
        self._forget()
        self._alone_until = self._clock.monotonic() + _ALONE
        level = logging.DEBUG if self._warned else logging.WARNING
        log.log(level, "This process paces itself alone, without the others: %s", error)
        self._warned = True


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _connect(path: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=_PATIENCE, check_same_thread=False, isolation_level=None
    )
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode=TRUNCATE")  # WAL is not for homes that machines share
    database.execute("PRAGMA synchronous=OFF")  # a power cut may cost the last minute's count
    database.execute("BEGIN IMMEDIATE")  # others may be making the same tables
    with database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != _SCHEMA:
            for table in ("books", "spent"):
                database.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in filter(str.strip, _TABLES.split(";")):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {_SCHEMA}")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Not when the file is locked, or the disk full; but when a table is not there."""
    code = getattr(error, "sqlite_errorcode", None)
    return type(error) is sqlite3.DatabaseError or code == sqlite3.SQLITE_ERROR


def _check(database: sqlite3.Connection) -> None:
    """Raises DatabaseError for damage behind the first page, and for a table that is missing."""
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    database.execute("SELECT name, content, day FROM books LIMIT 0")
    database.execute("SELECT name, day, method, calls, units FROM spent LIMIT 0")


def _exchange(
    database: sqlite3.Connection,
    names: Sequence[str],
    change: Callable[[list[bytes]], tuple[T, list[bytes]]],
    counts: Sequence[Counted],
) -> T:
    database.execute("BEGIN IMMEDIATE")
    with database:  # commits, or rolls back
        old = [_content(database, name) for name in names]
        result, new = change(old)
        rows = zip(names, new, strict=True)
        database.executemany("INSERT OR REPLACE INTO books (name, content) VALUES (?, ?)", rows)
        for row in counts:
            _count(database, row)
    return result


def _content(database: sqlite3.Connection, name: str) -> bytes:
    row = database.execute("SELECT content FROM books WHERE name = ?", (name,)).fetchone()
    return row[0] if row else b""


def _count(database: sqlite3.Connection, row: Counted) -> None:
    done = database.execute(
        "INSERT INTO spent VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " calls = calls + excluded.calls, units = units + excluded.units"
        " RETURNING calls = ?",
        (*row, row[3]),
    ).fetchone()
    if done == (1,):  # the first of its day: a moment to tidy up
        for table in ("spent", "books"):
            database.execute(
                f"DELETE FROM {table} WHERE day NOT IN"  # noqa: S608
                f" (SELECT DISTINCT day FROM {table} ORDER BY day DESC LIMIT ?)",
                (_KEPT_DAYS,),
            )


def _counts(database: sqlite3.Connection, name: str, day: str) -> list[Counted]:
    return database.execute(
        "SELECT name, day, method, calls, units FROM spent WHERE name = ? AND day = ?"
        " ORDER BY units DESC, method",
        (name, day),
    ).fetchall()
