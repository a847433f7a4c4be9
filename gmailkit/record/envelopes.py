"""Envelopes seen before: immutable facts, so one read of 20 units is enough for ever.

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

import msgspec

from gmailkit.model.envelope import Envelope
from gmailkit.paths import PRIVATE_FILE, private_folder

log = logging.getLogger(__name__)

_SCHEMA = 1  # raise it when Envelope changes: older rows are then dropped
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
        wanted = list(ids)
        known: dict[str, Envelope] = {}
        with self._lock:
            try:
                for start in range(0, len(wanted), _AT_ONCE):
                    some = wanted[start : start + _AT_ONCE]
                    marks = ",".join("?" * len(some))
                    rows = self._open().execute(
                        f"SELECT id, envelope FROM envelope WHERE id IN ({marks})",  # noqa: S608
                        some,
                    )
                    known.update((id, _decode(blob)) for id, blob in rows)
            except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
                self._give_up(error)
        return known

    def put(self, envelopes: Iterable[Envelope]) -> None:
        rows = [(envelope.id, msgspec.json.encode(envelope)) for envelope in envelopes]
        with self._lock:
            try:
                with self._open() as database:
                    database.executemany("INSERT OR REPLACE INTO envelope VALUES (?, ?)", rows)
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
        if version != _SCHEMA:
            database.execute("DROP TABLE IF EXISTS envelope")
        database.execute(
            "CREATE TABLE IF NOT EXISTS envelope (id TEXT PRIMARY KEY, envelope BLOB NOT NULL)"
            " WITHOUT ROWID"
        )
        database.execute(f"PRAGMA user_version = {_SCHEMA}")


_decoder = msgspec.json.Decoder(Envelope)


def _decode(blob: bytes) -> Envelope:
    return _decoder.decode(blob)
