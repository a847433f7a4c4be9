"""The log of changes, one ascending id for each; ids of one mailbox have gaps, as Gmail's do.

An id is good for a week after it was handed out (guides/sync: "at least a week, sometimes hours").
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from gmailkit.clock import Clock
from gmailkit.sandbox.state.database import Database

Kind = Literal["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"]
KINDS: tuple[Kind, ...] = ("messageAdded", "messageDeleted", "labelAdded", "labelRemoved")
FIRST = 1000
LIFE_SECONDS = 7 * 86_400
_TICK_SECONDS = 86_400
_WIDEST_GAP = 23

# A row without a kind is a tick: the mailbox moved on, and nothing that the API shows changed.
TABLES = """
CREATE TABLE history (
    user INTEGER NOT NULL,
    id INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    thread TEXT NOT NULL,
    labels TEXT NOT NULL,
    PRIMARY KEY (user, id)
) WITHOUT ROWID;
"""
_INSERT = "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)"


class Change(NamedTuple):
    message: str
    thread: str
    kind: Kind
    labels: Sequence[str] = ()


class Record(NamedTuple):
    """A change with its id."""

    id: int
    change: Change


# Called with the user, the last new id and the changes, before they are made.
Notify = Callable[[int, int, Sequence[Change]], None]


class History:
    """Every `user` is `User.n`."""

    def __init__(self, database: Database, clock: Clock, notify: Notify) -> None:
        self._db = database
        self._clock = clock
        self._notify = notify
        self._hollow: Counter[int] = Counter()

    def record(self, user: int, changes: Sequence[Change]) -> list[int]:
        """The history id of each change, in order. Runs inside the caller's transaction."""
        if not changes:
            return []
        now, last = self._clock.now(), self.last(user)
        ids = [last := _after(user, last) for _ in changes]
        self._db.run_many(
            _INSERT,
            [
                (user, id, now, kind, message, thread, json.dumps(labels))
                for id, (message, thread, kind, labels) in zip(ids, changes, strict=True)
            ],
        )
        self._db.run("UPDATE users SET history = ? WHERE n = ?", last, user)
        self._notify(user, last, changes)
        return ids

    def last(self, user: int) -> int:
        return self._db.number("SELECT history FROM users WHERE n = ?", user)

    def current(self, user: int) -> int:
        """The id to hand out now. In a quiet mailbox it moves on all the same, once a day: so the
        id of the newest message grows too old there, and that of the profile does not.
        """
        with self._db.change():
            last, now = self.last(user), self._clock.now()
            fresh = "SELECT count(*) FROM history WHERE user = ? AND id = ? AND at > ?"
            if not self._db.number(fresh, user, last, now - _TICK_SECONDS):
                last = self._tick(user)
            return last

    def touch(self, user: int, message: int) -> None:
        """Something of that message (its `n`) changed that IMAP shows and the API does not."""
        with self._db.change():
            now = self._tick(user)
            self._db.run("UPDATE messages SET history = ? WHERE n = ?", now, message)

    def _tick(self, user: int) -> int:
        last = _after(user, self.last(user))
        self._db.run(_INSERT, user, last, self._clock.now(), "", "", "", "[]")
        self._db.run("UPDATE users SET history = ? WHERE n = ?", last, user)
        return last

    def reaches(self, user: int, start: int) -> bool:
        """Whether the log can be read from `start` on: an id of this mailbox, not too old.

        Open: whether Gmail takes a number between two ids. Refused here.
        """
        given = "SELECT count(*) FROM history WHERE user = ? AND id = ? AND at > ?"
        return self._db.number(given, user, start, self._clock.now() - LIFE_SECONDS) > 0

    def page(
        self, user: int, *, after: int, kinds: Sequence[str], label: str, limit: int
    ) -> list[Record]:
        """Records behind the id `after`, ascending. With a `label`, of messages that carry it now:
        its removal is missed, and so is a deletion.
        """
        carried = (
            "EXISTS (SELECT 1 FROM messages m JOIN message_labels l ON l.message = m.n"
            " WHERE m.user = h.user AND m.id = h.message AND l.label = ?)"
        )
        rows = self._db.rows(
            "SELECT id, message, thread, kind, labels FROM history h"  # noqa: S608 - marks alone
            f" WHERE user = ? AND id > ? AND kind IN ({','.join('?' * len(kinds))})"
            f" AND (? = '' OR {carried}) ORDER BY id LIMIT ?",
            *(user, after, *kinds, label, label, limit),
        )
        return [
            Record(id, Change(message, thread, kind, json.loads(labels)))
            for id, message, thread, kind, labels in rows
        ]

    def hollow(self, user: int, times: int) -> None:
        """The next pages shall come without their records, but with a token to go on."""
        self._hollow[user] += times

    def take_hollow(self, user: int) -> bool:
        """Whether this page is to be one of those."""
        with self._db.change():  # under its lock
            ordered = self._hollow[user] > 0
            self._hollow[user] -= ordered
            return ordered

    def expire(self, user: int) -> None:
        """Every id handed out so far is too old from now on."""
        self._db.run("DELETE FROM history WHERE user = ?", user)


def _after(user: int, id: int) -> int:
    """The next id, behind a gap that differs from mailbox to mailbox."""
    return id + 2 + zlib.crc32(f"{user}:{id}".encode()) % _WIDEST_GAP
