"""How much Python is executed: lines, counted instead of timed, so that no busy machine matters.

What one call into C does is not seen. For that, tests hand over so much that anything worse than
linear would take hours, and the time limit of every test ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def lines_of(act: Callable[[], object]) -> int:
    """Lines executed in this thread while `act` runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        if event == "line":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def grows_with_its_input(act: Callable[[int], object], size: int, *, times: int = 4) -> bool:
    """Whether `act(times * size)` executes at most `times` the lines of `act(size)`, a tenth more
    and some for what happens once.
    """
    act(1)  # what is imported or compiled at first
    small, large = lines_of(lambda: act(size)), lines_of(lambda: act(times * size))
    return large <= 1.1 * times * small + 500
