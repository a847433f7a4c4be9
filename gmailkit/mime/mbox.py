"""The mbox family of files (RFC 4155 and its older kin): a tolerant reader."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from gmailkit.mime.mboxrd import unquote, unquote_pieces

MAX_CLAIM = 32 * 1024 * 1024  # bytes of body that a Content-Length may speak for
_CHUNK = 1024 * 1024
_MAX_LINE = 1000  # of a separator
_LONGEST_END = 4  # bytes: a line's end and a blank line
_MAX_HEADER = 256 * 1024  # how far a Content-Length is looked for


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
_MARK = b"\xef\xbb\xbf"  # a byte order mark, of an editor
_UNQUOTED = re.compile(rb"^From ", re.MULTILINE)


class Readable(Protocol):
    """A file, as far as it is needed here."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a file: where its separator begins (bytes from where reading began), that line
    without its end, and the message's bytes in pieces, which are good until the next message is
    asked for.
    """

    start: int
    separator: bytes
    pieces: Iterator[bytes]


def read_mbox(file: Readable) -> Iterator[bytes]:
    """Each message of an mbox file, as `read_messages` finds them; one at a time is held."""
    for found in read_messages(file):
        yield b"".join(found.pieces)


def read_messages(file: Readable, *, only: re.Pattern[bytes] | None = None) -> Iterator[Found]:
    """Each message of an mbox file: exact bytes without separator line and closing blank line.

    Reads mboxo, mboxrd, mboxcl and mboxcl2, the separators of Takeout, Thunderbird and others,
    LF or CRLF. A line is a separator if it ends in a date, whatever stands before it; a
    Content-Length is believed if it ends at a separator or at the end. One level of quoting is
    undone, unless the message is plainly of the kind that quotes nothing. What precedes the first
    separator is no message. Holds a megabyte or two (`MAX_CLAIM` bytes if a length is claimed).

    Where it is known who wrote the file, `only` lines that begin so, behind a blank line, part it.
    """
    window = _Window(file, only)
    while window.find_separator():
        start = window.place_of_separator()
        pieces = _pieces(window, *window.pass_separator())
        separator = next(pieces)
        yield Found(start, separator, pieces)
        for _ in pieces:  # what nobody asked for
            pass


def _pieces(window: _Window, start: int, separator: bytes) -> Iterator[bytes]:
    """The separator, then the message."""
    yield separator
    end = _claimed_end(window, start)
    if end is None:
        yield from _without_blank_line(unquote_pieces(window.until_separator(start)))
        return
    content = window.take(start, end)
    yield content if _UNQUOTED.search(content) else unquote(content)


def _without_blank_line(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        text = held + piece if held else piece
        held = text[-_LONGEST_END:]
        yield text[:-_LONGEST_END]
    yield _without_blank_end(held)


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

    def __init__(self, file: Readable, only: re.Pattern[bytes] | None = None) -> None:
        self._file = file
        self._only = only
        self._gone = b""  # the last two bytes that were forgotten
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

    def find_separator(self) -> bool:
        """Reads on until a separator is known; False at the end of the file."""
        while not self._separators and not self._ended:
            self._forget(self._scanned)
            self._read()
        return bool(self._separators)

    def until_separator(self, start: int) -> Iterator[bytes]:
        """The bytes from `start` to the next separator, or to the end of the file."""
        while not self._separators and not self._ended:
            if self._scanned > start:
                yield self.take(start, self._scanned)
                start = self._scanned
            self._read()
        yield self.take(start, self._separators[0] if self._separators else self._end)

    def place_of_separator(self) -> int:
        """Where the first one is, in bytes of the file."""
        return self._separators[0] + (len(_MARK) if self._unmarked else 0)

    def pass_separator(self) -> tuple[int, bytes]:
        """The start of the line after the first separator, and that line."""
        start = self._separators.popleft()
        self._starts.discard(start)
        found = self._buffer.find(b"\n", start - self._base)
        end = self._end if found < 0 else self._base + found + 1
        return end, self.peek(start, end).rstrip(b"\r\n")

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
        self._gone = (self._gone + self._buffer[: offset - self._base][-2:])[-2:]
        del self._buffer[: offset - self._base]
        self._base = offset

    def _read(self) -> None:
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        self._buffer += chunk
        if not self._unmarked and self._base < 0 and self._buffer.startswith(b"\n" + _MARK):
            del self._buffer[
                1 : 1 + len(_MARK)
            ]  # a byte order mark; what looks like another is text
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
            before = self._gone + bytes(view[max(at - 3, 0) : at])
        if self._only:
            return bool(self._only.match(line)) and before.endswith((b"\n\n", b"\n\r\n"))
        if _DATED.fullmatch(line):
            return True
        return bool(_UNDATED.fullmatch(line) and _FIELD.match(self._buffer, end + 1))
