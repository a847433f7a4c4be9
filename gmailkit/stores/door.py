"""Changes of files that a store makes, one step at a time: whole or not at all, never by way of a
link, never over what is there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from gmailkit.errors import BackupLocked, CannotWrite
from gmailkit.paths import PRIVATE_FILE, PRIVATE_FOLDER, sync_folder
from gmailkit.stores.reading import NOFOLLOW, NONBLOCK, date_of, pieces_of

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FROM_HERE, _NEVER_OVER = -100, 1  # AT_FDCWD and RENAME_NOREPLACE of Linux
_WHOLE_FILE = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)  # struct flock of Linux

Step = Callable[[str, Path], object]  # what is about to be done, and to which path


def unwatched(step: str, path: Path) -> None:
    """Tests hand in what dies, or raises OSError, at some step."""


class Door:
    """What may happen to the folders of a store. Each method raises CannotWrite."""

    def __init__(self, step: Step = unwatched) -> None:
        self._step = step

    def make_folder(self, path: Path) -> None:
        """It is there, and is no link; its parents too."""
        with writing(path):
            for each in reversed([path, *path.parents]):
                if not each.exists():
                    self._step("make_folder", each)
                    with suppress(FileExistsError):
                        each.mkdir(mode=PRIVATE_FOLDER)
                    sync_folder(each.parent)

    def make_inside(self, root: Path, below: Path) -> None:
        """A folder of a store, made where it is missing; none on the way there may be a link."""
        here = root
        for name in below.relative_to(root).parts:
            here = here / name
            with writing(here):
                if not _is_folder(here):
                    self._step("make_folder", here)
                    here.mkdir(mode=PRIVATE_FOLDER)
                    sync_folder(here.parent)

    def write_new(self, path: Path, pieces: Iterable[bytes], *, date: int | None = None) -> None:
        """A new file, on the disk when it returns; what lies there from a killed run goes. `date`:
        when it was changed, as it says, in milliseconds since 1970.
        """
        with writing(path):
            with suppress(FileNotFoundError):
                path.unlink()
            self._step("create", path)
            with os.fdopen(os.open(path, _NEW, PRIVATE_FILE), "wb", buffering=0) as file:
                for piece in pieces:
                    self._step("write", path)
                    write_all(file.fileno(), piece)
                if date is not None:
                    with suppress(OSError, OverflowError):  # some file systems keep no such date
                        os.utime(file.fileno(), ns=(date * 1_000_000, date * 1_000_000))
                self._step("sync", path)
                os.fsync(file.fileno())

    def place(self, part: Path, path: Path, *, parts: Path) -> None:
        """Give a whole file its name as well; raises CannotWrite where something has it.

        `parts` is a folder of the same disk where nothing is taken for whole.
        """
        with writing(path):
            self._step("link", path)
            try:
                os.link(part, path, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # A memory stick, say: by a second file, which is whole before it has the name.
                second = parts / f"{part.name}.copy"
                self.write_new(second, pieces_of(part), date=date_of(part.stat()))
                _rename(second, path)

    def replace(self, part: Path, path: Path) -> None:
        """Give a whole file its name in the end; raises CannotWrite where something has it."""
        with writing(path):
            self._step("link", path)
            name_new(part, path)
        self.remove(part)
        self.sync_folder(path.parent)

    def set_aside(self, path: Path, aside: Path) -> None:
        """Move a file to another folder of the same disk, whatever lies there already; it always
        has one of the two names.
        """
        self.make_folder(aside.parent)
        aside = free_name(aside)
        with writing(aside):
            self._step("link", aside)
            name_new(path, aside)
        self.sync_folder(aside.parent)
        self.remove(path)

    def renew(self, part: Path, path: Path) -> None:
        """Give a whole file the name of an older one of ours; one of the two is always there."""
        with writing(path):
            self._step("rename", path)
            part.replace(path)

    def append(self, path: Path, lines: bytes) -> None:
        """At the end of a file, made where it is missing; on the disk when it returns."""
        with writing(path):
            self._step("append", path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | NOFOLLOW | NONBLOCK
            with os.fdopen(os.open(path, flags, PRIVATE_FILE), "ab", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise OSError(errno.EINVAL, "It is no plain file")
                write_all(file.fileno(), lines)
                os.fsync(file.fileno())

    def remove(self, path: Path) -> None:
        with writing(path):
            self._step("remove", path)
            path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        with writing(path):
            self._step("sync_folder", path)
            sync_folder(path)


def beside(path: Path) -> Path:
    """Where lies what was taken back from a store."""
    return path.with_name(f"{path.name}.undone")


def free_name(path: Path) -> Path:
    """That one, or with a number behind it, where something has it."""
    names = (path.with_stem(f"{path.stem}~{number}") for number in count(2))
    return next(each for each in chain([path], names) if not os.path.lexists(each))


def write_all(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:  # a raw write may take less than it was given
        rest = rest[os.write(descriptor, rest) :]


def name_new(part: Path, path: Path) -> None:
    """Give a file a name that nothing has; it may lose its other one. Raises OSError."""
    try:
        os.link(part, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename(part, path)


def _rename(old: Path, new: Path) -> None:
    """Never over what is there, though it came this moment. Raises OSError."""
    import ctypes  # few disks need it

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename:
        words = (_FROM_HERE, os.fsencode(old), _FROM_HERE, os.fsencode(new), _NEVER_OVER)
        if rename(*words) == 0:
            return
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(code, os.strerror(code), str(new))
    if os.path.lexists(new):  # the next best where the system has no such thing
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)


def _is_folder(path: Path) -> bool:
    """Raises OSError where a link or a file has its name."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.ENOTDIR, "It is no folder")
    return True


@contextmanager
def writing(path: Path, *, then: str = "it goes on") -> Iterator[None]:
    """Turn an OSError of a change to `path` into CannotWrite; `then` says what another run does."""
    try:
        yield
    except OSError as error:
        hint = "Choose another place: nothing that is there was changed."
        if error.errno in FULL:
            hint = f"Free some space and run the same command again: {then}."
        words = error.strerror or "unknown error"
        raise CannotWrite(f"Cannot write {path}: {words}.", path=path, hint=hint) from error


def lock(descriptor: int) -> None:
    """Lock an open file against all that lock it as mail programs do, this process not left out.

    Until it is closed; BlockingIOError where it is locked. Usual POSIX locks are a process's: they
    admit a second one of the same process, and go when anything there closes the file.
    """
    if (of_this_opening := getattr(fcntl, "F_OFD_SETLK", None)) is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # there it meets POSIX locks as well
        return
    try:
        fcntl.fcntl(descriptor, of_this_opening, _WHOLE_FILE)
    except PermissionError as error:  # POSIX leaves the choice
        raise BlockingIOError(error.errno, error.strerror) from error


@contextmanager
def only_writer(folder: Path, name: str) -> Iterator[None]:
    """Be the one run of gmailkit that adds to a folder. Raises BackupLocked, CannotWrite."""
    from filelock import FileLock, Timeout  # 50 ms, and only writers need it

    lock = FileLock(folder / name, timeout=0, mode=PRIVATE_FILE, thread_local=False)
    with writing(folder / name):
        try:
            lock.acquire()
        except Timeout as error:
            raise BackupLocked(
                f"Another run is writing into {folder}.",
                hint="Wait for it to end; nothing was changed.",
            ) from error
    try:
        yield
    finally:
        lock.release()
