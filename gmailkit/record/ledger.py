"""What was sent, and what is about to be: one SQLite file in the account's state folder.

A line is on the disk before the step that it is about is made. Subject and recipients stand in it,
so the file is the user's alone; the message itself does not.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotWrite, NotFound
from gmailkit.paths import PRIVATE_FILE, private_folder

Way = Literal["draft", "fast", "smtp"]
Stage = Literal[
    "new",  # written down, nothing was asked of anybody
    "drafting",  # a draft was asked for; nobody knows yet whether there is one
    "drafted",  # the draft is there
    "sending",  # it was asked to be sent; nobody knows yet whether it left
    "sent",
    "held",  # a draft that leaves when it is due
    "parked",  # a draft that leaves when it is approved
    "failed",  # refused; nothing left
    "unknown",  # nobody will ever know whether it left
    "cancelled",
]

_SCHEMA = 1
_LOCKS = 64  # files; two keys that share one only wait for each other


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One message under its key. `to` are addresses, `size` bytes, times aware.

    `digest` is that of its content (`mime.digest`). `error` says why it failed, or by which rule
    it is parked. `batch` and `row` name the merge it is from.
    """

    key: str
    state: Stage
    way: Way
    digest: str
    to: tuple[str, ...]
    subject: str
    size: int
    created: datetime
    updated: datetime
    due: datetime | None = None
    draft_id: str = ""
    message_id: str = ""
    thread_id: str = ""
    error: str = ""
    batch: str = ""
    row: int | None = None


class SendLedger:
    """The sends of one account. Safe to use from several threads and processes.

    `folder` is asked for on first use. Every method raises CannotWrite when the file cannot be
    used: then nothing may be sent.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def open(self, entry: Entry) -> Entry:
        """Write a new line; the line that stands under its key already, if there is one."""
        with self._writing() as database:
            self._insert(database, entry)
            return self._read(database, entry.key) or entry

    def change(self, key: str, **fields: Any) -> Entry:
        """Replace some fields of a line, and its `updated`; the line as it is then."""
        with self._writing() as database:
            entry = self._read(database, key)
            if entry is None:
                raise NotFound(f"Nothing was sent under the key {key}.")
            entry = msgspec.structs.replace(entry, **fields, updated=self._now())
            self._replace(database, entry)
            return entry

    def find(self, key: str) -> Entry | None:
        with self._writing() as database:
            return self._read(database, key)

    def entries(
        self,
        *,
        states: tuple[Stage, ...] = (),
        batch: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Newest first; read a page at a time."""
        below = None
        while limit is None or limit > 0:
            page = self._page(states, batch, since, below, min(limit or 500, 500))
            yield from (entry for _, entry in page)
            if len(page) < 500:
                return
            below, limit = page[-1][0], limit and limit - len(page)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Nobody else works on `key` meanwhile; a killed process leaves nothing locked."""
        from filelock import FileLock

        number = int(sha256(key.encode()).hexdigest(), 16) % _LOCKS
        folder = private_folder(self._folder() / "sending")
        try:
            with FileLock(folder / f"{number:02}.lock", mode=PRIVATE_FILE):
                yield
        except OSError as error:
            raise _cannot_write(folder, error) from error

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _page(
        self,
        states: tuple[Stage, ...],
        batch: str | None,
        since: datetime | None,
        below: int | None,
        most: int,
    ) -> list[tuple[int, Entry]]:
        wanted: list[str] = ["1"]
        values: list[object] = []
        if states:
            wanted.append(f"state IN ({','.join('?' * len(states))})")
            values += list(states)
        for condition, value in (
            ("batch = ?", batch),
            ("created >= ?", since and since.timestamp()),
            ("number < ?", below),
        ):
            if value is not None:
                wanted.append(condition)
                values.append(value)
        with self._writing() as database:
            rows = database.execute(
                f"SELECT number, entry FROM send WHERE {' AND '.join(wanted)}"  # noqa: S608
                " ORDER BY number DESC LIMIT ?",
                (*values, most),
            ).fetchall()
        return [(number, _decoder.decode(blob)) for number, blob in rows]

    def _insert(self, database: sqlite3.Connection, entry: Entry) -> None:
        database.execute(
            "INSERT OR IGNORE INTO send (key, state, batch, created, draft_id, entry)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entry.key, *_columns(entry)),
        )

    def _replace(self, database: sqlite3.Connection, entry: Entry) -> None:
        database.execute(
            "UPDATE send SET state = ?, batch = ?, created = ?, draft_id = ?, entry = ?"
            " WHERE key = ?",
            (*_columns(entry), entry.key),
        )

    def _read(self, database: sqlite3.Connection, key: str) -> Entry | None:
        row = database.execute("SELECT entry FROM send WHERE key = ?", (key,)).fetchone()
        return _decoder.decode(row[0]) if row else None

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = _open(private_folder(self._folder()) / "sent.sqlite3")
                self._database.execute("BEGIN IMMEDIATE")
                with self._database:
                    yield self._database
            except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
                raise _cannot_write(self._folder() / "sent.sqlite3", error) from error


def _columns(entry: Entry) -> tuple[object, ...]:
    return (
        entry.state,
        entry.batch,
        entry.created.timestamp(),
        entry.draft_id or None,
        msgspec.json.encode(entry),
    )


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))  # SQLite would let others read it
    database = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=TRUNCATE")  # WAL is not for homes that machines share
        database.execute("PRAGMA synchronous=FULL")
        database.execute("BEGIN IMMEDIATE")
        with database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS send (number INTEGER PRIMARY KEY AUTOINCREMENT,"
                " key TEXT NOT NULL UNIQUE, state TEXT NOT NULL, batch TEXT NOT NULL,"
                " created REAL NOT NULL, draft_id TEXT UNIQUE, entry BLOB NOT NULL)"
            )
            for column in ("state", "batch", "created"):
                database.execute(f"CREATE INDEX IF NOT EXISTS by_{column} ON send ({column})")
            database.execute(f"PRAGMA user_version = {_SCHEMA}")
    except BaseException:
        database.close()
        raise
    return database


def _cannot_write(path: Path, error: Exception) -> CannotWrite:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return CannotWrite(
        f"Cannot use the ledger of what was sent, {path}: {why}. Nothing was sent.",
        path=path,
        hint="Free some space, or choose another place with GMAILKIT_HOME.",
    )


_decoder = msgspec.json.Decoder(Entry)
