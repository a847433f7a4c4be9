"""What became of each message of a copy, and whether all of it is found in the target."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import closing

import pytest

from gmailkit.model.item import Ref
from gmailkit.record.copies import Receipt
from gmailkit.services.copying.outcomes import Outcomes


@pytest.fixture
def outcomes() -> Iterator[Outcomes]:
    with closing(Outcomes()) as opened:
        yield opened


def came(outcomes: Outcomes, ref: str, name: str, state: str = "added") -> None:
    outcomes.give(Ref(ref), ref.encode("utf-8", "surrogatepass"))
    outcomes.settle(Receipt(ref=Ref(ref), state=state, came=name))  # type: ignore[arg-type]


def test_what_was_added_and_is_not_read_as_it_was_given_is_missing(outcomes: Outcomes) -> None:
    for ref, name, state in (
        ("whole", "1", "added"),
        ("\udcff", "2", "added"),  # the name of a file in no valid Unicode
        ("other bytes", "3", "added"),
        ("gone", "4", "added"),
        ("there before", "5", "present"),
        ("refused", "6", "refused"),
    ):
        came(outcomes, ref, name, state)

    assert outcomes.seek_added()
    outcomes.find(Ref("1"), b"whole")
    outcomes.find(Ref("2"), "\udcff".encode("utf-8", "surrogatepass"))
    outcomes.find(Ref("3"), b"something else")

    assert list(outcomes.missing()) == ["other bytes", "gone"]
    assert list(outcomes.found()) == ["whole", "\udcff"]
    assert list(outcomes.came()) == ["whole", "\udcff", "other bytes", "gone", "there before"]
    outcomes.forget([Ref("gone"), Ref("\udcff")])
    assert list(outcomes.came()) == ["whole", "other bytes", "there before"]


def test_each_name_that_is_looked_for_is_taken_once(outcomes: Outcomes) -> None:
    for ref, name, state in (("a", "1", "added"), ("b", "1", "added"), ("c", "2", "present")):
        came(outcomes, ref, name, state)
    came(outcomes, "d", "3")

    outcomes.seek_added()
    assert outcomes.take([Ref("1"), Ref("2"), Ref("9")]) == {"1"}
    assert outcomes.take([Ref("1")]) == set()
    assert list(outcomes.rest()) == ["3"]

    assert outcomes.seek_all()
    outcomes.find_listed([Ref("1"), Ref("2")])
    assert list(outcomes.rest()) == ["3"]
    assert list(outcomes.found()) == ["a", "b", "c"]


def test_memory_does_not_follow_the_number_of_messages(outcomes: Outcomes) -> None:
    tracemalloc.start(1)
    try:
        for number in range(10_000):
            came(outcomes, f"message {number}", f"as {number}")
        outcomes.seek_added()
        outcomes.find_listed(Ref(f"as {number}") for number in range(9_999))
        assert list(outcomes.missing()) == ["message 9999"]
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
