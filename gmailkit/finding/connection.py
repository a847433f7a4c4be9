"""A connection to a search database, and what SQLite says in our words."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gmailkit.errors import BackupDamaged, BackupLocked, CannotWrite, GmailKitError

BUSY = 30  # seconds


# How a file is opened, "ro" or "rw"; without a path, one that leaves no trace.
Connect = Callable[[Path | None, str], sqlite3.Connection]


def connect(path: Path | None, mode: str) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect("", isolation_level=None)  # spilled to a nameless file if it is big
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY)
    connection.execute("PRAGMA cache_size = -16000")
    return connection


@contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
        raise _explain(path, error) from error


def _explain(path: Path | None, error: Exception) -> GmailKitError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if isinstance(error, OSError):
        return cannot_write(path, error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BackupLocked(
            f"Another program has held {path} for more than {BUSY} seconds.",
            hint="Let it finish, then run the same command again.",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        return cannot_write(path, error)
    return BackupDamaged(
        f"{path} cannot be read: {error}.",
        hint="It was made from the backup. Delete this file: the next search makes it again.",
    )


def cannot_write(path: Path | None, error: Exception) -> CannotWrite:
    why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        why = os.strerror(errno.ENOSPC)
    return CannotWrite(
        f"Cannot write {path or 'a temporary file'}: {why}.",
        path=path or Path(),
        hint="Free some space, or make the folder one that you may write to.",
    )
