"""A stream: numbered files of frames that are only ever appended to, and how they are read.

A backup has two, each with a chain of its own: the messages, and what became of them since.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from gmailkit.backup.frame import (
    DIGEST,
    HEADER,
    MAX_TEXT,
    PATTERN,
    Compressor,
    Frame,
    decompress,
    is_sound,
    is_whole,
    parse_header,
)
from gmailkit.backup.storage import Storage, writing
from gmailkit.errors import BackupDamaged, CannotDo
from gmailkit.model.content import Content

FRAME_BYTES = 64 << 10  # of text, before compression; a bigger item is a frame of its own
FILE_BYTES = 64 << 20  # a file that has reached this gets no more frames
_SCAN = 1 << 20

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Stream:
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies: number of the file, offset and length of the frame (header included),
    position in the frame's text."""

    number: int
    offset: int
    length: int
    position: int


@dataclass(frozen=True, slots=True)
class End:
    """How far a file is known: its length in bytes, and the digest of its last frame."""

    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a file that are no sound frame. `torn` when they begin one that the file's end
    cuts short: in the newest file the trace of an interrupted write, and of nothing else."""

    offset: int
    length: int
    torn: bool


def holds_frames(backup: Path) -> bool:
    """Whether the first pack there begins as packs do."""
    for number in MESSAGES.numbers(backup)[:1]:
        with MESSAGES.path(backup, number).open("rb") as file:
            return file.read(len(PATTERN)) == PATTERN
    return False


def read_frame(path: Path, place: Place) -> bytes:
    """The text of the frame at a place of the file. Raises BackupDamaged."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(place.offset)
            frame = file.read(place.length)
    except FileNotFoundError as error:
        raise BackupDamaged(f"{path} is missing.") from error
    except (OSError, OverflowError, ValueError) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}.") from error
    if len(frame) != place.length or parse_header(frame[:HEADER]) is None:
        raise BackupDamaged(f"{path} has no whole frame there.")
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
    content = file.read(parsed[0])
    if not is_sound(header, content):
        return None
    return Frame(offset, HEADER + len(content), parsed[1], parsed[2], content)


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


@dataclass(frozen=True, slots=True)
class Written:
    """A frame on its way to disk, piece by piece."""

    header: bytes
    content: Content

    def __iter__(self) -> Iterator[bytes]:
        yield self.header
        yield from self.content.pieces()


class Writer(Generic[Item]):
    """Appends to the newest file of a stream, and begins the next one when that is full.

    `add` buffers, `commit` returns when everything added is safe on disk. Raises CannotWrite,
    after which what was not committed is cut off again and the writer must not be used.
    """

    def __init__(
        self, backup: Path, stream: Stream, *, number: int, end: End, storage: Storage
    ) -> None:
        """Goes on in file `number`, which is `end` long; a length of 0 means it does not exist."""
        self._backup = backup
        self._stream = stream
        self._storage = storage
        self._compressor = Compressor()
        self._number = number
        self._end = end
        self._safe = {number: end} if end.length else {}
        self._pieces: list[Iterable[bytes]] = []
        self._text = 0
        self._buffered: list[tuple[Item, int]] = []
        self._written: list[tuple[Item, Place]] = []
        self.pending_bytes = 0

    @property
    def pending(self) -> int:
        """Items added and not yet committed."""
        return len(self._buffered) + len(self._written)

    @property
    def head(self) -> bytes:
        """Digest of the last frame that was written; it is safe when nothing is pending."""
        return self._end.digest

    def add(self, item: Item, pieces: Iterable[bytes]) -> None:
        """`pieces` are what it is on disk; they may be gone through again.

        Raises CannotDo, and nothing has happened, when no reader would take so big a frame.
        """
        size = sum(map(len, pieces))
        if size > MAX_TEXT:
            raise CannotDo(f"That is too big for a backup: {size:,} bytes.")
        if self._text and self._text + size > FRAME_BYTES:
            self._close_frame()
        self._buffered.append((item, self._text))
        self._pieces.append(pieces)
        self._text += size
        self.pending_bytes += size
        if self._text >= FRAME_BYTES:
            self._close_frame()

    def commit(self) -> tuple[list[tuple[Item, Place]], dict[int, End]]:
        """What is safe now and where it lies, and the ends of the files that changed."""
        self._close_frame()
        if self._written:
            self._sync()
        written, self._written, self.pending_bytes = self._written, [], 0
        changed = {place.number for _, place in written}
        return written, {number: self._safe[number] for number in changed}

    def _close_frame(self) -> None:
        if not self._buffered:
            return
        pieces = chain.from_iterable(self._pieces)
        header, content = self._compressor.frame(pieces, size=self._text, previous=self._end.digest)
        if self._end.length >= FILE_BYTES:
            self._sync()
            self._number += 1
            self._end = End(0, self._end.digest)
        with content:
            offset, length = self._append(Written(header, content))
        self._written += [
            (item, Place(self._number, offset, length, position))
            for item, position in self._buffered
        ]
        self._end = End(offset + length, header[-DIGEST:])
        self._pieces, self._text, self._buffered = [], 0, []

    def _append(self, written: Written) -> tuple[int, int]:
        """Where the frame begins, and its length."""
        path = self._stream.path(self._backup, self._number)
        offset = self._end.length
        length = len(written.header) + written.content.size
        with writing(path, needed=length):
            if offset == 0:  # exclusively: a file that is there is not ours to write over
                self._storage.create(path)
                self._storage.sync_folder(path.parent)
            try:
                self._storage.write(path, offset, written)
            except BaseException:
                self._cut_back(offset)
                raise
        return offset, length

    def _sync(self) -> None:
        path = self._stream.path(self._backup, self._number)
        try:
            with writing(path):
                self._storage.sync(path)
        except BaseException:
            # After a failed fsync nobody knows what reached the disk, and a second one may lie.
            self._cut_back(self._safe[self._number].length if self._number in self._safe else 0)
            raise
        self._safe[self._number] = self._end

    def _cut_back(self, length: int) -> None:
        # The error that brought us here is the one to tell; opening the backup cuts what is left.
        with contextlib.suppress(OSError):
            self._storage.truncate(self._stream.path(self._backup, self._number), length)
