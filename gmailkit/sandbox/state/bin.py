"""Spam and trash are emptied by themselves, thirty days after a message came there."""

from __future__ import annotations

from collections.abc import Collection

from gmailkit.clock import Clock
from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.system_labels import SPAM, TRASH

LIFE_SECONDS = 30 * 86_400
_PLACES = frozenset((SPAM, TRASH))

TABLES = """
CREATE TABLE bin (message INTEGER PRIMARY KEY, since REAL NOT NULL);
CREATE INDEX bin_by_since ON bin (since);
"""


class Bin:
    """Every `message` is `Stored.n`. All runs inside the caller's transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def take(self, message: int, added: Collection[str]) -> None:
        """Note from when on it lies there. Open: from Spam to Trash its days begin anew."""
        if not _PLACES.isdisjoint(added):
            now = self._clock.now()
            self._db.run("INSERT OR REPLACE INTO bin VALUES (?, ?)", message, now)

    def give_back(self, message: int, left: Collection[str]) -> None:
        """It carries the labels `left` now, or is gone."""
        if _PLACES.isdisjoint(left):
            self._db.run("DELETE FROM bin WHERE message = ?", message)

    def overdue(self, user: int) -> list[str]:
        """Ids of the messages whose time is over, oldest first."""
        rows = self._db.rows(
            "SELECT m.id FROM bin b CROSS JOIN messages m ON m.n = b.message"  # few, found first
            " WHERE b.since <= ? AND m.user = ? ORDER BY m.n",
            self._clock.now() - LIFE_SECONDS,
            user,
        )
        return [row["id"] for row in rows]
