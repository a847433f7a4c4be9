"""Which message bore which label, all of a mailbox at one moment: kept until it is deleted.

One SQLite file in the account's state folder. Names of labels and ids of messages stand there, and
nothing else of a message. About 8 MB for 100,000 messages with two labels each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Conflict, NotFound
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.record.book import Book, Damaged, Kind

_PAGE = 2_000  # messages
_THERE = -1  # in the place of a label: the message is there, whatever it bears
Bearing = Iterator[tuple[str, frozenset[LabelId]]]
SNAPSHOTS = Kind(
    name="snapshots.sqlite3",
    version=1,
    schema=(
        # Without a name while it is made: what was cut short is not shown.
        "CREATE TABLE snapshot (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,"
        " facts BLOB NOT NULL)",
        # `label` is a place among the labels of the snapshot.
        "CREATE TABLE bears (snapshot INTEGER NOT NULL, message TEXT NOT NULL,"
        " label INTEGER NOT NULL, PRIMARY KEY (snapshot, message, label)) WITHOUT ROWID",
    ),
    what="the snapshots of labels",
    without="No snapshot is made without it",
    before=". The snapshots in it are then no longer seen.",
)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot. `labels` as they were defined, `messages` how many there were, Spam and Trash
    included. `history_id` is the moment in Gmail's own counting.
    """

    number: int = 0
    name: str = ""
    time: datetime
    labels: tuple[Label, ...] = ()
    messages: int = 0
    history_id: int = 0


class Snapshots:
    """The snapshots of one account. Every method raises CannotWrite when the file cannot be used.

    `folder` is asked for on first use.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._book = Book(folder, SNAPSHOTS)

    def alone(self) -> AbstractContextManager[None]:
        """No other process makes snapshots meanwhile: what is half made is then nobody's."""
        return self._book.alone("snapshots.lock")

    def begin(self, labels: Iterable[Label]) -> Snapshot:
        """A new one, without messages yet. Those that were cut short are cleared away; so only
        within `alone`.
        """
        made = Snapshot(time=datetime.fromtimestamp(self._clock.now(), UTC), labels=tuple(labels))
        with self._book.writing() as database:
            for (number,) in database.execute("SELECT number FROM snapshot WHERE name IS NULL"):
                _drop(database, number)
            cursor = database.execute(
                "INSERT INTO snapshot (name, facts) VALUES (NULL, ?)", (msgspec.json.encode(made),)
            )
            return msgspec.structs.replace(made, number=cursor.lastrowid or 0)

    def add(self, snapshot: Snapshot, label: LabelId | None, ids: Iterable[str]) -> None:
        """These bear `label`; with None: these are there."""
        places = [_THERE] if label is None else [_THERE, _place(snapshot, label)]
        with self._book.writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO bears VALUES (?, ?, ?)",
                ((snapshot.number, id, place) for id in ids for place in places),
            )

    def remove(self, snapshot: Snapshot, label: LabelId | None, ids: Iterable[str]) -> None:
        """These do not bear `label`; with None: these are gone."""
        which = "" if label is None else " AND label = ?"
        more = () if label is None else (_place(snapshot, label),)
        with self._book.writing() as database:
            database.executemany(
                f"DELETE FROM bears WHERE snapshot = ? AND message = ?{which}",  # noqa: S608 - ours
                ((snapshot.number, id, *more) for id in ids),
            )

    def end(self, snapshot: Snapshot, *, name: str, history_id: int) -> Snapshot:
        """It is whole. Without a name it is called by its number. Conflict for a name that is
        taken.
        """
        name = name or str(snapshot.number)
        with self._book.writing() as database:
            (messages,) = database.execute(
                "SELECT count(*) FROM bears WHERE snapshot = ? AND label = ?",
                (snapshot.number, _THERE),
            ).fetchone()
            whole = msgspec.structs.replace(
                snapshot, name=name, messages=messages, history_id=history_id
            )
            try:
                database.execute(
                    "UPDATE snapshot SET name = ?, facts = ? WHERE number = ?",
                    (name, msgspec.json.encode(whole), snapshot.number),
                )
            except sqlite3.IntegrityError as error:
                raise _taken(name) from error
        return whole

    def check_free(self, name: str) -> None:
        """Conflict for a name that is taken."""
        with self._book.writing() as database:
            if database.execute("SELECT 1 FROM snapshot WHERE name = ?", (name,)).fetchone():
                raise _taken(name)

    def list(self) -> list[Snapshot]:
        """All that are whole, newest first."""
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT number, facts FROM snapshot WHERE name IS NOT NULL ORDER BY number DESC"
            ).fetchall()
        return [_decode(*row) for row in rows]

    def find(self, name: str) -> Snapshot:
        """By name or number. Raises NotFound."""
        with self._book.writing() as database:
            row = database.execute(
                "SELECT number, facts FROM snapshot WHERE name = ?"
                " OR name IS NOT NULL AND CAST(number AS TEXT) = ? ORDER BY name = ? DESC",
                (name, name, name),
            ).fetchone()
        if row is None:
            near = get_close_matches(name, [each.name for each in self.list()], n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            raise NotFound(
                f'There is no snapshot "{name}".',
                hint=f"{meant}To see all: gmailkit labels snapshots",
            )
        return _decode(*row)

    def delete(self, snapshot: Snapshot) -> None:
        with self._book.writing() as database:
            _drop(database, snapshot.number)

    def bearing(self, snapshot: Snapshot) -> Bearing:
        """Each message with its labels, in the order of ids; read a page at a time."""
        after, known = "", dict[tuple[int, ...], frozenset[LabelId]]()
        while True:
            with self._book.writing() as database:
                rows = database.execute(
                    "SELECT message, label FROM bears WHERE snapshot = ? AND message IN"
                    " (SELECT DISTINCT message FROM bears WHERE snapshot = ? AND message > ?"
                    "  ORDER BY message LIMIT ?) ORDER BY message, label",
                    (snapshot.number, snapshot.number, after, _PAGE),
                ).fetchall()
            for after, some in groupby(rows, key=lambda row: str(row[0])):
                places = tuple(place for _, place in some)
                if places not in known:  # one set for all that bear the same
                    known[places] = _labels(snapshot, places)
                yield after, known[places]
            if not rows:
                return

    def close(self) -> None:
        self._book.close()


def _taken(name: str) -> Conflict:
    return Conflict(
        f'There is a snapshot "{name}" already.',
        hint="Choose another name; to see all: gmailkit labels snapshots",
    )


def _place(snapshot: Snapshot, label: LabelId) -> int:
    return next(place for place, each in enumerate(snapshot.labels) if each.id == label)


def _labels(snapshot: Snapshot, places: Iterable[int]) -> frozenset[LabelId]:
    return frozenset(snapshot.labels[place].id for place in places if place != _THERE)


def _drop(database: sqlite3.Connection, number: int) -> None:
    database.execute("DELETE FROM bears WHERE snapshot = ?", (number,))
    database.execute("DELETE FROM snapshot WHERE number = ?", (number,))


def _decode(number: int, facts: bytes) -> Snapshot:
    try:
        found = _decoder.decode(facts)
    except msgspec.MsgspecError as error:
        raise Damaged(f"snapshot {number} cannot be read") from error
    return msgspec.structs.replace(found, number=number)


_decoder = msgspec.json.Decoder(Snapshot)
