"""The mbox family of files (RFC 4155 and its older kin): mboxrd quoting, and a tolerant reader."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

MAX_CLAIM = 32 * 1024 * 1024  # bytes of body that a Content-Length may speak for
_CHUNK = 1024 * 1024
_MAX_LINE = 1000  # of a separator
_MAX_HEADER = 256 * 1024  # how far a Content-Length is looked for

_TO_QUOTE = re.compile(rb"^(?=>*+From )", re.MULTILINE)
_MAY_BE_QUOTED = re.compile(rb">*+(?:F(?:r(?:o(?:m)?)?)?)?")
_QUOTED = re.compile(rb"^>(?=>*+From )", re.MULTILINE)

_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:%b +\d{1,2}|\d{1,2}[ -]%b),?" % (_MONTH, _MONTH)
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d)?(?: +(?:[+-]\d{4}|[A-Z]{1,5}))*+"
_DATED = re.compile(
    rb"From .* %b[ -]+(?:%b +\d{2,4}|\d{4} +%b)(?: +remote from .*| +[+-]\d{4})?\s*"
    % (_DAY, _CLOCK, _CLOCK)
)
# Thunderbird, and Takeout of some years: no date, so a header must follow.
_UNDATED = re.compile(rb"From (?:-|\d+@xxx)\s*")
_CANDIDATE = re.compile(rb"\nFrom (?=-|\d+@|[^\n]{0,%d}?\d:\d\d)" % _MAX_LINE)  # cheap
_FIRST_LINE = re.compile(rb"\s*+(?<=\n)(?=From )")
_FIELD = re.compile(rb">?[!-9;-~]+[ \t]*:")
_CONTENT_LENGTH = re.compile(rb"^Content-Length[ \t]*:[ \t]*(\d{1,10})[ \t\r]*$", re.M | re.I)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_UNQUOTED = re.compile(rb"^From ", re.MULTILINE)


def quote(raw: bytes) -> bytes:
    """`raw` with one ">" more before each line that starts with "From " after any ">" (mboxrd).

    Lines end with LF. No line of the result starts with "From ", and `unquote` gives `raw` back.
    """
    return _TO_QUOTE.sub(b">", raw)


def quote_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`quote` of a message that comes in pieces, cut anywhere."""
    begun, inside = b"", False  # a line's beginning that may need a ">", or any line's middle
    for piece in pieces:
        text = begun + piece
        start = text.find(b"\n") + 1 if inside else 0
        if inside and not start:
            yield text
            continue
        line = text.rfind(b"\n") + 1
        begun = text[line:] if _MAY_BE_QUOTED.fullmatch(text, line) else b""
        inside = line < len(text) and not begun
        yield text[:start]
        yield quote(text[start : len(text) - len(begun)])
    yield begun


def unquote(quoted: bytes) -> bytes:
    """What `quote` was given: one ">" less before each "From " after at least one ">"."""
    return _QUOTED.sub(b"", quoted)


def read_mbox(file: BinaryIO) -> Iterator[bytes]:
    """Each message of an mbox file: exact bytes without separator line and closing blank line.

    Reads mboxo, mboxrd, mboxcl and mboxcl2, the separators of Takeout, Thunderbird and others,
    LF or CRLF. A line is a separator if it ends in a date, whatever stands before it; a
    Content-Length is believed if it ends at a separator or at the end. One level of quoting is
    undone, unless the message is plainly of the kind that quotes nothing. What precedes the first
    separator is no message. Holds one message at a time (`MAX_CLAIM` bytes if a length is claimed).
    """
    window = _Window(file)
    while window.find_separator(keep=False):
        yield _message(window)


def _message(window: _Window) -> bytes:
    start = window.pass_separator()
    end = _claimed_end(window, start)
    if end is not None:
        content = window.take(start, end)
        return content if _UNQUOTED.search(content) else unquote(content)
    content = window.take(start, window.next_separator())
    return unquote(_without_blank_end(content))


def _without_blank_end(content: bytes) -> bytes:
    """Without the one blank line that ends a message; a message may be nothing else."""
    for end in (b"\r\n", b"\n"):
        rest = content.removesuffix(end)
        if rest != content:
            return rest if not rest or rest.endswith(b"\n") else content
    return content


def _claimed_end(window: _Window, start: int) -> int | None:
    """Where the message ends by its Content-Length, if a separator or the end is found there."""
    body = window.find_body(start)
    claim = _CONTENT_LENGTH.search(window.peek(start, body)) if body else None
    if not body or not claim or int(claim[1]) > MAX_CLAIM:
        return None
    end = body + int(claim[1])
    window.read_to(end)
    gaps = (b"", b"\n", b"\r\n")
    return end if any(window.is_end(end, gap) for gap in gaps) else None


class _Window:
    """A stretch of the file, and the separators in it; offsets count from the file's start."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._base = -1
        self._buffer = bytearray(b"\n")  # so that each line, the first too, follows a line end
        self._ended = False
        self._unmarked = False
        self._scanned = -1
        self._separators: deque[int] = deque()
        self._starts: set[int] = set()  # the same, to look one up

    @property
    def _end(self) -> int:
        return self._base + len(self._buffer)

    def peek(self, start: int, end: int) -> bytes:
        with memoryview(self._buffer) as view:
            return bytes(view[start - self._base : end - self._base])

    def take(self, start: int, end: int) -> bytes:
        """These bytes; what lies before `end` is forgotten."""
        content = self.peek(start, end)
        while self._separators and self._separators[0] < end:
            self._starts.discard(self._separators.popleft())
        self._forget(end)
        return content

    def find_separator(self, *, keep: bool) -> bool:
        """Reads on until a separator is known; False at the end of the file."""
        while not self._separators and not self._ended:
            if not keep:
                self._forget(self._scanned)
            self._read()
        return bool(self._separators)

    def next_separator(self) -> int:
        """Where the current message ends: at the next separator, or the end of the file."""
        return self._separators[0] if self.find_separator(keep=True) else self._end

    def pass_separator(self) -> int:
        """The start of the line after the first separator."""
        start = self._separators.popleft()
        self._starts.discard(start)
        end = self._buffer.find(b"\n", start - self._base)
        return self._end if end < 0 else self._base + end + 1

    def find_body(self, start: int) -> int | None:
        """What follows the header that begins at `start`, if it ends before the next separator."""
        self.read_to(start + _MAX_HEADER)
        if self._buffer.startswith((b"\n", b"\r\n"), start - self._base):
            return None
        limit = self._separators[0] if self._separators else self._end
        limit = min(limit, start + _MAX_HEADER)
        found = _BLANK_LINE.search(self._buffer, start - self._base, limit - self._base)
        return self._base + found.end() if found else None

    def read_to(self, offset: int) -> None:
        """Has all separators up to just behind `offset` known."""
        while self._scanned <= offset + 2 and not self._ended:
            self._read()

    def is_end(self, offset: int, gap: bytes) -> bool:
        if not self._buffer.startswith(gap, offset - self._base):
            return False
        offset += len(gap)
        return offset in self._starts or (self._ended and offset == self._end)

    def _forget(self, offset: int) -> None:
        del self._buffer[: offset - self._base]
        self._base = offset

    def _read(self) -> None:
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        self._buffer += chunk
        if not self._unmarked and self._base < 0 and self._buffer.startswith(b"\n\xef\xbb\xbf"):
            del self._buffer[1:4]  # a byte order mark; what looks like another is text
            self._unmarked = True
        self._scan()

    def _scan(self) -> None:
        """Judges each line that, with the line after it, is surely complete."""
        known = len(self._buffer) - (0 if self._ended else 2 * _MAX_LINE)
        start = self._scanned - self._base
        if known <= start:
            return
        if self._base < 0 and start == 0 and (first := _FIRST_LINE.match(self._buffer)):
            self._add(first.end())  # the file begins with it, so it need not look like much
            start = first.end()
        for found in _CANDIDATE.finditer(self._buffer, start):
            if found.start() >= known:
                break
            if self._is_separator(found.start() + 1):
                self._add(found.start() + 1)
        self._scanned = self._base + known

    def _add(self, at: int) -> None:
        self._separators.append(self._base + at)
        self._starts.add(self._base + at)

    def _is_separator(self, at: int) -> bool:
        end = self._buffer.find(b"\n", at, at + _MAX_LINE)
        with memoryview(self._buffer) as view:
            line = bytes(view[at : at + _MAX_LINE if end < 0 else end])
        if _DATED.fullmatch(line):
            return True
        return bool(_UNDATED.fullmatch(line) and _FIELD.match(self._buffer, end + 1))
