"""The files of a stream as plain bytes, wherever they lie and however they are kept.

What reads and writes a backup speaks to `Files`. `PlainFiles` are files on disk that frames are
appended to; those that are put whole are in `whole.py`, encrypted ones in `crypt/sealed.py`.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from gmailkit.backup.events import line_at
from gmailkit.backup.storage import Storage, writing
from gmailkit.backup.stream import End, Place, Stream, frame_text
from gmailkit.backup.survey import Survey, parser, survey
from gmailkit.errors import BackupDamaged
from gmailkit.model.content import Content


class Written(msgspec.Struct, frozen=True):
    """A frame on its way to disk, piece by piece."""

    header: bytes
    content: Content

    def __iter__(self) -> Iterator[bytes]:
        """An ordinary one in one piece: each is a call to the system."""
        pieces = self.content.pieces()
        yield self.header + next(pieces, b"")
        yield from pieces


class Files(Protocol):
    """One stream of one backup. Sizes and offsets are of plain bytes, in which frames lie."""

    @property
    def stream(self) -> Stream:
        """Where they lie, and what they are called here."""

    @property
    def grow(self) -> bool:
        """Whether frames are appended to the newest file; else each is written once, whole."""

    @property
    def distant(self) -> bool:
        """Whether each look takes a request. What lies there is never changed in a part of it."""

    def numbers(self) -> list[int]:
        """The files that are there, in order."""

    def is_ours(self, name: str) -> bool:
        """Whether a file of that name in its folder belongs to it."""

    def size(self, number: int, known: int = 0) -> int:
        """0 for one that is not there, or is no such file. One that was `known` bytes long, and
        may well be so still, need not be looked into where that takes time.
        """

    def look_again(self) -> None:
        """Somebody else may have written meanwhile: forget which files there are."""

    def opened(self, number: int) -> AbstractContextManager[BinaryIO]:
        """To read in; shorter than `size` where the end cannot be had. Raises OSError, or
        BackupDamaged when nothing can.
        """

    def text(self, place: Place) -> bytes:
        """Of the frame there. Raises BackupDamaged."""

    def told_event(self, place: Place) -> bytes:
        """The line of the event there. Raises BackupDamaged."""

    def survey(self, number: int, known: End, size: int) -> Survey[Any]:
        """What lies between `known` and byte `size`: entries of messages, events with places."""

    def append(self, number: int, offset: int, frame: Written) -> None:
        """A frame at the end of a file; at 0 in a new one. Raises CannotWrite."""

    def sync(self, number: int, end: End, items: Sequence[tuple[Any, Place]], *, safe: int) -> None:
        """Return when all that was appended is on disk: up to `end`, with `items` in it that were
        not there before. On an error it is again as it was, `safe` bytes long. Raises CannotWrite.
        """

    def cut(self, number: int, length: int) -> None:
        """Take off what an unfinished write left; a file of length 0 is removed."""

    def settle(self, number: int) -> None:
        """Make sure that what lies there outlives a power cut."""


class StreamFiles(ABC):
    """What all of them do alike."""

    stream: Stream

    @abstractmethod
    def opened(self, number: int) -> AbstractContextManager[BinaryIO]:
        """See `Files`."""

    @abstractmethod
    def text(self, place: Place) -> bytes:
        """See `Files`."""

    def told_event(self, place: Place) -> bytes:
        return line_at(self.text(place), place.position)

    def survey(self, number: int, known: End, size: int) -> Survey[Any]:
        with self.opened(number) as file:
            return survey(file, number, known, size, parser(self.stream))


class PlainFiles(StreamFiles):
    """Files on disk, as docs/backup-format.md describes them."""

    grow = True
    distant = False

    def __init__(self, backup: Path, stream: Stream, storage: Storage) -> None:
        self._backup = backup
        self.stream = stream
        self._storage = storage
        self._asked = (0, backup)  # the path that was made last

    def numbers(self) -> list[int]:
        return self.stream.numbers(self._backup)

    def is_ours(self, name: str) -> bool:
        return self.stream.is_file(name)

    def size(self, number: int, known: int = 0) -> int:
        path = self._path(number)
        return path.stat().st_size if path.exists() else 0

    def look_again(self) -> None:
        """It looks each time."""

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        with self._path(number).open("rb") as file:
            yield file

    def text(self, place: Place) -> bytes:
        path = self._path(place.number)
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(place.offset)
                frame = file.read(place.length)
        except FileNotFoundError as error:
            raise BackupDamaged(f"{path} is missing.") from error
        except (OSError, OverflowError, ValueError) as error:
            raise BackupDamaged(f"{path} cannot be read: {error}.") from error
        return frame_text(frame, place)

    def append(self, number: int, offset: int, frame: Written) -> None:
        path = self._path(number)
        with writing(path, needed=len(frame.header) + frame.content.size):
            if offset == 0:  # exclusively: a file that is there is not ours to write over
                self._storage.create(path)
                self._storage.sync_folder(path.parent)
            try:
                self._storage.write(path, offset, frame)
            except BaseException:
                self._cut_back(number, offset)
                raise

    def sync(self, number: int, end: End, items: Sequence[tuple[Any, Place]], *, safe: int) -> None:
        path = self._path(number)
        try:
            with writing(path):
                self._storage.sync(path)
        except BaseException:
            # After a failed fsync nobody knows what reached the disk, and a second one may lie.
            self._cut_back(number, safe)
            raise

    def cut(self, number: int, length: int) -> None:
        path = self._path(number)
        with writing(path):
            if length:
                self._storage.truncate(path, length)
                self._storage.sync(path)
            else:  # zstd takes an empty file for a broken one
                self._storage.remove(path)
                self._storage.sync_folder(path.parent)

    def settle(self, number: int) -> None:
        path = self._path(number)
        with writing(path):
            self._storage.sync(path)
            self._storage.sync_folder(path.parent)

    def _path(self, number: int) -> Path:
        asked = self._asked  # by another thread too
        if asked[0] != number:
            asked = self._asked = number, self.stream.path(self._backup, number)
        return asked[1]

    def _cut_back(self, number: int, length: int) -> None:
        # The error that brought us here is the one to tell; opening the backup cuts what is left.
        with contextlib.suppress(OSError):
            self._storage.truncate(self._path(number), length)
