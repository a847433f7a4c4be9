"""Who may write: a kernel lock, which a killed process cannot leave behind.

`lock` is held while anything is written: for the whole of a command that has the folder alone, or
for one turn, a commit say, of runs that work side by side. Such a run holds for all its time the
lock of its account, `lock-` and what stands for the address: so there is one run of an account, and
who wants the folder alone sees that somebody is at work.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gmailkit.backup.place import name_of, origin
from gmailkit.backup.storage import FORBIDDEN, Storage, cannot_write, writing
from gmailkit.clock import Clock
from gmailkit.errors import BackupLocked

LOCK, OWNER = "lock", "lock.json"
PATIENCE = 600.0  # seconds that a run waits for its turn; another one may build a large index
_SILENCE = 5.0  # seconds of them that nobody is told of
_AGAIN = 0.01  # seconds between the first looks, and at least a tenth of what was waited
_SELDOM = 0.25
_log = logging.getLogger(__name__)


def is_lock(name: str) -> bool:
    """Whether a file of that name in a backup's folder is one of a lock's."""
    return name in (LOCK, OWNER) or name.startswith(f"{LOCK}-")


@contextmanager
def held(folder: Path, *, storage: Storage, clock: Clock) -> Iterator[None]:
    """Be the folder's only writer. Raises BackupLocked naming the other one, and CannotWrite.

    `lock.json` beside the lock only informs: it is as wrong as it likes after a crash.
    """
    with _locked(folder / LOCK), ExitStack() as free:
        for path in folder.glob(f"{LOCK}-*"):
            if path.suffix != ".json":
                free.enter_context(_locked(path))
        free.close()  # no run begins while `lock` is held: it waits for its first turn
        _say_who(folder / OWNER, storage, {**_me(clock.now()), "alone": True})
        yield


@contextmanager
def running(folder: Path, account: str, *, storage: Storage, clock: Clock) -> Iterator[None]:
    """Be the only run of an account, beside those of others. Raises as `held`."""
    address = hashlib.sha256(f"gmailkit account {account}".encode()).hexdigest()
    path = folder / f"{LOCK}-{address[:16]}"
    with _locked(path):
        _say_who(_owner(path), storage, _me(clock.now()))
        yield


@contextmanager
def turn(
    folder: Path, *, since: float, storage: Storage, clock: Clock, patience: float = PATIENCE
) -> Iterator[None]:
    """Be the only writer for a moment; waits while other runs have their turns. `since` is when
    this one began. Raises BackupLocked when somebody has the folder alone, or `patience` (seconds)
    is at its end, and CannotWrite.
    """
    with ExitStack() as stack:
        began, told = clock.monotonic(), False
        while True:
            try:
                stack.enter_context(_locked(folder / LOCK))
                break
            except BackupLocked:
                waited = clock.monotonic() - began
                # Not at once: what is written there may be of one that ended a moment ago.
                if waited >= patience or (waited > 4 * _AGAIN and _is_alone(folder)):
                    raise
            if waited > _SILENCE and not told:
                _log.warning("Waiting: %s.", _who(folder / LOCK))
                told = True
            clock.sleep(min(_AGAIN + waited / 10, _SELDOM))
        _say_who(folder / OWNER, storage, _me(since))
        yield


@contextmanager
def only_writer(folder: Path, *, storage: Storage, clock: Clock) -> Iterator[None]:
    """As `held`, also where other machines may write: in the store that the folder stands for."""
    with held(folder, storage=storage, clock=clock):
        if origin(folder) is None:
            yield
            return
        from gmailkit.backup.objects.lock import alone

        with alone(folder, clock):
            yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # 50 ms, and only writers need it

    # A soft lock, filelock's fallback where the kernel has none, would outlive a killed process.
    lock = FileLock(path, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise BackupLocked(
            f"{name_of(path.parent)} is locked. {_who(path)}.",
            hint="Wait for it to end; nothing was changed.",
        ) from error
    except (OSError, NotImplementedError) as error:
        code, why = (error.errno, error.strerror) if isinstance(error, OSError) else (None, "")
        refused = cannot_write(path.parent, code, why or str(error))
        if code in FORBIDDEN:
            refused.hint = (
                "It can be read as it is. To add to it, have its disk and folder writable for you, "
                "or go on with a copy of it where they are."
            )
        raise refused from error
    try:
        yield
    finally:
        lock.release()


def _owner(lock: Path) -> Path:
    return lock.with_name(f"{lock.name}.json")


def _me(since: float) -> dict[str, Any]:
    began = datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "since": began}


def _say_who(path: Path, storage: Storage, who: dict[str, Any]) -> None:
    text = json.dumps(who).encode()
    with writing(path, needed=len(text)):
        if not path.exists():
            storage.create(path)
        elif path.read_bytes() == text:  # this run's turn before was the last
            return
        storage.write(path, 0, (text,))
        storage.truncate(path, len(text))


def _said(lock: Path) -> dict[str, Any]:
    try:
        said = json.loads(_owner(lock).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _who(lock: Path) -> str:
    try:
        said = _said(lock)
        return f"Process {int(said['pid'])} has been writing since {said['since']}"
    except (ValueError, KeyError, TypeError):
        return "Another process is writing"


def _is_alone(folder: Path) -> bool:
    return _said(folder / LOCK).get("alone") is True
