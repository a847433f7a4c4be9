"""What is read next, read by a thread while the one before is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

_DEPTH = 4  # so that neither side waits for the other
_END = object()


def beforehand(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items, and what `items` raises, in the same order. Close it early, and nobody reads
    any more."""
    with ThreadPoolExecutor(1, "gmailkit-read") as thread:
        coming = deque(thread.submit(next, items, _END) for _ in range(_DEPTH))
        while (item := coming.popleft().result()) is not _END:
            coming.append(thread.submit(next, items, _END))
            yield item  # type: ignore[misc]  # the end is none of them
