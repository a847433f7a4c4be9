"""What the settings.* methods keep: JSON objects of one mailbox, by kind and key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gmailkit.sandbox.state.database import Database

Kind = Literal[
    "vacation",
    "vacationReply",
    "autoForwarding",
    "imap",
    "imapView",
    "pop",
    "language",
    "filter",
    "forwardingAddress",
    "sendAs",
    "smimeInfo",
    "delegate",
    "cseIdentity",
    "cseKeyPair",
]

TABLES = """
CREATE TABLE settings (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (user, kind, key)
);
"""


class Settings:
    """Every `user` is `User.n`. Keys that are addresses are lower case; "" is the only one of a
    kind that exists once.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self, user: int, kind: Kind) -> dict[str, dict[str, object]]:
        """Values by key, in the order they were first put."""
        rows = self._db.rows(
            "SELECT key, value FROM settings WHERE user = ? AND kind = ? ORDER BY n", user, kind
        )
        return {row["key"]: json.loads(row["value"]) for row in rows}

    def find(self, user: int, kind: Kind, key: str = "") -> dict[str, object] | None:
        row = self._db.row(
            "SELECT value FROM settings WHERE user = ? AND kind = ? AND key = ?", user, kind, key
        )
        found: dict[str, object] | None = json.loads(row[0]) if row else None
        return found

    def put(self, user: int, kind: Kind, value: Mapping[str, object], *, key: str = "") -> None:
        self._db.run(
            "INSERT INTO settings (user, kind, key, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (user, kind, key) DO UPDATE SET value = excluded.value",
            user,
            kind,
            key,
            json.dumps(value),
        )

    def remove(self, user: int, kind: Kind, key: str = "") -> bool:
        """Whether there was one."""
        gone = self._db.run(
            "DELETE FROM settings WHERE user = ? AND kind = ? AND key = ?", user, kind, key
        )
        return gone > 0

    def count(self, kind: Kind, key: str) -> int:
        """Over all mailboxes."""
        return self._db.number(
            "SELECT count(*) FROM settings WHERE kind = ? AND key = ?", kind, key
        )
