"""A sender's file name to one that is safe in any folder."""

from __future__ import annotations

import mimetypes
import re

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)")
_LIMIT = 200


def safe_name(name: str, *, content_type: str = "") -> str:
    """One path segment of at most 200 bytes, never empty, hidden, or a device name."""
    name = re.split(r"[/\\\u2215\u2044\uff0f\u29f8\uff3c\u29f9\u29f5]", name)[-1]
    name = "".join("_" if ch in '<>:"|?*' else ch for ch in name if ch.isprintable())
    name = name.strip(". ")
    if not name:
        name = "attachment" + (mimetypes.guess_extension(content_type) or "")
    if _DEVICES.match(name):
        name = "_" + name
    stem, dot, suffix = name.rpartition(".")
    if len(name.encode("utf-8", "replace")) > _LIMIT:
        tail = (dot + suffix) if stem and len(suffix.encode()) < 30 else ""
        keep = (stem if tail else name).encode("utf-8", "replace")[: _LIMIT - len(tail.encode())]
        name = keep.decode("utf-8", "ignore").rstrip(". ") + tail
    return name
