"""Disks that die, run full or fail at a chosen step, and backups to try them on."""

from __future__ import annotations

import errno
import mmap
import os
import random
import signal
import struct
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.backup.storage import DISK, Disk, Storage

ME = "me@example.com"


class Watched(Disk):
    """A disk that tells of each step before it happens; a write is two of them, half and half.

    It does not really sync: that is slow, and killing a process loses nothing the system has.
    """

    def __init__(self, before: Callable[[str, Path], object] = lambda step, path: None) -> None:
        self._before = before

    def make_folder(self, path: Path) -> None:
        self._before("make_folder", path)
        super().make_folder(path)

    def create(self, path: Path) -> None:
        self._before("create", path)
        super().create(path)

    def write(self, path: Path, offset: int, pieces: Sequence[bytes]) -> None:
        content = b"".join(pieces)
        half = len(content) // 2
        self._before("write", path)
        super().write(path, offset, [content[:half]])
        self._before("rest of write", path)
        super().write(path, offset + half, [content[half:]])

    def truncate(self, path: Path, length: int) -> None:
        self._before("truncate", path)
        super().truncate(path, length)

    def sync(self, path: Path) -> None:
        self._before("sync", path)

    def sync_folder(self, path: Path) -> None:
        self._before("sync_folder", path)

    def rename(self, old: Path, new: Path) -> None:
        self._before("rename", new)
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._before("remove", path)
        super().remove(path)

    def step(self, name: str, path: Path) -> None:
        self._before(name, path)


@dataclass
class Failing:
    """Raises `code` at step `at`; `lasting` means at every step after it too, until `mended`."""

    at: int
    code: int = errno.ENOSPC
    lasting: bool = False
    count: int = 0
    failed: list[tuple[str, Path]] = field(default_factory=list)
    mended: bool = False

    def __call__(self, step: str, path: Path) -> None:
        if self.mended:
            return
        self.count += 1
        frees = step in ("truncate", "remove") and self.code == errno.ENOSPC
        if self.count == self.at or (self.lasting and self.count > self.at and not frees):
            self.failed.append((step, path))
            raise OSError(self.code, os.strerror(self.code))


def message(number: int, size: int = 2000) -> Record:
    """Different for each number, the same each time, hard to compress."""
    id = f"{0x18F0000000000000 + number:x}"
    thread = f"{0x18F0000000000000 + number // 3:x}"
    labels = {"INBOX": "INBOX", "Label_1": "Bücher, neu"} if number % 2 else {"UNREAD": "UNREAD"}
    filling = random.Random(number).randbytes(size // 2).hex().encode()
    raw = b"Subject: %d\r\n\r\nFrom here\r\n" % number + filling + (b"\r\n" if number % 3 else b"")
    return Record(ME, id, thread, 1_700_000_000_000 + number * 1000, labels, raw)


def save(
    path: Path,
    records: Iterable[Record],
    *,
    storage: Storage = DISK,
    on_fetch: Callable[[str, Path], None] = lambda step, path: None,
) -> int:
    """What a backup run does: ask what is there, fetch the rest. Returns how many it fetched."""
    fetched = 0
    with Backup.open(path, create=True, storage=storage) as backup:
        known = backup.known(ME)
        for record in records:
            if record.id not in known:
                on_fetch("fetch", path)
                fetched += 1
                backup.add(record)
    return fetched


def flip(file: Path, place: int) -> bytearray:
    """A bit of that byte, as a disk does; what is in the file then."""
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    return content


def contents(path: Path) -> list[Record]:
    """Every message of a backup, by id; each is checked as it is read."""
    with Backup.open(path) as backup:
        return sorted((backup.read(e) for e in backup.entries()), key=lambda record: record.id)


class Counts:
    """Steps and fetches, counted where a forked child and its parent both see them."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def __enter__(self) -> Counts:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()

    def read(self) -> tuple[int, int]:
        steps, fetches = struct.unpack("qq", self._memory[:16])
        return steps, fetches

    def add(self, *, fetched: bool) -> int:
        """One more step; returns how many there were."""
        steps, fetches = self.read()
        self._memory[:16] = struct.pack("qq", steps + 1, fetches + fetched)
        return steps + 1


@contextmanager
def quiet_fork() -> Iterator[None]:
    """Python 3.12 warns of any fork beside threads; a child here uses none of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def in_a_child(work: Callable[[], object]) -> int:
    """Run `work` in a fork of this process; minus the signal that ended it, 0 when it came back."""
    return ended(begun(work))


def begun(work: Callable[[], object]) -> int:
    """A fork of this process that does the `work`."""
    with quiet_fork():
        child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - nothing may escape into pytest's copy
            os.write(2, repr(error).encode() + b"\n")
            os._exit(1)
    return child


def ended(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def die_at(fatal: int, steps: Iterable[tuple[type, str]]) -> None:
    """End this process, as kill -9 does, before its step number `fatal`: each of these methods,
    from both sides.
    """
    left = [fatal]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **more: Any) -> Any:
            step()
            done = real(*words, **more)
            step()
            return done

        return call

    for kind, name in steps:
        setattr(kind, name, around(getattr(kind, name)))


def killed_at(fatal: int, counts: Counts) -> Callable[..., None]:
    """A hook that ends this process, as kill -9 does, when it is called for the n-th time."""

    def hook(step: str, _: object) -> None:
        if counts.add(fetched=step == "fetch") == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook
