"""A search database: SQLite, made from a backup, in a file beside it, elsewhere or in memory.

One writer at a time, by a kernel lock; who reads is never held up (WAL, while a writer works; at
rest it is one file, which can be read on read-only media). What was taken in is committed some
thousand messages at a time, so one that is killed goes on from there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from pathlib import Path

import msgspec
from msgspec.structs import replace

from gmailkit.finding.connection import Connect, connect, explained
from gmailkit.finding.schema import APPLICATION, DAMAGED, SCHEMA, VERSION, WAITING
from gmailkit.query import shelf
from gmailkit.query.lookup import Lookup
from gmailkit.query.sql import Where, both_of

LATE = 5_000  # messages that may come out of the order of dates, or a quarter of all
_PENDING = 64 << 20  # bytes of words that SQLite may hold before it writes them
_ALL = 1 << 62
_OWN = Where("key IN (SELECT key FROM messages WHERE key BETWEEN ?1 AND ?2 AND account = ?)")
_SEEN = Where("key IN (SELECT key FROM seen WHERE key BETWEEN ?1 AND ?2)")
_FIRST_SINCE = "SELECT key FROM search WHERE date >= ? AND key <= ? ORDER BY date, key LIMIT 1"


Place = tuple[int, int, int]
"""Where a message lies: pack, offset of the frame, position in its text."""


class Key(msgspec.Struct, frozen=True):
    """A message that is known here."""

    key: int
    account: str
    id: str
    thread: str


class Database:
    """One open search database; not for two threads at once. Use it as a context manager.

    Raises BackupDamaged where SQLite finds the file broken (delete it), CannotWrite, BackupLocked.
    """

    def __init__(self, path: Path | None, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._past = False

    @classmethod
    def open(
        cls, path: Path | None, *, write: bool = False, connect: Connect = connect
    ) -> Database | None:
        """The one in that file, None where there is none of this version that can be used. With
        `write` it is made, and made anew where it is no good. No path: in memory. `connect` is
        another one where the file is encrypted.
        """
        if path is None or (write and not path.exists()):
            return cls._made(path, connect)
        if not path.exists():
            return None
        try:
            found = cls(path, connect(path, "rw" if write else "ro"))
        except sqlite3.Error:
            found = None
        if found is not None and found._is_ours():
            return found
        if found is not None:
            found.close()
        if not write:
            return None
        for suffix in ("", "-wal", "-shm", "-journal"):
            with explained(path):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        return cls._made(path, connect)

    @classmethod
    def _made(cls, path: Path | None, connect: Connect) -> Database:
        with explained(path):
            if path is not None:
                path.touch(mode=0o600)
            database = cls(path, connect(path, "rw"))
            database.connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            database.lay_out(anew=False)
        return database

    def lay_out(self, *, anew: bool) -> None:
        with self.transaction():
            there = self.number("SELECT count(*) FROM sqlite_schema")
            if there and not anew:  # another run was quicker
                return
            if there:
                for table in ("facts", "accounts", "messages", "unread_files", *shelf.TABLES):
                    self.connection.execute(f"DROP TABLE {table}")
            for statement in SCHEMA:
                self.connection.execute(statement)
            self.connection.execute(f"PRAGMA application_id = {APPLICATION}")
            self.connection.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What it knows

    def fact(self, name: str) -> str:
        with explained(self.path):
            found = self.connection.execute(
                "SELECT value FROM facts WHERE name = ?", (name,)
            ).fetchone()
        return found[0] if found else ""

    def waiting(self) -> int:
        """How many messages are known and not yet taken in."""
        return self.number(f"SELECT count(*) FROM messages WHERE state = {WAITING}")  # noqa: S608 - ours

    def damaged(self) -> list[tuple[str, str, tuple[int, int, int]]]:
        """Account and id of each message that could not be read, and where it lay then."""
        sql = f"""SELECT address, id, pack, offset, position FROM messages
            JOIN accounts ON accounts.key = account WHERE state = {DAMAGED}"""  # noqa: S608 - ours
        with explained(self.path):
            return [(*row[:2], row[2:]) for row in self.connection.execute(sql)]

    def unread_reasons(self) -> dict[str, int]:
        """How many attached files were not read, by the reason."""
        sql = "SELECT reason, count(*) FROM unread_files GROUP BY reason ORDER BY reason"
        with explained(self.path):
            return dict(self.connection.execute(sql))

    def unread_files(self, most: int) -> list[tuple[str, str]]:
        """Id of the message and name of the attached files that were not read, the newest first."""
        sql = """SELECT id, name FROM unread_files JOIN messages ON key = message
            ORDER BY message DESC, place LIMIT ?"""
        with explained(self.path):
            return self.connection.execute(sql, (most,)).fetchall()

    def labels(self) -> list[str]:
        """All that any message bears. (SQLite would read every row to find them.)"""
        sql = """WITH RECURSIVE each (label) AS (
            SELECT min(label) FROM search_labels UNION ALL
            SELECT (SELECT min(label) FROM search_labels WHERE label > each.label)
            FROM each WHERE label IS NOT NULL)
            SELECT label FROM each WHERE label IS NOT NULL"""
        with explained(self.path):
            return [label for (label,) in self.connection.execute(sql)]

    def labels_of(self, key: int) -> frozenset[str]:
        sql = "SELECT label FROM search_labels WHERE key = ?"
        with explained(self.path):
            return frozenset(label for (label,) in self.connection.execute(sql, (key,)))

    def ids_of(self, keys: Iterable[int]) -> Iterator[str]:
        """The message of each key, as they come."""
        sql = "SELECT id FROM messages WHERE key = ?"
        with explained(self.path):
            for key in keys:
                yield self.connection.execute(sql, (key,)).fetchone()[0]

    def message(self, key: int) -> Key:
        return self._messages("messages.key = ?", key)[0]

    def find(self, account: str, id: str) -> Key | None:
        return next(iter(self._messages("id = ? AND address = ?", id, account)), None)

    def thread(self, account: str, thread: str) -> list[Key]:
        """The messages of a conversation, the oldest first."""
        where = "thread = ? AND address = ?"
        if self._past:
            where += " AND messages.key IN (SELECT key FROM seen)"
        return self._messages(where, thread, account)

    def _messages(self, where: str, *values: object) -> list[Key]:
        sql = f"""SELECT messages.key, address, id, thread FROM messages
            JOIN accounts ON accounts.key = account WHERE {where} ORDER BY date_ms, messages.key"""  # noqa: S608 - ours
        with explained(self.path):
            return [Key(*row) for row in self.connection.execute(sql, values)]

    def number(self, sql: str, *values: object) -> int:
        with explained(self.path):
            number: int = self.connection.execute(sql, values).fetchone()[0]
        return number

    # Searching

    def look_back(self, messages: Iterable[tuple[str, str, Iterable[str]]]) -> None:
        """From now on there are only these (account, id, names of its labels): those of a past.

        Nothing of it stays in the file. Who looks back does not write, and waits for no writer.
        """
        find = """SELECT messages.key FROM messages JOIN accounts ON accounts.key = account
            WHERE id = ? AND address = ?"""
        with self.transaction("BEGIN"):
            self.connection.execute("CREATE TEMP TABLE seen (key INTEGER PRIMARY KEY)")
            # It stands before the table of that name, wherever that is asked.
            self.connection.execute(
                "CREATE TEMP TABLE search_labels (label TEXT, key INTEGER,"
                " PRIMARY KEY (label, key)) WITHOUT ROWID"
            )
            for account, id, labels in messages:
                for (key,) in self.connection.execute(find, (id, account)).fetchall():
                    self.connection.execute("INSERT INTO seen VALUES (?)", (key,))
                    sql = "INSERT INTO search_labels VALUES (?, ?)"
                    self.connection.executemany(sql, [(label, key) for label in labels])
        self._past = True

    def prepare(self, texts: shelf.Texts) -> None:
        """Once, before the first search: who knows the texts."""
        shelf.prepare(self.connection, texts)

    def newest_first(
        self,
        where: Where,
        account: str,
        *,
        span: tuple[float, float],
        seconds: float,
        monotonic: Callable[[], float],
    ) -> Iterator[int]:
        """Keys of an account's messages that are found, looked for as they are wanted; none of them
        has a date (epoch seconds) outside of `span`.

        Raises as `query.lookup` does.
        """
        number = self._one_of("SELECT key FROM accounts WHERE address = ?", account)
        if self.number("SELECT count(*) FROM accounts WHERE address <> ?", account):
            where = both_of(where, replace(_OWN, parameters=(number,)))
        if self._past:
            where = both_of(where, _SEEN)
        with explained(self.path):
            lookup = Lookup(self.connection, where, seconds=seconds, monotonic=monotonic)
        last = int(self.fact("sorted") or 0)
        some = lookup.downward(*self._run(span, last))
        return self._with_late(some, lookup, last)

    def _with_late(self, some: Iterator[int], lookup: Lookup, last: int) -> Iterator[int]:
        """And those that came late, after the `last` key that rises with the dates."""
        with explained(self.path):
            if not self._one_of("SELECT 1 FROM messages WHERE key > ?", last):
                yield from some
                return
            late = lookup.within(last + 1, _ALL)
            dated = sorted(((self._date(key), key) for key in late), reverse=True)
            in_order = ((self._date(key), key) for key in some)
            yield from (key for _, key in merge(dated, in_order, reverse=True))

    def _run(self, span: tuple[float, float], last: int) -> tuple[int, int]:
        """The first and the last key, of those that rise with the dates, that came in that time."""
        lowest, beyond = (self._one_of(_FIRST_SINCE, moment, last) or last + 1 for moment in span)
        return lowest, beyond - 1

    def ranked(self, keys: Sequence[int], words: str) -> list[int]:
        """The keys, those first that the words of an expression of the index fit best."""
        if not words:
            return list(keys)
        sql = """SELECT rowid FROM search_words WHERE search_words MATCH ?
            ORDER BY bm25(search_words, 5.0, 3.0, 2.0, 2.0, 2.0, 3.0, 1.0)"""
        wanted = dict.fromkeys(keys)
        with explained(self.path):
            found = [key for (key,) in self.connection.execute(sql, (words,)) if key in wanted]
        return list(dict.fromkeys((*found, *keys)))

    def _date(self, key: int) -> float:
        return self._one_of("SELECT date FROM search WHERE key = ?", key)

    def _one_of(self, sql: str, *values: object) -> int:
        with explained(self.path):
            found = self.connection.execute(sql, values).fetchone()
        return found[0] if found else 0

    # For who writes

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        with explained(self.path):
            return self.connection.execute(sql, values)

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        with explained(self.path):
            self.connection.execute(begin)
            try:
                yield
                self.connection.execute("COMMIT")
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def _is_ours(self) -> bool:
        try:
            (application,) = self.connection.execute("PRAGMA application_id").fetchone()
            (version,) = self.connection.execute("PRAGMA user_version").fetchone()
            rows = self.connection.execute(
                "SELECT sql FROM sqlite_schema WHERE sql > ''"
            ).fetchall()
            tables = {sql for (sql,) in rows}
        except (sqlite3.Error, UnicodeDecodeError):
            return False
        return (application, version) == (APPLICATION, VERSION) and tables.issuperset(SCHEMA)
