"""A SQLite file without which nothing may be done: made, opened, and refused when it is not sound.

Rollback journal, not WAL: WAL needs memory that processes share, which network homes do not give.
With synchronous=FULL a journal that is truncated is synced too (SQLite's pager does so in this
mode), so what was committed survives a power cut.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE, private_folder, sync_folder

_PATIENCE = 60.0  # seconds for another process's commit
_SILENCE = 1.0  # seconds before a wait for another run is worth a word
_log = logging.getLogger(__name__)


class Damaged(Exception):
    """The file is there and is not what we wrote."""


class Newer(Exception):
    """A newer gmailkit wrote it; what we do not know must not get lost."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Which file: its `name`, the statements of its `schema`, and what is said when it fails.

    `what` it is, what may not be done `without` it (a sentence), and what to do `before` a new one
    is begun (the rest of one).
    """

    name: str
    version: int
    schema: tuple[str, ...]
    what: str
    without: str
    before: str


class Book:
    """One such file of an account, for several threads and processes.

    `folder` is asked for on first use.
    """

    def __init__(self, folder: Callable[[], Path], kind: Kind) -> None:
        self._folder = folder
        self.kind = kind
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._inode = 0

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and synced, or nothing of it. Raises CannotWrite."""
        with self._lock:
            path = self._folder() / self.kind.name
            try:
                database = self._opened(path)
                database.execute("BEGIN IMMEDIATE")
                with database:  # commits, or rolls back
                    yield database
            except sqlite3.IntegrityError:
                raise
            except (sqlite3.Error, OSError, Damaged, Newer) as error:
                self._forget()
                raise cannot_use(path, error, self.kind) from error

    @contextmanager
    def alone(self, name: str, *, by: str = "") -> Iterator[None]:
        """Nobody else is here under that name meanwhile, in any process; one that is killed leaves
        nothing locked. Not to be nested. Raises CannotWrite.

        `by` is who is here: whoever waits for it longer than a second is told, once. Without it
        nobody is told: it may be another thread of the same run that one waits for.
        """
        from filelock import FileLock, Timeout

        path = self._folder() / name
        folder = private_folder(path.parent)
        lock, holder = FileLock(path, mode=PRIVATE_FILE), path.with_suffix(".by")
        try:
            try:
                lock.acquire(timeout=_SILENCE)
            except Timeout:
                if by:
                    _log.warning("Waiting for %s.", _held(holder))
                lock.acquire()
        except OSError as error:
            raise cannot_use(folder, error, self.kind) from error
        try:
            if by:
                _say_who(holder, f"{by} (process {os.getpid()})")
            yield
        finally:
            lock.release()

    def close(self) -> None:
        with self._lock:
            self._forget()

    def _opened(self, path: Path) -> sqlite3.Connection:
        """The file that bears the name now: somebody may have moved a damaged one away."""
        if self._database is None or _inode(path) != self._inode:
            self._forget()
            self._database = connect(path, self.kind)
            self._inode = _inode(path)
        return self._database

    def _forget(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def connect(path: Path, kind: Kind) -> sqlite3.Connection:
    """Made where there is none. Raises sqlite3.Error, OSError, Damaged, Newer."""
    _make(path)
    database = sqlite3.connect(
        path, timeout=_PATIENCE, check_same_thread=False, isolation_level=None
    )
    try:
        database.execute("PRAGMA journal_mode=TRUNCATE")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")  # others may be making the same table
        with database:
            _prepare(database, kind)
    except BaseException:
        database.close()
        raise
    return database


def cannot_use(path: Path, error: Exception, kind: Kind) -> CannotWrite:
    """What to say, and what to do, when nothing may be done."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    hint = f"{kind.without}: free some space, or choose a place with GMAILKIT_HOME."
    if isinstance(error, Newer):
        hint = f"{kind.without}: update gmailkit."
    elif _is_damage(error):
        hint = f"{kind.without}. To begin a new one: mv '{path}' '{path}.old'{kind.before}"
    return CannotWrite(f"Cannot use {kind.what}, {path}: {why}.", path=path, hint=hint)


def _say_who(holder: Path, who: str) -> None:
    """For those who wait; a courtesy, and nothing is stopped for the want of it."""
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(holder, flags, PRIVATE_FILE), "w", encoding="utf-8") as file:
            file.write(who)


def _held(holder: Path) -> str:
    """Who is there, in the words of one that has waited: another run where nobody can tell."""
    try:
        return f"another run: {holder.read_text(encoding='utf-8')}"
    except OSError:
        return "another run of gmailkit"


def _inode(path: Path) -> int:
    """Which file bears the name; 0 for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _make(path: Path) -> None:
    """An empty file that is the user's alone (SQLite would let others read it), and its folders,
    whose names survive a power cut.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    private_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, PRIVATE_FILE))
    for each in missing:
        sync_folder(each.parent)


def _prepare(database: sqlite3.Connection, kind: Kind) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == kind.version and tables:
        return
    if version > kind.version:
        raise Newer("a newer gmailkit wrote it")
    if version or tables:
        raise Damaged("somebody else wrote it, or part of it is missing")
    for statement in kind.schema:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {kind.version}")


def _is_damage(error: Exception) -> bool:
    """Not when the file is locked, read-only, or the disk full; but when a table is not there."""
    if isinstance(error, sqlite3.DatabaseError):
        code = getattr(error, "sqlite_errorcode", None)
        return type(error) is sqlite3.DatabaseError or code == sqlite3.SQLITE_ERROR
    return isinstance(error, Damaged)
