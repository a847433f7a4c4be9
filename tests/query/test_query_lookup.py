"""A search that is meant to be slow, on a large index: found soon, or stopped (recipe S13)."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count, islice

import pytest

from gmailkit.errors import QueryError, TimedOut, UsageError
from gmailkit.query import shelf, tree
from gmailkit.query.lookup import MOST_PARTS, keys
from gmailkit.query.match import matches
from gmailkit.query.near import is_near
from gmailkit.query.parse import MAX_LENGTH, parse
from gmailkit.query.sql import Where, to_sql
from gmailkit.query.tree import Field, Node, Words
from query.mailbox import CONTEXT, MAILBOX
from query.test_query_fuzz import steps, strange
from query.test_query_sql import kept

SLOW = [  # what the word index has most work with: texts that repeat themselves, and all that have
    '"a b a b a b a a"',
    " ".join(f'-"a b a {n}"' for n in range(4_000)),
    "{" + " ".join(f'"a b {n} a"' for n in range(4_000)) + "}",
    "a AROUND 1 a -(b AROUND 1 b)",
    f'"{"a b " * 20_000}"',
    f'-"{"a " * 20_000} c" -"{"a b " * 3} c"',
    " ".join(f"{{from:x{n} -to:y{n} a}}" for n in range(1_000)),
]


@pytest.fixture(scope="module")
def large() -> Iterator[sqlite3.Connection]:
    """5,000 messages of 400 words that are much alike, and one that says one word 100,000 times."""
    texts = [" " + "a b " * 200] * 5_000 + [" " + "a " * 100_000]
    with closing(sqlite3.connect(":memory:")) as connection:
        shelf.prepare(connection, lambda key, column: texts[key] if column == "body" else " ")
        for statement in shelf.SCHEMA:
            connection.execute(statement)
        for key, text in enumerate(texts):
            fields = tuple(text if name == "body" else " " for name in shelf.COLUMNS.values())
            for statement, values in shelf.statements(
                key, shelf.Row(key, key, str(key), 0, (), fields)
            ):
                connection.execute(statement, values)
        yield connection


def asked(query: str) -> Where:
    return to_sql(parse(query), context=CONTEXT, labels=["Work"])


def ticking(seconds: float) -> Callable[[], float]:
    """A clock on which so much passes between two looks at it."""
    ticks = count()
    return lambda: next(ticks) * seconds


@pytest.mark.parametrize("query", SLOW, ids=[query[:20] for query in SLOW])
def test_a_search_that_takes_too_long_is_stopped_and_the_next_one_is_answered(
    large: sqlite3.Connection, query: str
) -> None:
    with pytest.raises(TimedOut, match=r"longer than 1 s, so it was stopped") as caught:
        keys(large, asked(query), seconds=1, monotonic=ticking(1))
    assert "after:" in caught.value.hint
    assert keys(large, asked("rfc822msgid:7"), seconds=1, monotonic=ticking(0)) == [7]


@pytest.mark.parametrize("query", SLOW, ids=[query[:20] for query in SLOW])
def test_no_step_of_a_search_is_so_long_that_it_cannot_be_stopped(
    large: sqlite3.Connection, query: str
) -> None:
    """SQLite looks at the clock between its steps alone."""
    looks = count()

    def looking() -> float:
        next(looks)
        return time.thread_time()

    try:
        keys(large, asked(query), seconds=0.2, monotonic=looking)
    except TimedOut:
        assert next(looks) > 2


@pytest.mark.parametrize("end, found", [("a", [5_000]), ("b", [])])
def test_a_long_phrase_is_found_in_a_text_that_repeats_itself(
    large: sqlite3.Connection, end: str, found: list[int]
) -> None:
    """Where the word index alone looks for it, it takes it 6,000 looks at the clock."""
    where = asked(f'"{"a " * 4_000}{end}"')
    assert keys(large, where, seconds=100, monotonic=ticking(1)) == found


def test_thousands_of_words_beside_each_other_are_one_question_to_the_index() -> None:
    """One by one they took seconds, of which most could not be stopped."""
    few = asked("a OR b").sql.count("SELECT")
    for query in (
        *("{" + " ".join(f"x{n}" for n in range(2_000)) + "}", " ".join("ab" * 2_000)),
        " ".join(f"-x{n}" for n in range(2_000)),
        "{" + " ".join(f"(x{n} y)" for n in range(2_000)) + "}",
        " ".join(f"-(x{n} y)" for n in range(2_000)),
    ):
        assert asked(query).sql.count("SELECT") <= few


def test_what_has_too_many_parts_for_an_index_is_refused(large: sqlite3.Connection) -> None:
    parts = [tree.Words(str(n), Field.BCC) for n in range(MOST_PARTS)]
    where = to_sql(tree.Or(tuple(parts)), context=CONTEXT, labels=[])
    with pytest.raises(UsageError, match=r"more than 5,000 parts") as caught:
        keys(large, where, seconds=1, monotonic=ticking(0))
    assert "Split it" in caught.value.hint


def test_where_the_machine_takes_fewer_parameters_that_is_said_too(
    large: sqlite3.Connection,
) -> None:
    before = large.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 3)
    try:
        with pytest.raises(UsageError, match="parts"):
            keys(large, asked("larger:1 smaller:9 {a label:work}"), seconds=1, monotonic=ticking(0))
    finally:
        large.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


def test_another_error_of_the_index_is_not_taken_for_the_time() -> None:
    with closing(sqlite3.connect(":memory:")) as empty, pytest.raises(sqlite3.OperationalError):
        keys(empty, asked("a"), seconds=1, monotonic=ticking(0))


PLAIN = ["%", "_", "a%", "a_b", "*", "a*", "^a", 'a" OR "b', "NEAR(a b)", "{body} : a", "a NOT b"]
PLAIN += [
    "'; DROP TABLE search; --",
    "\0",
    "a\0b",
    '"',
    '""',
    "\\",
    "(",
    ")",
    "a - b",
    "body:a",
    "?1",
]


@pytest.mark.parametrize("field", [Field.ANYWHERE, Field.SUBJECT, Field.FROM, Field.BCC])
def test_what_means_something_to_sqlite_is_text(field: Field) -> None:
    """In any place where words of a search come to stand: alone, joined, denied, and long."""
    other = Words("meeting", field)
    with closing(kept(MAILBOX)) as connection:
        for word in (Words(text, field) for text in PLAIN):
            long = Words(f"{word.text} " * 40, field)
            nodes: list[Node] = [word, long, tree.Or((word, other)), tree.And((other, word))]
            nodes += [tree.Not(word), tree.And((tree.Not(word), tree.Not(other)))]
            for node in nodes:
                where = to_sql(node, context=CONTEXT, labels=["Work"])
                found = set(keys(connection, where, seconds=9, monotonic=ticking(0)))
                every = enumerate(MAILBOX.values())
                assert found == {n for n, each in every if matches(node, each, context=CONTEXT)}


def test_a_text_near_another_is_looked_for_word_by_word_once() -> None:
    """However often text and needle repeat themselves."""

    def work(size: str) -> None:
        index = " " + "a " * int(size)
        assert not is_near(index, "a " * (int(size) // 2) + "b", "c", 5, False)

    work("10")
    short, long = steps(work, "2000"), steps(work, "4000")
    assert long <= 2.5 * short


@pytest.mark.parametrize("most", [300, pytest.param(5_000, marks=pytest.mark.soak)])
def test_strange_searches_raise_nothing_and_end_in_time(
    large: sqlite3.Connection, most: int
) -> None:
    """S13; GMAILKIT_TEST_SEED repeats them."""
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(1 << 32)))
    stopped, legal, slowest = 0, 0, 0.0
    for query in islice(strange(seed), most):
        try:
            where = asked(query)
        except QueryError:
            continue
        legal += 1
        began = time.monotonic()
        try:
            keys(large, where, seconds=1, monotonic=time.monotonic)
        except TimedOut:
            stopped += 1
        slowest = max(slowest, time.monotonic() - began)
    print(f"seed {seed}: {legal:,} of {most:,} legal, {stopped} stopped, {slowest:.2f} s at most")
    assert legal
    assert MAX_LENGTH == 100_000  # longer ones are refused before
