"""Which conversation a message joins (guides/threads: threadId, reply headers and subject)."""

from __future__ import annotations

from gmailkit.sandbox import headers
from gmailkit.sandbox.state.database import Database

MAX_MESSAGES = 100
_MAX_REFERENCES = 20_000  # characters


class Threads:
    """Every `user` is `User.n`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def exists(self, user: int, thread: str) -> bool:
        return self._size(user, thread) > 0

    def of_received(self, user: int, message: headers.Message) -> str | None:
        """The thread a receiver's mailbox files `message` under: by References and subject."""
        named = _parents(message)
        marks = ",".join("?" * len(named))
        row = self._db.row(
            f"SELECT thread FROM messages WHERE user = ? AND subject_key = ?"  # noqa: S608 - no value from outside
            f" AND message_id IN ({marks}) ORDER BY n DESC LIMIT 1",
            user,
            headers.subject_key(message.value("subject")),
            *named,
        )
        return self._with_room(user, row[0] if row else None)

    def of_sent(self, user: int, message: headers.Message, thread: str) -> str | None:
        """`thread` when all three conditions hold for it, else None (a new thread).

        Open: Gmail may join on fewer. Here both References and In-Reply-To must name a message of
        the thread, and the subject must be that message's.
        """
        references = headers.message_ids(message.value("references"))
        replied = headers.message_ids(message.value("in-reply-to"))
        rows = self._db.rows(
            "SELECT message_id FROM messages WHERE user = ? AND thread = ? AND subject_key = ?",
            user,
            thread,
            headers.subject_key(message.value("subject")),
        )
        present = {row[0] for row in rows}
        met = present.intersection(references) and present.intersection(replied)
        return self._with_room(user, thread if met else None)

    def of_key(self, user: int, key: str) -> str | None:
        """The thread of a loaded conversation: its id, or the word it was loaded under."""
        if self.exists(user, key):
            return key
        row = self._db.row("SELECT thread FROM thread_keys WHERE user = ? AND key = ?", user, key)
        return str(row[0]) if row else None

    def remember(self, user: int, key: str, thread: str) -> None:
        self._db.run("INSERT OR REPLACE INTO thread_keys VALUES (?, ?, ?)", user, key, thread)

    def _with_room(self, user: int, thread: str | None) -> str | None:
        return thread if thread and self._size(user, thread) < MAX_MESSAGES else None

    def _size(self, user: int, thread: str) -> int:
        return self._db.number(
            "SELECT count(*) FROM messages WHERE user = ? AND thread = ?", user, thread
        )


def _parents(message: headers.Message) -> list[str]:
    """At most fifty, the nearest ones: References can be hostile, and SQLite takes a few values."""
    named = headers.message_ids(message.value("references")[-_MAX_REFERENCES:])
    named += headers.message_ids(message.value("in-reply-to"))
    return named[-50:]
