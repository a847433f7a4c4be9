"""What watches have seen, and what of it was handled: written down before anybody is told.

How far a watch has looked moves in the same transaction that takes in what it saw, so nothing is
passed over; a message is done when its handler has succeeded, so each is handled at least once.
One SQLite file in the account's state folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Literal

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.model.ids import MessageId
from gmailkit.record.book import Book, Kind

State = Literal[
    "fresh",  # it came; whether it matches is not known yet
    "due",  # it matches, and is to be handled
    "done",
    "dead",  # its handler failed too often
]
KEPT = 60 * 86_400.0  # seconds for which is remembered what was done
LOOKS = 3  # that a fresh one is asked for at least, however the clock jumps
WATCHES = Kind(
    name="watches.sqlite3",
    version=1,
    schema=(
        # `history` is from where it looks on: a number of Gmail's history, or what a folder of IMAP
        # tells, as text. `looked` is when that was, in seconds since 1970.
        "CREATE TABLE watch (name TEXT PRIMARY KEY, query TEXT NOT NULL,"
        " history INTEGER NOT NULL, looked REAL NOT NULL)",
        # `tries` counts the looks of a fresh one, then the failures; `due` is when it is next.
        "CREATE TABLE seen (number INTEGER PRIMARY KEY AUTOINCREMENT, watch TEXT NOT NULL,"
        " message TEXT NOT NULL, state TEXT NOT NULL, came REAL NOT NULL,"
        " tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0,"
        " why TEXT NOT NULL DEFAULT '', UNIQUE (watch, message))",
        "CREATE INDEX by_state ON seen (watch, state, due)",
    ),
    what="the record of watches",
    without="Nothing is watched without it",
    before=". The watches then begin anew, with what comes from now on.",
)

# What dead ones are about, as JSON; older files get it with their first one.
_ABOUT = "CREATE TABLE IF NOT EXISTS about (number INTEGER PRIMARY KEY, about TEXT NOT NULL)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How far the watch of that name has looked: `mark`, at the time `looked`, an aware one."""

    name: str
    query: str
    mark: str
    looked: datetime


class About(msgspec.Struct, frozen=True, kw_only=True):
    """By what a person knows a message again; `date` is aware, `sender` an address."""

    date: datetime
    sender: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message that a watch has seen: how often it `tries` so far, when it is `due`, and `why` it
    failed the last time. Times are aware. `about`: only of a dead one, and not of each.
    """

    number: int
    watch: str
    message: MessageId
    state: State
    came: datetime
    tries: int
    due: datetime
    why: str
    about: About | None = None


class Watches:
    """Those of one account. Safe to use from several threads and processes.

    `folder` is asked for on first use. Every method raises CannotWrite when the file cannot be
    used: then nothing may be handled.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._book = Book(folder, WATCHES)
        self._clock = clock

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Nobody else runs the watch of that name meanwhile: a second one waits."""
        digest = sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
        return self._book.alone(f"watch-{digest}.lock", by=f"watch {name}")

    def begin(
        self,
        name: str,
        query: str,
        *,
        mark: str,
        came: Iterable[MessageId] = (),
        before: Iterable[MessageId] = (),
    ) -> None:
        """A new watch of that name, which looks on from `mark`; `came` match and are due, what else
        came `before` is done.
        """
        now = self._clock.now()
        with self._book.writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO watch VALUES (?, ?, ?, ?)", (name, query, mark, now)
            )
            _add(database, name, came, "due", now)
            _add(database, name, before, "done", now)

    def ask(self, name: str, query: str) -> None:
        """It looks for this from now on."""
        with self._book.writing() as database:
            database.execute("UPDATE watch SET query = ? WHERE name = ?", (query, name))

    def find(self, name: str) -> Watched | None:
        with self._book.writing() as database:
            row = database.execute(
                "SELECT name, query, history, looked FROM watch WHERE name = ?", (name,)
            ).fetchone()
        return _watched(row) if row else None

    def all(self) -> list[Watched]:
        """By name."""
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT name, query, history, looked FROM watch ORDER BY name"
            ).fetchall()
        return [_watched(row) for row in rows]

    def take(self, name: str, came: Iterable[MessageId], *, mark: str, state: State) -> None:
        """These came, and it looks on from `mark`; what was seen before stays as it is."""
        now = self._clock.now()
        with self._book.writing() as database:
            _add(database, name, came, state, now)
            database.execute(
                "UPDATE watch SET history = ?, looked = ? WHERE name = ?", (mark, now, name)
            )
            database.execute(
                "DELETE FROM seen WHERE watch = ? AND state = 'done' AND came < ?",
                (name, now - KEPT),
            )

    def fresh(self, name: str) -> list[MessageId]:
        """Those of which it is not known yet whether they match."""
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT message FROM seen WHERE watch = ? AND state = 'fresh' ORDER BY number",
                (name,),
            ).fetchall()
        return [MessageId(message) for (message,) in rows]

    def settle(self, name: str, match: Collection[MessageId], *, lag: float) -> None:
        """These of the fresh ones match; of the others those go that could have matched by now,
        `lag` seconds after they came.
        """
        now = self._clock.now()
        with self._book.writing() as database:
            database.executemany(
                "UPDATE seen SET state = 'due', tries = 0 WHERE watch = ? AND message = ?"
                " AND state = 'fresh'",
                ((name, id) for id in match),
            )
            database.execute(
                "UPDATE seen SET tries = tries + 1 WHERE watch = ? AND state = 'fresh'", (name,)
            )
            database.execute(
                "DELETE FROM seen WHERE watch = ? AND state = 'fresh' AND tries >= ?"
                " AND abs(? - came) > ?",
                (name, LOOKS, now, lag),
            )

    def due(self, name: str) -> list[Seen]:
        """What is to be handled now, in the order in which it came."""
        return self._seen(name, "due", self._clock.now())

    def next_due(self, name: str) -> float | None:
        """When something is to be handled again; None where nothing waits."""
        with self._book.writing() as database:
            (time,) = database.execute(
                "SELECT min(due) FROM seen WHERE watch = ? AND state = 'due'", (name,)
            ).fetchone()
        return None if time is None else float(time)

    def of(self, name: str, state: State) -> list[Seen]:
        return self._seen(name, state, inf)

    def done(self, number: int) -> None:
        """Its handler has succeeded, or the message is gone and there is nothing to handle."""
        with self._book.writing() as database:
            database.execute("UPDATE seen SET state = 'done', why = '' WHERE number = ?", (number,))

    def failed(
        self, number: int, why: str, *, due: float | None, about: About | None = None
    ) -> None:
        """It is tried again at `due`; never, where that is None: then `about` is kept."""
        with self._book.writing() as database:
            if due is None and about is not None:
                text = msgspec.json.encode(about).decode()
                database.execute(_ABOUT)
                database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (number, text))
            database.execute(
                "UPDATE seen SET tries = tries + 1, why = ?, due = ?, state = ? WHERE number = ?",
                (why, due or 0, "dead" if due is None else "due", number),
            )

    def revive(self, name: str) -> int:
        """The dead ones are due again; how many they were."""
        with self._book.writing() as database:
            revived = database.execute(
                "UPDATE seen SET state = 'due', tries = 0, due = 0"
                " WHERE watch = ? AND state = 'dead'",
                (name,),
            ).rowcount
            _forget_what_lives(database)
            return revived

    def forget(self, name: str) -> bool:
        """As if it had never been; whether it was."""
        with self._book.writing() as database:
            database.execute("DELETE FROM seen WHERE watch = ?", (name,))
            _forget_what_lives(database)
            return database.execute("DELETE FROM watch WHERE name = ?", (name,)).rowcount > 0

    def close(self) -> None:
        self._book.close()

    def _seen(self, name: str, state: State, until: float) -> list[Seen]:
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT number, watch, message, state, came, tries, due, why FROM seen"
                " WHERE watch = ? AND state = ? AND due <= ? ORDER BY number",
                (name, state, until),
            ).fetchall()
            about: dict[int, str] = {}
            if state == "dead":
                database.execute(_ABOUT)
                about = dict(database.execute("SELECT number, about FROM about"))
        return [_read(row, about.get(row[0])) for row in rows]


def _add(
    database: sqlite3.Connection, name: str, came: Iterable[MessageId], state: State, now: float
) -> None:
    database.executemany(
        "INSERT OR IGNORE INTO seen (watch, message, state, came) VALUES (?, ?, ?, ?)",
        ((name, id, state, now) for id in came),
    )


def _forget_what_lives(database: sqlite3.Connection) -> None:
    """What is not dead is known by its message."""
    database.execute(_ABOUT)
    database.execute(
        "DELETE FROM about WHERE number NOT IN (SELECT number FROM seen WHERE state = 'dead')"
    )


def _watched(row: tuple[str, str, int | str, float]) -> Watched:
    name, query, mark, looked = row
    return Watched(name=name, query=query, mark=str(mark), looked=_time(looked))


def _read(
    row: tuple[int, str, MessageId, State, float, int, float, str], about: str | None
) -> Seen:
    number, watch, message, state, came, tries, due, why = row
    return Seen(
        number=number,
        watch=watch,
        message=message,
        state=state,
        came=_time(came),
        tries=tries,
        due=_time(due),
        why=why,
        about=msgspec.json.decode(about, type=About) if about else None,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
