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
    Around,
    Before,
    Category,
    Everything,
    Field,
    Has,
    In,
    Is,
    Label,
    Larger,
    MessageIdIs,
    NewerThan,
    Node,
    OlderThan,
    Place,
    Smaller,
    State,
    Tab,
    Thing,
    Unit,
    Words,
    all_of,
    any_of,
    negate,
)
from query.tables import TABLES

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


# What a user may write without quotes: no blank, bracket, bar or quotation mark; no sign first.
INSIDE = st.sampled_from("abcxyzABC019éßжאع京あ한🎉._-+@/#'%*:")
FIRST = st.sampled_from("abcxyzABC019éßжאع京あ한🎉")
bare = st.builds(lambda first, rest: first + "".join(rest), FIRST, st.lists(INSIDE, max_size=8))
plain = bare.filter(lambda text: ":" not in text and text not in ("AND", "OR", "AROUND"))
quoted = st.lists(bare, min_size=1, max_size=4).map(" ".join)
fields = st.sampled_from([field for field in Field if field])
numbers = st.integers(0, 999_999_999)
moments = st.dates() | st.sampled_from([0, 12345, 1388552400, 99_999_999_999])

leaves = st.one_of(
    st.builds(Words, plain),
    st.builds(Words, bare, fields),
    st.builds(Words, quoted, fields | st.just(Field.ANYWHERE), st.just(True)),
    st.builds(Around, quoted, quoted, numbers, st.booleans(), st.sampled_from(Field)),
    st.builds(MessageIdIs, bare | quoted),
    st.builds(After, moments),
    st.builds(Before, moments),
    st.builds(NewerThan, numbers, st.sampled_from(Unit)),
    st.builds(OlderThan, numbers, st.sampled_from(Unit)),
    st.builds(Larger, numbers),
    st.builds(Smaller, numbers),
    st.builds(Label, (bare | quoted).map(lambda name: f"x{name}")),  # never a system label
    st.builds(In, st.sampled_from(Place)),
    st.builds(Is, st.sampled_from(State)),
    st.builds(Category, st.sampled_from(Tab)),
    st.builds(Has, st.sampled_from(Thing)),
)
trees = st.recursive(
    leaves,
    lambda children: st.one_of(
        st.lists(children, min_size=2, max_size=4).map(all_of),
        st.lists(children, min_size=2, max_size=4).map(any_of),
        children.map(negate),
    ),
    max_leaves=12,
)


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
    tree = parse("from:(" + " OR ".join(["ab"] * 1000) + ")")
    assert len(to_text(tree)) > MAX_LENGTH
    with pytest.raises(QueryError, match="characters"):
        parse(to_text(tree))
