"""A compiled search asked of an index, for at most so long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from gmailkit.errors import TimedOut, UsageError
from gmailkit.query.sql import Where

MOST_PARTS = 5_000  # conditions; to prepare more takes SQLite long, and nothing can stop it then
FIRST_RUN = 500  # keys looked at first, then many times as many
_GROWTH = 8
_STEPS = 1_000  # of SQLite's machine, between two looks at the time; less than a millisecond


_EVERY = (-(1 << 63), (1 << 63) - 1)


def keys(
    connection: sqlite3.Connection,
    where: Where,
    *,
    seconds: float,
    monotonic: Callable[[], float],
) -> list[int]:
    """The keys of all that is found, the highest first, on a connection that `shelf.prepare` has
    seen.

    TimedOut when it takes longer than `seconds` by that clock, UsageError for a search of more
    parts than an index can be asked at once.
    """
    return Lookup(connection, where, seconds=seconds, monotonic=monotonic).within(*_EVERY)


class Lookup:
    """A search that is asked about one run of keys after another; `seconds` are for all of it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        where: Where,
        *,
        seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        _check(connection, where)
        self._connection = connection
        self._where = where
        self._seconds = seconds
        self._left = seconds
        self._monotonic = monotonic

    def downward(self, first: int, last: int) -> Iterator[int]:
        """The keys found from `last` down to `first`, looked for as they are wanted."""
        size = FIRST_RUN
        while last >= first:
            start = max(last - size + 1, first)
            yield from self.within(start, last)
            last, size = start - 1, size * _GROWTH

    def within(self, first: int, last: int) -> list[int]:
        """The keys found in a run, the highest first. Raises TimedOut."""
        began = self._monotonic()
        end, stopped = began + self._left, False

        def is_late() -> bool:
            nonlocal stopped
            stopped = self._monotonic() > end
            return stopped

        self._connection.set_progress_handler(is_late, _STEPS)
        try:
            asked = self._connection.execute(
                self._where.asked, (first, last, *self._where.parameters)
            )
            return [key for (key,) in asked]
        except sqlite3.OperationalError as error:
            if not stopped:
                raise
            raise TimedOut(
                f"The search took longer than {self._seconds:g} s, so it was stopped.",
                came=0,
                hint="Make it narrower, say by a date: after:2026/01/31",
            ) from error
        finally:
            self._connection.set_progress_handler(None, _STEPS)
            self._left -= self._monotonic() - began


def _check(connection: sqlite3.Connection, where: Where) -> None:
    most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    if where.sql.count("key IN") > MOST_PARTS or len(where.parameters) + 2 > most:
        raise UsageError(
            f"The search has more than {MOST_PARTS:,} parts, which an index is not asked at once.",
            hint="Split it into several searches and join what they find.",
        )
