"""The header block of a message as bytes: read tolerantly, edited without touching the rest.

RFC 5322 section 2.2. A line that is no header field keeps its place with an empty name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_BLANK = re.compile(rb"\r?\n")
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|vs|tr|rif|r)\s*(?:\[\d+\])?:\s*)+", re.IGNORECASE)
_MAX_SUBJECT = 2_000  # a longer one is no subject, and slow to decode
_MSG_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Field:
    """One field with its folded lines and line end."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """Unfolded, not decoded; bytes beyond ASCII as UTF-8, else Latin-1."""
        text = to_text(self.raw.partition(b":")[2] if self.name else self.raw)
        return text.replace("\r\n", "").replace("\n", "").strip()


@dataclass(frozen=True, slots=True)
class Message:
    """`body` begins after the blank line; `blank` is that line, or nothing where it is missing."""

    fields: tuple[Field, ...]
    blank: bytes
    body: bytes

    def values(self, name: str) -> list[str]:
        return [field.value for field in self.fields if field.name.lower() == name]

    def value(self, name: str) -> str:
        """The first field of that name (lower case), or ""."""
        return next(iter(self.values(name)), "")

    def without(self, *names: str) -> Message:
        kept = tuple(field for field in self.fields if field.name.lower() not in names)
        return Message(kept, self.blank, self.body)

    def before(self, fields: Iterable[Field]) -> Message:
        """With new fields on top, as every mail server adds its own."""
        return Message((*fields, *self.fields), self.blank, self.body)

    def bytes(self) -> bytes:
        head = b"".join(field.raw for field in self.fields)
        if head and not head.endswith(b"\n"):
            head += b"\r\n"
        return head + (self.blank or b"\r\n") + self.body


def field(name: str, value: str) -> Field:
    return Field(name, f"{name}: {value}\r\n".encode())


def read(raw: bytes) -> Message:
    head_end, body = end_of_header(raw, 0, len(raw))
    return Message(read_fields(raw[:head_end]), raw[head_end:body], raw[body:])


def end_of_header(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the blank line of a message or part begins and ends; `end` twice where it has none."""
    if blank := _BLANK.match(raw, start, end):
        return blank.start(), blank.end()
    found = [at + 1 for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark, start, end)) >= 0]
    if not found:
        return end, end
    return min(found), raw.index(b"\n", min(found)) + 1


def read_fields(block: bytes) -> tuple[Field, ...]:
    fields: list[Field] = []
    lines: list[bytes] = []
    for line in _lines(block):
        if lines and line[:1] in (b" ", b"\t"):
            lines.append(line)
            continue
        if lines:
            fields.append(_field(lines))
        lines = [line]
    if lines:
        fields.append(_field(lines))
    return tuple(fields)


def to_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def message_ids(value: str) -> list[str]:
    """The `<…>` ids of a References or In-Reply-To value, in order."""
    return _MSG_ID.findall(value)


def date_ms(message: Message) -> int | None:
    """The Date header in milliseconds since the epoch; None where it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(message.value("date"))
        if date.tzinfo is None:  # "-0000": UTC, of a sender who does not say where he is
            date = date.replace(tzinfo=UTC)
        return round(date.timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def subject_key(subject: str) -> str:
    """What has to be equal for two messages to share a thread: the subject without Re: and Fwd:."""
    from gmailkit.mime.header import decode

    return " ".join(_REPLY.sub("", decode(subject[:_MAX_SUBJECT]).strip()).casefold().split())


def crlf(raw: bytes) -> bytes:
    """Every bare LF as CRLF, as Gmail stores what comes through its API."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


def _lines(block: bytes) -> list[bytes]:
    """Lines by LF alone: `bytes.splitlines` would also cut at a bare CR."""
    parts = block.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _field(lines: list[bytes]) -> Field:
    found = _FIELD.match(lines[0])
    return Field(found.group(1).decode("ascii") if found else "", b"".join(lines))
