"""What text becomes which tree, and what is refused where, and with which advice."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from gmailkit.errors import QueryError
from gmailkit.query import parse as parse_module
from gmailkit.query.operators import OPERATORS
from gmailkit.query.parse import MAX_DEPTH, MAX_LENGTH, parse
from gmailkit.query.tree import (
    After,
    And,
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
    Not,
    OlderThan,
    Or,
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

A, B, C, D = (Words(letter) for letter in "abcd")
FROM_A, FROM_B = Words("a", Field.FROM), Words("b", Field.FROM)

TREES: dict[str, Node] = {
    "": Everything(),
    " \t\n": Everything(),
    "a": A,
    "a b": And((A, B)),
    "a AND b c": And((A, B, C)),
    "a (b (c d))": And((A, B, C, D)),
    "a OR b OR c": Or((A, B, C)),
    "a|b | c": Or((A, B, C)),
    "{a {b c}}": Or((A, B, C)),
    "a OR {b (c OR d)}": Or((A, B, C, D)),
    "{a}": A,
    "a b OR c d": And((A, Or((B, C)), D)),
    "(a b) OR c": Or((And((A, B)), C)),
    "{a (b c)}": Or((A, And((B, C)))),
    "-a": Not(A),
    "-(a)": Not(A),
    "-(-a)": A,
    "-(a b)": Not(And((A, B))),
    "-{a b}": Not(Or((A, B))),
    "-(a OR b) c": And((Not(Or((A, B))), C)),
    "a-b": Words("a-b"),
    '"a  b"': Words("a b", exact=True),
    '-"a b"': Not(Words("a b", exact=True)),
    "+a": Words("a", exact=True),
    '+"a b"': Words("a b", exact=True),
    'a"b"c': And((A, Words("b", exact=True), C)),
    "a(b)c": And((A, B, C)),
    "or": Words("or"),
    '"OR"': Words("OR", exact=True),
    "ORA": Words("ORA"),
    "xOR b": And((Words("xOR"), B)),
    "-OR": Not(Words("OR", exact=True)),
    "a.b@c-d.com": Words("a.b@c-d.com"),
    "from:a": FROM_A,
    "FrOm:a": FROM_A,
    "from:  a": FROM_A,
    "from:\ta": FROM_A,
    "-from:a": Not(FROM_A),
    "from:(a b)": And((FROM_A, FROM_B)),
    "from:(a OR b)": Or((FROM_A, FROM_B)),
    "from: (a OR b)": Or((FROM_A, FROM_B)),
    "from:{a b}": Or((FROM_A, FROM_B)),
    "from:{a -(b)}": Or((FROM_A, Not(FROM_B))),
    "-from:{a b}": Not(Or((FROM_A, FROM_B))),
    'from:"a b"': Words("a b", Field.FROM, exact=True),
    "from:a:b": Words("a:b", Field.FROM),
    "subject:-a": Words("-a", Field.SUBJECT),
    "subject:OR": Words("OR", Field.SUBJECT, exact=True),
    "subject:+a": Words("a", Field.SUBJECT, exact=True),
    "cc:a": Words("a", Field.CC),
    "bcc:a": Words("a", Field.BCC),
    "to:a": Words("a", Field.TO),
    "deliveredto:a": Words("a", Field.DELIVERED_TO),
    "list:a": Words("a", Field.LIST),
    "filename:a": Words("a", Field.FILENAME),
    "rfc822msgid:<a@b>": MessageIdIs("a@b"),
    "rfc822msgid:a@b": MessageIdIs("a@b"),
    "after:2026/01/31": After(date(2026, 1, 31)),
    "newer:2026-1-31": After(date(2026, 1, 31)),
    "after:01/31/2026": After(date(2026, 1, 31)),
    "after:1388552400": After(1388552400),
    "before:2024/02/29": Before(date(2024, 2, 29)),
    "older:0": Before(0),
    "newer_than:2d": NewerThan(2, Unit.DAY),
    "newer_than:12h": NewerThan(12, Unit.HOUR),
    "older_than:1m": OlderThan(1, Unit.MONTH),
    "older_than:10y": OlderThan(10, Unit.YEAR),
    "larger:10M": Larger(10 * 1024 * 1024),
    "size:1000": Larger(1000),
    "smaller:2k": Smaller(2048),
    "label:Work/A-b": Label("Work/A-b"),
    'label:"Big  project"': Label("Big project"),
    "label:{a b}": Or((Label("a"), Label("b"))),
    "label:[a]": Label("[a]"),
    "label:INBOX": In(Place.INBOX),
    "label:unread": Is(State.UNREAD),
    "in:drafts": In(Place.DRAFT),
    "in:anywhere": In(Place.ANYWHERE),
    "in:starred": Is(State.STARRED),
    "in:(inbox OR work)": Or((In(Place.INBOX), Label("work"))),
    "is:read": Not(Is(State.UNREAD)),
    "-is:read": Is(State.UNREAD),
    "is:chat": In(Place.CHATS),
    "category:social": Category(Tab.SOCIAL),
    "has:yellow-star": Has(Thing.YELLOW_STAR),
    "has:nouserlabels": Not(Has(Thing.USER_LABELS)),
    "a AROUND 10 b": Around("a", "b", 10),
    '"a b" AROUND 3 c d': And((Around("a b", "c", 3), D)),
    "c OR a AROUND 3 b": Or((C, Around("a", "b", 3))),
    '"a AROUND 25 b"': Around("a", "b", 25, ordered=True),
    "subject:(a AROUND 3 b)": Around("a", "b", 3, field=Field.SUBJECT),
    'subject:"a b AROUND 3 c"': Around("a b", "c", 3, ordered=True, field=Field.SUBJECT),
    "around 3": And((Words("around"), Words("3"))),
    # What Gmail ignores stands in no tree.
    "from:": Everything(),
    "from: ": Everything(),
    'from:""': Everything(),
    "from:()": Everything(),
    "from: subject: a": Words("a", Field.SUBJECT),
    "from: OR a": A,
    "from: -a": Not(A),
    "-from: a": Not(FROM_A),
    "() {} $ & []": Everything(),
    "a -()": A,
    "a -$": A,
    "a OR $": A,
    "a - b": And((A, B)),
    "a + b": And((A, B)),
    "rfc822msgid:<>": Everything(),
}

NODES = list({type(tree): tree for tree in TREES.values()}.values())


def test_every_kind_of_node_has_a_query() -> None:
    assert {type(node) for node in NODES} == set(get_args(Node))


@pytest.mark.parametrize(("query", "tree"), TREES.items(), ids=[q or "(empty)" for q in TREES])
def test_a_query_becomes_this_tree(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize("operator", sorted(set(OPERATORS) - {"", "header"}))
def test_an_operator_without_a_value_filters_nothing(operator: str) -> None:
    assert parse(f"{operator}: ") == parse(f"-{operator}:") == Everything()
    assert parse(f"a {operator}:") == parse(f"{operator}: OR a") == A


# query -> position, a piece of the message, a piece of the hint
ERRORS: dict[str, tuple[int, str, str]] = {
    "form:amy": (0, "form: is no search operator", "Did you mean from:?"),
    "a form:amy": (2, "form:", '"form:amy"'),
    "-form:amy": (1, "form:", "from:"),
    "(form:amy)": (1, "form:", '"form:amy"'),
    "sbject:x": (0, "sbject:", "subject:"),
    "lable:x": (0, "lable:", "label:"),
    "Newer-than:2d": (0, "Newer-than:", "newer_than:"),
    "sender:amy": (0, "sender:", "from:"),
    "folder:x": (0, "folder:", "in:"),
    "message-id:x": (0, "message-id:", "rfc822msgid:"),
    "Re: lunch": (0, "Re:", '"Re:"'),
    "größe:x": (0, "größe:", '"größe:x"'),
    "xyzzy:1": (0, "xyzzy:", 'quote it: "xyzzy:1"'),
    "see https://x.example/a?b=c": (4, "web address", 'Write "https://x.example/a?b=c"'),
    "at 12:30": (3, "12:30", 'Write "12:30"'),
    "header:x": (7, "header:", "subject:"),
    '"a b': (0, "never closed", 'Close it with "'),
    'a "': (2, "never closed", 'Close it with "'),
    'subject:"a': (8, "never closed", 'Close it with "'),
    '+"a': (1, "never closed", 'Close it with "'),
    'a "b" "c': (6, "never closed", 'Close it with "'),
    "(a": (0, "( is never closed", "Add )"),
    "a {b (c)": (2, "{ is never closed", "Add }"),
    "from:(a": (5, "( is never closed", "Add )"),
    "a)": (1, ") closes nothing", "quotes"),
    "a :)": (3, ") closes nothing", "quotes"),
    "(a}": (2, "( is still open", "Put ) first"),
    "{(a} b)": (3, "( is still open", "Put ) first"),
    "OR": (0, "OR needs a term on both sides", '"OR"'),
    "OR a": (0, "OR needs", '"OR"'),
    "a OR": (2, "OR needs", '"OR"'),
    "a OR OR b": (5, "OR needs", '"OR"'),
    "a | | b": (4, "| needs", '"|"'),
    "a OR AND b": (5, "AND needs", '"AND"'),
    "(a OR) b": (3, "OR needs", '"OR"'),
    "a (OR b)": (3, "OR needs", '"OR"'),
    "AND": (0, "AND needs", '"AND"'),
    "a AND": (2, "AND needs", '"AND"'),
    "{a AND b}": (3, "braces", "{a (b c)}"),
    "--a": (1, "Two minus signs", '"--a"'),
    "from:(a subject:b)": (8, "subject: stands in a group that belongs to from:", "Close"),
    "AROUND": (0, "AROUND must stand between two words", "holiday AROUND 10 vacation"),
    "a AROUND": (2, "AROUND must stand between", "holiday AROUND 10 vacation"),
    "a AROUND 3": (2, "AROUND must stand between", "holiday AROUND 10 vacation"),
    "AROUND 3 a": (0, "AROUND must stand between", "holiday AROUND 10 vacation"),
    "a AROUND b c": (2, "number of words", "holiday AROUND 10 vacation"),
    "a AROUND 3 (b)": (2, "AROUND must stand between", "holiday AROUND 10 vacation"),
    "(a) AROUND 3 b": (4, "AROUND must stand between", "holiday AROUND 10 vacation"),
    "subject:a AROUND 3 b": (10, "AROUND must stand between", "subject:(a AROUND 3 b)"),
    "a AROUND 3 from:b": (2, "AROUND must stand between", "subject:(a AROUND 3 b)"),
    "-a AROUND 3 b": (3, "minus sign", "-(a AROUND"),
    "a AROUND 3 b AROUND 3 c": (13, "AROUND must stand between", "holiday AROUND"),
    '"a AROUND 3 b" AROUND 4 c': (15, "two words, not three", "blank"),
    '"a AROUND 3 b AROUND 4 c"': (0, "two words, not three", "blank"),
    "$ AROUND 3 b": (2, "word on both sides", "holiday AROUND 10 vacation"),
    "in:(a AROUND 3 b)": (6, "cannot stand after in:", "subject:(a AROUND 3 b)"),
    "after:yesterday": (6, "after:yesterday holds no date", "2026/01/31"),
    "after:2026.01.31": (6, "no date", "2026/01/31"),
    "after:2026/13/01": (6, "2026/13/01 is no day", "2026/01/31"),
    "before:2025-02-29": (7, "2025-02-29 is no day", "2026/01/31"),
    "before:31/12/2025": (7, "31/12/2025 is no day", "2026/01/31"),
    "after:0000/01/01": (6, "is no day", "2026/01/31"),
    "after:2026/01-31": (6, "no date", "2026/01/31"),
    "after:-1": (6, "no date", "since 1970"),
    "after:12:30": (6, "no date", "2026/01/31"),
    "after:２０２６/01/01": (6, "no date", "2026/01/31"),
    "after:2026": (6, "not a year", "after:2026/01/01"),
    "after:20260131": (6, "not a day", "2026/01/31"),
    "after:1388552400000": (6, "too large", "1388552400."),
    "newer_than:2w": (11, "newer_than:2w is no age", "newer_than:14d"),
    "newer_than:3": (11, "newer_than:3 is no age", "newer_than:3d"),
    "older_than:1D": (11, "older_than:1D is no age", "older_than:1d"),
    "older_than:d": (11, "no age", "older_than:30d"),
    "older_than:1.5y": (11, "no age", "older_than:30d"),
    "older_than:2days": (11, "no age", "older_than:30d"),
    "larger:10MB": (7, "larger:10MB is no size", "larger:10M."),
    "smaller:5kib": (8, "no size", "smaller:5K."),
    "larger:1.5M": (7, "no size", "larger:10M"),
    "larger:big": (7, "no size", "larger:10M"),
    "larger:1G": (7, "no size", "larger:10M"),
    "is:reed": (3, "is:reed is nothing Gmail knows", "is:read"),
    "is:spam": (3, "is:spam", "in:spam"),
    "is:work": (3, "is:work", "unread"),
    "has:attachments": (4, "has:attachments", "has:attachment"),
    "has:star": (4, "has:star", "has:"),
    "has:unread": (4, "has:unread", "is:unread"),
    "category:personal": (9, "category:personal", "primary"),
    "category:promotion": (9, "category:promotion", "category:promotions"),
    "larger:999999999999M": (7, "no size", "10M"),
    "(" * 200: (MAX_DEPTH, "deep", "Leave out"),
    "a" * 100_001: (MAX_LENGTH, "100,001 characters", "Split"),
}


@pytest.mark.parametrize(
    ("query", "expected"), ERRORS.items(), ids=[query[:30] for query in ERRORS]
)
def test_what_would_find_nothing_is_refused_with_a_way_out(
    query: str, expected: tuple[int, str, str]
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    position, message, hint = expected
    error = caught.value
    assert (error.position, error.query) == (position, query)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize("query", ERRORS, ids=[query[:30] for query in ERRORS])
def test_an_error_is_one_short_sentence_with_a_short_hint(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    for text in (caught.value.message, caught.value.hint):
        assert text.endswith((".", "?"))
        assert len(text) < 200
        assert "\n" not in text


def test_a_long_unknown_name_does_not_fill_the_error() -> None:
    with pytest.raises(QueryError) as caught:
        parse("x" * 5000 + ":1")
    assert len(caught.value.message) < 120
    assert len(caught.value.hint) < 120


def test_an_endless_query_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(query: str) -> None:
        raise AssertionError(f"read {len(query)} characters")

    monkeypatch.setattr(parse_module, "tokenize", read)
    with pytest.raises(QueryError, match="characters"):
        parse("(" * 10_000_000)


def test_groups_may_nest_up_to_the_limit() -> None:
    brackets = MAX_DEPTH // 2
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == A
    deep = "-(a {b " * brackets + "c" + "})" * brackets
    assert isinstance(parse(deep), Not)


def test_the_longest_query_is_read() -> None:
    words = ["ab"] * (MAX_LENGTH // 3)
    query = " ".join(words).ljust(MAX_LENGTH)
    assert parse(query) == And((Words("ab"),) * len(words))
    with pytest.raises(QueryError):
        parse(f"{query} ")


def test_joining_trees_keeps_them_flat() -> None:
    assert all_of([]) == all_of([Everything()]) == Everything()
    assert all_of([A, Everything(), all_of([B, C])]) == And((A, B, C))
    assert all_of([A]) == any_of([A]) == A
    assert any_of([A, any_of([B, C])]) == Or((A, B, C))
    assert any_of([A, Everything()]) == Everything()
    assert negate(negate(A)) == A


def test_no_tree_says_that_nothing_matches() -> None:
    with pytest.raises(ValueError, match="at least one"):
        any_of([])
    with pytest.raises(ValueError, match="cannot be negated"):
        negate(Everything())


@pytest.mark.parametrize("node", NODES, ids=lambda node: type(node).__name__)
def test_a_tree_never_changes_and_can_be_a_key(node: Node) -> None:
    assert {node: 1}[node] == 1
    for name in ("extra", *node.__struct_fields__):
        with pytest.raises(AttributeError):
            setattr(node, name, None)
