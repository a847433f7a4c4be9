from __future__ import annotations

from collections.abc import Iterator

import pytest

from gmailkit.client.listing import Listing


def numbers(asked: list[int], end: int = 100) -> Iterator[int]:
    for number in range(end):
        asked.append(number)
        yield number


@pytest.mark.parametrize(
    ("limit", "there", "given", "cut"),
    [
        (None, 3, 3, False),
        (2, 3, 2, True),
        (3, 3, 3, False),
        (4, 3, 3, False),
        (1, 0, 0, False),
    ],
)
def test_cut_is_true_only_when_there_was_more(
    limit: int | None, there: int, given: int, cut: bool
) -> None:
    listing = Listing(iter(range(there)), limit=limit)
    assert len(list(listing)) == given
    assert listing.cut is cut
    assert next(listing, None) is None, "an exhausted listing stays exhausted"
    assert listing.cut is cut


def test_nothing_is_asked_for_before_it_is_needed() -> None:
    asked: list[int] = []
    listing = Listing(numbers(asked), limit=5)
    assert asked == []
    next(listing)
    assert asked == [0]


def test_a_listing_made_of_another_is_cut_when_that_one_is() -> None:
    ids = Listing(iter("abc"), limit=2)
    words = Listing((letter * 2 for letter in ids), source=ids)
    assert list(words) == ["aa", "bb"]
    assert words.cut
