"""`gmailkit query explain`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_it_shows_tree_words_gmails_text_and_sql(cli: Run) -> None:
    ran = cli("query", "explain", "from:ann -label:done")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "tree:",
        "in words:",
        "as Gmail is asked:",
        "as SQL:",
    ]
    assert "  from:ann -label:done" in lines
    assert "  and do not have the label done" in "\n".join(lines)
    assert """  with '{sender} : "ann"', 'done'""" in lines


def test_it_asks_nobody_and_needs_no_login(cli: Run) -> None:
    ran = cli("query", "explain", "label:whatever", "--json")
    facts = json.loads(ran.out)
    assert facts["gmail"] == ["label:whatever"]
    assert facts["parameters"] == ["whatever"]


def test_a_long_list_is_shown_in_the_parts_it_is_asked_in(cli: Run) -> None:
    query = "from:(" + " OR ".join(f"nobody{number}" for number in range(200)) + ")"
    facts = json.loads(cli("query", "explain", query, "--json").out)
    assert len(facts["gmail"]) == 4
    assert "one by one" in cli("query", "explain", query).out


def test_a_slip_gets_a_caret_and_a_suggestion(cli: Run) -> None:
    ran = cli("query", "explain", "is:unread form:ann")
    assert ran.code == 2
    assert ran.out == ""
    line, caret = ran.err.splitlines()[1:3]
    assert caret.index("^") == line.index("form:")
    assert "from:" in ran.err


def test_a_doubt_is_said_on_stderr(cli: Run) -> None:
    ran = cli("query", "explain", "ann or bob")
    assert ran.code == 0
    assert "OR" in ran.err


def test_alone_it_says_what_there_is(cli: Run) -> None:
    assert "explain" in cli("query").out
