"""The index's tables of what changed over time: filled from the events, and asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from gmailkit.backup.events import AnyEvent, Cursor, Gone, Labels, Setting, Verified, kind_of
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import labels_json
from gmailkit.backup.stream import Place
from gmailkit.backup.tables import GONE
from gmailkit.errors import BackupDamaged

_LABEL_SET = "SELECT key FROM label_sets WHERE labels = ?"
_MESSAGE = """SELECT messages.key, saved, gone, labels,
    (SELECT max(since_ms) FROM label_states WHERE message = messages.key) FROM messages
    JOIN accounts ON accounts.key = account WHERE address = ? AND id = ?"""

_VERIFIED = """UPDATE messages SET origin = NULL
    WHERE account = (SELECT key FROM accounts WHERE address = ?) AND id = ? AND saved <= ?"""


class LabelState(msgspec.Struct, frozen=True):
    """The labels {id: name} a message bore from `since_ms` on (milliseconds since 1970), None
    when Gmail had it no more."""

    since_ms: int
    labels: dict[str, str] | None


class Change(msgspec.Struct, frozen=True):
    """A message whose labels changed, or which went or came back. Numbers only rise."""

    number: int
    account: str
    id: str


class _Message(msgspec.Struct, frozen=True):
    """A row of the table of messages, as far as it is needed here."""

    key: int
    saved: int
    gone: int | None
    labels: int
    newest: int | None  # when the newest state began; None for one that never changed

    def is_so(self, labels: int, since: int) -> bool:
        """Whether it is in that state already."""
        if self.newest is not None and since < self.newest:
            return False
        if labels == GONE:
            return self.gone is not None
        return self.gone is None and self.labels == labels


def enter(sql: sqlite3.Connection, events: Iterable[tuple[AnyEvent, Place]]) -> None:
    """Take events in, in the order in which they were written; within a transaction."""
    for event, place in events:
        if isinstance(event, Labels):
            _change(sql, event.account, event.id, event.at_ms, _label_set(sql, event.labels))
        elif isinstance(event, Gone):
            _change(sql, event.account, event.id, event.at_ms, GONE)
        elif isinstance(event, Verified):
            # What was saved later is another copy, which nobody has compared.
            now = event.at_ms
            sql.executemany(_VERIFIED, ((event.account, id, now) for id in event.ids))
            _remember(sql, event, place)
        else:
            _remember(sql, event, place)


def enter_again(sql: sqlite3.Connection, entry: Entry) -> None:
    """A message that was saved a second time: the first one counts, and the labels of both do."""
    found = _found(sql, entry.account, entry.id)
    if found and entry.saved > found.saved:
        _set(sql, found, entry.saved, _label_set(sql, entry.labels))


def forget(sql: sqlite3.Connection, lost: Iterable[Entry]) -> None:
    """Messages that the packs have no more, and all that was known of them."""
    for entry in lost:
        if found := _found(sql, entry.account, entry.id):
            sql.execute("DELETE FROM messages WHERE key = ?", (found.key,))
            sql.execute("DELETE FROM label_states WHERE message = ?", (found.key,))
    forget_cursors(sql)


def forget_cursors(sql: sqlite3.Connection) -> None:
    """When messages were lost, Gmail's history does not tell of them: they have to be looked for.

    So a cursor counts only while nothing is lost, and an index that was made anew has none.
    """
    sql.execute("DELETE FROM events WHERE kind = ?", (kind_of(Cursor),))
    sql.execute("UPDATE made SET losses = losses + 1")


def states(sql: sqlite3.Connection, account: str, id: str, until: int) -> tuple[LabelState, ...]:
    """From when it was saved until that moment; none for a message that is not known."""
    found = _found(sql, account, id)
    if found is None:
        return ()
    rows: Iterable[tuple[int, str | None]] = sql.execute(
        """SELECT since_ms, label_sets.labels FROM label_states
        LEFT JOIN label_sets ON label_sets.key = label_states.labels
        WHERE message = ? ORDER BY since_ms, label_states.key""",
        (found.key,),
    ).fetchall()
    if not rows:
        sets = "SELECT ?, labels FROM label_sets WHERE key = ?"
        rows = sql.execute(sets, (found.saved, found.labels))
    return tuple(
        LabelState(since, json.loads(text) if text else None)
        for since, text in rows
        if since <= until
    )


def latest(sql: sqlite3.Connection, account: str, kind: str, name: str, until: int) -> Place | None:
    row = sql.execute(
        """SELECT number, offset, frame_length, position FROM events
        WHERE account = (SELECT key FROM accounts WHERE address = ?)
        AND kind = ? AND name = ? AND at_ms <= ? ORDER BY key DESC LIMIT 1""",
        (account, kind, name, until),
    ).fetchone()
    return Place(*row) if row else None


def tells(sql: sqlite3.Connection, event: AnyEvent, place: Place) -> bool:
    """Whether the tables hold what the event says; of a message that is not there they need not."""
    if not isinstance(event, Labels | Gone):
        row = sql.execute(
            "SELECT kind FROM events WHERE number = ? AND offset = ? AND position = ?",
            (place.number, place.offset, place.position),
        ).fetchone()
        return bool(row) and str(row[0]) == kind_of(event)
    found = _found(sql, event.account, event.id)
    if found is None or event.at_ms < found.saved:
        return True
    labels = GONE if isinstance(event, Gone) else _known_set(sql, event.labels)
    before = sql.execute(
        """SELECT labels FROM label_states WHERE message = ? AND since_ms < ?
        ORDER BY since_ms DESC, key DESC LIMIT 1""",
        (found.key, event.at_ms),
    ).fetchone()
    at = sql.execute(
        "SELECT labels FROM label_states WHERE message = ? AND since_ms = ?",
        (found.key, event.at_ms),
    ).fetchall()
    states = {key for (key,) in [*at, before or (found.labels,)]}
    return labels is not None and labels in states


def places(sql: sqlite3.Connection, kind: str) -> list[Place]:
    rows = sql.execute(
        "SELECT number, offset, frame_length, position FROM events WHERE kind = ? ORDER BY key",
        (kind,),
    )
    return [Place(*row) for row in rows]


def newest(sql: sqlite3.Connection) -> int:
    """The last messages, states and events are the latest: time does not run backwards here."""
    (found,) = sql.execute(
        """SELECT max(
        coalesce((SELECT saved FROM messages ORDER BY key DESC LIMIT 1), 0),
        coalesce((SELECT since_ms FROM label_states ORDER BY key DESC LIMIT 1), 0),
        coalesce((SELECT at_ms FROM events ORDER BY key DESC LIMIT 1), 0))"""
    ).fetchone()
    return int(found)


def _change(sql: sqlite3.Connection, account: str, id: str, since: int, labels: int) -> None:
    """A message's new state. Before it was saved it had none: then this is of a lost copy of it."""
    found = _found(sql, account, id)
    if found and since >= found.saved and not found.is_so(labels, since):
        _set(sql, found, since, labels)


def _set(sql: sqlite3.Connection, message: _Message, since: int, labels: int) -> None:
    add = "INSERT INTO label_states (message, since_ms, labels) VALUES (?, ?, ?)"
    if message.newest is None:
        sql.execute(add, (message.key, message.saved, message.labels))
    sql.execute(add, (message.key, since, labels))
    if message.newest is not None and since < message.newest:
        return  # a copy of it that was saved again tells of later
    if labels == GONE:
        sql.execute("UPDATE messages SET gone = ? WHERE key = ?", (since, message.key))
    else:
        sql.execute(
            "UPDATE messages SET gone = NULL, labels = ? WHERE key = ?", (labels, message.key)
        )


def _found(sql: sqlite3.Connection, account: str, id: str) -> _Message | None:
    """Raises BackupDamaged for a row that holds what no index of ours does."""
    row = sql.execute(_MESSAGE, (account, id)).fetchone()
    if row is None:
        return None
    key, saved, gone, labels, newest = row
    numbers = (key, saved, gone or 0, labels, newest or 0)
    if not all(isinstance(number, int) for number in numbers):
        raise BackupDamaged(f"The index holds no usable entry for message {id!r}.")
    return _Message(key, saved, gone, labels, newest)


def _known_set(sql: sqlite3.Connection, labels: Mapping[str, str]) -> int | None:
    row = sql.execute(_LABEL_SET, (labels_json(labels),)).fetchone()
    return row[0] if row else None


def _label_set(sql: sqlite3.Connection, labels: Mapping[str, str]) -> int:
    text = (labels_json(labels),)
    sql.execute("INSERT OR IGNORE INTO label_sets (labels) VALUES (?)", text)
    (key,) = sql.execute(_LABEL_SET, text).fetchone()
    return int(key)


def _remember(sql: sqlite3.Connection, event: AnyEvent, place: Place) -> None:
    sql.execute("INSERT OR IGNORE INTO accounts (address) VALUES (?)", (event.account,))
    sql.execute(
        """INSERT INTO events
        (kind, name, at_ms, number, offset, frame_length, position, account)
        SELECT ?, ?, ?, ?, ?, ?, ?, key FROM accounts WHERE address = ?""",
        (
            kind_of(event),
            event.name if isinstance(event, Setting) else "",
            event.at_ms,
            place.number,
            place.offset,
            place.length,
            place.position,
            event.account,
        ),
    )
