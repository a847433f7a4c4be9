"""Being the one that writes an mbox file, as mutt and mail servers understand it: a kernel lock and
FILE.lock beside it.

What a killed run leaves in FILE.lock says how long the file was when it began, so that an end torn
by it can be told from what others wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gmailkit.errors import BackupLocked
from gmailkit.paths import sync_folder
from gmailkit.stores.door import Step, lock, name_new, writing
from gmailkit.stores.reading import NOFOLLOW, open_plain

_OURS = re.compile(rb"\d+\ngmailkit (\d+)\n")


@dataclass(slots=True)
class Lock:
    """`began`: how long the file was before a run that was killed, if one was. `keep`: an end is
    torn that could not be cut, so what is said of it stays for the next run.
    """

    began: int | None
    keep: bool = False


@contextmanager
def locked(path: Path, descriptor: int, step: Step) -> Iterator[Lock]:
    """Hold both. Raises BackupLocked, CannotWrite."""
    beside = path.with_name(f"{path.name}.lock")
    with writing(path):
        try:
            lock(descriptor)
        except BlockingIOError as error:
            raise _busy(path) from error
    began = _left_behind(beside)
    with writing(beside):
        if began is None:
            step("lock", beside)
            _write(beside, f"{os.getpid()}\ngmailkit {os.fstat(descriptor).st_size}\n".encode())
        sync_folder(path.parent)  # the names of both
    held = Lock(began)
    try:
        yield held
    finally:
        if not held.keep:
            with suppress(OSError):
                beside.unlink()


def _left_behind(beside: Path) -> int | None:
    """What a killed run of ours wrote: while it lived, it held the kernel's lock as well."""
    try:
        with os.fdopen(open_plain(beside), "rb") as file:
            text = file.read(200)
    except FileNotFoundError:
        return None
    except OSError:
        text = b""
    if not (ours := _OURS.fullmatch(text)):
        raise BackupLocked(
            f"Another program has locked the file: {beside} is there.",
            hint="Wait for it to end. If none is running, remove that file.",
        )
    return int(ours[1])


def _write(beside: Path, text: bytes) -> None:
    """Whole or not at all: a run killed here must not leave a lock that nobody owns."""
    part = beside.with_name(f".{beside.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        name_new(part, beside)
    except FileExistsError as error:
        raise _busy(beside) from error
    finally:
        part.unlink(missing_ok=True)


def _busy(path: Path) -> BackupLocked:
    return BackupLocked(
        f"Another program is writing {path}.", hint="Wait for it to end; nothing was changed."
    )
