"""The messages of all mailboxes: bytes as they came, an id, a thread, a date, labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gmailkit.sandbox import headers
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.bin import Bin
from gmailkit.sandbox.state.bounds import EVERYTHING, Bounds
from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.history import Change, History, Kind
from gmailkit.sandbox.state.labels import order
from gmailkit.sandbox.state.system_labels import INBOX, SPAM, TRASH, UNSEEN

_COLUMNS = "SELECT n, user, id, thread, date_ms, size, history FROM messages m"
_SELECT = f"{_COLUMNS} WHERE "
# Told, since SQLite would walk through all of a mailbox by date to spare itself the sorting.
_SELECT_BY_MESSAGE_ID = f"{_COLUMNS} INDEXED BY messages_by_message_id WHERE "

_NO_DRAFT = "n NOT IN (SELECT message FROM drafts)"
_LABELS_OF = "SELECT message, label FROM message_labels WHERE message IN "


@dataclass(frozen=True, slots=True)
class Stored:
    """A message without its bytes; `n` never names another one."""

    n: int
    user: int
    id: str
    thread: str
    date_ms: int
    size: int
    history: int


@dataclass(frozen=True, slots=True)
class Arriving:
    """`labels` are ids; `thread` is a thread of this mailbox, or None to open a new one."""

    raw: bytes
    labels: Collection[str]
    date_ms: int
    thread: str | None = None


class Messages:
    """Every `user` is `User.n`."""

    def __init__(self, database: Database, history: History, bin: Bin) -> None:
        self._db = database
        self._history = history
        self._bin = bin

    def add(
        self, user: int, arriving: Arriving, *, chance: Callable[[], int] = ids.random_bits
    ) -> Stored:
        """`chance` gives the id's random bits."""
        with self._db.change():
            id = self._free_id(user, arriving.date_ms, chance)
            thread = arriving.thread or id
            change = Change(id, thread, "messageAdded", sorted(arriving.labels, key=order))
            [history] = self._history.record(user, [change])
            head = headers.read(arriving.raw)
            self._db.run(
                "INSERT INTO messages (user, id, thread, date_ms, size, history, message_id,"
                " subject_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                user,
                id,
                thread,
                arriving.date_ms,
                len(arriving.raw),
                history,
                _message_id(head.value("message-id")),
                headers.subject_key(head.value("subject")),
            )
            n = self._db.number("SELECT last_insert_rowid()")
            self._db.run("INSERT INTO content VALUES (?, ?)", n, arriving.raw)
            self._db.run_many(
                "INSERT OR IGNORE INTO message_labels VALUES (?, ?)",
                [(n, label) for label in arriving.labels],
            )
            self._bin.take(n, arriving.labels)
        return Stored(n, user, id, thread, arriving.date_ms, len(arriving.raw), history)

    def find(self, user: int, id: str) -> Stored | None:
        row = self._db.row(_SELECT + "user = ? AND id = ?", user, id)
        return Stored(*row) if row else None

    def find_by_message_id(self, user: int, message_id: str) -> Stored | None:
        """The oldest message with that Message-ID header, angle brackets included; no draft."""
        row = self._db.row(
            _SELECT + "user = ? AND message_id = ? AND " + _NO_DRAFT + " ORDER BY n LIMIT 1",
            user,
            message_id,
        )
        return Stored(*row) if row else None

    def raw(self, n: int) -> bytes:
        row = self._db.row("SELECT raw FROM content WHERE message = ?", n)
        return bytes(row[0]) if row else b""

    def labels(self, n: int) -> list[str]:
        rows = self._db.rows("SELECT label FROM message_labels WHERE message = ?", n)
        return sorted((row[0] for row in rows if row[0] not in UNSEEN), key=order)

    def labels_of_many(self, messages: Sequence[Stored]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {message.n: [] for message in messages}
        marks = ",".join("?" * len(messages))
        for n, label in self._db.rows(
            _LABELS_OF + f"({marks})",
            *found,
        ):
            found[n].append(label)
        return found

    def of_thread(self, user: int, thread: str) -> list[Stored]:
        """Oldest first; none where there is no such thread."""
        rows = self._db.rows(
            _SELECT + "user = ? AND thread = ? ORDER BY date_ms, n",
            *(user, thread),
        )
        return [Stored(*row) for row in rows]

    def ids(self, user: int) -> list[str]:
        """All of them, spam and trash too, newest first."""
        rows = self._db.rows(
            "SELECT id FROM messages WHERE user = ? ORDER BY date_ms DESC, n DESC", user
        )
        return [row[0] for row in rows]

    def weight(self, user: int) -> int:
        """Bytes of all messages."""
        return self._db.number("SELECT sum(size) FROM messages WHERE user = ?", user)

    def totals(self, user: int) -> tuple[int, int]:
        """Messages and threads."""
        row = self._db.row(
            "SELECT count(*), count(DISTINCT thread) FROM messages WHERE user = ?", user
        )
        return (row[0], row[1]) if row else (0, 0)

    def page(
        self,
        user: int,
        *,
        labels: Sequence[str] = (),
        spam_trash: bool = False,
        thread: str = "",
        within: Bounds = EVERYTHING,
        after: tuple[int, int] | None = None,
        limit: int,
    ) -> list[Stored]:
        """Newest first, carrying all of `labels`, beginning behind the place (date_ms, n)."""
        where: list[str] = ["user = ?"]
        values: list[object] = [user]
        if within != EVERYTHING:
            condition, bound = within.condition()
            where.append(condition)
            values += bound
        if thread:
            where.append("thread = ?")
            values.append(thread)
        if after is not None:
            where.append("(date_ms, n) < (?, ?)")
            values += after
        carried = "EXISTS (SELECT 1 FROM message_labels WHERE message = m.n AND label {})"
        for _ in labels:
            where.append(carried.format("= ?"))
        if not spam_trash:
            where.append("NOT " + carried.format(f"IN ('{SPAM}', '{TRASH}')"))
        select = _SELECT_BY_MESSAGE_ID if within.message_id else _SELECT
        rows = self._db.rows(
            select + " AND ".join(where) + " ORDER BY date_ms DESC, n DESC LIMIT ?",
            *values,
            *labels,
            limit,
        )
        return [Stored(*row) for row in rows]

    def relabel(
        self, user: int, messages: Iterable[Stored], add: Collection[str], remove: Collection[str]
    ) -> None:
        """One history record for each message and direction that really changes something."""
        taken = set(remove) | ({INBOX} if {SPAM, TRASH} & set(add) else set())
        given = set(add) - taken
        with self._db.change():
            changes: list[tuple[Stored, Change]] = []
            for message in messages:
                changes += _effects(message, set(self.labels(message.n)), given, taken)
            stamps = self._history.record(user, [change for _, change in changes])
            for history, (message, change) in zip(stamps, changes, strict=True):
                self._apply(message.n, change)
                self._db.run("UPDATE messages SET history = ? WHERE n = ?", history, message.n)

    def remove(self, user: int, messages: Sequence[Stored]) -> None:
        """For good."""
        with self._db.change():
            gone = [Change(m.id, m.thread, "messageDeleted") for m in messages]
            self._history.record(user, gone)
            for message in messages:
                self._db.run("DELETE FROM message_labels WHERE message = ?", message.n)
                self._db.run("DELETE FROM content WHERE message = ?", message.n)
                self._db.run("DELETE FROM drafts WHERE message = ?", message.n)
                self._db.run("DELETE FROM uids WHERE message = ?", message.n)
                self._db.run("DELETE FROM keywords WHERE message = ?", message.n)
                self._db.run("DELETE FROM messages WHERE n = ?", message.n)
                self._bin.give_back(message.n, ())

    def empty_bin(self, user: int) -> None:
        """Messages that have lain in spam or trash for thirty days go for good."""
        if not self._bin.overdue(user):
            return
        with self._db.change():
            found = (self.find(user, id) for id in self._bin.overdue(user))
            self.remove(user, [message for message in found if message])

    def _apply(self, n: int, change: Change) -> None:
        pairs = [(n, label) for label in change.labels]
        if change.kind == "labelAdded":
            self._db.run_many("INSERT OR IGNORE INTO message_labels VALUES (?, ?)", pairs)
            self._bin.take(n, change.labels)
        else:
            self._db.run_many("DELETE FROM message_labels WHERE message = ? AND label = ?", pairs)
            self._bin.give_back(n, self.labels(n))

    def _free_id(self, user: int, date_ms: int, chance: Callable[[], int]) -> str:
        bits = chance()
        while self.find(user, id := ids.message_id(date_ms, bits)) is not None:
            bits = ids.next_bits(bits)
        return id


def _message_id(value: str) -> str:
    """With its angle brackets; one that has none is kept as it is, for a search to find."""
    return next(iter(headers.message_ids(value)), value.strip("<> "))


def _effects(
    message: Stored, present: set[str], add: set[str], remove: set[str]
) -> Iterator[tuple[Stored, Change]]:
    moves: tuple[tuple[Kind, set[str]], ...] = (
        ("labelAdded", add - present),
        ("labelRemoved", remove & present),
    )
    for kind, labels in moves:
        if labels:
            yield message, Change(message.id, message.thread, kind, sorted(labels, key=order))
