"""SQLite files that are encrypted page by page, behind the interface of the standard library.

SQLite3 Multiple Ciphers (in apsw) encrypts with ChaCha20 and authenticates each page with
Poly1305; journals are encrypted too, and sorting stays in memory. What Python's own sqlite3 calls
things is kept, errors included, so that the same code speaks to plain and encrypted files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gmailkit.errors import UsageError

if TYPE_CHECKING:
    import apsw

KEY = 32  # bytes


def connect(
    path: Path, mode: str, *, key: bytes, timeout: float = 30, locks: bool = True
) -> sqlite3.Connection:
    """The database at `path`, in autocommit; `mode` is "ro", "rw" or "rwc" as in SQLite's URIs.

    `key` are 32 bytes; without `locks` it counts on nobody writing meanwhile. Raises sqlite3.Error,
    of which "file is not a database" may mean another key, and UsageError without apsw.
    """
    apsw = _library()
    flags = {
        "ro": apsw.SQLITE_OPEN_READONLY,
        "rw": apsw.SQLITE_OPEN_READWRITE,
        "rwc": apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE,
    }[mode]
    with _as_sqlite3(apsw):
        named = path.absolute().as_uri() + ("" if locks else "?nolock=1")
        connection = apsw.Connection(named, flags=flags | apsw.SQLITE_OPEN_URI)
        try:
            connection.set_busy_timeout(int(timeout * 1000))
            connection.pragma("key", f"raw:{key.hex()}")  # no password: nothing to be stretched
            connection.execute("PRAGMA temp_store = MEMORY")  # SQLite's temporary files are plain
        except BaseException:
            connection.close()
            raise
    return cast(sqlite3.Connection, _Connection(apsw, connection))


def connect_any(path: Path | None, mode: str, *, key: bytes) -> sqlite3.Connection:
    """The same for a large one; without a path, in memory, however big it gets."""
    if path is None:
        return in_memory()
    connection = connect(path, mode, key=key)
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def in_memory() -> sqlite3.Connection:
    """An empty one, no part of which is ever on disk: what SQLite sorts would be, in the clear."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


class _Connection:
    """As much of sqlite3.Connection as is used here."""

    def __init__(self, library: Any, connection: apsw.Connection) -> None:
        self._apsw = library
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes()

    def execute(self, sql: str, values: Any = ()) -> _Cursor:
        with _as_sqlite3(self._apsw):
            return self._cursor(self._connection.execute, sql, values)

    def executemany(self, sql: str, rows: Iterable[Any]) -> _Cursor:
        with _as_sqlite3(self._apsw):
            return self._cursor(self._connection.executemany, sql, rows)

    def _cursor(self, run: Callable[[str, Any], apsw.Cursor], sql: str, values: Any) -> _Cursor:
        before = self._connection.total_changes()
        cursor = run(sql, values)
        changed = self._connection.total_changes() - before
        return _Cursor(self._apsw, cursor, changed, self._connection.last_insert_rowid())

    def create_function(
        self, name: str, narg: int, func: Callable[..., Any], *, deterministic: bool = False
    ) -> None:
        self._connection.create_scalar_function(name, func, narg, deterministic=deterministic)

    def set_progress_handler(self, handler: Callable[[], Any] | None, n: int) -> None:
        self._connection.set_progress_handler(handler, n)

    def getlimit(self, category: int) -> int:
        return self._connection.limit(category)

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        with _as_sqlite3(self._apsw):
            self._connection.close(True)


class _Cursor:
    """`rowcount` is 0 after what changes nothing."""

    def __init__(self, library: Any, cursor: apsw.Cursor, changed: int, last: int) -> None:
        self._apsw = library
        self._cursor = cursor
        self.rowcount = changed
        self.lastrowid = last

    def fetchone(self) -> Any:
        with _as_sqlite3(self._apsw):
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with _as_sqlite3(self._apsw):
            return self._cursor.fetchall()

    def fetchmany(self, size: int) -> list[Any]:
        rows: list[Any] = []
        while len(rows) < size and (row := self.fetchone()) is not None:
            rows.append(row)
        return rows

    @property
    def description(self) -> Sequence[Any]:
        return self._cursor.description

    def close(self) -> None:
        with _as_sqlite3(self._apsw):
            self._cursor.close(True)

    def __iter__(self) -> Iterator[Any]:
        with _as_sqlite3(self._apsw):
            yield from self._cursor


@contextmanager
def _as_sqlite3(library: Any) -> Iterator[None]:
    try:
        yield
    except library.Error as error:
        raise _translated(library, error) from error


def _translated(library: Any, error: Any) -> sqlite3.Error:
    code = getattr(error, "extendedresult", 0) or getattr(error, "result", sqlite3.SQLITE_ERROR)
    names = library.mapping_extended_result_codes, library.mapping_result_codes
    kind = _KINDS.get(code & 0xFF, sqlite3.OperationalError)
    found = kind(str(error))
    found.sqlite_errorcode = code
    found.sqlite_errorname = next((each[code] for each in names if code in each), "SQLITE_ERROR")
    return found


_KINDS: dict[int, type[sqlite3.Error]] = {
    sqlite3.SQLITE_CORRUPT: sqlite3.DatabaseError,
    sqlite3.SQLITE_NOTADB: sqlite3.DatabaseError,
    sqlite3.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    sqlite3.SQLITE_MISUSE: sqlite3.ProgrammingError,
}


def _library() -> Any:
    try:
        import apsw
    except ImportError as error:
        raise _needed("apsw-sqlite3mc") from error
    if not hasattr(apsw, "mc_version"):  # the plain apsw goes by the same name
        raise _needed("apsw-sqlite3mc, in place of apsw")
    return apsw


def _needed(what: str) -> UsageError:
    return UsageError(
        f"Reading an encrypted backup needs {what}.",
        hint="Install it: pip install 'gmailkit[crypt]'",
    )
