"""One writer at a time: a kernel lock, which a killed process cannot leave behind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.backup.place import name_of, origin
from gmailkit.backup.storage import Storage, cannot_write, writing
from gmailkit.clock import Clock
from gmailkit.errors import BackupLocked

LOCK, OWNER = "lock", "lock.json"


@contextmanager
def held(folder: Path, *, storage: Storage, clock: Clock) -> Iterator[None]:
    """Be the folder's only writer. Raises BackupLocked naming the other one, and CannotWrite.

    `lock.json` beside the lock only informs: it is as wrong as it likes after a crash.
    """
    from filelock import FileLock, Timeout  # 50 ms, and only writers need it

    # A soft lock, filelock's fallback where the kernel has none, would outlive a killed process.
    lock = FileLock(
        folder / LOCK, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout as error:
        raise _locked(folder) from error
    except (OSError, NotImplementedError) as error:
        code = error.errno if isinstance(error, OSError) else None
        raise cannot_write(folder / LOCK, code, str(error)) from error
    try:
        _say_who(folder / OWNER, storage, clock)
        yield
    finally:
        lock.release()


@contextmanager
def only_writer(folder: Path, *, storage: Storage, clock: Clock) -> Iterator[None]:
    """The same, also where other machines may write: in the store that the folder stands for."""
    with held(folder, storage=storage, clock=clock):
        if origin(folder) is None:
            yield
            return
        from gmailkit.backup.objects.lock import alone

        with alone(folder, clock):
            yield


def _say_who(path: Path, storage: Storage, clock: Clock) -> None:
    since = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="seconds")
    text = json.dumps({"pid": os.getpid(), "since": since}).encode()
    with writing(path, needed=len(text)):
        if not path.exists():
            storage.create(path)
        storage.write(path, 0, (text,))
        storage.truncate(path, len(text))


def _locked(folder: Path) -> BackupLocked:
    try:
        owner = json.loads((folder / OWNER).read_bytes())
        who = f"Process {int(owner['pid'])} has been writing since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "Another process is writing"
    return BackupLocked(
        f"{name_of(folder)} is locked. {who}.", hint="Wait for it to end; nothing was changed."
    )
