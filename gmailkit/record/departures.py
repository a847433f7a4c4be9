"""Which lists were asked to stop writing, when and how: written down and synced before it is done.

One SQLite file in the account's state folder. The address that was asked stands there without its
path: who has all of it may leave in the name of the mailbox.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.record.book import Book, Damaged, Kind

State = Literal[
    "begun",  # written down; it may have been asked
    "asked",  # it took the request, or the mail has left
    "refused",  # it surely was not asked, or it said no
    "unknown",  # nobody can tell whether it took the request
    "waits",  # the mail waits for an approval, or for its time
]
By = Literal["one-click", "mail"]
DEPARTURES = Kind(
    name="departures.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE departure (number INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL,"
        " departure BLOB NOT NULL)",
        "CREATE INDEX by_list ON departure (list)",
    ),
    what="the record of lists that were left",
    without="No list is left without it",
    before=". Which lists were left before is then no longer known.",
)


class Departure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request to a list. `list` is its key, `address` who last wrote by it, `where` the host or
    the address that was asked. `key` is that of the message in the ledger of sends. `said` is what
    came of it, in words.
    """

    number: int = 0
    list: str
    name: str = ""
    address: str = ""
    by: By
    where: str
    time: datetime
    state: State = "begun"
    key: str = ""
    said: str = ""


class Departures:
    """Those of one account. Safe to use from several threads and processes.

    `folder` is asked for on first use. Every method raises CannotWrite when the file cannot be
    used: then no list may be asked.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._book = Book(folder, DEPARTURES)
        self._clock = clock

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else leaves a list of this account meanwhile; not to be nested."""
        return self._book.alone("departures.lock")

    def begin(self, list: str, *, name: str, address: str, by: By, where: str) -> Departure:
        """Write it down before the list is asked."""
        departure = Departure(
            list=list,
            name=name,
            address=address,
            by=by,
            where=where,
            time=datetime.fromtimestamp(self._clock.now(), UTC),
        )
        with self._book.writing() as database:
            cursor = database.execute(
                "INSERT INTO departure (list, departure) VALUES (?, ?)", (list, b"")
            )
            number = cursor.lastrowid or 0
            # The numbers of a new file begin anew, and the ledger of sends remembers the old keys.
            key = f"leaving {uuid4().hex} {list}"[:200] if by == "mail" else ""
            departure = msgspec.structs.replace(departure, number=number, key=key)
            _put(database, departure)
        return departure

    def end(self, departure: Departure, state: State, said: str = "") -> Departure:
        """What became of it."""
        ended = msgspec.structs.replace(departure, state=state, said=said)
        with self._book.writing() as database:
            _put(database, ended)
        return ended

    def last(self, list: str) -> Departure | None:
        """The last request to this list, whatever became of it."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT departure FROM departure WHERE list = ? ORDER BY number DESC LIMIT 1",
                (list,),
            ).fetchone()
            return _read(row[0]) if row else None

    def all(self) -> list[Departure]:
        """The last one to each list, newest first."""
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT departure FROM departure WHERE number IN"
                " (SELECT max(number) FROM departure GROUP BY list) ORDER BY number DESC"
            ).fetchall()
            return [_read(blob) for (blob,) in rows]

    def close(self) -> None:
        self._book.close()


def _put(database: sqlite3.Connection, departure: Departure) -> None:
    database.execute(
        "UPDATE departure SET departure = ? WHERE number = ?",
        (msgspec.json.encode(departure), departure.number),
    )


def _read(blob: bytes) -> Departure:
    try:
        return msgspec.json.decode(blob, type=Departure)
    except msgspec.MsgspecError:
        raise Damaged("a line of it cannot be read") from None
