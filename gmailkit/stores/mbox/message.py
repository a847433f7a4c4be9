"""One message of an mbox file, read: what our lines say of it, and its exact bytes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gmailkit.errors import BackupDamaged
from gmailkit.mime.mbox import Found
from gmailkit.model.content import IN_MEMORY, Spool
from gmailkit.model.item import Item
from gmailkit.stores.mbox.record import LONGEST_HEAD, Stamp, read_head, stands_elsewhere
from gmailkit.stores.reading import unreadable

_END_OF_HEADER = re.compile(rb"\n\r?\n")


@dataclass(slots=True)
class Message:
    """One of the file: what our lines say, and the pieces behind them."""

    told: Item
    stamp: Stamp | None
    pieces: Iterator[bytes]

    @classmethod
    def of(cls, found: Found) -> Message:
        text = b""
        for piece in found.pieces:
            text += piece
            if len(text) > LONGEST_HEAD or _END_OF_HEADER.search(text):
                break
        told, stamp, begin = read_head(found.separator, text)
        pieces = _joined(text[begin:], found.pieces)
        return cls(told, stamp, _of_length(pieces, stamp.length) if stamp else pieces)

    def item(self, path: Path, ref: str) -> tuple[Item, str]:
        """With its content and that one's digest. Raises BackupDamaged for one that was torn."""
        spool, digest = Spool(in_memory=IN_MEMORY), hashlib.sha256()
        for piece in self.pieces:
            spool.write(piece)
            digest.update(piece)
        content = spool.done()
        whole = digest.hexdigest()
        # It is longer where a mail program added a line (`Status:`, say), or somebody's message
        # stands behind a torn one: then nothing of it is left out.
        if self.stamp and self.stamp.sha256 != whole and content.size <= self.stamp.length:
            if stands_elsewhere(self.stamp):
                raise BackupDamaged(
                    f"The message at byte {ref} of {path} stands in an equal one of the backup "
                    "that the file was made from.",
                    hint="Read the backup itself, or export it: gmailkit export DIR --to mbox",
                )
            raise BackupDamaged(
                f"The message at byte {ref} of {path} is not whole.",
                hint="Run the command that wrote it again: it adds the whole message.",
            )
        return replace(self.told, content=content), whole


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _of_length(pieces: Iterable[bytes], length: int) -> Iterator[bytes]:
    """Without the line end that a message of this length was given because it had none."""
    held, size = b"", 0
    for piece in pieces:
        text = held + piece
        yield text[:-1]
        held, size = text[-1:], size + len(piece)
    if size != length + 1 or held != b"\n":
        yield held


class Reader:
    """The file from a byte on, up to another; several read at different places of one descriptor.

    Raises UsageError where the disk does not give them: that is no message that is gone.
    """

    def __init__(self, path: Path, descriptor: int, start: int, end: int | None = None) -> None:
        self._path = path
        self._descriptor = descriptor
        self._at = start
        self._end = end

    def read(self, size: int, /) -> bytes:
        if self._end is not None:
            size = min(size, self._end - self._at)
        try:
            piece = os.pread(self._descriptor, size, self._at)
        except OSError as error:
            raise unreadable(self._path, error) from error
        self._at += len(piece)
        return piece
