"""How far each row of a merge has come, and who was met before, kept on disk while it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import get_args

from gmailkit.model.mail import Address
from gmailkit.record.ledger import UNFINISHED, Entry, SendLedger, Stage

OPEN: tuple[Stage, ...] = (*UNFINISHED, "failed")
"""Stages after which a row is tried again; after all others it is not."""

_CACHE = 2_000  # kB of memory for what may be hundreds of thousands of rows


def key_of(name: str, to: Iterable[Address]) -> str:
    """The ledger's key of a row: whose it is, and nothing else of it.

    So a row stays the same one when a typing error in it is put right, when rows are sorted anew,
    and when the template changes. Who was written to is not written to again.
    """
    whom = " ".join(sorted(each.email.casefold() for each in to))
    return f"merge {name} {sha256(whom.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger knows of one row; `to` are all its recipients, separated by blanks."""

    key: str
    state: Stage
    row: int
    to: str
    message_id: str
    thread_id: str
    at: datetime
    error: str


class Standing:
    """The ledger's lines of one merge as they were, and the recipients of this pass over the rows.

    SQLite holds them in a file without a name, so memory stays flat. For one thread.
    """

    def __init__(self, ledger: SendLedger, name: str) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE past (key TEXT PRIMARY KEY, state TEXT, row INTEGER, whom TEXT, id TEXT,"
            " thread TEXT, at REAL, error TEXT, begun REAL) WITHOUT ROWID"
        )
        self._database.execute(
            "CREATE TABLE met (whom BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT OR IGNORE INTO past VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(_columns, ledger.entries(batch=name)),
        )

    def past(self, key: str) -> Past | None:
        """What the ledger knew of a row when this was made."""
        found = self._database.execute("SELECT * FROM past WHERE key = ?", (key,)).fetchone()
        return _past(found) if found else None

    def everything(self) -> Iterator[Past]:
        """In the order in which it was done."""
        for found in self._database.execute("SELECT * FROM past ORDER BY at"):
            yield _past(found)

    def count(self, state: Stage) -> int:
        (count,) = self._database.execute(
            "SELECT COUNT(*) FROM past WHERE state = ?", (state,)
        ).fetchone()
        return int(count)

    def begun(self) -> datetime | None:
        """When the first of them was begun; None for a merge that never ran."""
        (at,) = self._database.execute("SELECT MIN(begun) FROM past").fetchone()
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def meet(self, to: Iterable[Address], row: int) -> int | None:
        """Remember whom a row is for; the row that was for one of them before, if there is one."""
        whom = [sha256(each.email.casefold().encode()).digest()[:16] for each in to]
        for each in whom:
            found = self._database.execute("SELECT row FROM met WHERE whom = ?", (each,)).fetchone()
            if found:
                return int(found[0])
        self._database.executemany("INSERT INTO met VALUES (?, ?)", [(w, row) for w in set(whom)])
        return None

    def close(self) -> None:
        self._database.close()


def _columns(entry: Entry) -> tuple[object, ...]:
    return (
        entry.key,
        entry.state,
        entry.row or 0,
        " ".join(entry.to),
        entry.message_id,
        entry.thread_id,
        entry.updated.timestamp(),
        entry.error,
        entry.created.timestamp(),
    )


def _past(found: tuple[str, str, int, str, str, str, float, str, float]) -> Past:
    key, state, row, to, message_id, thread_id, at, error, _ = found
    known = next(each for each in get_args(Stage) if each == state)
    when = datetime.fromtimestamp(at, UTC)
    return Past(key, known, row, to, message_id, thread_id, when, error)
