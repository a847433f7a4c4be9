"""The door to the disk: every change a backup makes goes through `Storage`, one call a step.

Tests hand in a storage that dies, runs full or fails at any step; reading needs no such door.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from gmailkit.errors import BackupDamaged, CannotWrite
from gmailkit.paths import PRIVATE_FILE, PRIVATE_FOLDER, sync_folder


class Storage(Protocol):
    """What may happen to a backup's folder. Each method raises OSError, and says when it is done.

    Only `sync` and `sync_folder` promise to outlive a power cut; a `write` that raised may have
    written any part.
    """

    def make_folder(self, path: Path) -> None:
        """A new folder for the owner alone; its parent exists, it does not."""

    def create(self, path: Path) -> None:
        """A new empty file for the owner alone; never takes over one that exists."""

    def write(self, path: Path, offset: int, pieces: Iterable[bytes]) -> None:
        """All of `pieces`, one after another, from `offset` on; they may be gone through again."""

    def truncate(self, path: Path, length: int) -> None: ...

    def sync(self, path: Path) -> None: ...

    def sync_folder(self, path: Path) -> None: ...

    def rename(self, old: Path, new: Path) -> None: ...

    def remove(self, path: Path) -> None: ...

    def step(self, name: str, path: Path) -> None:
        """A change somebody else is about to make to `path` (SQLite: "index commit")."""


class Disk:
    """The real one."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=PRIVATE_FOLDER)

    def create(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(path, flags, PRIVATE_FILE))

    def write(self, path: Path, offset: int, pieces: Iterable[bytes]) -> None:
        file = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        try:
            os.lseek(file, offset, os.SEEK_SET)
            for piece in pieces:
                rest = memoryview(piece)
                while rest:  # a write may take less than it was given
                    rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)

    def truncate(self, path: Path, length: int) -> None:
        os.truncate(path, length)

    def sync(self, path: Path) -> None:
        with path.open("r+b", buffering=0) as file:
            os.fsync(file.fileno())

    def sync_folder(self, path: Path) -> None:
        sync_folder(path)

    def rename(self, old: Path, new: Path) -> None:
        old.replace(new)

    def remove(self, path: Path) -> None:
        path.unlink()

    def step(self, name: str, path: Path) -> None:
        pass


DISK: Storage = Disk()


def put_whole(path: Path, pieces: Iterable[bytes], storage: Storage) -> None:
    """Have all of `pieces` in the file, or it as it was, whatever interrupts. That it outlives a
    power cut, its folder has to be synced. Raises OSError.
    """
    new = path.with_name(f"{path.name}.new")
    if new.exists():
        storage.remove(new)
    storage.create(new)
    storage.write(new, 0, pieces)
    storage.sync(new)
    storage.rename(new, path)


@contextmanager
def writing(path: Path, *, needed: int = 0) -> Iterator[None]:
    """Turn an OSError of a change to `path` into CannotWrite; `needed` is bytes, when known."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error.errno, error.strerror, needed=needed) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an OSError of looking into the folder `path` into BackupDamaged."""
    try:
        yield
    except OSError as error:
        raise BackupDamaged(
            f"Cannot read {error.filename or path}: {error.strerror}.",
            hint="Check the disk, and that the folder is yours.",
        ) from error


_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})


def takes_locks(file: Path) -> bool:
    """Whether the file system that a file lies on keeps programs apart: a share of NFS without its
    lock service does not.

    For a file that nobody locks: closing it frees whatever locks this process has on it.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows, whose file systems all do
        return True
    with suppress(OSError), file.open("rb") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in _NO_LOCKS
    return True


def cannot_write(
    path: Path, code: int | None, reason: str | None, *, needed: int = 0
) -> CannotWrite:
    """The error for `path`, with what to do about it."""
    wanted = f" ({needed:,} bytes were needed)" if needed else ""
    if code in _FULL:
        hint = "Free some space and run the same command again: what was saved stays saved."
    elif code in FORBIDDEN:
        hint = "Choose a folder you may write to."
    elif code in _NO_LOCKS:
        hint = (
            "That file system takes no locks, so two runs could write at once: mount it with them "
            "(NFS: with its lock service), or choose another. Reading works."
        )
    else:
        hint = "Check the disk, then run the same command again."
    return CannotWrite(
        f"Cannot write {path}: {reason or 'unknown error'}{wanted}.", path=path, hint=hint
    )
