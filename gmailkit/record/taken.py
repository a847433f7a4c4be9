"""Which messages of a POP3 mailbox were taken, under the names that last (UIDL), and of which it is
sure that they are in the target: only those may be deleted at the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.record.book import Book, Kind

_DAY = 86_400.0
TAKEN = Kind(
    name="taken.sqlite3",
    version=1,
    schema=(
        # `store` and its target, a line each; `time` is when it was taken, `sure` when it was found
        # in the target; NULL: not yet.
        "CREATE TABLE message (store TEXT NOT NULL, name TEXT NOT NULL, time REAL NOT NULL,"
        " sure REAL, PRIMARY KEY (store, name)) WITHOUT ROWID",
    ),
    what="the record of mail that was taken",
    without="Nothing is taken without it",
    before=". All mail that is there is then looked at once more.",
)


class Taken:
    """Of the stores of one account; `folder` is asked for on first use. Raises CannotWrite.

    What was taken for one target is new to any other; "" is one of no name.
    """

    def __init__(self, folder: Callable[[], Path], *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._book = Book(folder, TAKEN)

    def note(self, store: str, target: str, names: Iterable[str]) -> None:
        """They were taken; once is enough to say so."""
        now, key = self._clock.now(), _key(store, target)
        with self._book.writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO message VALUES (?, ?, ?, NULL)",
                [(key, name, now) for name in names],
            )

    def verify(self, store: str, target: str, names: Iterable[str]) -> None:
        """They were found in the target, byte for byte."""
        now, key = self._clock.now(), _key(store, target)
        with self._book.writing() as database:
            database.executemany(
                "INSERT INTO message VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET sure = coalesce(sure, excluded.sure)",
                [(key, name, now, now) for name in names],
            )

    def forget(self, store: str, names: Iterable[str]) -> None:
        """They go from the store, which may call other mail so then."""
        of_any = _key(store, "")
        with self._book.writing() as database:
            database.executemany(
                "DELETE FROM message WHERE name = ? AND (store = ? OR substr(store, 1, ?) = ?)",
                [(name, store, len(of_any), of_any) for name in names],
            )

    def give_back(self, store: str, target: str, names: Iterable[str]) -> None:
        """They are in that target no more, and new to it."""
        key = _key(store, target)
        with self._book.writing() as database:
            database.executemany(
                "DELETE FROM message WHERE store = ? AND name = ?", [(key, name) for name in names]
            )

    def give_all_back(self, store: str, target: str, until: float) -> None:
        """The same of all that was taken up to that moment."""
        with self._book.writing() as database:
            database.execute(
                "DELETE FROM message WHERE store = ? AND time <= ?", (_key(store, target), until)
            )

    def names(self, store: str, target: str) -> frozenset[str]:
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT name FROM message WHERE store = ?", (_key(store, target),)
            )
            return frozenset(name for (name,) in rows)

    def sure_for(self, store: str, target: str, days: float) -> frozenset[str]:
        """Those that have been in the target for so many days."""
        until = self._clock.now() - days * _DAY
        with self._book.writing() as database:
            rows = database.execute(
                "SELECT name FROM message WHERE store = ? AND sure <= ?",
                (_key(store, target), until),
            )
            return frozenset(name for (name,) in rows)

    def close(self) -> None:
        self._book.close()


def _key(store: str, target: str) -> str:
    return f"{store}\n{target}"
