"""The MIME tree of a message as Gmail shows it: numbered parts over one buffer (RFC 2046).

A reading of its own, apart from `mime.parse`: this one keeps the structure, and never copies or
recurses far, whatever the bytes are.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Parameters

from gmailkit.sandbox import headers
from gmailkit.sandbox.headers import Field

MAX_DEPTH = 50
MAX_PARTS = 2_000
_MAX_VALUE = 8_000  # of a Content-Type worth looking at; the standard library gets slow beyond
_DELIMITER_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_IDENTITY = ("", "7bit", "8bit", "binary")
_NOT_BASE64 = bytes(set(range(256)) - set(b"+/" + string.ascii_letters.encode() + b"0123456789"))


@dataclass(frozen=True, slots=True)
class Part:
    """`part_id` is "" for the root, then "0", "0.1"; `parts` is empty for a leaf.

    `head`, `body` and `end` are the places in the message where its header, its body and what
    comes behind it begin.
    """

    part_id: str
    mime_type: str
    filename: str
    charset: str
    encoding: str
    fields: tuple[Field, ...]
    encoded: bytes
    parts: tuple[Part, ...]
    head: int
    body: int
    end: int

    @property
    def container(self) -> bool:
        return self.mime_type.startswith("multipart/") and bool(self.parts)

    @property
    def is_text(self) -> bool:
        return self.mime_type.startswith("text/")

    def content(self, *, beginning: int | None = None) -> bytes:
        """Without the transfer encoding; text parts as UTF-8, whatever their charset says.

        `beginning` looks at so many encoded bytes only.
        """
        plain = _decode(self.encoded[:beginning], self.encoding)
        if not self.is_text:
            return plain
        from gmailkit.mime.charset import decode_text

        return decode_text(plain, self.charset).encode("utf-8", "replace")

    def walk(self) -> Iterator[Part]:
        yield self
        for part in self.parts:
            yield from part.walk()


def read(raw: bytes) -> Part:
    return _Reader(raw).part("", 0, len(raw), 0, "text/plain")


class _Reader:
    """Works with offsets into one buffer; each level looks at its own stretch only."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._count = 0

    def part(self, part_id: str, start: int, end: int, depth: int, default: str) -> Part:
        self._count += 1
        head_end, body = headers.end_of_header(self._raw, start, end)
        fields = headers.read_fields(self._raw[start:head_end])
        values = _Values(fields, default)
        parts: tuple[Part, ...] = ()
        if depth < MAX_DEPTH and self._count < MAX_PARTS:
            parts = self._children(part_id, values, body, end, depth)
        mime_type = values.mime_type
        if mime_type.startswith("multipart/") and not parts:
            mime_type = "text/plain"  # a container without a single part is shown as its text
        return Part(
            part_id,
            mime_type,
            values.filename,
            values.charset,
            values.encoding,
            fields,
            b"" if parts and mime_type.startswith("multipart/") else self._raw[body:end],
            parts,
            *(start, body, end),
        )

    def _children(
        self, part_id: str, values: _Values, start: int, end: int, depth: int
    ) -> tuple[Part, ...]:
        prefix = f"{part_id}." if part_id else ""
        if values.mime_type == "message/rfc822" and values.encoding in _IDENTITY:
            return (self.part(f"{prefix}0", start, end, depth + 1, "text/plain"),)
        if not values.mime_type.startswith("multipart/") or not values.boundary:
            return ()
        default = "message/rfc822" if values.mime_type == "multipart/digest" else "text/plain"
        found = []
        for place, (first, last) in enumerate(self._stretches(values.boundary, start, end)):
            if self._count >= MAX_PARTS:
                break
            found.append(self.part(f"{prefix}{place}", first, last, depth + 1, default))
        return tuple(found)

    def _stretches(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and end of each body part; the line end before a delimiter belongs to it."""
        first: int | None = None
        for line_start, line_end, closing in self._delimiters(boundary, start, end):
            if first is not None:
                yield first, max(first, _before_line_end(self._raw, line_start))
            first = line_end
            if closing:
                return
        if first is not None:
            yield first, end  # the closing delimiter is missing

    def _delimiters(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Start and end of each delimiter line, and whether it closes (RFC 2046 section 5.1.1)."""
        mark = b"--" + boundary.encode("utf-8", "replace")
        at = start if self._raw.startswith(mark, start, end) else self._next(mark, start, end)
        while at >= 0:
            rest = _DELIMITER_REST.match(self._raw, at + len(mark), end)
            if rest:
                yield at, rest.end(), rest[1] is not None
            at = self._next(mark, at, end)

    def _next(self, mark: bytes, at: int, end: int) -> int:
        """Where `mark` next begins a line, or -1."""
        found = self._raw.find(b"\n" + mark, at, end)
        return found + 1 if found >= 0 else -1


class _Values:
    """What the header fields of one part say about its content."""

    def __init__(self, fields: tuple[Field, ...], default: str) -> None:
        self._said: dict[str, str] = {}
        for field in fields:
            if field.name[:8].lower() == "content-":
                self._said.setdefault(field.name.lower(), field.value[:_MAX_VALUE])
        self._read = Parameters()
        self._read["Content-Type"] = self._said.get("content-type", default)
        self._read["Content-Disposition"] = self._said.get("content-disposition", "")
        declared = "/" in self._said.get("content-type", "")
        self.mime_type = self._read.get_content_type() if declared else default

    @property
    def encoding(self) -> str:
        return self._said.get("content-transfer-encoding", "").strip().lower()

    @property
    def charset(self) -> str:
        return str(self._parameter("charset") or "")

    @property
    def boundary(self) -> str:
        return self._parameter("boundary").rstrip()

    @property
    def filename(self) -> str:
        from gmailkit.mime.header import decode

        try:
            name = self._read.get_filename("")
        except (ValueError, LookupError, TypeError, AttributeError):
            name = ""  # an RFC 2231 value the standard library stumbles over
        return decode(name)

    def _parameter(self, name: str) -> str:
        from email.utils import collapse_rfc2231_value

        try:
            value = self._read.get_param(name, "")
            return collapse_rfc2231_value(value) if isinstance(value, tuple) else str(value)
        except (ValueError, LookupError, TypeError, AttributeError):
            return ""


def _before_line_end(raw: bytes, at: int) -> int:
    if raw[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if raw[at - 1 : at] == b"\n" else at


def _decode(encoded: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        signs = encoded.translate(None, _NOT_BASE64)
        if len(signs) % 4 == 1:
            signs = signs[:-1]
        return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(encoded)
    return encoded
