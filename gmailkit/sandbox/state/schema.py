"""The tables of a sandbox. `n` columns are ours; `id` columns are what Gmail's API shows."""

from __future__ import annotations

from gmailkit.sandbox.state import (
    bin,
    drafts,
    folders,
    grants,
    history,
    pop,
    service_accounts,
    settings,
    watch,
)

VERSION = 3
# What a file of that version lacks.
UPGRADES = {2: folders.TABLES + pop.TABLES}

# AUTOINCREMENT: an `n` is never given twice, so a cached reading of a message cannot go stale.
_OWN = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    history INTEGER NOT NULL,
    labels_made INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE aliases (
    address TEXT PRIMARY KEY COLLATE NOCASE,
    user INTEGER NOT NULL REFERENCES users(n)
) WITHOUT ROWID;

CREATE TABLE labels (
    user INTEGER NOT NULL REFERENCES users(n),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    message_list TEXT NOT NULL,
    label_list TEXT NOT NULL,
    background TEXT,
    text TEXT,
    PRIMARY KEY (user, id),
    UNIQUE (user, name_key)
) WITHOUT ROWID;

CREATE TABLE messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES users(n),
    id TEXT NOT NULL,
    thread TEXT NOT NULL,
    date_ms INTEGER NOT NULL,
    size INTEGER NOT NULL,
    history INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    UNIQUE (user, id)
);
CREATE INDEX messages_by_date ON messages (user, date_ms DESC, n DESC);
CREATE INDEX messages_by_thread ON messages (user, thread, date_ms, n);
CREATE INDEX messages_by_message_id ON messages (user, message_id);
CREATE TABLE content (message INTEGER PRIMARY KEY, raw BLOB NOT NULL);
CREATE TABLE message_labels (
    message INTEGER NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (message, label)
) WITHOUT ROWID;
CREATE INDEX message_labels_by_label ON message_labels (label, message);
CREATE TABLE thread_keys (
    user INTEGER NOT NULL,
    key TEXT NOT NULL,
    thread TEXT NOT NULL,
    PRIMARY KEY (user, key)
) WITHOUT ROWID;
"""
# Each room keeps its own tables in its own file.
TABLES = "".join(
    (
        _OWN,
        history.TABLES,
        drafts.TABLES,
        bin.TABLES,
        watch.TABLES,
        grants.TABLES,
        service_accounts.TABLES,
        settings.TABLES,
        folders.TABLES,
        pop.TABLES,
    )
)
