"""Documents in SQLite, as `sql.to_sql` looks for them: the second engine beside `match`.

Pure text: a caller runs the statements on its own connection (after `prepare`), and keeps what it
likes beside them under the same keys, which rise with the dates as far as it can. Words are folded
and cut by `words`, never by SQLite, whose tokeniser here parts them at blanks alone; so both
engines see the same words. Texts are not kept: whoever holds the mail is asked for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from gmailkit.query.labels import ENCRYPTED
from gmailkit.query.links import LINKS
from gmailkit.query.tree import Field, Thing

COLUMNS: Final[dict[Field, str]] = {
    Field.SUBJECT: "subject",
    Field.FROM: "sender",
    Field.TO: "recipients",
    Field.CC: "copies",
    Field.BCC: "blind_copies",
    Field.FILENAME: "filename",
    Field.ANYWHERE: "body",  # what no other column holds
    Field.DELIVERED_TO: "delivered_to",
    Field.LIST: "list",
}
# Every other character than a blank makes up words, so that `words` alone decides. The line feed
# that `words.index_of` puts between texts is a word of its own: no phrase reaches across it.
_TOKENS = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
SCHEMA: Final = (
    """CREATE TABLE search (
        key INTEGER PRIMARY KEY, date REAL NOT NULL, size INTEGER NOT NULL,
        message_id TEXT NOT NULL, things INTEGER NOT NULL)""",
    "CREATE INDEX search_dates ON search (date)",
    "CREATE INDEX search_message_ids ON search (message_id)",
    """CREATE TABLE search_people (
        email TEXT NOT NULL, field TEXT NOT NULL, key INTEGER NOT NULL,
        PRIMARY KEY (email, field, key)) WITHOUT ROWID""",
    """CREATE TABLE search_labels (
        label TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (label, key)) WITHOUT ROWID""",
    "CREATE INDEX search_labels_keys ON search_labels (key)",
    f"CREATE VIRTUAL TABLE search_words USING fts5({', '.join(COLUMNS.values())}, "
    f"content = '', tokenize = \"{_TOKENS}\")",
)
TABLES: Final = ("search", "search_people", "search_labels", "search_words")
PEOPLE = (Field.FROM, Field.TO, Field.CC, Field.BCC)
OWN = ("SENT", "DRAFT")  # labels of mail that can be found by its Bcc
BITS: Final[dict[str, int]] = {
    name: 1 << place for place, name in enumerate((Thing.ATTACHMENT, *LINKS, ENCRYPTED))
}
_INSERT_WORDS = (
    f"INSERT INTO search_words (rowid, {', '.join(COLUMNS.values())}) "  # noqa: S608 - ours
    f"VALUES (?{', ?' * len(COLUMNS)})"
)
_Statement = tuple[str, tuple[object, ...]]


Texts = Callable[[int, str], str]
"""What the column of a key holds, as `statements` was given it."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a document but for its labels, which change; `texts` as in COLUMNS."""

    date: float
    size: int
    message_id: str
    things: int
    people: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]


def prepare(connection: sqlite3.Connection, texts: Texts) -> None:
    """Give a connection the functions that a compiled search may call.

    `texts` is asked for what the word index cannot tell: long phrases, and what lies how near.
    """

    def near(key: int, column: str, *wanted: Any) -> bool:
        from gmailkit.query.near import is_near

        return is_near(texts(key, column), *wanted)

    def holds(key: int, column: str, wanted: str) -> bool:
        return wanted in texts(key, column)

    connection.create_function("near", 6, near)
    connection.create_function("holds", 3, holds)


def statements(key: int, row: Row) -> Iterator[_Statement]:
    """What keeps a row under a key that no other ever had."""
    yield (
        "INSERT INTO search VALUES (?, ?, ?, ?, ?)",
        (key, row.date, row.size, row.message_id, row.things),
    )
    for email, field in row.people:
        yield "INSERT INTO search_people VALUES (?, ?, ?)", (email, field, key)
    yield _INSERT_WORDS, (key, *row.texts)


def label(key: int, labels: frozenset[str]) -> Iterator[_Statement]:
    """What puts labels (ids of system labels, names of others) in the place of those it has."""
    yield "DELETE FROM search_labels WHERE key = ?", (key,)
    for name in sorted(labels):
        yield "INSERT INTO search_labels VALUES (?, ?)", (name, key)
