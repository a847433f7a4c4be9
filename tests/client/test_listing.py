from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from gmailkit.client.listing import PAGE, REMEMBERED, Listing, Pages, page_size


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


class Book:
    """Pages of letters by token, and which were asked for."""

    def __init__(self, *pages: str) -> None:
        self._pages = pages
        self.asked: list[str | None] = []

    def page(self, token: str | None) -> tuple[str, str]:
        self.asked.append(token)
        number = int(token or 0)
        last = number + 1 == len(self._pages)
        return self._pages[number], "" if last else str(number + 1)


def test_pages_are_followed_when_they_are_needed_and_to_the_end() -> None:
    book = Book("ab", "", "cd")
    pages = Pages(book.page, key=str)
    assert book.asked == []
    assert next(pages) == "a"
    assert book.asked == [None]
    assert list(pages) == ["b", "c", "d"], "an empty page is not the end"
    assert book.asked == [None, "1", "2"]
    assert not pages.cut


def test_an_item_that_slid_to_the_next_page_is_given_once() -> None:
    assert list(Pages(Book("abc", "cde").page, key=str)) == list("abcde")


def test_an_item_that_slid_over_many_pages_is_given_once() -> None:
    """As many as are remembered came while they were listed, at the front of every page."""
    pages, shift = REMEMBERED // PAGE, REMEMBERED - PAGE

    def page(token: str | None) -> tuple[range, str]:
        number = int(token or 0)
        start = max(number * PAGE - shift, 0) if number >= pages else number * PAGE
        return range(start, start + PAGE), str(number + 1) if number < 2 * pages else ""

    given = list(Pages(page, key=int))
    assert len(given) == len(set(given))


def test_a_listing_does_not_grow_with_what_it_has_given() -> None:
    """A mailbox may hold millions."""

    def held(count: int) -> int:
        def page(token: str | None) -> tuple[list[str], str]:
            at = int(token or 0)
            return [f"id {n}" for n in range(at, at + PAGE)], str(at + PAGE) if at < count else ""

        tracemalloc.start()
        try:
            assert sum(1 for _ in Pages(page, key=str)) > count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert held(9 * REMEMBERED) < 1.1 * held(3 * REMEMBERED)


def test_a_listing_goes_on_from_the_page_where_another_stopped() -> None:
    first = Pages(Book("ab", "cd", "ef").page, key=str)
    assert [next(first), next(first)] == ["a", "b"]
    book = Book("ab", "cd", "ef")
    rest = Pages(book.page, key=str, page_token=first.next_page_token)
    assert list(rest) == list("cdef")
    assert book.asked == ["1", "2"]
    assert rest.next_page_token == ""


def test_pages_beyond_the_limit_are_not_fetched_and_it_is_said() -> None:
    book = Book("abc", "def", "ghi")
    pages = Pages(book.page, key=str, limit=2)
    assert (list(pages), pages.cut) == (["a", "b"], True)
    assert book.asked == [None]


@pytest.mark.parametrize(
    ("max_results", "limit", "asked"),
    [(None, None, 500), (None, 10, 11), (None, 5000, 500), (50, None, 50), (50, 10, 50)],
)
def test_a_page_is_no_larger_than_needed_to_see_a_cut(
    max_results: int | None, limit: int | None, asked: int
) -> None:
    assert page_size(max_results, limit) == asked
