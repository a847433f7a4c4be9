"""Searches that nobody would write: no crash, and no work that grows faster than their length."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from gmailkit.errors import QueryError
from gmailkit.query.advice import advice
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.explain import drawn, in_words
from gmailkit.query.match import PACIFIC, matches
from gmailkit.query.parse import MAX_LENGTH, parse
from gmailkit.query.sql import to_sql
from gmailkit.query.text import to_text
from query.mailbox import CONTEXT, MAILBOX
from query.test_query_sql import hits, kept

PIECES = """( ) { } " - + | : * , . ' \\ / @ # $ % & = < > [ ] ~ ` ! ? OR AND AROUND NOT from: to:
cc: bcc: subject: list: filename: label: in: is: has: category: after: before: newer: older:
newer_than: older_than: size: larger: smaller: rfc822msgid: deliveredto: header: inbox unread
attachment primary
2026/01/31 31/12/2026 1388552400 7d 2w 10M me amy é ß 京 🎉 ‮ ­""".split()
SEPARATORS = ["", " ", " ", "\t", "\n", "\0", "\u2028"]
# What is repeated to make a long search: each way in which a parser could look back or ahead.
REPEATED = [
    *("a ", "a OR ", "a|", "(", ")", "{", '"', '"a" ', "-", "-a ", "+a ", "from:", "from:a "),
    *("from:(a) ", "{a b} ", "(a b) ", "a AROUND 3 b ", '"a AROUND 3 b" ', "label:a-b ", "a:b "),
    *("after:2026/01/31 ", "(a OR b) ", "-(a {b c}) ", "OR ", "AND ", "AROUND ", " ", "\0", "é"),
    *("from:a OR ", "京", "a.b.c.", "1.2.3 ", "a" * 50 + " ", "in:inbox ", "- ", "http://a/ "),
]


def everything(text: str) -> None:
    """All that is done with a search that somebody types."""
    advice(text)
    try:
        node = parse(text)
        asked = parts(with_instants(node, PACIFIC))
    except QueryError as error:
        assert error.message and error.hint
        assert 0 <= error.position <= len(text)
        return
    assert parse(to_text(node)) == node
    assert asked
    to_sql(node, context=CONTEXT, labels=["Work", "a-b"])
    for _ in (*drawn(node), *in_words(node)):
        pass


def steps(work: Callable[[str], object], text: str) -> int:
    """How many calls and lines of Python it takes."""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        work(text)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("piece", REPEATED, ids=[repr(piece[:12]) for piece in REPEATED])
def test_twice_as_long_is_no_more_than_about_twice_the_work(piece: str) -> None:
    before = sys.gettrace()
    if before is not None:
        pytest.skip("something else traces this run, as the coverage tool does")
    everything(piece * 10)  # what is worked out once only
    short, long = (steps(everything, piece * count) for count in (150, 300))
    assert long <= 2.5 * short + 2000


@pytest.mark.parametrize("piece", REPEATED, ids=[repr(piece[:12]) for piece in REPEATED])
@pytest.mark.parametrize("share", [20, pytest.param(1, marks=pytest.mark.soak)])
def test_the_longest_search_of_anything_is_read_or_refused(piece: str, share: int) -> None:
    most = MAX_LENGTH // share
    everything((piece * most)[:most])


@pytest.mark.parametrize("bracket", ["(", "{", "-(", "from:(", "a ("])
def test_brackets_ten_thousand_deep_are_refused(bracket: str) -> None:
    with pytest.raises(QueryError, match=r"deep|stands in a group"):
        parse(bracket * 10_000)


def strange(seed: int) -> Iterator[str]:
    pick = random.Random(seed)
    while True:
        size = pick.choice([1, 3, 8, 20, 60])
        yield "".join(pick.choice(PIECES) + pick.choice(SEPARATORS) for _ in range(size))


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_minutes_of_strange_searches() -> None:
    """GMAILKIT_FUZZ_SECONDS says how long (60), GMAILKIT_FUZZ_SEED with what (by the clock)."""
    seconds = float(os.environ.get("GMAILKIT_FUZZ_SECONDS", "60"))
    seed = int(os.environ.get("GMAILKIT_FUZZ_SEED", str(int(time.time()))))
    documents = list(MAILBOX.values())
    end, count, asked = time.monotonic() + seconds, 0, 0
    slowest, worst = 0.0, ""
    with closing(kept(MAILBOX)) as connection:
        for text in strange(seed):
            began = time.process_time()
            everything(text)
            took = (time.process_time() - began) / (len(text) + 50)
            if took > slowest:
                slowest, worst = took, text
            count += 1
            try:
                node = parse(text)
            except QueryError:
                continue
            asked += 1
            if asked % 20 == 0:
                found = {n for n, d in enumerate(documents) if matches(node, d, context=CONTEXT)}
                assert hits(connection, node) == found, (seed, text)
            if time.monotonic() > end:
                break
    print(
        f"seed {seed}: {count:,} searches in {seconds:.0f} s, {asked:,} of them legal; at most "
        f"{slowest * 1e6:.0f} us a character ({worst!r})"
    )
    print(f"again: GMAILKIT_FUZZ_SEED={seed} pytest -m soak -s {__file__.rpartition('/')[2]}")
    assert asked
