"""Content-Type and Content-Disposition values: a word and its parameters (RFC 2045, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count, islice

from gmailkit.mime.charset import decode_text
from gmailkit.mime.header import clean, decode

# A name starts after a separator only: so a long word is looked at once, not from each letter.
_PARAMETER = re.compile(
    r'(?<![^\s=;"])([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;"]*+))', re.S
)
_SEGMENT = re.compile(r"(.*?)(?:\*(\d{1,3}))?(\*)?", re.S)
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")

_LONGEST = 65_536  # characters of a value that are looked at
_MOST = 200  # parameters; RFC 2231 cuts a long name into a few dozen at most
_NAMES = ("filename", "name")  # free text; other values are tokens


def parse_value(value: str) -> tuple[str, Mapping[str, str]]:
    """The leading word in lower case ("text/plain", "attachment") and the parameters by name.

    `value` is unfolded, its encoded words not yet decoded. File names come out decoded, also from
    encoded words, which RFC 2047 section 5 forbids here. Of two with one name the first counts.
    """
    value = value[:_LONGEST]
    head = re.match(r'\s*+([^\s;,="(]*)', value)
    word = head[1].lower() if head else ""
    found: dict[str, str] = {}
    for match in islice(_PARAMETER.finditer(value, len(word)), _MOST):
        found.setdefault(match[1].lower(), _literal(match))
    return word, _joined(found)


def _literal(match: re.Match[str]) -> str:
    """A backslash escapes only a quote and itself: "C:\\x.txt" is a Windows path, not an escape."""
    if match[2] is not None:
        return match[2].replace('\\"', '"').replace("\\\\", "\\")
    value = match[3].strip()
    if value.endswith(")") and not match[1].lower().startswith(_NAMES):
        value = value[: value.rfind("(")].rstrip()
    return value


def _joined(found: Mapping[str, str]) -> dict[str, str]:
    """RFC 2231 segments put together; "name*" is preferred to the plain "name" beside it."""
    segments: dict[str, dict[int, tuple[str, bool]]] = {}
    plain: dict[str, str] = {}
    for key, value in found.items():
        name, number, star = _SEGMENT.fullmatch(key).groups()  # type: ignore[union-attr]
        if number is None and not star:
            plain[name] = decode(value) if name in _NAMES else value
        else:
            segments.setdefault(name, {}).setdefault(int(number or 0), (value, bool(star)))
    return plain | {name: _continued(parts) for name, parts in segments.items() if 0 in parts}


def _continued(parts: Mapping[int, tuple[str, bool]]) -> str:
    """Segments 0, 1, 2 ... up to the first gap, as bytes first: cuts fall inside characters."""
    charset, content, extended = "", b"", False
    for number in count():
        if number not in parts:
            break
        value, star = parts[number]
        if star and number == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "replace")
        content += _ESCAPED.sub(lambda m: bytes([int(m[1], 16)]), raw) if star else raw
        extended = extended or star
    return clean(decode_text(content, charset)) if extended else decode(content)
