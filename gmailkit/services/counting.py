"""How much a search finds. Gmail's own estimate is often wrong, so the ids are counted."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec

MOST = 2_000  # counted at most: four pages


class Count(msgspec.Struct, frozen=True):
    """`exact` is False where counting stopped: then there are at least so many."""

    number: int
    exact: bool

    def __str__(self) -> str:
        return f"{'' if self.exact else 'at least '}{self.number:,}"


def count(found: Iterable[object], *, most: int = MOST) -> Count:
    """As far as `most`. A page of 500 costs 5 units, of conversations 10."""
    number = sum(1 for _ in islice(found, most))
    return Count(number, exact=number < most)
