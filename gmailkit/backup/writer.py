"""Writing a stream: frames go to its newest file, or into one of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Generic, TypeVar

from gmailkit.backup.behind import Behind
from gmailkit.backup.files import Files, Written
from gmailkit.backup.frame import DIGEST, MAX_TEXT, Compressor
from gmailkit.backup.stream import End, Place
from gmailkit.errors import CannotDo

FRAME_BYTES = 64 << 10  # of text, before compression; a bigger item is a frame of its own
FILE_BYTES = 64 << 20  # a file that has reached this gets no more frames
# Events take ten bytes each there, and a hundred times that where an index is made anew, which
# holds those of one file at a time: with this, some 400 MB.
EVENT_FILE_BYTES = 4 << 20

Item = TypeVar("Item")


def must_fit(size: int) -> None:
    """Raises CannotDo when no reader would take an item of so many bytes."""
    if size > MAX_TEXT:
        raise CannotDo(f"That is too big for a backup: {size:,} bytes.")


def may_fit(size: int, *, labels: int) -> bool:
    """Whether a message of so many bytes and labels surely fits, without a look at it: quoting
    adds a byte to six at most, and no label is longer than some hundred characters, said twice."""
    return 2 * size + 4096 * (labels + 1) <= MAX_TEXT


class Writer(Generic[Item]):
    """Appends to the newest file of a stream, and begins the next one when that is full.

    `add` buffers, `commit` returns when everything added is safe on disk. Frames are packed and
    written behind its back while the next is gathered. So `add` may raise what became of an earlier
    item: CannotWrite, after which what was not committed is cut off again and the writer must not
    be used but for `close`.
    """

    def __init__(self, files: Files, *, number: int, end: End, full: int | None = None) -> None:
        """Goes on in file `number`, which is `end` long; a length of 0 means it does not exist. A
        file is `full` at so many bytes.
        """
        self._pieces: list[Iterable[bytes]] = []
        self._text = 0
        self._buffered: list[tuple[Item, int]] = []
        self._behind = Behind()
        # While it works, only there:
        self._files = files
        self._full = FILE_BYTES if full is None else full
        self._compressor = Compressor()
        self._number = number
        self.go_on(number, end)
        self._written: list[tuple[Item, Place]] = []

    def go_on(self, number: int, end: End) -> None:
        """From there; nothing is pending. Not in a file before the one where it was to go on: those
        between were there once, and other bytes under their numbers would be taken for theirs.
        """
        if number < self._number:
            number, end = self._number, End(0, end.digest)
        self._number, self._end = number, end
        self._safe = {number: end} if end.length else {}

    @property
    def head(self) -> bytes:
        """Digest of the last frame that was written; it is safe after a commit."""
        self._behind.wait()
        return self._end.digest

    def add(self, item: Item, pieces: Iterable[bytes]) -> None:
        """`pieces` are what it is on disk; until `commit` they may be gone through again.

        Raises CannotDo, and nothing has happened, when no reader would take so big a frame.
        """
        size = sum(map(len, pieces))
        must_fit(size)
        if self._text and self._text + size > FRAME_BYTES:
            self._behind.do(self._frame())
        self._buffered.append((item, self._text))
        self._pieces.append(pieces)
        self._text += size
        if self._text >= FRAME_BYTES:
            self._behind.do(self._frame())

    def commit(self) -> tuple[list[tuple[Item, Place]], dict[int, End]]:
        """What is safe now and where it lies, and the ends of the files that changed."""
        self._behind.wait()
        if self._buffered:
            self._frame()()
        if self._written:
            self._sync()
        written, self._written = self._written, []
        changed = {place.number for _, place in written}
        return written, {number: self._safe[number] for number in changed}

    def close(self) -> None:
        """Return when nobody writes any more."""
        self._behind.close()

    def _frame(self) -> Callable[[], None]:
        """What makes a frame of what was gathered, and writes it."""
        job = partial(self._write, self._pieces, self._text, self._buffered)
        self._pieces, self._text, self._buffered = [], 0, []
        return job

    def _write(
        self, gathered: list[Iterable[bytes]], size: int, items: list[tuple[Item, int]]
    ) -> None:
        pieces = chain.from_iterable(gathered)
        header, content = self._compressor.frame(pieces, size=size, previous=self._end.digest)
        if self._is_full:
            if self._safe.get(self._number) != self._end:
                self._sync()
            self._number += 1
            self._end = End(0, self._end.digest)
        with content:
            offset, length = self._end.length, len(header) + content.size
            self._files.append(self._number, offset, Written(header, content))
        self._written += [
            (item, Place(self._number, offset, length, position)) for item, position in items
        ]
        self._end = End(offset + length, header[-DIGEST:])

    @property
    def _is_full(self) -> bool:
        """Whether the next frame goes into the next file."""
        is_written = self._number in self._safe
        return self._end.length >= self._full or (is_written and not self._files.grow)

    def _sync(self) -> None:
        number, safe = self._number, self._safe.get(self._number)
        items = [(item, place) for item, place in self._written if place.number == number]
        self._files.sync(number, self._end, items, safe=safe.length if safe else 0)
        self._safe[number] = self._end
