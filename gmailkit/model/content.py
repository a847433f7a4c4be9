"""The exact bytes of a message: in memory, or in a file without a name when they are many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.model.digests import digests_of, sha256_of
from gmailkit.model.hidden import hidden_file

PIECE = 1 << 20
IN_MEMORY = 8 << 20  # bytes; what is larger lies on disk unless somebody says otherwise


class Taker(Protocol):
    """Anything bytes can be written to."""

    def write(self, piece: bytes, /) -> object: ...


class Content:
    """Bytes that may be read several times; `size` says how many.

    What takes more than a few megabytes lies in a temporary file that nobody else can open or read
    (model/hidden.py) and that ends with this object. `close()` it, or use it as a context manager,
    to end it sooner.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    @classmethod
    def of(cls, raw: bytes) -> Content:
        return cls(BytesIO(raw), len(raw))

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end; all that are left without a size."""
        return self._file.read(size)

    def pieces(self) -> Iterator[bytes]:
        """All of them from the start, a megabyte at a time."""
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def part(self, start: int, size: int) -> bytes:
        """`size` bytes from `start` on, fewer at the end."""
        self._file.seek(start)
        return self._file.read(size)

    def copy_to(self, file: Taker) -> None:
        """Write all of them to `file`, which is open for bytes."""
        for piece in self.pieces():
            file.write(piece)

    def close(self) -> None:
        with suppress(OSError):  # nothing is lost: what matters was read
            self._file.close()

    def __enter__(self) -> Content:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all bytes, in hexadecimal digits."""
        return sha256_of(self.pieces())

    @cached_property
    def digest_with_crlf(self) -> str:
        """The same as if every line ended with CRLF: the way over IMAP makes it so."""
        self.digest, found = digests_of(self.pieces())
        return found

    @property
    def bytes(self) -> bytes:
        """All of them, in memory. UsageError for a file that somebody changed meanwhile."""
        if isinstance(self._file, BytesIO):
            return self._file.getvalue()
        self._file.seek(0)
        raw = self._file.read()
        if len(raw) != self.size:  # half a message would be sent as a whole one
            raise UsageError("The message became shorter or longer while it was being read.")
        return raw


class Spool:
    """Takes bytes as they come: up to `in_memory` of them in memory, more in a file.

    Raises CannotWrite when the disk refuses.
    """

    def __init__(self, *, in_memory: int) -> None:
        self._in_memory = in_memory
        self._file: BinaryIO = BytesIO()
        self._size = 0

    def write(self, piece: bytes) -> None:
        if not piece:
            return
        if not self._size:
            self._file = BytesIO(piece)  # not copied: most contents come in one piece
            self._file.seek(len(piece))
        else:
            with _disk():
                self._file.write(piece)
        self._size += len(piece)
        if self._size > self._in_memory and isinstance(self._file, BytesIO):
            self._to_disk(self._file.getvalue())

    def done(self) -> Content:
        with _disk():
            self._file.seek(0)  # writes out what is still buffered
        return Content(self._file, self._size)

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()

    def _to_disk(self, held: bytes) -> None:
        with _disk():
            self._file = hidden_file()
            self._file.write(held)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = Path(tempfile.gettempdir())
        raise CannotWrite(
            f"Cannot write a temporary file in {folder}: {error.strerror}.",
            path=folder,
            hint="Free some space, or name another folder in TMPDIR.",
        ) from error
