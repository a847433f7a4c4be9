"""Files and folders as a store reads them: no link is followed, what cannot be read is told."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.errors import GmailKitError, NotFound, UsageError
from gmailkit.model.content import IN_MEMORY, PIECE, Content

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # a named pipe would hold us up for ever


def pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def date_of(status: os.stat_result) -> int:
    """When a file was changed, as it says, in milliseconds since 1970."""
    return status.st_mtime_ns // 1_000_000


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where there is none. Raises as `listed`."""
    return sorted(listed(folder), key=lambda entry: entry.name)


def listed(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The same in no order, one at a time, for a folder with a file for each message. Raises
    UsageError for one that may not be looked into: mail would be missing, and nobody would know.
    """
    try:
        with os.scandir(folder) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unreadable(folder, error) from error


def open_plain(path: Path) -> int:
    """A descriptor for reading a plain file. Raises OSError for a link and anything else."""
    descriptor = os.open(path, os.O_RDONLY | NOFOLLOW | NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is no plain file", str(path))
    return descriptor


def ends_torn(path: Path) -> bool:
    """Whether a file of lines ends within one, as a crash leaves it."""
    with suppress(OSError), os.fdopen(open_plain(path), "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read(1) not in (b"", b"\n")
    return False


def content_of(path: Path) -> tuple[Content, os.stat_result]:
    """Of a plain file; a small one is read at once, so that one message that a disk does not give
    stops no other. Raises OSError, and reading the content of a large one UsageError.
    """
    file = io.BufferedReader(_Told(path))
    status = os.fstat(file.fileno())
    if status.st_size > IN_MEMORY:
        return Content(file, status.st_size), status
    with file:
        return Content.of(file.read()), status


class _Told(io.FileIO):
    def __init__(self, path: Path) -> None:
        super().__init__(open_plain(path))
        self._path = path

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            raise unreadable(self._path, error) from error

    def readall(self) -> bytes:
        try:
            return super().readall() or b""
        except OSError as error:
            raise unreadable(self._path, error) from error


def unreadable(path: Path, error: OSError) -> GmailKitError:
    """Why a message cannot be read: gone meanwhile, or something that somebody has to see to."""
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{path} is gone.")
    return UsageError(
        f"Cannot read {path}: {error.strerror}.",
        hint="Check its permissions; links are not followed.",
    )
