"""Files made inside a folder and nowhere else, whole or not at all, and never over another.

Only their owner may read them, as all that is made of mail; none is executable, whatever it claims.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE, PRIVATE_FOLDER, private_folder
from gmailkit.stores.door import FULL

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_READ = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW
_ELSEWHERE = "Choose another folder with --to."
# What a file system without hard links says.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Folder:
    """Files are made relative to a descriptor of it, so that no link can lead away."""

    def __init__(self, path: Path) -> None:
        try:
            self.path = private_folder(path)
        except CannotWrite as error:
            error.hint = _ELSEWHERE
            raise
        try:
            self._root = os.open(path, _FOLDER)
        except OSError as error:
            raise _cannot_write(path, error) from error

    def close(self) -> None:
        os.close(self._root)

    def save(self, segments: Sequence[str], content: bytes, *, mtime: float) -> tuple[Path, bool]:
        """The path of the content below `segments`, and whether it is new there.

        A name that is taken by other content gets a number. Raises CannotWrite.
        """
        *folders, wanted = segments
        above = self.path.joinpath(*folders)
        with self._inside(folders) as inside:
            for number in range(1, 10_000):
                name = _numbered(wanted, number)
                try:
                    _write(inside, name, content, mtime)
                except FileExistsError:
                    if _same(inside, name, content):
                        return above / name, False
                except OSError as error:
                    raise _cannot_write(above / name, error) from error
                else:
                    return above / name, True
        raise CannotWrite(f"{above} holds 10,000 files called {wanted}.", path=above / wanted)

    def holds(self, path: Path, content: bytes) -> bool:
        """Whether a plain file at a path of this folder has that content."""
        *folders, name = path.relative_to(self.path).parts
        here = os.dup(self._root)
        try:
            for each in folders:
                below = os.open(each, _FOLDER | _NOFOLLOW, dir_fd=here)
                os.close(here)
                here = below
            return _same(here, name, content)
        except OSError:
            return False
        finally:
            os.close(here)

    def add_lines(self, name: str, lines: bytes) -> None:
        """Append to a file of the folder, on the disk when it returns. Raises CannotWrite."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NOFOLLOW
        try:
            with os.fdopen(os.open(name, flags, PRIVATE_FILE, dir_fd=self._root), "ab") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _cannot_write(self.path / name, error) from error

    def read(self, name: str) -> bytes:
        """A plain file of the folder; nothing where there is none."""
        with suppress(OSError), os.fdopen(os.open(name, _READ, dir_fd=self._root), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
        return b""

    @contextmanager
    def _inside(self, folders: Sequence[str]) -> Iterator[int]:
        """A descriptor of a folder below; made where it is missing, never by way of a link."""
        here = os.dup(self._root)
        try:
            for place, name in enumerate(folders):
                try:
                    with suppress(FileExistsError):
                        os.mkdir(name, PRIVATE_FOLDER, dir_fd=here)
                    below = os.open(name, _FOLDER | _NOFOLLOW, dir_fd=here)
                except OSError as error:
                    raise _cannot_write(self.path.joinpath(*folders[: place + 1]), error) from error
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)


def _write(folder: int, name: str, content: bytes, mtime: float) -> None:
    """Whole or not at all: written beside under a name of its own, then linked into place."""
    part = f".{secrets.token_hex(8)}.part"
    _write_new(folder, part, content, mtime)
    try:
        os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A memory stick, say: then a crash may leave half a file.
        _write_new(folder, name, content, mtime)
    finally:
        os.unlink(part, dir_fd=folder)


def _write_new(folder: int, name: str, content: bytes, mtime: float) -> None:
    """A new file with that content, or none."""
    with os.fdopen(os.open(name, _WRITE, PRIVATE_FILE, dir_fd=folder), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(name, dir_fd=folder)
            raise
        with suppress(OSError, OverflowError):  # some file systems keep no such date
            os.utime(file.fileno(), (mtime, mtime))


def _same(folder: int, name: str, content: bytes) -> bool:
    """Whether a plain file of that name has that content; anything else there is another."""
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        same_size = stat.S_ISREG(status.st_mode) and status.st_size == len(content)
        return same_size and file.read() == content


def _numbered(name: str, number: int) -> str:
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{number}{dot}{ending}" if stem else f"{name}-{number}"


def _cannot_write(path: Path, error: OSError) -> CannotWrite:
    full = error.errno in FULL
    return CannotWrite(
        f"Cannot write {path}: {error.strerror}.",
        path=path,
        hint="Free some space and run the same command again." if full else _ELSEWHERE,
    )
