"""Numbers in order, in which one is found without looking at all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def place_in(ordered: Sequence[int], number: int) -> int | None:
    """Where it stands among them; None where it does not."""
    place = bisect_left(ordered, number)
    return place if place < len(ordered) and ordered[place] == number else None
