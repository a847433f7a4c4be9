"""What IMAP adds to a mailbox: folders whose messages have numbers that stay, and its own flags.

A folder is a label seen through IMAP. Its messages are numbered when somebody looks: what has come
since then gets the next UIDs, what has left loses its own for good (RFC 3501 section 2.3.1.1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Row

from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.history import History
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import CHAT, SPAM, TRASH

ALL_MAIL = "ALL"  # no label: everything but spam, trash and chats
_AT_ONCE = 500

# `seen` is the history id up to which a folder is numbered; `n` is its UIDVALIDITY.
TABLES = """
CREATE TABLE folders (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL,
    label TEXT NOT NULL,
    next_uid INTEGER NOT NULL DEFAULT 1,
    seen INTEGER NOT NULL DEFAULT 0,
    UNIQUE (user, label)
);
CREATE TABLE uids (
    folder INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (folder, uid)
) WITHOUT ROWID;
CREATE UNIQUE INDEX uids_by_message ON uids (message, folder);
CREATE TABLE keywords (
    message INTEGER NOT NULL,
    keyword TEXT NOT NULL,
    PRIMARY KEY (message, keyword)
) WITHOUT ROWID;
CREATE INDEX messages_by_history ON messages (user, history);
"""

_CARRIES = "EXISTS (SELECT 1 FROM message_labels WHERE message = m.n AND label {})"
_ASIDE = _CARRIES.format(f"IN ('{SPAM}', '{TRASH}')")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What SELECT tells of a folder; `n` is its UIDVALIDITY."""

    n: int
    next_uid: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message in a folder. `deleted`: marked to be expunged from this folder."""

    uid: int
    deleted: bool
    stored: Stored


class Folders:
    """Every `user` is `User.n`, every `folder` is `Numbers.n`; a label is an id or ALL_MAIL."""

    def __init__(self, database: Database, history: History) -> None:
        self._db = database
        self._history = history

    def numbers(self, user: int, label: str) -> Numbers:
        """Of that folder, whose every message has a UID now."""
        last = self._history.last(user)
        for known in self._rows(user, label):
            if known["seen"] == last:
                return Numbers(known["n"], known["next_uid"])
        with self._db.change():
            self._db.run("INSERT OR IGNORE INTO folders (user, label) VALUES (?, ?)", user, label)
            for row in self._rows(user, label):
                self._number(user, label, row)
            [found] = self._rows(user, label)
            return Numbers(found["n"], found["next_uid"])

    def uids(self, folder: int, *, newest: int = 0, first: int = 1) -> list[int]:
        """Ascending, from `first` on; the last `newest` of them, or all."""
        rows = self._db.rows(
            "SELECT uid FROM uids WHERE folder = ? AND uid >= ? ORDER BY uid DESC LIMIT ?",
            *(folder, first, newest or -1),
        )
        return [row[0] for row in reversed(rows)]

    def count(self, folder: int, *, first: int, below: int) -> int:
        """Messages with a UID from `first` on, less than `below`."""
        counted = "SELECT count(*) FROM uids WHERE folder = ? AND uid >= ? AND uid < ?"
        return self._db.number(counted, folder, first, below)

    def messages(self, folder: int, uids: Sequence[int]) -> Iterator[Numbered]:
        """Those of `uids` that are there still, in their order."""
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            rows = self._db.rows(
                "SELECT u.uid, u.deleted, m.n, m.user, m.id, m.thread, m.date_ms, m.size, m.history"  # noqa: S608 - marks alone
                " FROM uids u JOIN messages m ON m.n = u.message"
                f" WHERE u.folder = ? AND u.uid IN ({','.join('?' * len(some))}) ORDER BY u.uid",
                *(folder, *some),
            )
            for uid, deleted, *stored in rows:
                yield Numbered(uid, bool(deleted), Stored(*stored))

    def changed(self, user: int, folder: int, since: int) -> list[int]:
        """UIDs of messages with a change behind the history id `since`."""
        rows = self._db.rows(
            "SELECT u.uid FROM messages m JOIN uids u ON u.message = m.n"
            " WHERE m.user = ? AND m.history > ? AND u.folder = ? ORDER BY u.uid",
            *(user, since, folder),
        )
        return [row[0] for row in rows]

    def uid_of(self, folder: int, message: int) -> int | None:
        """`message` is `Stored.n`."""
        row = self._db.row("SELECT uid FROM uids WHERE folder = ? AND message = ?", folder, message)
        return row[0] if row else None

    def renumber(self, user: int) -> None:
        """All folders get another UIDVALIDITY, and their messages new UIDs."""
        with self._db.change():
            self._db.run(
                "DELETE FROM uids WHERE folder IN (SELECT n FROM folders WHERE user = ?)", user
            )
            self._db.run("DELETE FROM folders WHERE user = ?", user)

    def unread(self, folder: int) -> int:
        return self._db.number(
            "SELECT count(*) FROM uids u JOIN message_labels l ON l.message = u.message"
            " WHERE u.folder = ? AND l.label = 'UNREAD'",
            folder,
        )

    def mark_deleted(self, user: int, folder: int, found: Numbered, *, deleted: bool) -> None:
        """For EXPUNGE to find; nothing of it shows in the API."""
        with self._db.change():
            self._db.run(
                "UPDATE uids SET deleted = ? WHERE folder = ? AND uid = ?",
                *(deleted, folder, found.uid),
            )
            self._history.touch(user, found.stored.n)

    def deleted(self, folder: int) -> list[int]:
        rows = self._db.rows(
            "SELECT uid FROM uids WHERE folder = ? AND deleted ORDER BY uid", folder
        )
        return [row[0] for row in rows]

    def keywords(self, messages: Sequence[Stored]) -> dict[int, list[str]]:
        """Flags that are no labels, such as \\Answered, by `Stored.n`."""
        found: dict[int, list[str]] = {message.n: [] for message in messages}
        marks = ",".join("?" * len(found))
        asked = f"SELECT message, keyword FROM keywords WHERE message IN ({marks})"  # noqa: S608
        for n, keyword in self._db.rows(asked, *found):
            found[n].append(keyword)
        return found

    def set_keywords(self, message: Stored, add: Collection[str], remove: Collection[str]) -> None:
        """A message that really changes moves on in its history."""
        with self._db.change():
            present = {k.lower(): k for k in self.keywords([message])[message.n]}
            new = [(message.n, k) for k in add if k.lower() not in present]
            gone = [(message.n, present[k.lower()]) for k in remove if k.lower() in present]
            self._db.run_many("INSERT INTO keywords VALUES (?, ?)", new)
            self._db.run_many("DELETE FROM keywords WHERE message = ? AND keyword = ?", gone)
            if new or gone:
                self._history.touch(message.user, message.n)

    def _rows(self, user: int, label: str) -> list[Row]:
        return self._db.rows("SELECT * FROM folders WHERE user = ? AND label = ?", user, label)

    def _number(self, user: int, label: str, row: Row) -> None:
        """What moved since it was looked at last, by the history of the messages themselves."""
        folder, uid, last = row["n"], row["next_uid"], self._history.last(user)
        member, values = _members(label)
        moved = "SELECT m.n FROM messages m WHERE m.user = ? AND m.history > ?"
        if row["seen"]:
            self._db.run(
                f"DELETE FROM uids WHERE folder = ? AND message IN ({moved} AND NOT ({member}))",  # noqa: S608 - our own words
                *(folder, user, row["seen"], *values),
            )
        new = self._db.rows(
            f"{moved} AND ({member})"  # noqa: S608 - our own words
            " AND NOT EXISTS (SELECT 1 FROM uids WHERE folder = ? AND message = m.n) ORDER BY m.n",
            *(user, row["seen"], *values, folder),
        )
        self._db.run_many(
            "INSERT INTO uids (folder, uid, message) VALUES (?, ?, ?)",
            [(folder, uid + place, n) for place, (n,) in enumerate(new)],
        )
        self._db.run(
            "UPDATE folders SET next_uid = ?, seen = ? WHERE n = ?", uid + len(new), last, folder
        )


def _members(label: str) -> tuple[str, tuple[str, ...]]:
    """Which messages `m` stand in that folder, with the values of the marks.

    Spam and trash show in no other folder, whatever labels they carry.
    """
    if label == ALL_MAIL:
        return f"NOT {_ASIDE} AND NOT {_CARRIES.format('= ?')}", (CHAT,)
    carried = _CARRIES.format("= ?")
    return (carried if label in (SPAM, TRASH) else f"{carried} AND NOT {_ASIDE}"), (label,)
