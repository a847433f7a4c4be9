"""The content type of a file: by its name, or by its content where that says nothing or lies."""

from __future__ import annotations

import mimetypes
import re

UNKNOWN = "application/octet-stream"

# What a file of the type begins with (the formats' own documents). A name that claims one of these
# is believed only if the content agrees.
_BEGINNINGS = {
    "application/pdf": (b"%PDF",),
    "application/zip": (b"PK",),
    "application/gzip": (b"\x1f\x8b",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/bmp": (b"BM",),
    "image/tiff": (b"II*\0", b"MM\0*"),
}
_WEAK = ("application/zip", "image/bmp")  # other formats begin like these
_PLAIN = re.compile(r"[a-z]+/[\w.+-]+", re.ASCII)
_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}
_LOOKED_AT = 16_384  # bytes at the beginning
_SURE = 0.4  # what puremagic gives a signature of four bytes


def kind_of(name: str, content: bytes) -> str:
    """A content type without parameters."""
    said, encoding = mimetypes.guess_type(name)
    if encoding:
        return _COMPRESSED.get(encoding, UNKNOWN)
    if said and said not in _BEGINNINGS:
        return said
    if said and content.startswith(_BEGINNINGS[said]):
        return said
    found = _by_content(content)
    return found or (said if said and not content else UNKNOWN)


def _by_content(content: bytes) -> str:
    start = content[:_LOOKED_AT]
    for kind, beginnings in _BEGINNINGS.items():
        if kind not in _WEAK and start.startswith(beginnings):
            return kind
    import puremagic

    try:
        found = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):
        found = []
    sure = (each.mime_type for each in found if each.confidence >= _SURE)
    best = next((str(kind) for kind in sure if kind and _PLAIN.fullmatch(str(kind))), "")
    if best:
        return best
    return "text/plain" if _is_text(start) else ""


def _is_text(start: bytes) -> bool:
    """UTF-8 with nothing that a text would not have; the last character may be cut."""
    if not start or b"\0" in start:
        return False
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        if len(start) < _LOOKED_AT or error.start < len(start) - 3:
            return False
        text = start[: error.start].decode()
    return not any(ord(letter) < 32 and letter not in "\t\r\n\f\x1b" for letter in text)
