"""users.watch without Pub/Sub: what would have been published is kept, for tests to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gmailkit.clock import Clock
from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.history import Change

LIFE_SECONDS = 7 * 86_400
_APART_SECONDS = 1.0

Behavior = Literal["include", "exclude"]
BEHAVIORS: tuple[Behavior, ...] = ("include", "exclude")

TABLES = """
CREATE TABLE watches (
    user INTEGER PRIMARY KEY,
    labels TEXT NOT NULL,
    behavior TEXT NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE notifications (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL,
    at REAL NOT NULL,
    history INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """Without `labels` every change is told."""

    labels: Sequence[str]
    behavior: Behavior


class Watches:
    """At most one for each `user` (`User.n`)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def start(self, user: int, watch: Watch, *, history: int) -> float:
        """In the place of an earlier one, with a first notification at once; when it expires."""
        expires = self._clock.now() + LIFE_SECONDS
        with self._db.change():
            self._db.run(
                "INSERT OR REPLACE INTO watches VALUES (?, ?, ?, ?)",
                *(user, json.dumps(watch.labels), watch.behavior, expires),
            )
            self._publish(user, history)
        return expires

    def stop(self, user: int) -> None:
        self._db.run("DELETE FROM watches WHERE user = ?", user)

    def notify(self, user: int, history: int, changes: Sequence[Change]) -> None:
        """Tell of `changes` that are about to be made, where somebody watches for them."""
        row = self._db.row(
            "SELECT labels, behavior FROM watches WHERE user = ? AND expires > ?",
            *(user, self._clock.now()),
        )
        if row is None:
            return
        watched = frozenset(json.loads(row["labels"]))
        include = row["behavior"] == "include"
        if not watched or any(
            include is bool(watched & self._related(user, change)) for change in changes
        ):
            self._publish(user, history)

    def published(self, user: int) -> list[int]:
        """The history ids, oldest first."""
        rows = self._db.rows("SELECT history FROM notifications WHERE user = ? ORDER BY n", user)
        return [row["history"] for row in rows]

    def _publish(self, user: int, history: int) -> None:
        """At most one a second; what is more is dropped (guides/push)."""
        now = self._clock.now()
        self._db.run(
            "INSERT INTO notifications (user, at, history) SELECT ?, ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM notifications WHERE user = ? AND at > ? AND at <= ?)",
            *(user, now, history, user, now - _APART_SECONDS, now),
        )

    def _related(self, user: int, change: Change) -> set[str]:
        """The labels that come or go, and those the message carries."""
        rows = self._db.rows(
            "SELECT l.label FROM messages m JOIN message_labels l ON l.message = m.n"
            " WHERE m.user = ? AND m.id = ?",
            *(user, change.message),
        )
        return {*change.labels, *(row["label"] for row in rows)}
