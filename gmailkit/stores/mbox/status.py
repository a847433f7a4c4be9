"""What mail programs note in a message's own header in an mbox file: read, answered, starred.

Status, X-Status       mutt, Alpine, Dovecot: letters (R read, A answered, F flagged, D draft; of
                       Status only R counts)
X-Mozilla-Status       Thunderbird: four hexadecimal digits, a bit each
"""

from __future__ import annotations

import re

_END = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"^(Status|X-Status|X-Mozilla-Status):[ \t]*(\w+)[ \t]*\r?$", re.M | re.I)
_LETTERS = {
    b"status": {"R": "seen"},
    b"x-status": {"A": "answered", "F": "flagged", "D": "draft"},
}
_BITS = {0x0001: "seen", 0x0002: "answered", 0x0004: "flagged", 0x1000: "forwarded"}


def noted_flags(text: bytes) -> frozenset[str]:
    """Of a message that begins with `text`; none where no program noted any."""
    end = _END.search(text)
    header = text[: end.start() + 1] if end else text
    found: set[str] = set()
    for name, value in _FIELD.findall(header):
        if letters := _LETTERS.get(name.lower()):
            found.update(letters[each] for each in value.decode("latin-1") if each in letters)
        elif re.fullmatch(rb"[0-9a-fA-F]{4}", value):
            bits = int(value, 16)
            found.update(flag for bit, flag in _BITS.items() if bits & bit)
    return frozenset(found)
