"""Writing a search database: one writer at a time, by a kernel lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

import msgspec

from gmailkit.finding.connection import BUSY, cannot_write, explained
from gmailkit.finding.database import Database, Key, Place
from gmailkit.finding.schema import DAMAGED, READ, WAITING
from gmailkit.query import shelf

LATE = 5_000  # messages that may come out of the order of dates, or a quarter of all
_LAST = "SELECT coalesce(max(key), 0) FROM messages"
_PENDING = 64 << 20  # bytes of words that SQLite may hold before it writes them

Fact = tuple[str, str]
"""A name, and what `Database.fact` then says."""


class Message(Protocol):
    """A message of a backup, and its place there."""

    @property
    def account(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def thread(self) -> str: ...
    @property
    def date_ms(self) -> int: ...
    @property
    def pack(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def position(self) -> int: ...


class Taken(msgspec.Struct, frozen=True):
    """What is put under a key: None for a message that cannot be read."""

    key: int
    row: shelf.Row | None
    labels: frozenset[str] = frozenset()
    unread: Sequence[tuple[str, str]] = ()  # names of attached files, and why they were not read


@contextmanager
def writing(database: Database) -> Iterator[Writer | None]:
    """The only one who writes; None, and nobody waits, while somebody else does."""
    writer = Writer(database)
    if database.path is None:
        yield writer
        return
    from filelock import FileLock, Timeout  # 50 ms, and only writers need it

    lock = FileLock(
        database.path.with_name(f"{database.path.name}.lock"),
        timeout=0,
        mode=0o600,
        thread_local=False,
        fallback_to_soft=False,
    )
    try:
        lock.acquire()
    except Timeout:
        yield None
        return
    except (OSError, NotImplementedError) as error:
        raise cannot_write(database.path, error) from error
    try:
        writer.begin()
        yield writer
    finally:
        writer.end()
        lock.release()


class Writer:
    """What is made of a backup; each method is done whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = database.connection

    def clear(self) -> None:
        """Forget everything."""
        self._database.lay_out(anew=True)
        self._tune()

    def know(self, messages: Iterable[Message], *, fact: Callable[[], Fact]) -> int:
        """Give each message that is new a key, in the order of their dates; how many there were.

        What `fact` says then is kept with them. Their texts are taken in later.
        """
        with self._database.transaction():
            self._sql.execute(
                """CREATE TEMP TABLE arrived (account TEXT, id TEXT, thread TEXT,
                date_ms INTEGER, pack INTEGER, offset INTEGER, position INTEGER)"""
            )
            self._sql.executemany(
                "INSERT INTO arrived VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (m.account, m.id, m.thread, m.date_ms, m.pack, m.offset, m.position)
                    for m in messages
                ),
            )
            sql = "INSERT OR IGNORE INTO accounts (address) SELECT DISTINCT account FROM arrived"
            self._sql.execute(sql)
            before = self._last()
            self._repaired()
            sql = f"""INSERT OR IGNORE INTO messages
                (account, id, thread, date_ms, pack, offset, position, state)
                SELECT accounts.key, id, thread, date_ms, pack, offset, position, {WAITING}
                FROM arrived JOIN accounts ON address = arrived.account
                ORDER BY date_ms, pack, offset, position"""  # noqa: S608 - ours
            new = self._sql.execute(sql).rowcount
            self._sql.execute("DROP TABLE arrived")
            self._sort(before)
            self._set(*fact())
        return new

    def _repaired(self) -> None:
        """What could not be read, and lies at another place now, is read once more."""
        self._sql.execute(
            f"""UPDATE messages SET pack = new.pack, offset = new.offset,
            position = new.position, state = {WAITING}
            FROM arrived AS new JOIN accounts ON address = new.account
            WHERE messages.id = new.id AND messages.account = accounts.key
            AND messages.state = {DAMAGED}"""  # noqa: S608 - ours
        )

    def _sort(self, before: int) -> None:
        """Note how far keys rise with the dates: further, if those after `before` do so too."""
        if int(self._database.fact("sorted") or 0) < before:
            return
        newest = "SELECT max(date_ms) FROM messages WHERE key <= ?"
        oldest = "SELECT min(date_ms) FROM messages WHERE key > ?"
        sql = f"SELECT coalesce(({oldest}) >= ({newest}), 1)"
        if self._sql.execute(sql, (before, before)).fetchone()[0]:
            self._set("sorted", str(self._last()))

    def _last(self) -> int:
        return self._database.number(_LAST)

    def is_out_of_order(self) -> bool:
        """Whether so much came late that it had better be made anew."""
        last = int(self._database.fact("sorted") or 0)
        every = self._last()
        return every - last > max(LATE, every // 4)

    def next_waiting(self, after: tuple[int, int, int], limit: int) -> list[tuple[Key, Place]]:
        """Some that are not yet taken in, as they lie in the packs, from a place on."""
        sql = f"""SELECT messages.key, address, id, thread, pack, offset, position FROM messages
            JOIN accounts ON accounts.key = account WHERE state = {WAITING}
            AND (pack, offset, position) > (?, ?, ?) ORDER BY pack, offset, position LIMIT ?"""  # noqa: S608 - ours
        with explained(self._database.path):
            rows = self._sql.execute(sql, (*after, limit)).fetchall()
        return [(Key(*row[:4]), row[4:]) for row in rows]

    def take(self, some: Iterable[Taken]) -> None:
        """Keep what was read of some messages, all or nothing."""
        with self._database.transaction():
            for each in sorted(some, key=lambda each: each.key):
                if each.row is not None:
                    for statement, values in shelf.statements(each.key, each.row):
                        self._sql.execute(statement, values)
                    for statement, values in shelf.label(each.key, each.labels):
                        self._sql.execute(statement, values)
                state = READ if each.row is not None else DAMAGED
                self._sql.execute("UPDATE messages SET state = ? WHERE key = ?", (state, each.key))
                self._sql.executemany(
                    "INSERT OR REPLACE INTO unread_files VALUES (?, ?, ?, ?)",
                    [(each.key, place, *unread) for place, unread in enumerate(each.unread)],
                )

    def label(self, labels: Iterable[tuple[int, frozenset[str]]], *, fact: Fact) -> None:
        """Put labels in the place of those that messages bear, and note how far that goes."""
        with self._database.transaction():
            for key, names in labels:
                for statement, values in shelf.label(key, names):
                    self._sql.execute(statement, values)
            self._set(*fact)

    def tidy(self) -> None:
        """Join what the words were written in, so that searches are quick and the file small."""
        with explained(self._database.path):
            self._sql.execute("INSERT INTO search_words (search_words) VALUES ('optimize')")
        with self._database.transaction():
            for _ in range(self._database.number("PRAGMA freelist_count")):
                self._sql.execute("PRAGMA incremental_vacuum")  # one page: Python asks no further

    def _set(self, name: str, value: str) -> None:
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def begin(self) -> None:
        with explained(self._database.path):
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = NORMAL")  # it can be made again
        self._tune()

    def _tune(self) -> None:
        """Words are written in large pieces, which `tidy` joins."""
        with explained(self._database.path):
            for name, value in (("hashsize", _PENDING), ("automerge", 0)):
                sql = "INSERT INTO search_words (search_words, rank) VALUES (?, ?)"
                self._sql.execute(sql, (name, value))

    def end(self) -> None:
        with suppress(sqlite3.Error):  # somebody reads: the next writer tries again
            self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._sql.execute("PRAGMA busy_timeout = 0")
            self._sql.execute("PRAGMA journal_mode = DELETE").fetchall()
        with suppress(sqlite3.Error):
            self._sql.execute(f"PRAGMA busy_timeout = {BUSY * 1000}")
