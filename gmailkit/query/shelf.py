"""Documents in SQLite, as `sql.to_sql` looks for them: the second engine beside `match`.

Pure text: a caller runs the statements on its own connection (after `prepare`), and keeps what it
likes beside them under the same keys. Words are folded and cut by `words`, never by SQLite, whose
tokeniser here parts them at blanks alone; so both engines see the same words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from gmailkit.query.document import Document
from gmailkit.query.labels import ENCRYPTED
from gmailkit.query.links import LINKS
from gmailkit.query.near import is_near
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
    f"CREATE VIRTUAL TABLE search_words USING fts5({', '.join(COLUMNS.values())}, "
    f'tokenize = "{_TOKENS}")',
)
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


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that a compiled search may call."""
    connection.create_function("near", 5, is_near, deterministic=True)
    connection.create_function("holds", 2, _holds, deterministic=True)


def statements(key: int, document: Document) -> Iterator[_Statement]:
    """What keeps a document under a key that is still free."""
    mail = document.mail
    own = Document.of(mail, labels=OWN, date=0, size=0)  # labels change, so Bcc is always kept
    yield (
        "INSERT INTO search VALUES (?, ?, ?, ?, ?)",
        (key, document.date, document.size, mail.message_id.strip("<> "), _things(document)),
    )
    people = {(one.email.casefold(), field) for field in PEOPLE for one in own.addresses(field)}
    for email, field in sorted(people):
        yield "INSERT INTO search_people VALUES (?, ?, ?)", (email, field, key)
    texts = (own.body_index if not field else own.index(field) for field in COLUMNS)
    yield _INSERT_WORDS, (key, *texts)
    yield from label(key, document.labels)


def label(key: int, labels: frozenset[str]) -> Iterator[_Statement]:
    """What puts labels (ids of system labels, names of others) in the place of those it has."""
    yield "DELETE FROM search_labels WHERE key = ?", (key,)
    for name in sorted(labels):
        yield "INSERT INTO search_labels VALUES (?, ?)", (name, key)


def remove(key: int) -> Iterator[_Statement]:
    """What takes a document away."""
    yield "DELETE FROM search_words WHERE rowid = ?", (key,)
    for table in ("search", "search_people", "search_labels"):
        yield f"DELETE FROM {table} WHERE key = ?", (key,)  # noqa: S608 - ours


def _holds(index: str, wanted: str) -> bool:
    return wanted in index


def _things(document: Document) -> int:
    kept = {Thing.ATTACHMENT: bool(document.mail.attachments), ENCRYPTED: document.is_encrypted}
    kept |= {thing: any(map(found.match, document.links)) for thing, found in LINKS.items()}
    return sum(BITS[name] for name, there in kept.items() if there)
