"""What is being copied into a mailbox: each message is written down before it is added, so that a
copy which was cut short goes on where it was, adds nothing twice, and knows what it has added.

Once a copy is finished, what it added counts as any other mail: the next one looks anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.model.item import Ref
from gmailkit.record.book import Book, Kind

State = Literal[
    "begun",  # it may be there, or not: a run was cut short
    "added",
    "present",  # it was there before
    "refused",  # the target does not take it
]
_PAGE = 500
COPIES = Kind(
    name="copies.sqlite3",
    version=1,
    schema=(
        # `mark` is the label that everything bears which the copy adds, `change` the line of the
        # journal that tells of it, `since` when that was begun; NULL while no run is under way.
        "CREATE TABLE copy (number INTEGER PRIMARY KEY, source TEXT NOT NULL,"
        " target TEXT NOT NULL, wanted TEXT NOT NULL, mark TEXT, change INTEGER, since TEXT,"
        " UNIQUE (source, target, wanted))",
        "CREATE TABLE item (copy INTEGER NOT NULL, ref TEXT NOT NULL, state TEXT NOT NULL,"
        " came TEXT NOT NULL, why TEXT NOT NULL, time REAL NOT NULL,"
        " PRIMARY KEY (copy, ref)) WITHOUT ROWID",
        "CREATE INDEX by_came ON item (copy, came)",
        "CREATE TABLE thread (source TEXT NOT NULL, target TEXT NOT NULL, thread TEXT NOT NULL,"
        " came TEXT NOT NULL, PRIMARY KEY (source, target, thread)) WITHOUT ROWID",
    ),
    what="the record of copies",
    without="Nothing is copied without it",
    before=". A copy that was cut short then begins anew, and looks for each message first.",
)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message: `came` is its name in the target, `why` it was refused."""

    ref: Ref
    state: State
    came: str = ""
    why: str = ""


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was begun and not finished."""

    mark: str
    change: int
    since: str


class Copies:
    """The copies into one mailbox. `folder` is asked for on first use.

    Every method raises CannotWrite when the file cannot be used: then nothing may be copied.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._book = Book(folder, COPIES)

    def open(self, source: str, target: str, wanted: str) -> int:
        """The number of the copy of what is `wanted` (a search) of one store into another."""
        with self._book.writing() as database:
            key = (source, target, wanted)
            database.execute(
                "INSERT OR IGNORE INTO copy (source, target, wanted) VALUES (?, ?, ?)", key
            )
            row = database.execute(
                "SELECT number FROM copy WHERE source = ? AND target = ? AND wanted = ?", key
            ).fetchone()
            return int(row[0])

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else copies into this mailbox meanwhile. Not to be nested."""
        return self._book.alone("copying.lock")

    def under_way(self, number: int) -> UnderWay | None:
        with self._book.writing() as database:
            mark, change, since = database.execute(
                "SELECT mark, change, since FROM copy WHERE number = ?", (number,)
            ).fetchone()
        return None if change is None else UnderWay(mark=mark, change=change, since=since)

    def set_out(self, number: int, how: UnderWay) -> None:
        with self._book.writing() as database:
            database.execute(
                "UPDATE copy SET mark = ?, change = ?, since = ? WHERE number = ?",
                (how.mark, how.change, how.since, number),
            )

    def finish(self, number: int) -> None:
        """It has come to its end, or is given up: the next one between the two begins anew."""
        with self._book.writing() as database:
            database.execute("DELETE FROM item WHERE copy = ?", (number,))
            database.execute(
                "UPDATE copy SET mark = NULL, change = NULL, since = NULL WHERE number = ?",
                (number,),
            )

    def begin(self, number: int, ref: Ref) -> None:
        """Write down that it is about to be added, and was not there."""
        with self._book.writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO item VALUES (?, ?, 'begun', '', '', ?)",
                (number, ref, self._clock.now()),
            )

    def was_begun(self, number: int, ref: Ref) -> bool:
        with self._book.writing() as database:
            return _state(database, number, ref) == "begun"

    def end(self, number: int, receipts: Iterable[Receipt]) -> None:
        """What became of them, once the target has made sure of it."""
        now = self._clock.now()
        with self._book.writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?)",
                [(number, r.ref, r.state, r.came, r.why, now) for r in receipts],
            )

    def added(self, number: int) -> Iterator[tuple[Ref, Ref]]:
        """What the copy has added so far, in all its runs: each with its name in the target."""
        last = ""
        while True:
            with self._book.writing() as database:
                rows = database.execute(
                    "SELECT ref, came FROM item WHERE copy = ? AND state = 'added' AND ref > ?"
                    " ORDER BY ref LIMIT ?",
                    (number, last, _PAGE),
                ).fetchall()
            if not rows:
                return
            yield from ((Ref(ref), Ref(came)) for ref, came in rows)
            last = rows[-1][0]

    def is_of_another(self, number: int, came: Ref, ref: Ref) -> bool:
        """Whether another message of the copy became that one of the target."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT 1 FROM item WHERE copy = ? AND came = ? AND ref != ?", (number, came, ref)
            ).fetchone()
        return row is not None

    def unsettled(self, number: int, refs: Iterable[Ref]) -> Iterator[Ref]:
        """Those of `refs` that no run has brought there, as they come."""
        page: list[Ref] = []
        for ref in refs:
            page.append(ref)
            if len(page) == _PAGE:
                yield from self._unsettled(number, page)
                page = []
        yield from self._unsettled(number, page)

    def _unsettled(self, number: int, refs: list[Ref]) -> list[Ref]:
        with self._book.writing() as database:
            there = ("added", "present")
            return [ref for ref in refs if _state(database, number, ref) not in there]

    def thread(self, source: str, target: str, thread: str) -> str:
        """What a conversation of the source is called in the target; "" while nobody knows."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT came FROM thread WHERE source = ? AND target = ? AND thread = ?",
                (source, target, thread),
            ).fetchone()
        return row[0] if row else ""

    def note_thread(self, source: str, target: str, thread: str, came: str) -> None:
        with self._book.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO thread VALUES (?, ?, ?, ?)", (source, target, thread, came)
            )

    def close(self) -> None:
        self._book.close()

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _state(database: sqlite3.Connection, number: int, ref: Ref) -> str:
    row = database.execute(
        "SELECT state FROM item WHERE copy = ? AND ref = ?", (number, ref)
    ).fetchone()
    return row[0] if row else ""
