"""Text as the search index sees it: folded whole words.

Words are case-insensitive and accent-insensitive; punctuation splits them; inside a number a dot
is a decimal sign, so `01.2047-100` is two words (support.google.com/mail/answer/7190).

Open: Gmail may stem words or add synonyms (that is what `+word` is said to switch off). Nothing
here does: a test that passes on whole words passes on Gmail, but not the other way round.
Open: scripts written without blanks (Chinese, Japanese, Thai, Lao, Khmer, Burmese): here each
character is a word, so that any run of them is found as a phrase. So is each emoji.
Open: letters that do not decompose (ø, ł, đ) are kept apart from their plain look-alikes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Accents of Latin, Greek and Cyrillic. Marks of other scripts are part of the spelling.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_DOT_OUTSIDE_NUMBER = re.compile(r"(?<!\d)\.|\.(?!\d)")
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3041, 0x30FF),  # hiragana, katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_EMOJI = ((0x2600, 0x27BF), (0x1F000, 0x1FAFF))
_BREAK = " \n "  # between texts: no phrase reaches across, since no phrase holds a line feed


class _Folding(dict[int, str]):
    """What a character becomes; each is worked out once."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(code)
        return folded


def _fold_character(code: int) -> str:
    character = chr(code)
    category = unicodedata.category(character)
    if _within(code, _UNSPACED) and category[0] in "LMN":
        return f" {character} "
    if character == "." or category[0] in "LN":
        return character
    if category == "So" and _within(code, _EMOJI):
        return f" {character} "
    if 0xFE00 <= code <= 0xFE0F or (category == "Cf" and code != 0x200B):
        return ""  # variation selectors, joiners, soft hyphens: invisible inside a word
    return character if category[0] == "M" else " "


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_FOLDING = _Folding()


def split_words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    if text.isascii():
        text = text.lower()
    else:
        plain = unicodedata.normalize("NFKD", text.replace("™", " ").casefold()).casefold()
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", plain))
    return _DOT_OUTSIDE_NUMBER.sub(" ", text).translate(_FOLDING).split()


@lru_cache(maxsize=1024)
def phrase(text: str) -> str:
    """A query's text as a needle for `index_of`; "" when the text holds no word."""
    words = split_words(text)
    return f" {' '.join(words)} " if words else ""


def index_of(texts: Iterable[str]) -> str:
    """Texts as one haystack: `phrase(q) in index_of(texts)` finds whole words in their order."""
    joined = _BREAK.join(" ".join(split_words(text)) for text in texts if text)
    return f" {joined} "
