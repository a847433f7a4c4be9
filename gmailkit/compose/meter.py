"""What a template may do before it is stopped: counted in steps, not in seconds.

A clock would let a template pass on one machine and fail on another, and cannot interrupt one long
operation. So everything pays before it is done: for what it looks at, and for what it makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import ClassVar

from jinja2.utils import Namespace

MOST_STEPS = 500_000  # well under a second
MOST_OUTPUT = 1_000_000  # bytes of one body in UTF-8
MOST_BITS = 2_048  # of a whole number

_SIGNS_A_STEP = 16


class TooMuch(Exception):
    """The template was stopped."""


class Meter:
    """The steps of one rendering."""

    most: ClassVar[int] = MOST_STEPS

    def __init__(self) -> None:
        self.steps = 0

    def pay(self, steps: int) -> None:
        """Raises TooMuch when that is more than there is left."""
        self.steps += steps
        if self.steps > self.most:
            raise TooMuch(f"it does too much (over {self.most:,} steps)")

    def pay_for(self, *values: object) -> None:
        """For looking at all that is in them."""
        self.pay(weigh(values, self.most - self.steps))

    def pay_for_signs(self, number: int) -> None:
        """For a text of that length."""
        self.pay(signs(number))


def signs(number: int) -> int:
    """The steps that a text of that length is worth."""
    return number // _SIGNS_A_STEP


def weigh(value: object, most: int) -> int:
    """How much there is in it, parts that are the same counted each time they come.

    Counting ends soon after `most`, so that a list that holds itself has a weight, too.
    """
    weight = 1
    waiting: list[object] = [value]
    while waiting and weight <= most:
        one = waiting.pop()
        if isinstance(one, str | bytes):
            weight += len(one) // _SIGNS_A_STEP
        elif isinstance(one, int):
            weight += one.bit_length() // MOST_BITS * most
        elif isinstance(one, Mapping):
            weight += 2 * len(one)
            if weight <= most:
                waiting += (*one.keys(), *one.values())
        elif isinstance(one, list | tuple | Set):
            weight += len(one)
            if weight <= most:
                waiting += one
        elif isinstance(one, range):
            weight += len(one)
        elif isinstance(one, Namespace):
            raise TooMuch("a namespace cannot be a value")  # its own values would not be counted
    return weight


def listed(meter: Meter, items: Iterable[object]) -> list[object]:
    """All of them, paid one by one."""
    made = []
    for item in items:
        meter.pay(1)
        made.append(item)
    return made
