"""The SQLite file of the ledger of what was sent: made, opened, and refused when it is not sound.

Rollback journal, not WAL: WAL needs memory that processes share, which network homes do not give.
With synchronous=FULL a journal that is truncated is synced too (SQLite's pager does so in this
mode), so what was committed survives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE, private_folder, sync_folder

_SCHEMA = 1
_PATIENCE = 60.0  # seconds for another process's commit
_TABLE = (
    "CREATE TABLE send (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL, batch TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,"
    " draft_id TEXT UNIQUE, message_id TEXT, entry BLOB NOT NULL)"
)
_INDEXES = ("state", "batch", "created", "updated", "message_id")


class Damaged(Exception):
    """The file is there and is not what we wrote."""


class Newer(Exception):
    """A newer gmailkit wrote it; what we do not know must not get lost."""


def connect(path: Path) -> sqlite3.Connection:
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
            _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def inode(path: Path) -> int:
    """Which file bears the name; 0 for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def cannot_use(path: Path, error: Exception) -> CannotWrite:
    """What to say, and what to do, when nothing may be sent."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    hint = "Nothing is sent without it: free some space, or choose a place with GMAILKIT_HOME."
    if isinstance(error, Newer):
        hint = "Nothing is sent without it: update gmailkit."
    elif _is_damage(error):
        hint = (
            f"Nothing is sent without it. To begin a new one: mv '{path}' '{path}.old', and look "
            "with `gmailkit search in:sent` before you repeat what was being sent."
        )
    return CannotWrite(
        f"Cannot use the ledger of what was sent, {path}: {why}.", path=path, hint=hint
    )


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


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == _SCHEMA and tables:
        return
    if version > _SCHEMA:
        raise Newer("a newer gmailkit wrote it")
    if version or tables:
        raise Damaged("somebody else wrote it, or part of it is missing")
    database.execute(_TABLE)
    for column in _INDEXES:
        database.execute(f"CREATE INDEX by_{column} ON send ({column})")
    database.execute(f"PRAGMA user_version = {_SCHEMA}")


def _is_damage(error: Exception) -> bool:
    """Not when the file is locked, read-only, or the disk full; but when a table is not there."""
    if isinstance(error, sqlite3.DatabaseError):
        code = getattr(error, "sqlite_errorcode", None)
        return type(error) is sqlite3.DatabaseError or code == sqlite3.SQLITE_ERROR
    return isinstance(error, Damaged)
