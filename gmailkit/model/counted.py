"""A number and its noun, for people."""

from __future__ import annotations


def count_text(count: int, one: str, many: str = "") -> str:
    """ "1 message", "1,234 messages"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
