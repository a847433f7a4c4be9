"""Doubts about searches that are legal all the same."""

from __future__ import annotations

import pytest

from gmailkit.query.advice import advice
from gmailkit.query.parse import parse


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("cat or dog", "write OR"),
        ("cat and dog", "small letters"),
        ("NOT cat", "minus sign"),
        ("cat - dog", "minus sign excludes only"),
        ("a b OR c", "round brackets"),
        ("(a b OR c) d", "round brackets"),
        ("inv*", "no wildcards"),
        ("subject:inv*", "no wildcards"),
        ("“two words”", "straight ones"),
        ("cat from:", "from: has no value"),
        ("from: subject:cat", "from: has no value"),
        ("cat $", "$ holds no letter or digit"),
        ('cat ""', "empty pair of quotes"),
        ("from:", "finds every message"),
        ("-", "finds every message"),
        ('""', "finds every message"),
        ("from:$", "finds every message"),
        ("after:06/05/2026", "month/day/year"),
        ("older:6/5/2026", "month/day/year"),
        ("size:1M", "larger:"),
        ("rfc822msgid:a%b@example.com", "percent sign"),
    ],
)
def test_a_doubtful_search_is_legal_and_gets_a_note(query: str, note: str) -> None:
    parse(query)
    assert any(note in line for line in advice(query)), advice(query)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "cat",
        "cat OR dog",
        "{cat dog} bird",
        "(cat OR dog) bird",
        "a OR (b c)",
        '"cat or dog"',
        "subject:or x",
        "subject:(a OR b) from:(c OR d)",
        "+or x",
        "after:2026/06/05 before:1388552400",
        "larger:1M",
        "label:* x",
        "-cat",
        "a-b",
    ],
)
def test_a_plain_search_gets_none(query: str) -> None:
    assert advice(query) == ()


@pytest.mark.parametrize("query", ["form:amy", "(", "a OR", "x" * 100_001])
def test_a_refused_search_gets_none(query: str) -> None:
    assert advice(query) == ()


def test_the_same_note_comes_once() -> None:
    assert len(advice("a or b or c or d")) == 1
