"""Bytes and a charset label, often wrong, to text."""

from __future__ import annotations


def decode_text(content: bytes, charset: str) -> str:
    """The text of `content`; an unknown or wrong `charset` never raises."""
    for name in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("latin-1")
