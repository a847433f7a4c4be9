"""The tables of a search database: those of `query.shelf`, and whose message a key is."""

from __future__ import annotations

from typing import Final

from gmailkit.query import shelf

NAME: Final = "search.sqlite3"
APPLICATION: Final = 0x474D4B53  # "GMKS", so that file(1) and we know whose database it is
VERSION: Final = 3
# What `messages.state` says.
WAITING, READ, DAMAGED = 0, 1, 2
TABLES: Final = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE accounts (key INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE)",
    # Keys rise with the dates up to the one that `facts` calls "sorted"; later ones came late.
    """CREATE TABLE messages (
        key INTEGER PRIMARY KEY, account INTEGER NOT NULL, id TEXT NOT NULL, thread TEXT NOT NULL,
        date_ms INTEGER NOT NULL, pack INTEGER NOT NULL, offset INTEGER NOT NULL,
        position INTEGER NOT NULL, state INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX messages_ids ON messages (id, account)",
    "CREATE INDEX messages_threads ON messages (thread, account)",
    f"CREATE INDEX messages_waiting ON messages (pack, offset, position) WHERE state = {WAITING}",
    f"CREATE INDEX messages_damaged ON messages (key) WHERE state = {DAMAGED}",
    # Attached files whose text was not read, or not to its end.
    """CREATE TABLE unread_files (
        message INTEGER NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (message, place)) WITHOUT ROWID""",
)
SCHEMA: Final = (*TABLES, *shelf.SCHEMA)
