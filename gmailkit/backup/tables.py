"""The tables of an index, and a message as a row of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Same, labels_json
from gmailkit.errors import BackupDamaged

APPLICATION = 0x474D4B31  # "GMK1", so that file(1) and we know whose database it is
SCHEMA_VERSION = 6
SCHEMA = (
    # Which rows an index has given its messages is its own: other indexes of the backup differ.
    # losses: how often it was found that messages or events are gone.
    "CREATE TABLE made (id TEXT NOT NULL, losses INTEGER NOT NULL)",
    """CREATE TABLE files (
        stream TEXT NOT NULL, number INTEGER NOT NULL,
        length INTEGER NOT NULL, digest BLOB NOT NULL, UNIQUE (stream, number))""",
    "CREATE TABLE accounts (key INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE)",
    # The same few sets of labels come back again and again, so each is kept once, as JSON.
    "CREATE TABLE label_sets (key INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE)",
    # labels: those of now; gone: when it was found that Gmail has it no more, if it has not;
    # same_account, same_id: the message whose record holds the bytes, where it is not its own;
    # origin: whence they come, while nobody knows whether Gmail has the same.
    """CREATE TABLE messages (
        key INTEGER PRIMARY KEY,
        account INTEGER NOT NULL, id TEXT NOT NULL, thread TEXT NOT NULL,
        date_ms INTEGER NOT NULL, saved INTEGER NOT NULL, gone INTEGER,
        labels INTEGER NOT NULL,
        length INTEGER NOT NULL, sha256 BLOB NOT NULL,
        pack INTEGER NOT NULL, offset INTEGER NOT NULL,
        frame_length INTEGER NOT NULL, position INTEGER NOT NULL,
        same_account INTEGER, same_id TEXT, origin TEXT,
        UNIQUE (account, id))""",
    # A few bytes tell nearly all apart, and are quickly entered.
    "CREATE INDEX messages_bytes ON messages (substr(sha256, 1, 5))",
    """CREATE INDEX messages_same ON messages (same_account, same_id)
        WHERE same_id IS NOT NULL""",
    "CREATE INDEX messages_place ON messages (pack, offset, position)",
    "CREATE INDEX messages_date ON messages (account, date_ms, id)",
    # Messages that were forgotten since nothing held their bytes, and which message did once.
    """CREATE TABLE awaited (
        account INTEGER NOT NULL, id TEXT NOT NULL,
        same_account INTEGER NOT NULL, same_id TEXT NOT NULL, sha256 BLOB NOT NULL,
        UNIQUE (account, id))""",
    # Of a message that has changed: how it was saved, and each state since; labels 0 for gone.
    """CREATE TABLE label_states (
        key INTEGER PRIMARY KEY, message INTEGER NOT NULL,
        since_ms INTEGER NOT NULL, labels INTEGER NOT NULL)""",
    "CREATE INDEX label_states_message ON label_states (message, since_ms, key)",
    # The events that are not of one message, and where they lie.
    """CREATE TABLE events (
        key INTEGER PRIMARY KEY, account INTEGER NOT NULL,
        kind TEXT NOT NULL, name TEXT NOT NULL, at_ms INTEGER NOT NULL,
        number INTEGER NOT NULL, offset INTEGER NOT NULL,
        frame_length INTEGER NOT NULL, position INTEGER NOT NULL,
        UNIQUE (number, offset, position))""",
    "CREATE INDEX events_kind ON events (account, kind, name, key)",
)
GONE = 0  # among the labels of a state
INSERT = """INSERT OR IGNORE INTO messages
    (id, thread, date_ms, saved, length, sha256, pack, offset, frame_length, position,
    same_account, same_id, origin, account, labels)
    SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    (SELECT key FROM accounts WHERE address = ?), ?, ?, accounts.key, label_sets.key
    FROM accounts, label_sets WHERE address = ? AND label_sets.labels = ?"""
MOVE = """UPDATE messages
    SET length = ?, sha256 = ?, pack = ?, offset = ?, frame_length = ?, position = ?,
    same_account = (SELECT key FROM accounts WHERE address = ?), same_id = ?, origin = ?
    WHERE account = (SELECT key FROM accounts WHERE address = ?) AND id = ?"""
NOW = "messages"
AS_SAVED = """(SELECT key, account, id, thread, date_ms, saved, NULL AS gone,
    coalesce((SELECT label_states.labels FROM label_states WHERE message = messages.key
        ORDER BY label_states.key LIMIT 1), labels) AS labels,
    length, sha256, pack, offset, frame_length, position, same_account, same_id, origin
    FROM messages)"""
KEY = "WHERE accounts.address = ? AND id = ?"
HOLDING = """SELECT key FROM messages
    WHERE substr(sha256, 1, 5) = ? AND sha256 = ? AND same_id IS NULL ORDER BY key"""
SHARING = """WHERE same_account = (SELECT key FROM accounts WHERE address = ?) AND same_id = ?
    ORDER BY pack, offset, position"""
UNHELD = """WHERE same_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages AS holder
    WHERE holder.account = seen.same_account AND holder.id = seen.same_id
    AND holder.sha256 = seen.sha256 AND holder.same_id IS NULL)
    ORDER BY pack, offset, position"""
AWAIT = f"""INSERT OR REPLACE INTO awaited
    SELECT account, id, same_account, same_id, sha256 FROM messages AS seen
    {UNHELD}"""  # noqa: S608 - ours
COME_BACK = """SELECT 1 FROM awaited AS lost JOIN messages AS holder
    ON holder.account = lost.same_account AND holder.id = lost.same_id
    AND holder.sha256 = lost.sha256 AND holder.same_id IS NULL
    WHERE NOT EXISTS (SELECT 1 FROM messages AS here
        WHERE here.account = lost.account AND here.id = lost.id) LIMIT 1"""


_WHOLE = {int}


@lru_cache(maxsize=256)  # the same few sets come back again and again, and nobody changes them
def _labels(text: str) -> dict[str, str]:
    labels: dict[str, str] = json.loads(text)
    return labels


def as_of(millis: int) -> str:
    """In place of the table of messages: those of that moment, with the labels of then."""
    then = f"""SELECT key, account, id, thread, date_ms, saved, NULL AS gone,
        coalesce((SELECT label_states.labels FROM label_states
            WHERE message = messages.key AND since_ms <= {millis:d}
            ORDER BY since_ms DESC, label_states.key DESC LIMIT 1), labels) AS labels,
        length, sha256, pack, offset, frame_length, position, same_account, same_id, origin
        FROM messages WHERE saved <= {millis:d}"""  # noqa: S608 - a number of ours
    return f"(SELECT * FROM ({then}) WHERE labels <> {GONE})"  # noqa: S608 - ours


def entries(seen: str, *before: str) -> str:
    """The statement, up to its WHERE, that reads rows of `seen` as `entry` takes them; with other
    columns before those."""
    first = "".join(f"{column}, " for column in before)
    return f"""SELECT {first}accounts.address, id, thread, date_ms, saved, gone, label_sets.labels,
        length, sha256, (SELECT address FROM accounts AS others WHERE others.key = same_account),
        same_id, origin, pack, offset, frame_length, position
        FROM {seen} AS seen JOIN accounts ON accounts.key = account
        JOIN label_sets ON label_sets.key = seen.labels """  # noqa: S608 - ours


def row(entry: Entry) -> tuple[object, ...]:
    """The values of INSERT."""
    return (
        entry.id,
        entry.thread,
        entry.date_ms,
        entry.saved,
        entry.length,
        bytes.fromhex(entry.sha256),
        entry.pack,
        entry.offset,
        entry.frame_length,
        entry.position,
        *_same(entry),
        entry.origin or None,
        entry.account,
        labels_json(entry.labels),
    )


def moved(entry: Entry) -> tuple[object, ...]:
    """The values of MOVE."""
    sha256 = bytes.fromhex(entry.sha256)
    place = (entry.pack, entry.offset, entry.frame_length, entry.position)
    whence = (*_same(entry), entry.origin or None)
    return (entry.length, sha256, *place, *whence, entry.account, entry.id)


def _same(entry: Entry) -> tuple[str | None, str | None]:
    return (entry.same.account, entry.same.id) if entry.same else (None, None)


def entry(row: Sequence[Any]) -> Entry:
    """Raises BackupDamaged when that is no message."""
    (
        account,
        id,
        thread,
        date_ms,
        saved,
        gone,
        labels,
        length,
        sha256,
        other,
        same,
        origin,
        *place,
    ) = row
    try:
        pack, offset, frame_length, position = place
        numbers = (date_ms, saved, gone or 0, length, pack, offset, frame_length, position)
        if set(map(type, numbers)) != _WHOLE:
            raise TypeError(numbers)
        if not isinstance(other, str | None) or type(other) is not type(same):
            raise TypeError(same)
        if not isinstance(origin, str | None):
            raise TypeError(origin)
        return Entry(
            account=account,
            id=id,
            thread=thread,
            date_ms=date_ms,
            saved=saved,
            labels=_labels(labels),
            length=length,
            sha256=sha256.hex(),
            same=Same(other, same) if other is not None and same is not None else None,
            origin=origin or "",
            pack=pack,
            offset=offset,
            frame_length=frame_length,
            position=position,
            gone=gone,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise BackupDamaged(f"The index holds no usable entry for message {id!r}.") from error
