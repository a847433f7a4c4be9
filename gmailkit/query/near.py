"""Whether two texts lie near each other: what AROUND asks."""

from __future__ import annotations

from bisect import bisect_left

from gmailkit.query.words import phrase


def is_near(index: str, left: str, right: str, distance: int, ordered: bool) -> bool:
    """`index` is one of `words.index_of`; `left` comes first if `ordered`, else any does."""
    wanted = phrase(left).split(), phrase(right).split()
    for text in index.split("\n"):
        words = text.split()
        lefts, rights = (_places(each, words) for each in wanted)
        if _follows(lefts, len(wanted[0]), rights, distance):
            return True
        if not ordered and _follows(rights, len(wanted[1]), lefts, distance):
            return True
    return False


def _places(needle: list[str], words: list[str]) -> list[int]:
    """Where in `words` the needle begins."""
    count = len(needle)
    return [
        at
        for at, word in enumerate(words)
        if word == needle[0] and words[at : at + count] == needle
    ]


def _follows(firsts: list[int], length: int, seconds: list[int], distance: int) -> bool:
    """Whether a second begins after a first ends, and at most `distance` words on.

    Open: whether Gmail counts the words between or, as here, the steps from one to the other.
    """
    for first in firsts:
        following = bisect_left(seconds, first + length)
        if following < len(seconds) and seconds[following] - (first + length - 1) <= distance:
            return True
    return False
