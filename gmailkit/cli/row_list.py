"""How rows of the last list are written: 3, or 2-4,7; and what was meant by a slip in it."""

from __future__ import annotations

import re

from gmailkit.errors import UsageError

MOST_DIGITS = 5  # ids are 16 digits of hexadecimal, so a short decimal number is a row
_SPAN = rf"\d{{1,{MOST_DIGITS}}}(?:-\d{{1,{MOST_DIGITS}}})?"
_ROWS = re.compile(rf"{_SPAN}(?:\s*,\s*{_SPAN})*", re.ASCII)
_MEANT = re.compile(r"[\d\s,.;–—…-]*[\d,.;–—…-][\d\s,.;–—…-]*", re.ASCII)
_TO = re.compile(r"(?<=\d)\s*(?:-+|[–—…]|\.{2,})\s*(?=\d)", re.ASCII)
_AND = re.compile(r"[^\d-]+|(?<!\d)-|-(?!\d)", re.ASCII)


def is_row(text: str) -> bool:
    """Whether it is the number of one row."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def looks_like_rows(text: str) -> bool:
    """Whether it is made of digits and what stands between them: rows, or a slip in them."""
    return bool(_MEANT.fullmatch(text))


def row_numbers(text: str) -> list[int]:
    """The rows of "3" or "2-4,7", as they are named. UsageError, which says how it was to be
    written, for all else.
    """
    spans = [_ends(span) for span in text.split(",")] if _ROWS.fullmatch(text) else []
    if not spans or any(first > end for first, end in spans):
        right = spelled(text)
        raise UsageError(
            f"{text!r} cannot be read as rows of the last list.",
            hint=f"Rows are written like {right or '2-4,7'}. {as_text(text)}",
        )
    return [number for first, end in spans for number in range(first, end + 1)]


def as_text(text: str) -> str:
    """How to search for it."""
    return f"To search for the text, quote it: '\"{text}\"'"


def spelled(text: str) -> str:
    """The rows that were meant, as they are to be written; "" where that cannot be told."""
    listed = [part for part in _AND.split(_TO.sub("-", text)) if part]
    right = ",".join(listed)
    if not _ROWS.fullmatch(right):
        return ""
    spans = [sorted(_ends(part)) for part in listed]
    return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in spans)


def _ends(span: str) -> tuple[int, int]:
    first, _, end = span.strip().partition("-")
    return int(first), int(end or first)
