"""What was copied from one store to another: written before each message moves, so that a copy
which was cut short goes on where it was and adds nothing twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.model.item import Ref
from gmailkit.record.book import Book, Kind

State = Literal[
    "begun",  # it may be there, or not: a run was cut short
    "added",
    "present",  # it was there before
    "refused",  # the target does not take it
]
_SETTLED = ("added", "present", "refused")
_PAGE = 500
COPIES = Kind(
    name="copies.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE copy (number INTEGER PRIMARY KEY, source TEXT NOT NULL,"
        " target TEXT NOT NULL, begun REAL NOT NULL, mark TEXT, change INTEGER,"
        " UNIQUE (source, target))",
        "CREATE TABLE item (copy INTEGER NOT NULL, ref TEXT NOT NULL, state TEXT NOT NULL,"
        " came TEXT NOT NULL, why TEXT NOT NULL, time REAL NOT NULL,"
        " PRIMARY KEY (copy, ref)) WITHOUT ROWID",
        "CREATE INDEX by_came ON item (copy, came)",
        "CREATE TABLE thread (copy INTEGER NOT NULL, thread TEXT NOT NULL, came TEXT NOT NULL,"
        " PRIMARY KEY (copy, thread)) WITHOUT ROWID",
    ),
    what="the record of copies",
    without="Nothing is copied without it",
    before=". Copies that were cut short then begin anew, and look for each message first.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message: `came` is its name in the target, `why` it was refused."""

    ref: Ref
    state: State
    came: str = ""
    why: str = ""
    time: datetime | None = None


class Copies:
    """The copies of one user, or of one account. `folder` is asked for on first use.

    Every method raises CannotWrite when the file cannot be used: then nothing may be copied.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._book = Book(folder, COPIES)

    def open(self, source: str, target: str) -> int:
        """The number of the copy between these two stores, begun now if it was not before."""
        with self._book.writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO copy (source, target, begun) VALUES (?, ?, ?)",
                (source, target, self._clock.now()),
            )
            row = database.execute(
                "SELECT number FROM copy WHERE source = ? AND target = ?", (source, target)
            ).fetchone()
            return int(row[0])

    def settle(self, number: int, *, mark: str, change: int) -> None:
        """Under which label it adds messages, and which line of the journal tells of them."""
        with self._book.writing() as database:
            database.execute(
                "UPDATE copy SET mark = ?, change = ? WHERE number = ?", (mark, change, number)
            )

    def mark(self, number: int) -> str | None:
        """None before `settle`; "" for no label."""
        return cast("str | None", self._of_copy("mark", number))

    def change(self, number: int) -> int | None:
        """None before `settle`."""
        return cast("int | None", self._of_copy("change", number))

    def _of_copy(self, column: Literal["mark", "change"], number: int) -> object:
        with self._book.writing() as database:
            row = database.execute(
                f"SELECT {column} FROM copy WHERE number = ?",  # noqa: S608 - ours
                (number,),
            ).fetchone()
        return row[0]

    def begin(self, number: int, refs: Iterable[Ref]) -> frozenset[Ref]:
        """Write down that these are about to be added; those that an earlier run began, and never
        said the end of.
        """
        with self._book.writing() as database:
            return frozenset(ref for ref in refs if not self._is_new(database, number, ref))

    def _is_new(self, database: sqlite3.Connection, number: int, ref: Ref) -> bool:
        cursor = database.execute(
            "INSERT OR IGNORE INTO item VALUES (?, ?, 'begun', '', '', ?)",
            (number, ref, self._clock.now()),
        )
        return cursor.rowcount == 1

    def end(self, number: int, receipts: Iterable[Receipt]) -> None:
        """What became of them, once the target has made sure of it."""
        now = self._clock.now()
        with self._book.writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?)",
                [(number, r.ref, r.state, r.came, r.why, now) for r in receipts],
            )

    def is_of_another(self, number: int, came: Ref, ref: Ref) -> bool:
        """Whether another message of the copy became that one of the target."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT 1 FROM item WHERE copy = ? AND came = ? AND ref != ?", (number, came, ref)
            ).fetchone()
        return row is not None

    def thread(self, number: int, thread: str) -> str:
        """What a conversation of the source is called in the target; "" while nobody knows."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT came FROM thread WHERE copy = ? AND thread = ?", (number, thread)
            ).fetchone()
        return row[0] if row else ""

    def note_thread(self, number: int, thread: str, came: str) -> None:
        with self._book.writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO thread VALUES (?, ?, ?)", (number, thread, came)
            )

    def unsettled(self, number: int, refs: Iterable[Ref]) -> Iterator[Ref]:
        """Those of `refs` that no run has finished with, as they come."""
        page: list[Ref] = []
        for ref in refs:
            page.append(ref)
            if len(page) == _PAGE:
                yield from self._unsettled(number, page)
                page = []
        yield from self._unsettled(number, page)

    def _unsettled(self, number: int, refs: list[Ref]) -> list[Ref]:
        with self._book.writing() as database:
            return [ref for ref in refs if not _settled(database, number, ref)]

    def receipts(self, number: int) -> Iterator[Receipt]:
        """Of every message that the copy has met, in the order of their names there."""
        last = ""
        while True:
            with self._book.writing() as database:
                rows = database.execute(
                    "SELECT ref, state, came, why, time FROM item WHERE copy = ? AND ref > ?"
                    " ORDER BY ref LIMIT ?",
                    (number, last, _PAGE),
                ).fetchall()
            for ref, state, came, why, time in rows:
                at = datetime.fromtimestamp(time, UTC)
                yield Receipt(ref=ref, state=cast(State, state), came=came, why=why, time=at)
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def counts(self, number: int) -> dict[State, int]:
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT state, count(*) FROM item WHERE copy = ? GROUP BY state", (number,)
            ).fetchall()
        return {cast(State, state): count for state, count in rows}

    def forget(self, number: int) -> None:
        """The next copy between the two looks at every message anew."""
        with self._book.writing() as database:
            database.execute("DELETE FROM item WHERE copy = ?", (number,))
            database.execute("DELETE FROM thread WHERE copy = ?", (number,))
            database.execute(
                "UPDATE copy SET mark = NULL, change = NULL WHERE number = ?", (number,)
            )

    def close(self) -> None:
        self._book.close()

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _settled(database: sqlite3.Connection, number: int, ref: Ref) -> bool:
    row = database.execute(
        "SELECT state FROM item WHERE copy = ? AND ref = ?", (number, ref)
    ).fetchone()
    return row is not None and row[0] in _SETTLED
