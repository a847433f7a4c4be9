"""A tree has one spelling, and that spelling is the same tree."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import QueryError
from gmailkit.query.parse import MAX_LENGTH, parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import (
    After,
    Everything,
    Field,
    Label,
    Node,
    Words,
)
from query.tables import TABLES
from query.trees import trees

QUERIES = [query for table in TABLES.values() for query in table]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("from:(amy OR bob)", "from:amy OR from:bob"),
        ("a   AND b", "a b"),
        ("a b OR c", "a (b OR c)"),
        ("{a (b c)}", "a OR (b c)"),
        ("-{a b}", "-(a OR b)"),
        ("-subject:{a b}", "-(subject:a OR subject:b)"),
        ("+a", '"a"'),
        ('"a   b"', '"a b"'),
        ("in:starred", "is:starred"),
        ("is:read", "-is:unread"),
        ("newer:2026-1-2", "after:2026/01/02"),
        ("older:1388552400", "before:1388552400"),
        ("size:1K", "larger:1024"),
        ('label:"Big project"', 'label:"Big project"'),
        ("label:INBOX", "in:inbox"),
        ("a AROUND 3 b", "a AROUND 3 b"),
        ("c -(a AROUND 3 b)", "c -(a AROUND 3 b)"),
        ("c OR a AROUND 3 b", "c OR (a AROUND 3 b)"),
        ('subject:"a AROUND 3 b"', 'subject:"a AROUND 3 b"'),
        ("from: subject:a", "subject:a"),
        ("rfc822msgid:<a@b>", "rfc822msgid:a@b"),
    ],
)
def test_of_many_spellings_one_is_kept(query: str, canonical: str) -> None:
    assert to_text(parse(query)) == canonical


@pytest.mark.parametrize("query", QUERIES, ids=[query or "(empty)" for query in QUERIES])
def test_every_documented_search_survives_its_own_spelling(query: str) -> None:
    tree = parse(query)
    assert parse(to_text(tree)) == tree
    assert to_text(parse(to_text(tree))) == to_text(tree)


@settings(max_examples=200, deadline=None)
@given(trees)
def test_any_tree_is_what_its_text_says(tree: Node) -> None:
    assert parse(to_text(tree)) == tree


PIECES = """a b ( ) { } " - + | : OR AND AROUND 3 from: subject: in: inbox after: 2026/01/31 label:
é $ 京""".split()
SYNTAX = st.sampled_from([*PIECES, " ", " ", "\0"])


@settings(max_examples=200, deadline=None)
@given(st.lists(SYNTAX, max_size=25).map("".join))
def test_any_text_is_refused_or_has_one_spelling(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        assert 0 <= error.position < max(len(text), 1)
        return
    assert parse(to_text(tree)) == tree


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        assert error.message and error.hint
    else:
        assert parse(to_text(tree)) == tree


@pytest.mark.parametrize(
    "tree",
    [
        Words("two words"),
        Words("a OR b", Field.SUBJECT),
        Words("OR"),
        Words("-minus"),
        Words("+plus", Field.FROM),
        Words("https://x.example"),
        Words("(bracket"),
        Words('say "hi" now'),
    ],
)
def test_text_that_only_quotes_can_carry_is_quoted(tree: Words) -> None:
    words = tree.text.replace('"', " ").split()
    assert parse(to_text(tree)) == Words(" ".join(words), tree.field, exact=True)


def test_a_quotation_mark_in_a_label_is_written_as_a_dash() -> None:
    assert to_text(Label('My "own"')) == 'label:"My -own-"'


def test_a_long_label_name_survives() -> None:
    name = "Projekt/" + "Größe & Länge [alt] " * 11 + "x"
    assert len(name) > 225
    assert parse(to_text(Label(name))) == Label(name)


def test_everything_has_no_text() -> None:
    assert to_text(Everything()) == ""


def test_an_early_year_is_written_with_four_digits() -> None:
    assert to_text(After(date(7, 1, 2))) == "after:0007/01/02"


def test_a_spelling_may_outgrow_what_can_be_asked() -> None:
    tree = parse("from:(" + " OR ".join(["ab"] * 10_000) + ")")
    assert len(to_text(tree)) > MAX_LENGTH
    with pytest.raises(QueryError, match="characters"):
        parse(to_text(tree))
