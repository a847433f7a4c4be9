"""A compiled search asked of an index, for at most so long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from gmailkit.errors import TimedOut, UsageError
from gmailkit.query.sql import Where

MOST_PARTS = 5_000  # conditions; to prepare more takes SQLite long, and nothing can stop it then
_STEPS = 1_000  # of SQLite's machine, between two looks at the time; less than a millisecond


def keys(
    connection: sqlite3.Connection,
    where: Where,
    *,
    seconds: float,
    monotonic: Callable[[], float],
) -> list[int]:
    """The keys of all that is found, in no order, on a connection that `shelf.prepare` has seen.

    TimedOut when it takes longer than `seconds` by that clock, UsageError for a search of more
    parts than an index can be asked at once.
    """
    most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    if where.sql.count("key IN") > MOST_PARTS or len(where.parameters) > most:
        raise UsageError(
            f"The search has more than {MOST_PARTS:,} parts, which an index is not asked at once.",
            hint="Split it into several searches and join what they find.",
        )
    end = monotonic() + seconds
    stopped = False

    def is_late() -> bool:
        nonlocal stopped
        stopped = monotonic() > end
        return stopped

    connection.set_progress_handler(is_late, _STEPS)
    try:
        sql = f"SELECT key FROM search WHERE {where.sql}"  # noqa: S608 - the text is ours
        return [key for (key,) in connection.execute(sql, where.parameters)]
    except sqlite3.OperationalError as error:
        if not stopped:
            raise
        raise TimedOut(
            f"The search took longer than {seconds:g} s, so it was stopped.",
            came=0,
            hint="Make it narrower, say by a date: after:2026/01/31",
        ) from error
    finally:
        connection.set_progress_handler(None, _STEPS)
