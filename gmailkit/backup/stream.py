"""A stream: numbered files of frames that are only ever appended to, and how they are read.

A backup has two, each with a chain of its own: the messages, and what became of them since.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from gmailkit.backup.frame import (
    HEADER,
    PATTERN,
    Frame,
    decompress,
    is_sound,
    is_whole,
    parse_header,
    pieces_of,
)
from gmailkit.errors import BackupDamaged
from gmailkit.model.content import IN_MEMORY

_SCAN = 1 << 20


class Stream(msgspec.Struct, frozen=True):
    """Where its files lie in a backup's folder, and what they are called."""

    folder: str
    suffix: str

    def name(self, number: int) -> str:
        return f"{number:06d}{self.suffix}"

    def path(self, backup: Path, number: int) -> Path:
        return backup / self.folder / self.name(number)

    def told(self, number: int) -> str:
        """A file's name as messages to people give it."""
        return f"{self.folder}/{self.name(number)}"

    def is_file(self, name: str) -> bool:
        number = name.removesuffix(self.suffix)
        known = re.fullmatch(r"\d{6,}", number, re.ASCII)
        return bool(known) and name == self.name(int(number))

    def numbers(self, backup: Path) -> list[int]:
        """The files that are there, in order."""
        folder = backup / self.folder
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(name.split(".")[0]) for name in names if self.is_file(name))


MESSAGES = Stream("packs", ".mbox.zst")
EVENTS = Stream("events", ".jsonl.zst")
STREAMS = (MESSAGES, EVENTS)


class Place(msgspec.Struct, frozen=True):
    """Where something lies: number of the file, offset and length of the frame (header included),
    position in the frame's text."""

    number: int
    offset: int
    length: int
    position: int


class End(msgspec.Struct, frozen=True):
    """How far a file is known: its length in bytes, and the digest of its last frame."""

    length: int
    digest: bytes


class Gap(msgspec.Struct, frozen=True):
    """Bytes of a file that are no sound frame. `torn` when they begin one that the file's end
    cuts short: in the newest file the trace of an interrupted write, and of nothing else."""

    offset: int
    length: int
    torn: bool


def frame_text(frame: bytes, place: Place) -> bytes:
    """The text of the frame whose bytes were read at a place. Raises BackupDamaged."""
    if len(frame) != place.length or parse_header(frame[:HEADER]) is None:
        raise BackupDamaged("No whole frame is there.")
    return decompress(frame[HEADER:])


def walk(file: BinaryIO, start: int, size: int) -> Iterator[Frame | Gap]:
    """The frames of a file from byte `start` to `size`, and the gaps between them.

    After bytes that are no sound frame it looks for the next header; one frame is held at a time.
    """
    while start < size:
        frame = _frame_at(file, start, size)
        if frame is None:
            gap = _gap_at(file, start, size)
            start += gap.length
            yield gap
        else:
            start += frame.length
            yield frame


def _frame_at(file: BinaryIO, offset: int, size: int) -> Frame | None:
    file.seek(offset)
    header = file.read(HEADER)
    parsed = parse_header(header)
    if parsed is None or offset + HEADER + parsed[0] > size:
        return None
    length, previous, digest = parsed
    if length > IN_MEMORY:
        pieces = partial(pieces_of, file, offset + HEADER, length)
        if not is_sound(header, pieces()):
            return None
        return Frame(offset, HEADER + length, previous, digest, b"", pieces)
    content = file.read(length)
    if not is_sound(header, (content,)):
        return None
    return Frame(offset, HEADER + length, previous, digest, content)


def _gap_at(file: BinaryIO, offset: int, size: int) -> Gap:
    for candidate in _headers(file, offset + 1, size):
        if _frame_at(file, candidate, size):
            return Gap(offset, candidate - offset, torn=False)
    return Gap(offset, size - offset, torn=_is_torn(file, offset, size))


def _is_torn(file: BinaryIO, offset: int, size: int) -> bool:
    """Whether a frame begins there that the file's end cuts short; damage looks otherwise."""
    file.seek(offset)
    header = file.read(HEADER)
    if not header.startswith(PATTERN[: len(header)]):
        return False
    if (parsed := parse_header(header)) is None:
        return True
    if offset + HEADER + parsed[0] <= size:
        return False
    return not is_whole(file.read(parsed[0]))  # whole: then it is the header that lies


def _headers(file: BinaryIO, start: int, size: int) -> Iterator[int]:
    """Where a header seems to begin; the file is searched a megabyte at a time."""
    while start < size:
        file.seek(start)
        block = file.read(_SCAN + len(PATTERN) - 1)
        found = block.find(PATTERN)
        while found >= 0:
            yield start + found
            found = block.find(PATTERN, found + 1)
        start += _SCAN
