"""The files of a stream as objects: each is put once, whole, at the end of a commit."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from gmailkit.backup.events import line_at
from gmailkit.backup.files import Written
from gmailkit.backup.objects.bucket import Bucket, Taken
from gmailkit.backup.stream import End, Place, Stream, frame_text
from gmailkit.backup.survey import Survey, parser, survey
from gmailkit.errors import BackupDamaged, BackupLocked
from gmailkit.model.content import IN_MEMORY, Spool


class ObjectFiles:
    """What is there is looked up once: an object never changes, and a writer is alone."""

    grow = False

    def __init__(self, bucket: Bucket, stream: Stream) -> None:
        self.stream = stream
        self._bucket = bucket
        self._sizes: dict[int, int] | None = None
        self._spool: Spool | None = None

    def numbers(self) -> list[int]:
        return sorted(self._there())

    def is_ours(self, name: str) -> bool:
        return self.stream.is_file(name)

    def size(self, number: int) -> int:
        return self._there().get(number, 0)

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        size = self.size(number)
        if size > IN_MEMORY:
            raw = _Ranges(self._bucket, self.stream.told(number), size)
            with io.BufferedReader(raw, IN_MEMORY) as file:
                yield cast(BinaryIO, file)
            return
        content = self._bucket.read(self.stream.told(number))
        if content is None:
            raise self._missing(number)
        yield io.BytesIO(content)

    def text(self, place: Place) -> bytes:
        name = self.stream.told(place.number)
        frame = self._bucket.part(name, place.offset, place.length)
        if frame is None:
            raise self._missing(place.number)
        return frame_text(frame, place)

    def told_event(self, place: Place) -> bytes:
        return line_at(self.text(place), place.position)

    def survey(self, number: int, known: End, size: int) -> Survey[Any]:
        with self.opened(number) as file:
            return survey(file, number, known, size, parser(self.stream))

    def append(self, number: int, offset: int, frame: Written) -> None:
        self._spool = self._spool or Spool(in_memory=IN_MEMORY)
        for piece in frame:
            self._spool.write(piece)

    def sync(self, number: int, end: End, items: Sequence[tuple[Any, Place]], *, safe: int) -> None:
        """Raises BackupLocked as well, when another writer has put it."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        name = self.stream.told(number)
        if self._bucket.lock:
            self._bucket.lock.renew()
        with spool.done() as content:
            try:
                self._bucket.put_new(name, content.bytes)
            except Taken:
                raise BackupLocked(
                    f"{self._bucket.url} is being written by somebody else, who has put {name}.",
                    hint="Let that run end, then run the same command again: what was saved "
                    "stays saved.",
                ) from None
        self._there()[number] = end.length

    def cut(self, number: int, length: int) -> None:
        """Never: an object is there as a whole, or not at all."""

    def settle(self, number: int) -> None:
        """It was safe when the put had ended."""

    def _there(self) -> dict[int, int]:
        if self._sizes is None:
            found = self._bucket.sizes(self.stream.folder)
            start = f"{self.stream.folder}/"
            names = {name.removeprefix(start): size for name, size in found.items()}
            ours = {name: size for name, size in names.items() if self.stream.is_file(name)}
            self._sizes = {int(name.split(".")[0]): size for name, size in ours.items()}
        return self._sizes

    def _missing(self, number: int) -> BackupDamaged:
        return BackupDamaged(f"{self._bucket.url}/{self.stream.told(number)} is missing.")


class _Ranges(io.RawIOBase):
    """An object to read and seek in."""

    def __init__(self, bucket: Bucket, name: str, size: int) -> None:
        self._bucket = bucket
        self._name = name
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), max(0, self._size - self._at))
        found = self._bucket.part(self._name, self._at, length) or b""
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)
