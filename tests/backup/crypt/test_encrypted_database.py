"""A database that is encrypted answers as a plain one does, and tells nobody else anything."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.backup.crypt.database import connect, connect_any
from gmailkit.backup.index import Index

KEY = secrets.token_bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(path, "rwc", key=KEY)
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("CREATE TABLE mail (subject TEXT UNIQUE, raw BLOB)")
    yield connection
    connection.close()


def test_it_answers_as_the_standard_library_does(database: sqlite3.Connection) -> None:
    before = database.total_changes
    rows = [(f"subject {number}", bytes([number])) for number in range(3)]
    database.execute("BEGIN IMMEDIATE")
    assert database.in_transaction
    database.executemany("INSERT INTO mail VALUES (?, ?)", rows)
    database.execute("COMMIT")
    assert database.total_changes - before == 3
    found = database.execute("SELECT * FROM mail WHERE subject <= ? ORDER BY 1", ("subject 1",))
    assert found.fetchone() == rows[0]
    assert list(found) == [rows[1]]
    assert database.execute("SELECT * FROM mail WHERE subject = 'x'").fetchone() is None


def test_its_errors_are_those_of_the_standard_library(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO mail VALUES ('a', NULL)")
    with pytest.raises(sqlite3.IntegrityError) as caught:
        database.execute("INSERT INTO mail VALUES ('a', NULL)")
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT_UNIQUE"
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.execute("SELECT * FROM elsewhere")


def test_file_and_journal_say_nothing(database: sqlite3.Connection, path: Path) -> None:
    database.execute("INSERT INTO mail VALUES ('a', NULL)")
    database.execute("PRAGMA cache_size = 1")
    database.execute("BEGIN IMMEDIATE")
    rows = ((f"Quarterly figures {number}", b"x" * 500) for number in range(200))
    database.executemany("INSERT INTO mail VALUES (?, ?)", rows)
    journal = path.with_name(f"{path.name}-journal").read_bytes()
    assert journal
    assert b"Quarterly" not in journal + path.read_bytes()
    database.execute("COMMIT")
    assert b"Quarterly" not in path.read_bytes()
    assert not path.read_bytes().startswith(b"SQLite format 3")


def test_another_key_opens_nothing(database: sqlite3.Connection, path: Path) -> None:
    other = connect(path, "ro", key=secrets.token_bytes(32))
    with pytest.raises(sqlite3.DatabaseError) as caught:
        other.execute("SELECT * FROM mail").fetchall()
    assert caught.value.sqlite_errorname == "SQLITE_NOTADB"
    other.close()


def test_a_flipped_bit_gives_no_text(database: sqlite3.Connection, path: Path) -> None:
    rows = [(f"Quarterly figures {number}", b"x" * 500) for number in range(200)]
    database.execute("BEGIN")
    database.executemany("INSERT INTO mail VALUES (?, ?)", rows)
    database.execute("COMMIT")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)
    other = connect(path, "ro", key=KEY)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        other.execute("SELECT * FROM mail").fetchall()
    other.close()


def test_what_is_sorted_in_memory_does_not_spill_to_a_file_in_the_clear() -> None:
    for connection in (
        connect_any(None, "rw", key=bytes(32)),
        Index.in_memory(Path("index"), key=bytes(32))._sql,
    ):
        assert connection.execute("PRAGMA temp_store").fetchone() == (2,), "2 is memory"
        connection.close()
