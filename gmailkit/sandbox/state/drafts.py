"""Drafts: an id that stays, for a message whose id changes with every save."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.messages import Arriving, Messages, Stored
from gmailkit.sandbox.state.system_labels import DRAFT

TABLES = """
CREATE TABLE drafts (
    user INTEGER NOT NULL,
    id TEXT NOT NULL,
    message INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (user, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Draft:
    id: str
    message: Stored


class Drafts:
    """Every `user` is `User.n`. A draft goes when its message goes."""

    def __init__(self, database: Database, messages: Messages) -> None:
        self._db = database
        self._messages = messages

    def find(self, user: int, id: str) -> Draft | None:
        row = self._db.row(
            "SELECT m.id FROM drafts d JOIN messages m ON m.n = d.message"
            " WHERE d.user = ? AND d.id = ?",
            *(user, id),
        )
        message = self._messages.find(user, row["id"]) if row else None
        return Draft(id, message) if message else None

    def of(self, messages: Sequence[Stored]) -> list[Draft]:
        """The draft of each of `messages`, in their order."""
        marks = ",".join("?" * len(messages))
        rows = self._db.rows(
            f"SELECT message, id FROM drafts WHERE message IN ({marks})",  # noqa: S608 - marks alone
            *(message.n for message in messages),
        )
        ids = {row["message"]: row["id"] for row in rows}
        return [Draft(ids[message.n], message) for message in messages if message.n in ids]

    def create(self, user: int, raw: bytes, *, date_ms: int, thread: str | None) -> Draft:
        with self._db.change():
            return self.adopt(self._add(user, raw, date_ms, thread))

    def adopt(self, message: Stored) -> Draft:
        """A stored message with the label DRAFT becomes the message of a new draft."""
        id = _id(message.id)
        self._db.run("INSERT INTO drafts VALUES (?, ?, ?)", message.user, id, message.n)
        return Draft(id, message)

    def replace(self, draft: Draft, raw: bytes, *, date_ms: int, thread: str | None) -> Draft:
        """The old message goes for good, a new one comes."""
        old = draft.message
        with self._db.change():
            self._messages.remove(old.user, [old])
            new = self._add(old.user, raw, date_ms, thread)
            self._db.run("INSERT INTO drafts VALUES (?, ?, ?)", old.user, draft.id, new.n)
        return Draft(draft.id, new)

    def _add(self, user: int, raw: bytes, date_ms: int, thread: str | None) -> Stored:
        return self._messages.add(user, Arriving(raw, (DRAFT,), date_ms, thread))


def _id(message: str) -> str:
    """Such as r-8123…, signed as Gmail's are; it tells nothing about the message's id."""
    digest = hashlib.sha256(message.encode()).digest()
    return f"r{int.from_bytes(digest[:8], 'big', signed=True)}"
