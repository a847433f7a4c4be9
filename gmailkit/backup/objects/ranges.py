"""An object as a file to read and seek in, a part of it at a time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from gmailkit.model.content import IN_MEMORY

Part = Callable[[int, int], bytes | None]  # offset, length; None where there is no object any more


def ranges(part: Part, size: int) -> BinaryIO:
    """The object of `size` bytes of which `part` reads some."""
    return cast(BinaryIO, io.BufferedReader(_Ranges(part, size), IN_MEMORY))


class _Ranges(io.RawIOBase):
    def __init__(self, part: Part, size: int) -> None:
        self._part = part
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
        found = self._part(self._at, length) or b""
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)
