"""Whether two texts lie near each other: what AROUND asks."""

from __future__ import annotations

from bisect import bisect_left

from gmailkit.query.words import phrase


def is_near(index: str, left: str, right: str, distance: int, ordered: bool) -> bool:
    """`index` is one of `words.index_of`; `left` comes first if `ordered`, else any does."""
    wanted = phrase(left).split(), phrase(right).split()
    borders = tuple(map(_borders, wanted))
    for text in index.split("\n"):
        words = text.split()
        lefts, rights = (_places(*each, words) for each in zip(wanted, borders, strict=True))
        if _follows(lefts, len(wanted[0]), rights, distance):
            return True
        if not ordered and _follows(rights, len(wanted[1]), lefts, distance):
            return True
    return False


def _borders(needle: list[str]) -> list[int]:
    """For each beginning of the needle, how long the longest one is that it ends with as well."""
    borders, length = [0], 0
    for word in needle[1:]:
        while length and word != needle[length]:
            length = borders[length - 1]
        length += word == needle[length]
        borders.append(length)
    return borders


def _places(needle: list[str], borders: list[int], words: list[str]) -> list[int]:
    """Where in `words` the needle begins, each word looked at once or twice (Knuth, Morris, Pratt),
    however often text and needle repeat themselves.
    """
    places, length = [], 0
    for at, word in enumerate(words):
        while length and (length == len(needle) or word != needle[length]):
            length = borders[length - 1]
        length += word == needle[length]
        if length == len(needle):
            places.append(at + 1 - length)
    return places


def _follows(firsts: list[int], length: int, seconds: list[int], distance: int) -> bool:
    """Whether a second begins after a first ends, and at most `distance` words on.

    Open: whether Gmail counts the words between or, as here, the steps from one to the other.
    """
    for first in firsts:
        following = bisect_left(seconds, first + length)
        if following < len(seconds) and seconds[following] - (first + length - 1) <= distance:
            return True
    return False
