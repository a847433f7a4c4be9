"""What was sent, and what is about to be: one SQLite file in the account's state folder.

A line is on the disk before the step that it is about is made. Subject and recipients stand in it,
so the file is the user's alone; the message itself does not. A file that is damaged, or of a newer
gmailkit, is never replaced: without it nobody could tell what left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Conflict, NotFound
from gmailkit.record.book import Book, Damaged, Kind

Way = Literal["draft", "fast", "smtp"]
Stage = Literal[
    "new",  # written down; nothing stands at Gmail, nothing was asked of it, or it was refused
    "drafting",  # a draft was asked for; nobody knows yet whether there is one
    "drafted",  # the draft is there
    "sending",  # it was asked to be sent; nobody knows yet whether it left
    "sent",
    "held",  # a draft, or bytes for SMTP, that leaves when it is due
    "parked",  # one that leaves when it is approved
    "failed",  # refused; nothing left
    "unknown",  # looked for and not found: nobody knows whether it left
    "cancelled",
]
Aim = Literal["sent", "held", "parked", "nothing"]

UNFINISHED: tuple[Stage, ...] = ("new", "drafting", "drafted", "sending", "unknown")
_WITH_DRAFT = frozenset[Stage](("drafted", "sending", "held", "parked", "unknown"))
_LOCKS = 256  # files; two keys that share one only wait for each other
_PAGE = 500
LEDGER = Kind(
    name="sent.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE send (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
        " state TEXT NOT NULL, batch TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,"
        " draft_id TEXT UNIQUE, message_id TEXT, entry BLOB NOT NULL)",
        *(
            f"CREATE INDEX by_{column} ON send ({column})"
            for column in ("state", "batch", "created", "updated", "message_id")
        ),
    ),
    what="the ledger of what was sent",
    without="Nothing is sent without it",
    before=", and look with `gmailkit search in:sent` before you repeat what was being sent.",
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One message under its key. `to` are addresses, `size` bytes, times aware.

    `digest` is that of its content (`mime.digest`). `aim` is what its line is on the way to: the
    draft of one that shall be "held" or "parked" must not leave after a crash; "nothing" clears it
    away. `error` says why it failed, or by which rule it is parked; `approved` is the digest of
    what somebody has approved. `timed`: `due` is a time that was named, and not so long from when
    it was said. `batch` and `row` name the merge it is from.
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
    aim: Aim = "sent"
    due: datetime | None = None
    timed: bool = False
    draft_id: str = ""
    message_id: str = ""
    thread_id: str = ""
    error: str = ""
    approved: str = ""
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
        self._book = Book(folder, LEDGER)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def open(self, entry: Entry) -> Entry:
        """Write a new line; the line that stands under its key already, if there is one."""
        with self._writing() as database:
            self._insert(database, entry)
            return self._read(database, entry.key) or entry

    def put(self, entry: Entry) -> Entry:
        """Write a line whatever stood under its key."""
        with self._writing() as database:
            self._insert(database, entry)
            self._replace(database, entry)
            return entry

    def change(self, key: str, **fields: Any) -> Entry:
        """Replace some fields of a line, and its `updated`; the line as it is then.

        Raises NotFound when there is none, and Conflict when the draft is another line's.
        """
        with self._writing() as database:
            entry = self._read(database, key)
            if entry is None:
                raise NotFound(f"The ledger of what was sent has no line {key}.")
            entry = msgspec.structs.replace(entry, **fields, updated=self.now())
            self._replace(database, entry)
            return entry

    def find(self, key: str) -> Entry | None:
        with self._writing() as database:
            return self._read(database, key)

    def entries(
        self,
        *,
        states: Iterable[Stage] = (),
        batch: str | None = None,
        since: datetime | None = None,
        changed_since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """What was written down last first; read a page at a time, whatever changes meanwhile.

        `since` is when it was written down.
        """
        wanted, below = tuple(states), None
        while limit is None or limit > 0:
            most = _PAGE if limit is None else min(limit, _PAGE)
            where = _where(wanted, batch, created=since, updated=changed_since, below=below)
            page = self._page(where, "number DESC", most)
            yield from (entry for _, entry in page)
            if len(page) < most:
                return
            below, limit = page[-1][0], limit and limit - len(page)

    def latest(
        self,
        *,
        states: Iterable[Stage] = (),
        batch: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """What changed last first; read at once, as it is at that moment."""
        where = _where(states, batch, created=since)
        page = self._page(where, "updated DESC, number DESC", -1 if limit is None else limit)
        return iter([entry for _, entry in page])

    def drafts_of_others(self, ids: Iterable[str], *, key: str) -> frozenset[str]:
        """Those of `ids` that are drafts of other lines."""
        return self._taken("draft_id", ids, key)

    def messages_of_others(self, ids: Iterable[str], *, key: str) -> frozenset[str]:
        """Those of `ids` that other lines were sent as."""
        return self._taken("message_id", ids, key)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Nobody else works on `key` meanwhile; a killed process leaves nothing locked.

        Not to be nested, whatever the keys.
        """
        number = int(sha256(key.encode("utf-8", "replace")).hexdigest(), 16) % _LOCKS
        with self._book.alone(f"sending/{number:03}.lock"):
            yield

    def close(self) -> None:
        self._book.close()

    def _page(
        self, where: tuple[str, list[object]], order: str, most: int
    ) -> list[tuple[int, Entry]]:
        condition, values = where
        with self._writing() as database:
            rows = database.execute(
                f"SELECT number, key, state, entry FROM send WHERE {condition}"  # noqa: S608
                f" ORDER BY {order} LIMIT ?",
                (*values, most),
            ).fetchall()
            return [(number, _decode(key, state, blob)) for number, key, state, blob in rows]

    def _taken(self, column: str, ids: Iterable[str], key: str) -> frozenset[str]:
        some = [id for id in ids if id]
        marks = ",".join("?" * len(some))
        with self._writing() as database:
            rows = database.execute(
                f"SELECT {column} FROM send WHERE {column} IN ({marks}) AND key != ?",  # noqa: S608
                (*some, key),
            )
            return frozenset(id for (id,) in rows)

    def _insert(self, database: sqlite3.Connection, entry: Entry) -> None:
        database.execute(
            "INSERT INTO send (key, state, batch, created, updated, draft_id, message_id, entry)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (entry.key, *_columns(entry)),
        )

    def _replace(self, database: sqlite3.Connection, entry: Entry) -> None:
        database.execute(
            "UPDATE send SET state = ?, batch = ?, created = ?, updated = ?, draft_id = ?,"
            " message_id = ?, entry = ? WHERE key = ?",
            (*_columns(entry), entry.key),
        )

    def _read(self, database: sqlite3.Connection, key: str) -> Entry | None:
        row = database.execute("SELECT state, entry FROM send WHERE key = ?", (key,)).fetchone()
        return _decode(key, *row) if row else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._book.writing() as database:
                yield database
        except sqlite3.IntegrityError as error:
            raise Conflict("That draft belongs to another line of the ledger.") from error


def _where(
    states: Iterable[Stage],
    batch: str | None,
    *,
    created: datetime | None = None,
    updated: datetime | None = None,
    below: int | None = None,
) -> tuple[str, list[object]]:
    """A condition of SQL and its values: lines of these states, since those times."""
    values: list[object] = list(states)
    wanted = ["1", *([f"state IN ({','.join('?' * len(values))})"] if values else ())]
    for condition, value in (
        ("batch = ?", batch),
        ("created >= ?", created and created.timestamp()),
        ("updated >= ?", updated and updated.timestamp()),
        ("number < ?", below),
    ):
        if value is not None:
            wanted.append(condition)
            values.append(value)
    return " AND ".join(wanted), values


def _columns(entry: Entry) -> tuple[object, ...]:
    """A draft is one line's alone as long as there is a draft."""
    return (
        entry.state,
        entry.batch,
        entry.created.timestamp(),
        entry.updated.timestamp(),
        entry.draft_id if entry.draft_id and entry.state in _WITH_DRAFT else None,
        entry.message_id or None,
        msgspec.json.encode(entry),
    )


def _decode(key: str, state: str, blob: bytes) -> Entry:
    """Raises Damaged for a line that says two things: SQLite does not notice a flipped bit."""
    try:
        entry = _decoder.decode(blob)
    except msgspec.MsgspecError as error:
        raise Damaged(f"the line of {key} cannot be read") from error
    if (entry.key, entry.state) != (key, state):
        raise Damaged(f"the line of {key} contradicts itself")
    return entry


_decoder = msgspec.json.Decoder(Entry)
