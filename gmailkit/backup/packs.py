"""Packs: numbered files of frames that are only ever appended to, and how they are read."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

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
from gmailkit.backup.record import Record, Stamp, encode
from gmailkit.backup.storage import Storage, writing
from gmailkit.errors import BackupDamaged, CannotDo
from gmailkit.model.content import Content

FRAME_BYTES = 64 << 10  # of records, before compression; a bigger message is a frame of its own
PACK_BYTES = 64 << 20  # a pack that has reached this gets no more frames
_NAME = re.compile(r"\d{6,}\.mbox\.zst")
_SCAN = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Stamp):
    """A saved message and its place: pack number, offset and length of the frame (header
    included), position of the record in the frame's text."""

    pack: int
    offset: int
    frame_length: int
    position: int

    @classmethod
    def of(cls, stamp: Stamp, *, pack: int, frame: Frame, position: int) -> Entry:
        return cls(
            v=stamp.v,
            account=stamp.account,
            id=stamp.id,
            thread=stamp.thread,
            date_ms=stamp.date_ms,
            labels=stamp.labels,
            length=stamp.length,
            sha256=stamp.sha256,
            pack=pack,
            offset=frame.offset,
            frame_length=frame.length,
            position=position,
        )


@dataclass(frozen=True, slots=True)
class End:
    """How far a pack is known: its length in bytes, and the digest of its last frame."""

    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a pack that are no sound frame. `torn` when they begin one that the file's end
    cuts short: in the newest pack the trace of an interrupted write, and of nothing else."""

    offset: int
    length: int
    torn: bool


def pack_name(number: int) -> str:
    return f"{number:06d}.mbox.zst"


def pack_numbers(folder: Path) -> list[int]:
    """The packs that are there, in order."""
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name.split(".")[0]) for name in names if is_pack(name))


def is_pack(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name == pack_name(int(name.split(".")[0]))


def holds_frames(folder: Path) -> bool:
    """Whether the first pack there begins as packs do."""
    for number in pack_numbers(folder)[:1]:
        with (folder / pack_name(number)).open("rb") as file:
            return file.read(len(PATTERN)) == PATTERN
    return False


def read_frame(folder: Path, entry: Entry) -> bytes:
    """The text of an entry's frame. Raises BackupDamaged."""
    path = folder / pack_name(entry.pack)
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(entry.offset)
            frame = file.read(entry.frame_length)
    except FileNotFoundError as error:
        raise BackupDamaged(f"{path} is missing.") from error
    except (OSError, OverflowError, ValueError) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}.") from error
    if len(frame) != entry.frame_length or parse_header(frame[:HEADER]) is None:
        raise BackupDamaged(f"{path} has no whole frame there.")
    return decompress(frame[HEADER:])


def walk(file: BinaryIO, start: int, size: int) -> Iterator[Frame | Gap]:
    """The frames of a pack from byte `start` to `size`, and the gaps between them.

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


class PackWriter:
    """Appends records to the newest pack, and begins the next one when that is full.

    `add` buffers, `commit` returns when everything added is safe on disk. Raises CannotWrite,
    after which what was not committed is cut off again and the writer must not be used.
    """

    def __init__(self, folder: Path, *, number: int, end: End, storage: Storage) -> None:
        """Goes on in pack `number`, which is `end` long; a length of 0 means it does not exist."""
        self._folder = folder
        self._storage = storage
        self._compressor = Compressor()
        self._number = number
        self._end = end
        self._safe = {number: end} if end.length else {}
        self._pieces: list[Iterable[bytes]] = []
        self._text = 0
        self._buffered: list[tuple[Stamp, int]] = []
        self._written: list[Entry] = []
        self.pending_bytes = 0

    @property
    def pending(self) -> int:
        """Messages added and not yet committed."""
        return len(self._buffered) + len(self._written)

    def add(self, record: Record) -> None:
        """Raises CannotDo, and nothing has happened, when no reader would take so big a frame."""
        stamp = record.stamp()
        pieces = encode(record, stamp)
        size = sum(map(len, pieces))
        if size > MAX_TEXT:
            raise CannotDo(f"Message {record.id} is too big for a backup: {size:,} bytes.")
        if self._text and self._text + size > FRAME_BYTES:
            self._close_frame()
        self._buffered.append((stamp, self._text))
        self._pieces.append(pieces)
        self._text += size
        self.pending_bytes += stamp.length
        if self._text >= FRAME_BYTES:
            self._close_frame()

    def commit(self) -> tuple[list[Entry], dict[int, End]]:
        """The entries that are safe now, and the ends of the packs that changed."""
        self._close_frame()
        if self._written:
            self._sync()
        entries, self._written, self.pending_bytes = self._written, [], 0
        changed = {entry.pack for entry in entries}
        return entries, {number: self._safe[number] for number in changed}

    def _close_frame(self) -> None:
        if not self._buffered:
            return
        pieces = chain.from_iterable(self._pieces)
        header, content = self._compressor.frame(pieces, size=self._text, previous=self._end.digest)
        if self._end.length >= PACK_BYTES:
            self._sync()
            self._number += 1
            self._end = End(0, self._end.digest)
        with content:
            frame = self._append(Written(header, content))
        self._written += [
            Entry.of(stamp, pack=self._number, frame=frame, position=position)
            for stamp, position in self._buffered
        ]
        self._end = End(frame.offset + frame.length, frame.digest)
        self._pieces, self._text, self._buffered = [], 0, []

    def _append(self, written: Written) -> Frame:
        path = self._folder / pack_name(self._number)
        offset = self._end.length
        length = len(written.header) + written.content.size
        with writing(path, needed=length):
            if offset == 0:  # exclusively: a file that is there is not ours to write over
                self._storage.create(path)
                self._storage.sync_folder(self._folder)
            try:
                self._storage.write(path, offset, written)
            except BaseException:
                self._cut_back(offset)
                raise
        return Frame(offset, length, self._end.digest, written.header[-DIGEST:], b"")

    def _sync(self) -> None:
        path = self._folder / pack_name(self._number)
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
            self._storage.truncate(self._folder / pack_name(self._number), length)
