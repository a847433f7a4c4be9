"""How the server writes: quoted strings, literals, lists (RFC 3501 section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from gmailkit.sandbox.imap import names

NIL = b"NIL"
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]{0,900}")
_ATOM = re.compile(rb"[A-Za-z0-9_.\-/+~$!#'?:;<=>@^`|,]+")


class Refused(Exception):
    """A command is answered NO, `text` maybe with a response code before it."""

    word = b"NO"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Misspelt(Refused):
    """A command is answered BAD."""

    word = b"BAD"

    def __init__(self, text: str = "Could not parse command") -> None:
        super().__init__(text)


class Close(Exception):
    """The session ends with BYE and these words."""


def string(value: bytes) -> bytes:
    """Quoted, or as a literal."""
    if _QUOTABLE.fullmatch(value):
        return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(value)


def literal(value: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(value), value)


def nstring(value: bytes | None) -> bytes:
    return NIL if value is None else string(value)


def mailbox(name: str, *, utf8: bool) -> bytes:
    """In quotes, as Gmail writes every name; `utf8` where the client has enabled it."""
    encoded = name.encode() if utf8 else names.encode(name)
    return b'"' + encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def label(name: str, *, utf8: bool) -> bytes:
    """A label in X-GM-LABELS: an atom where it can be one, else quoted (INBOX is not special)."""
    encoded = name.encode() if utf8 else names.encode(name)
    if _ATOM.fullmatch(encoded) and encoded.upper() != NIL:
        return encoded
    return mailbox(name, utf8=utf8)


def system_label(said: str) -> bytes:
    """Such as \\Inbox, which Gmail writes in quotes with the backslash escaped."""
    return string(said.encode())


def listed(items: Iterable[bytes]) -> bytes:
    return b"(" + b" ".join(items) + b")"


def date_time(ms: int) -> bytes:
    date = datetime.fromtimestamp(ms // 1000, UTC)
    return b'"' + f"{date:%d-}{_MONTHS[date.month - 1]}{date:-%Y %H:%M:%S +0000}".encode() + b'"'


def numbers(found: Iterable[int]) -> bytes:
    """Ascending numbers as a sequence set: 1:3,7."""
    runs: list[list[int]] = []
    for number in found:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return b",".join(b"%d" % a if a == b else b"%d:%d" % (a, b) for a, b in runs)


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
