"""What POP3 remembers: which messages were handed out, and from when on it was let in."""

from __future__ import annotations

from collections.abc import Sequence

from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import CHAT, DRAFT, SPAM, TRASH

TABLES = """
CREATE TABLE handed_out (message INTEGER PRIMARY KEY);
CREATE TABLE pop_since (user INTEGER PRIMARY KEY, date_ms INTEGER NOT NULL);
"""
_NEVER = ", ".join(f"'{label}'" for label in (CHAT, DRAFT, SPAM, TRASH))


class Pop:
    """Every `user` is `User.n`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open_from(self, user: int, date_ms: int) -> None:
        """From that time on messages are offered (accessWindow fromNowOn)."""
        self._db.run("INSERT OR REPLACE INTO pop_since VALUES (?, ?)", user, date_ms)

    def opened_from(self, user: int) -> int:
        return self._db.number("SELECT date_ms FROM pop_since WHERE user = ?", user)

    def offered(self, user: int, *, since_ms: int, again: bool, limit: int) -> list[Stored]:
        """Received and sent since then, oldest first. `again`: handed out before or not."""
        fresh = "" if again else " AND NOT EXISTS (SELECT 1 FROM handed_out WHERE message = m.n)"
        rows = self._db.rows(
            "SELECT n, user, id, thread, date_ms, size, history FROM messages m"  # noqa: S608 - our own words
            " WHERE user = ? AND date_ms >= ? AND NOT EXISTS (SELECT 1 FROM message_labels"
            f" WHERE message = m.n AND label IN ({_NEVER})){fresh} ORDER BY date_ms, n LIMIT ?",
            *(user, since_ms, limit),
        )
        return [Stored(*row) for row in rows]

    def hand_out(self, messages: Sequence[Stored]) -> None:
        """They are not offered again but to who asks for recent ones."""
        self._db.run_many(
            "INSERT OR IGNORE INTO handed_out VALUES (?)", [(message.n,) for message in messages]
        )
