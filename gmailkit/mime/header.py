"""Header values to text (RFC 2047, RFC 5322 section 2.2.3), tolerant."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header

from gmailkit.mime.charset import decode_text

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def decode(value: str | bytes) -> str:
    """`value` decoded, unfolded, each control character a space; decoded text is left alone."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    text = re.sub(r"\r?\n(?=[ \t])", "", decode_text(value, ""))
    try:
        pieces = decode_header(text)
        text = "".join(
            p if isinstance(p, str) else decode_text(p, charset or "") for p, charset in pieces
        )
    except (HeaderParseError, ValueError):
        return _CONTROLS.sub(" ", text).strip()
    return _CONTROLS.sub(" ", text).strip()
