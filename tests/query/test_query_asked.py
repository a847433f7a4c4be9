"""A search as Gmail is asked it: days as moments, long lists in parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import QueryError
from gmailkit.query.asked import SAFE_LENGTH, parts, with_instants
from gmailkit.query.match import matches
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Node
from query.mailbox import CONTEXT, MAILBOX
from query.trees import askable, trees

BERLIN = ZoneInfo("Europe/Berlin")


def found(node: Node) -> set[str]:
    return {id for id, each in MAILBOX.items() if matches(node, each, context=CONTEXT)}


def seconds(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[misc]


def test_a_day_begins_at_midnight_of_the_zone_in_winter_and_in_summer() -> None:
    winter, summer = seconds(2026, 1, 30, 23), seconds(2026, 6, 30, 22)
    node = with_instants(parse("after:2026/01/31 -(a OR before:2026/07/01)"), BERLIN)
    assert to_text(node) == f"after:{winter} -(a OR before:{summer})"


def test_moments_and_what_is_no_day_stay_as_they_are() -> None:
    text = "after:1388552400 newer_than:7d from:amy"
    assert to_text(with_instants(parse(text), BERLIN)) == text


def test_a_day_before_1970_is_the_first_of_gmails_time() -> None:
    assert to_text(with_instants(parse("after:1950/01/01"), UTC)) == "after:0"


@given(trees)
@settings(max_examples=200, deadline=None)
def test_a_search_with_moments_finds_what_the_one_with_days_finds(node: Node) -> None:
    zone = timezone(timedelta(hours=-8))  # that of the mailbox's context
    assert found(with_instants(node, zone)) == found(node)


def test_a_short_search_is_asked_whole() -> None:
    node = parse("a OR b")
    assert parts(node) == (node,)


def test_a_long_list_is_asked_in_parts_that_find_the_same() -> None:
    senders = " OR ".join(["amy", *(f"nobody{number}@example.com" for number in range(300)), "bob"])
    whole = parse(f"from:({senders}) -in:trash")
    asked = parts(whole)
    assert len(asked) > 5
    assert all(len(to_text(each)) <= SAFE_LENGTH for each in asked)
    assert set().union(*map(found, asked)) == found(whole) != set()


def test_what_must_not_all_hold_is_a_list_of_alternatives_too() -> None:
    whole = parse(f"-({' '.join(f'word{number}' for number in range(300))})")
    asked = parts(whole)
    assert all(len(to_text(each)) <= SAFE_LENGTH for each in asked)
    assert set().union(*map(found, asked)) == found(whole) == set(MAILBOX)


@given(st.lists(askable, min_size=2, max_size=6), st.integers(60, 400))
@settings(max_examples=200, deadline=None)
def test_parts_find_together_what_the_whole_finds(nodes: list[Node], limit: int) -> None:
    whole = parse(" OR ".join(f"({to_text(node)})" for node in nodes))
    try:
        asked = parts(whole, limit=limit)
    except QueryError:
        return
    assert all(len(to_text(each)) <= limit for each in asked)
    assert set().union(*map(found, asked)) == found(whole)


@pytest.mark.parametrize(
    "query",
    ["a" * 1600, " ".join(f"word{number}" for number in range(300))],
    ids=["one word", "many that must all be there"],
)
def test_what_has_no_alternatives_cannot_be_parted(query: str) -> None:
    with pytest.raises(QueryError, match="longer than Gmail") as caught:
        parts(parse(query))
    assert "OR" in caught.value.hint


def test_more_parts_than_anybody_means_are_refused() -> None:
    senders = " OR ".join(f"nobody{number}@example.com" for number in range(3000))
    with pytest.raises(QueryError, match="longer than Gmail") as caught:
        parts(parse(f"from:({senders})"), limit=100)
    assert "256" in caught.value.hint
