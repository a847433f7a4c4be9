"""A lazy list that knows afterwards whether it was all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


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
