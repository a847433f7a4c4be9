"""The two engines find the same: `match` a message at a time, `to_sql` in the tables of `shelf`."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import QueryError
from gmailkit.model.mail import Address, Mail
from gmailkit.query import lookup, shelf
from gmailkit.query.document import Document
from gmailkit.query.match import matches
from gmailkit.query.parse import MAX_LENGTH, parse
from gmailkit.query.row import row_of
from gmailkit.query.sql import Where, to_sql
from gmailkit.query.tree import Node
from query.mailbox import CONTEXT, MAILBOX
from query.tables import TABLES
from query.test_query_tables import spelt_out
from query.trees import askable, trees, words

ROWS = [(query, ids) for table in TABLES.values() for query, ids in table.items()]


def kept(documents: Mapping[str, Document]) -> sqlite3.Connection:
    """The documents in memory, under their places in the mapping."""
    connection = sqlite3.connect(":memory:")
    every = tuple(documents.values())
    rows = [row_of(each) for each in every]
    places = list(shelf.COLUMNS.values())
    shelf.prepare(connection, lambda key, column: rows[key].texts[places.index(column)])
    for statement in shelf.SCHEMA:
        connection.execute(statement)
    for key, document in enumerate(every):
        keep(connection, key, document)
    return connection


def keep(connection: sqlite3.Connection, key: int, document: Document) -> None:
    for statement, values in (
        *shelf.statements(key, row_of(document)),
        *shelf.label(key, document.labels),
    ):
        connection.execute(statement, values)


def labels_of(connection: sqlite3.Connection) -> list[str]:
    return [label for (label,) in connection.execute("SELECT DISTINCT label FROM search_labels")]


def found(connection: sqlite3.Connection, where: Where) -> set[int]:
    return set(lookup.keys(connection, where, seconds=60, monotonic=time.monotonic))


def hits(connection: sqlite3.Connection, node: Node) -> set[int]:
    return found(connection, to_sql(node, context=CONTEXT, labels=labels_of(connection)))


@pytest.fixture(scope="module")
def mailbox() -> Iterator[sqlite3.Connection]:
    with closing(kept(MAILBOX)) as connection:
        yield connection


def named(keys: set[int]) -> set[str]:
    return {f"m{key + 1:02}" for key in keys}


@pytest.mark.parametrize(("query", "ids"), ROWS, ids=[query or "(empty)" for query, _ in ROWS])
def test_sql_finds_exactly_the_messages_read_off_by_hand(
    mailbox: sqlite3.Connection, query: str, ids: str
) -> None:
    assert named(hits(mailbox, parse(query))) == spelt_out(ids)


@settings(max_examples=300, deadline=None)
@given(askable)
def test_any_tree_finds_the_same_in_both_engines(mailbox: sqlite3.Connection, node: Node) -> None:
    expected = {id for id, each in MAILBOX.items() if matches(node, each, context=CONTEXT)}
    assert named(hits(mailbox, node)) == expected


T = TypeVar("T")


def few(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(strategy, min_size=1, max_size=4)


texts = st.lists(words, max_size=6).map(" ".join) | st.text(max_size=30)
mails = st.builds(
    Mail,
    sender=st.builds(Address, st.just("Amy@Example.com"), texts),
    to=st.lists(
        st.builds(Address, st.sampled_from(["me@example.com", "x@y.z"]), texts), max_size=2
    ).map(tuple),
    bcc=st.lists(st.builds(Address, st.just("ME@example.com"), texts), max_size=1).map(tuple),
    subject=texts,
    text=texts,
    html=texts,
)
documents = st.builds(
    lambda mail, labels, date: Document.of(mail, labels=labels, date=date, size=date % 3000),
    mails,
    st.frozensets(st.sampled_from(["INBOX", "SENT", "DRAFT", "UNREAD", "Work", "a-b", "ä/b"])),
    st.integers(0, 2_000_000_000),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(documents, min_size=1, max_size=4), st.lists(askable | trees, min_size=1, max_size=4)
)
def test_any_mail_is_found_the_same_by_both_engines(
    mails: list[Document], nodes: list[Node]
) -> None:
    with closing(kept({str(place): each for place, each in enumerate(mails)})) as connection:
        for node in nodes:
            expected = {
                key for key, each in enumerate(mails) if matches(node, each, context=CONTEXT)
            }
            assert hits(connection, node) == expected


@settings(max_examples=200, deadline=None)
@given(documents)
def test_any_subject_finds_its_own_mail_whatever_is_in_it(document: Document) -> None:
    needle = " ".join(document.mail.subject.replace('"', " ").split())
    with closing(kept({"one": document})) as connection:
        try:
            node = parse(f'subject:"{needle}"')
        except QueryError:
            return
        assert hits(connection, node) == {0}


def test_a_condition_holds_nothing_that_the_user_wrote() -> None:
    node = parse(
        '''subject:"'); DROP TABLE search; --" label:"x') OR 1" rfc822msgid:a'b from:"*"'''
    )
    where = to_sql(node, context=CONTEXT, labels=["x') OR 1"])
    assert "DROP" not in where.sql
    assert "'" not in where.sql


def test_a_thousand_alternatives_are_not_too_deep(mailbox: sqlite3.Connection) -> None:
    query = " OR ".join(f"w{number}" for number in range(1200))
    assert len(query) < MAX_LENGTH
    assert hits(mailbox, parse(f"{query} OR from:amy")) == hits(mailbox, parse("from:amy"))


def test_labels_follow_a_change_without_a_look_at_the_labels_of_others() -> None:
    with closing(kept(MAILBOX)) as connection:
        for statement, values in shelf.label(0, frozenset({"Moved"})):
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                assert "SCAN" not in step
            connection.execute(statement, values)
        assert hits(connection, parse("label:moved")) == {0}
        assert 0 not in hits(connection, parse("in:inbox"))


@pytest.mark.parametrize("query", ["", "lunch", "from:amy -in:inbox", "a AROUND 9 b", "bcc:me"])
def test_run_by_run_from_the_newest_on_the_same_is_found(
    mailbox: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(lookup, "FIRST_RUN", 5)
    where = to_sql(parse(query), context=CONTEXT, labels=labels_of(mailbox))
    asked = lookup.Lookup(mailbox, where, seconds=60, monotonic=time.monotonic)
    every = enumerate(MAILBOX.values())
    expected = [n for n, each in every if matches(parse(query), each, context=CONTEXT)]
    assert list(asked.downward(0, len(MAILBOX) - 1)) == expected[::-1]


def test_characters_that_full_text_search_takes_for_its_own_are_words(
    mailbox: sqlite3.Connection,
) -> None:
    pieces = [
        "*",
        '"',
        "^",
        ":",
        "+",
        "-",
        "(",
        ")",
        "{",
        "}",
        "NEAR",
        "AND",
        "OR",
        "NOT",
        "a",
        ",",
    ]
    pick = random.Random(6)
    asked = 0
    for _ in range(5000):
        text = "".join(pick.choice([*pieces, " "]) for _ in range(pick.randint(1, 12)))
        try:
            node = parse(text)
        except QueryError:
            continue
        asked += 1
        hits(mailbox, node)
    assert asked > 500
