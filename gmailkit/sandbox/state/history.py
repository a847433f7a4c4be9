"""The log of changes, one ascending id for each; ids of one mailbox have gaps, as Gmail's do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gmailkit.sandbox.state.database import Database

Kind = Literal["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"]
FIRST = 1000
_STEP = 7


class Change(NamedTuple):
    message: str
    thread: str
    kind: Kind
    labels: Sequence[str] = ()


class History:
    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, user: int, changes: Sequence[Change]) -> list[int]:
        """The history id of each change, in order. Runs inside the caller's transaction."""
        last = self.last(user)
        ids = [last + _STEP * (place + 1) for place in range(len(changes))]
        self._db.run_many(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
            [
                (user, id, change.kind, change.message, change.thread, json.dumps(change.labels))
                for id, change in zip(ids, changes, strict=True)
            ],
        )
        if ids:
            self._db.run("UPDATE users SET history = ? WHERE n = ?", ids[-1], user)
        return ids

    def last(self, user: int) -> int:
        return self._db.number("SELECT history FROM users WHERE n = ?", user)
