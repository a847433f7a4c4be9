"""A lazy list that knows afterwards whether it was all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")

REMEMBERED = 20_000  # items by which those that come twice are known; a few MB
PAGE = 500  # the most Gmail gives of messages, threads, drafts and history, at the price of one


class Listing(Generic[T], Iterator[T]):
    """Iterate once; pages are fetched as they are needed.

    `cut` is True once the iteration has ended at `limit` although there was more. A listing made
    item by item from another one (`source`) is cut when that one was.
    """

    def __init__(
        self,
        items: Iterator[T],
        *,
        limit: int | None = None,
        source: Listing[Any] | None = None,
    ) -> None:
        self._items = items
        self._left = limit
        self._source = source
        self._cut = False

    @property
    def cut(self) -> bool:
        return self._source.cut if self._source else self._cut

    def __next__(self) -> T:
        if self._left == 0:
            self._left = -1  # ask once
            self._cut = next(self._items, None) is not None
        if self._left == -1:
            raise StopIteration
        item = next(self._items)
        if self._left is not None:
            self._left -= 1
        return item


class Pages(Listing[T]):
    """A listing of Gmail's pages; `page(token)` gives one and the token of the next ("": none).

    Paging is no snapshot: what comes meanwhile shifts the pages, so an item whose `key` is among
    the last REMEMBERED that were given is left out. For one to come back later than that, as many
    would have to arrive while so many are listed. `next_page_token` is where the page after the
    present one begins, for a listing to go on from there soon (tokens do not last).
    """

    def __init__(
        self,
        page: Callable[[str | None], tuple[Sequence[T], str]],
        *,
        key: Callable[[T], object],
        limit: int | None = None,
        page_token: str | None = None,
    ) -> None:
        self.next_page_token = page_token or ""
        super().__init__(self._follow(page, key), limit=limit)

    def _follow(
        self, page: Callable[[str | None], tuple[Sequence[T], str]], key: Callable[[T], object]
    ) -> Iterator[T]:
        given: OrderedDict[object, None] = OrderedDict()
        while True:
            items, self.next_page_token = page(self.next_page_token or None)
            for item in items:
                if (known := key(item)) not in given:
                    given[known] = None
                    if len(given) > REMEMBERED:
                        given.popitem(last=False)
                    yield item
            if not self.next_page_token:
                return


def page_size(max_results: int | None, limit: int | None) -> int:
    """Items to ask for at once: no more than `limit` and the one that shows it was a cut."""
    if max_results is not None:
        return max_results
    return PAGE if limit is None else min(PAGE, limit + 1)
