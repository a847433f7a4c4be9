"""Tracking pixels: pictures of one point, loaded from afar to tell who opened a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_SIZE = re.compile(
    r"(?:^|;)\s*+(?:max-)?(?:width|height)\s*+:\s*+(\d++(?:\.\d++)?|\.\d++)(?:px)?\s*+(?=;|!|$)"
)
_NUMBER = re.compile(r"\s*(\d{1,6})(?:\.\d*)?(?:px)?\s*\Z")


def pixel_host(attributes: Mapping[str, str]) -> str:
    """Whose it is, if the img with these attributes (src, width, height, style) is one; else "".

    A picture whose every given side is a point at most; one without a size may be a real picture.
    """
    source = attributes.get("src", "")
    if not _REMOTE.match(source):
        return ""
    sides = [_points(attributes[name]) for name in ("width", "height") if name in attributes]
    style = attributes.get("style", "")[:2_000].lower()
    sides += [float(size) for size in _SIZE.findall(style)]
    if not sides or max(sides) > 1:
        return ""
    return _host(source)


def _points(size: str) -> float:
    found = _NUMBER.match(size)
    return float(found[1]) if found else 99  # "100%"


def _host(source: str) -> str:
    try:
        return (urlsplit("".join(source.split())).hostname or "").removeprefix("www.")
    except ValueError:  # a broken IPv6 address
        return ""
