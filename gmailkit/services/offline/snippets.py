"""The part of a text where a search hit, and which of its words did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from gmailkit.query.words import split_words

LENGTH = 200  # characters, about those of Gmail's own
_BEFORE = 30  # of them before the first hit
_LOOKED_AT = 200_000  # characters of a text
_PIECE = re.compile(r"\S+")


class Snippet(msgspec.Struct, frozen=True):
    """`hits` are the (start, end) of what was looked for in `text`, in order."""

    text: str = ""
    hits: tuple[tuple[int, int], ...] = ()


def snippet(text: str, needles: Sequence[str]) -> Snippet:
    """About the first hit, or the beginning of the text where there is none."""
    text = " ".join(text[:_LOOKED_AT].split())
    hits = list(_hits(text, needles))
    start = max(hits[0][0] - _BEFORE, 0) if hits else 0
    if start:
        start = text.rfind(" ", 0, start) + 1
    end = start + LENGTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + LENGTH // 2)
    shown = tuple((a - start, b - start) for a, b in hits if b <= end)
    return Snippet(text[start:end], shown)


def _hits(text: str, needles: Sequence[str]) -> Iterator[tuple[int, int]]:
    wanted = [words for words in map(split_words, needles) if words]
    if not wanted:
        return
    pieces = list(_PIECE.finditer(text))
    # Most pieces are one word; a piece may be several (a.b@c), or none (a dash).
    words = [(word, at) for at, piece in enumerate(pieces) for word in split_words(piece[0])]
    found: set[int] = set()
    for each in wanted:
        for at in range(len(words) - len(each) + 1):
            if all(words[at + n][0] == word for n, word in enumerate(each)):
                found.update(place for _, place in words[at : at + len(each)])
    for place in sorted(found):
        start, end = pieces[place].span()
        piece = pieces[place][0]
        left = len(piece) - len(piece.lstrip("([{<\"'"))
        right = len(piece) - len(piece.rstrip(")]}>\"'.,;:!?"))
        yield start + left, max(end - right, start + left + 1)
