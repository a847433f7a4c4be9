"""Envelopes seen before, and what messages say of their list: immutable facts, so one read of 20
units is enough for ever. Conversations too, each good for as long as its thread does not change.

A cache: it lies in the cache folder, may be deleted at any time, and a file that cannot be read
or written only costs units.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.mailing import Mailing
from gmailkit.paths import PRIVATE_FILE, private_folder

log = logging.getLogger(__name__)

_SCHEMA = 4  # raise it when what is kept changes: older rows are then dropped
_TABLES = ("envelope", "conversation", "mailing")
_AT_ONCE = 500  # placeholders in one SELECT


class EnvelopeCache:
    """The envelopes of one account, by message id. Safe to use from several threads.

    `folder` is asked for on first use: to name it may take a call to Gmail.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def get(self, ids: Iterable[str]) -> dict[str, Envelope]:
        """Those of `ids` that are known."""
        return self._get("envelope", _envelopes, ids)

    def put(self, envelopes: Iterable[Envelope]) -> None:
        self._put("envelope", envelopes)

    def conversations(self, ids: Iterable[str]) -> dict[str, Conversation]:
        """Those of the thread `ids` that are known, as they were at their `history_id`."""
        return self._get("conversation", _conversations, ids)

    def put_conversations(self, conversations: Iterable[Conversation]) -> None:
        self._put("conversation", conversations)

    def mailings(self, ids: Iterable[str]) -> dict[str, Mailing]:
        """What those of `ids` that are known say of their list."""
        return self._get("mailing", _mailings, ids)

    def put_mailings(self, mailings: Iterable[Mailing]) -> None:
        self._put("mailing", mailings)

    def _get(
        self, table: str, decoder: msgspec.json.Decoder[Any], ids: Iterable[str]
    ) -> dict[str, Any]:
        wanted = list(ids)
        known: dict[str, Any] = {}
        with self._lock:
            try:
                for start in range(0, len(wanted), _AT_ONCE):
                    some = wanted[start : start + _AT_ONCE]
                    marks = ",".join("?" * len(some))
                    rows = self._open().execute(
                        f"SELECT id, facts FROM {table} WHERE id IN ({marks})",  # noqa: S608
                        some,
                    )
                    known.update((id, decoder.decode(blob)) for id, blob in rows)
            except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
                self._give_up(error)
        return known

    def _put(self, table: str, seen: Iterable[Envelope | Conversation | Mailing]) -> None:
        rows = [(each.id, msgspec.json.encode(each)) for each in seen]
        with self._lock:
            try:
                with self._open() as database:
                    insert = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608
                    database.executemany(insert, rows)
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            path = private_folder(self._folder()) / "envelopes.sqlite3"
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))  # SQLite would let others
            database = sqlite3.connect(path, timeout=5, check_same_thread=False)
            try:
                _prepare(database)
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _give_up(self, error: Exception) -> None:
        log.debug("the envelope cache is of no use: %s", error)


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=OFF")  # a lost row costs one read, nothing more
    with database:
        for table in _TABLES:
            if version != _SCHEMA:
                database.execute(f"DROP TABLE IF EXISTS {table}")
            database.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, facts BLOB NOT NULL)"
                " WITHOUT ROWID"
            )
        database.execute(f"PRAGMA user_version = {_SCHEMA}")


_envelopes = msgspec.json.Decoder(Envelope)
_conversations = msgspec.json.Decoder(Conversation)
_mailings = msgspec.json.Decoder(Mailing)
