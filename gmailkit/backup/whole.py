"""A stream whose files are put whole, once, at the end of a commit, and are never changed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from gmailkit.backup.files import StreamFiles, Written
from gmailkit.backup.shelf import Shelf, Taken
from gmailkit.backup.stream import End, Place, Stream, frame_text
from gmailkit.errors import BackupDamaged, BackupLocked
from gmailkit.model.content import IN_MEMORY, Content, Spool


class WholeFiles(StreamFiles):
    """See `Files`. Which files there are is looked up once, until `look_again`."""

    grow = False

    @property
    def distant(self) -> bool:
        return self.shelf.distant

    def __init__(self, shelf: Shelf, stream: Stream) -> None:
        self.stream = stream
        self.shelf = shelf
        self._there: dict[int, int] | None = None
        self._spool: Spool | None = None
        self._ahead = _Ahead(lambda number, *part: shelf.part(stream.told(number), *part))

    def numbers(self) -> list[int]:
        return sorted(self._stored())

    def is_ours(self, name: str) -> bool:
        return self.stream.is_file(name)

    def size(self, number: int, known: int = 0) -> int:
        return self._stored().get(number, 0)

    def stored_size(self, number: int) -> int:
        """Bytes of the file as it lies there; 0 where it does not."""
        return self._stored().get(number, 0)

    def look_again(self) -> None:
        self._there = None

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        if self.stored_size(number) > IN_MEMORY:
            with self.shelf.opened(self.stream.told(number)) as file:
                yield file
            return
        content = self.shelf.read(self.stream.told(number))
        if content is None:
            raise self._missing(number)
        yield io.BytesIO(content)

    def text(self, place: Place) -> bytes:
        frame = self._ahead.part(place.number, place.offset, place.length)
        if frame is None:
            raise self._missing(place.number)
        return frame_text(frame, place)

    def append(self, number: int, offset: int, frame: Written) -> None:
        self._spool = self._spool or Spool(in_memory=IN_MEMORY)
        for piece in frame:
            self._spool.write(piece)

    def sync(self, number: int, end: End, items: Sequence[tuple[Any, Place]], *, safe: int) -> None:
        """Raises BackupLocked as well, when another writer has put it."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        with spool.done() as content:
            self._put(number, content, end, items)

    def _put(
        self, number: int, content: Content, end: End, items: Sequence[tuple[Any, Place]]
    ) -> None:
        """The file of these plain bytes."""
        self._put_new(number, content)

    def _put_new(self, number: int, content: Content) -> None:
        try:
            self.shelf.put_new(self.stream.told(number), content)
        except Taken:
            raise self._taken(number) from None
        self._stored()[number] = content.size

    def cut(self, number: int, length: int) -> None:
        """Never: a file is there as a whole, or not at all."""

    def settle(self, number: int) -> None:
        self.shelf.settle(self.stream.told(number))

    def _stored(self) -> dict[int, int]:
        if self._there is None:
            start = f"{self.stream.folder}/"
            sizes = self.shelf.sizes(self.stream.folder)
            names = {name.removeprefix(start): size for name, size in sizes.items()}
            ours = {name: size for name, size in names.items() if self.stream.is_file(name)}
            self._there = {int(name.split(".")[0]): size for name, size in ours.items()}
        return self._there

    def _taken(self, number: int) -> BackupLocked:
        name = self.stream.told(number)
        return BackupLocked(
            f"{self.shelf.told} is being written by somebody else, who has put {name}.",
            hint="Let that run end, then run the same command again: what was saved stays saved.",
        )

    def _missing(self, number: int) -> BackupDamaged:
        return BackupDamaged(f"{self.shelf.told}/{self.stream.told(number)} is missing.")


class _Ahead:
    """Parts of files, of which who reads one after another gets the next with it: a request for
    each would take longer than all the bytes do.
    """

    def __init__(self, part: Callable[[int, int, int], bytes | None]) -> None:
        """`part` reads some of the file with a number: from where on, how much."""
        self._part = part
        self._held = 0, 0, b""  # the number of a file, a place in it, and the bytes there
        self._next = 0, 0  # the same of what follows the part that was asked for last

    def part(self, number: int, offset: int, length: int) -> bytes | None:
        """Those bytes, fewer at the file's end; None where there is no such file."""
        held, start, content = self._held
        at = offset - start
        if held != number or not 0 <= at <= len(content) - length:
            wanted = max(length, IN_MEMORY) if self._goes_on(number, offset) else length
            found = self._part(number, offset, wanted)
            if found is None:
                return None
            at, content = 0, found
            self._held = number, offset, content
        self._next = number, offset + length
        return content[at : at + length]

    def _goes_on(self, number: int, offset: int) -> bool:
        """In the same file, or with the start of another."""
        before, end = self._next
        return before > 0 and offset == (end if before == number else 0)
