"""Names of mailboxes on the wire: modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8 (RFC 6855)."""

from __future__ import annotations

import base64
import binascii
import re

_ENCODED = re.compile(rb"&([^-]*)-")
_BEYOND = re.compile(r"[^ -~]+")


def encode(name: str) -> bytes:
    """As modified UTF-7."""
    return _BEYOND.sub(_shifted, name.replace("&", "&-")).encode("ascii")


def decode(name: bytes) -> str:
    """UTF-8 where it is not ASCII. Raises ValueError for what is neither."""
    if not name.isascii():
        return name.decode()
    return "".join(_pieces(name))


def _pieces(name: bytes) -> list[str]:
    pieces: list[str] = []
    at = 0
    for found in _ENCODED.finditer(name):
        pieces.append(_plain(name[at : found.start()]))
        pieces.append(_unshifted(found[1]) if found[1] else "&")
        at = found.end()
    pieces.append(_plain(name[at:]))
    return pieces


def _plain(piece: bytes) -> str:
    if b"&" in piece:
        raise ValueError("an & that begins nothing")
    return piece.decode("ascii")


def _shifted(found: re.Match[str]) -> str:
    encoded = base64.b64encode(found[0].encode("utf-16-be", "surrogatepass")).decode("ascii")
    return f"&{encoded.rstrip('=').replace('/', ',')}-"


def _unshifted(text: bytes) -> str:
    padded = text.replace(b",", b"/") + b"=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True).decode("utf-16-be")
    except binascii.Error as error:
        raise ValueError("no base64") from error
