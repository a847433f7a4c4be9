"""Every change to a mailbox, written down and synced before it is made, so that it can be undone.

One SQLite file in the account's state folder. The names that labels had stand beside their ids, so
that a person can read it, and the name of a list that was left; no subject, sender or body of a
message does. Settings are kept as Gmail gave them: it never gives a password.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Literal

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Conflict, NotFound
from gmailkit.model.ids import LabelId
from gmailkit.record.book import Book, Damaged, Kind

State = Literal[
    "begun",  # written down; some of it may be made, or all
    "done",
    "refused",  # nothing of it was made
    "moot",  # cut short, and rolled back when somebody had changed all of it since
]
Raw = Mapping[str, Any]
_PAGE = 500
JOURNAL = Kind(
    name="journal.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE change (number INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL,"
        " undoes INTEGER, undone_by INTEGER, change BLOB NOT NULL)",
        "CREATE INDEX by_state ON change (state)",
        # `had` are bits: the labels of `watched` that the message bore before; as bytes where they
        # are more than SQLite's integers hold.
        "CREATE TABLE touched (change INTEGER NOT NULL, id TEXT NOT NULL, step INTEGER NOT NULL,"
        " had INTEGER NOT NULL, PRIMARY KEY (change, id)) WITHOUT ROWID",
        "CREATE INDEX by_id ON touched (id)",
        # What was deleted and made again bears another id.
        "CREATE TABLE renewed (old TEXT PRIMARY KEY, new TEXT NOT NULL)",
    ),
    what="the journal of changes",
    without="Nothing is changed without it",
    before=". What it knew can then no longer be undone.",
)


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done to the labels of some messages.

    Where one of Spam and Trash is added and INBOX too, INBOX is added after: it comes back.
    """

    add: tuple[LabelId, ...] = ()
    remove: tuple[LabelId, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of a method by which a label or a setting is changed.

    `former` is what was there before, as Gmail gave it; `body` what is asked for; `answer` what
    Gmail made of it. `get` reads it. Passwords and mail are left out of all of them: a call that
    needs one can be made `once` only, not from here. `there` are ids of its like that were there
    before, among what `sought` finds where it is a search: none of them is what was made. What it
    makes `replaces` others, by their ids, that other calls of the change delete. A label that it
    makes has an id only then: until then the rest of the change calls it `stands_in`.
    """

    method: str
    params: Raw = {}
    former: Raw = {}
    body: Raw = {}
    get: str = ""
    answer: Raw = {}
    made: bool = False
    once: bool = False
    there: tuple[str, ...] = ()
    sought: str = ""
    replaces: tuple[str, ...] = ()
    stands_in: LabelId = LabelId("")


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change. `what` says it in words, `why` who asked for it: the command, and its search.

    `count` messages are touched, by one of `steps` each; `watched` are the labels whose state
    before is known of each of them. `names` are the names that labels had then. `for_good`: it
    cannot be undone. `undoes` and `undone_by` are numbers of others. One that is made in several
    runs touches so many messages as are `wanted` in the end; 0 once it has come to its end. What
    taking it back leaves is told by `stays`, in sentences.
    """

    number: int = 0
    time: datetime
    what: str
    why: str = ""
    state: State = "begun"
    count: int = 0
    wanted: int = 0
    steps: tuple[Step, ...] = ()
    watched: tuple[LabelId, ...] = ()
    names: Mapping[LabelId, str] = {}
    calls: tuple[Call, ...] = ()
    for_good: bool = False
    undoes: int | None = None
    undone_by: int | None = None
    stays: tuple[str, ...] = ()


class Touched(msgspec.Struct, frozen=True):
    """A message, by which step it is changed, and what it bore of the labels that are watched."""

    id: str
    step: int
    had: frozenset[LabelId]


class Journal:
    """The changes of one account. Safe to use from several threads and processes.

    `folder` is asked for on first use. Every method raises CannotWrite when the file cannot be
    used: then nothing may be changed. `by` is who asks: the command, or Python.
    """

    def __init__(
        self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK, by: str = "Python"
    ) -> None:
        self._clock = clock
        self._book = Book(folder, JOURNAL)
        self._turn = Lock()
        self._whose = 0  # the thread that is alone
        self.by = by

    def begin(
        self,
        what: str,
        *,
        why: str = "",
        touched: Iterable[Touched] = (),
        steps: Iterable[Step] = (),
        watched: Iterable[LabelId] = (),
        names: Mapping[LabelId, str] | None = None,
        calls: Iterable[Call] = (),
        for_good: bool = False,
        undoes: int | None = None,
    ) -> Change:
        """Write a change down before anything of it is made."""
        change = Change(
            time=datetime.fromtimestamp(self._clock.now(), UTC),
            what=what,
            why=" ".join(filter(None, (self.by, why))),
            steps=tuple(steps),
            watched=tuple(watched),
            names=names or {},
            calls=tuple(calls),
            for_good=for_good,
            undoes=undoes,
        )
        with self._book.writing() as database:
            cursor = database.execute(
                "INSERT INTO change (state, undoes, change) VALUES (?, ?, ?)",
                (change.state, undoes, b""),
            )
            number = cursor.lastrowid or 0
            return _touch(database, msgspec.structs.replace(change, number=number), touched)

    def touch(self, number: int, touched: Iterable[Touched]) -> Change:
        """It touches more messages; before they are changed. Those it touches already stay as they
        were written down first.
        """
        with self._book.writing() as database:
            return _touch(database, _read(database, number), touched)

    def want(self, number: int, wanted: int) -> None:
        """It is to touch so many messages in the end; 0: it has come to its end."""
        with self._book.writing() as database:
            _replace(database, msgspec.structs.replace(_read(database, number), wanted=wanted))

    def leave(self, number: int, sentence: str) -> None:
        """Taking it back leaves something, which is told then; the same may be said again."""
        with self._book.writing() as database:
            change = _read(database, number)
            stays = tuple(dict.fromkeys((*change.stays, sentence)))
            _replace(database, msgspec.structs.replace(change, stays=stays))

    def write(self, what: str) -> None:
        """Record what cannot be undone, before it is made."""
        self.end(self.begin(what, for_good=True).number)

    def note(self, number: int, calls: Iterable[Call]) -> None:
        """What became of its calls so far."""
        with self._book.writing() as database:
            _replace(database, msgspec.structs.replace(_read(database, number), calls=tuple(calls)))

    def end(
        self, number: int, state: State = "done", *, calls: Iterable[Call] | None = None
    ) -> Change:
        """It is made, or nothing of it was; `calls` are what became of its own. What it undoes
        counts as undone from then on, or no more.
        """
        with self._book.writing() as database:
            change = msgspec.structs.replace(_read(database, number), state=state)
            if calls is not None:
                change = msgspec.structs.replace(change, calls=tuple(calls))
            _replace(database, change)
            if change.undoes and state == "done":
                _mark(database, change.undoes, number)
            elif change.undoes and _read(database, change.undoes).undone_by == number:
                _mark(database, change.undoes, None)
            return change

    def find(self, number: int) -> Change:
        """Raises NotFound."""
        with self._book.writing() as database:
            return _read(database, number)

    def changes(
        self, *, states: Iterable[State] = (), limit: int | None = None
    ) -> Iterator[Change]:
        """Newest first; read a page at a time."""
        below, wanted = 1 << 62, tuple(states)
        among = f"AND state IN ({','.join('?' * len(wanted))})" if wanted else ""
        while limit is None or limit > 0:
            most = _PAGE if limit is None else min(limit, _PAGE)
            with self._book.writing() as database:
                rows = database.execute(
                    f"SELECT number, state, undone_by, change FROM change WHERE number < ? {among}"  # noqa: S608 - ours
                    " ORDER BY number DESC LIMIT ?",
                    (below, *wanted, most),
                ).fetchall()
            page = [_decode(*row) for row in rows]
            yield from page
            if len(page) < most:
                return
            below, limit = page[-1].number, limit and limit - len(page)

    def touched(self, change: Change) -> Iterator[Touched]:
        """Its messages, in the order of their ids; read a page at a time."""
        after = ""
        while True:
            with self._book.writing() as database:
                rows = database.execute(
                    "SELECT id, step, had FROM touched WHERE change = ? AND id > ?"
                    " ORDER BY id LIMIT ?",
                    (change.number, after, _PAGE),
                ).fetchall()
            for id, step, had in rows:
                yield Touched(id, step, _labels(change, had))
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def of_messages(self, ids: Collection[str]) -> Iterator[tuple[Change, Touched]]:
        """The changes that touched these messages, newest first; in one question to the file."""
        wanted = json.dumps(list(ids))
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT id, change, step, had FROM touched WHERE id IN"
                " (SELECT value FROM json_each(?)) ORDER BY change DESC",
                (wanted,),
            ).fetchall()
            changes = {number: _read(database, number) for number in {row[1] for row in rows}}
        for id, number, step, had in rows:
            yield changes[number], Touched(id, step, _labels(changes[number], had))

    def renew(self, old: str, new: str) -> None:
        """What bore the id `old` was made again as `new`."""
        with self._book.writing() as database:
            database.execute("INSERT OR REPLACE INTO renewed VALUES (?, ?)", (old, new))

    def now(self, id: LabelId) -> LabelId:
        """The id that it bears today."""
        seen = set[str]()
        with self._book.writing() as database:
            while id not in seen:
                seen.add(id)
                row = database.execute("SELECT new FROM renewed WHERE old = ?", (id,)).fetchone()
                if row is None:
                    return id
                id = LabelId(row[0])
        return id

    def today(self, params: Raw) -> dict[str, Any]:
        """Parameters of a call, with the ids that are borne today in the place of former ones."""
        return {
            name: self.now(LabelId(value)) if isinstance(value, str) else value
            for name, value in params.items()
        }

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes this mailbox through gmailkit meanwhile; a killed process leaves
        nothing locked. So what is "begun" here was cut short. Conflict within itself.
        """
        if self._whose == get_ident():  # it would wait for itself
            raise Conflict(
                "A change cannot be made while another is being made by the same thread.",
                hint="Not in `on_progress`: change the mailbox when the verb has returned.",
            )
        with self._turn, self._book.alone("changing.lock", by=self.by):
            self._whose = get_ident()
            try:
                yield
            finally:
                self._whose = 0

    def close(self) -> None:
        self._book.close()


def _touch(database: sqlite3.Connection, change: Change, touched: Iterable[Touched]) -> Change:
    bits = {label: 1 << place for place, label in enumerate(change.watched)}
    before = database.total_changes
    database.executemany(
        "INSERT OR IGNORE INTO touched VALUES (?, ?, ?, ?)",
        ((change.number, t.id, t.step, _kept(bits[label] for label in t.had)) for t in touched),
    )
    count = database.total_changes - before
    change = msgspec.structs.replace(change, count=change.count + count)
    _replace(database, change)
    return change


def _kept(bits: Iterable[int]) -> int | bytes:
    had = sum(bits)
    return had if had < 1 << 63 else had.to_bytes((had.bit_length() + 7) // 8, "little")


def _labels(change: Change, kept: int | bytes) -> frozenset[LabelId]:
    had = kept if isinstance(kept, int) else int.from_bytes(kept, "little")
    return frozenset(label for place, label in enumerate(change.watched) if had >> place & 1)


def _read(database: sqlite3.Connection, number: int) -> Change:
    row = database.execute(
        "SELECT number, state, undone_by, change FROM change WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no change {number}.", hint="To see all: gmailkit journal")
    return _decode(*row)


def _mark(database: sqlite3.Connection, number: int, by: int | None) -> None:
    """It is undone by that one, or made again; what it undid itself is then the other of these."""
    change = _read(database, number)
    _replace(database, msgspec.structs.replace(change, undone_by=by))
    if change.undoes:
        _mark(database, change.undoes, None if by else number)


def _replace(database: sqlite3.Connection, change: Change) -> None:
    database.execute(
        "UPDATE change SET state = ?, undone_by = ?, change = ? WHERE number = ?",
        (change.state, change.undone_by, msgspec.json.encode(change), change.number),
    )


def _decode(number: int, state: str, undone_by: int | None, blob: bytes) -> Change:
    """Raises Damaged for a line that says two things: SQLite does not notice a flipped bit."""
    try:
        change = _decoder.decode(blob)
    except msgspec.MsgspecError as error:
        raise Damaged(f"change {number} cannot be read") from error
    if (change.number, change.state, change.undone_by) != (number, state, undone_by):
        raise Damaged(f"change {number} contradicts itself")
    return change


_decoder = msgspec.json.Decoder(Change)
