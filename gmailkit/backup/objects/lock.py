"""One writer at a time in object storage: an object that only one can create.

A kernel lets go of a killed process's lock; a store does not. So the object says who and since
when, is renewed while its writer runs, and is removed at the end. What a killed run of this machine
left is taken over, for the lock of the folder here proves that it is dead; what another machine
left is explained, and goes only when somebody says so. A copy of this machine signs as this one
does, and runs under another kernel: so does this one after a restart, and then nothing is heard of
the run that was killed. Even two writers could not harm the backup: no file is ever put over
another.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gmailkit.backup.lock import OWNER
from gmailkit.backup.objects.bucket import Bucket, Seen, Version, connected
from gmailkit.backup.place import folder_of, url_of
from gmailkit.backup.shelf import Taken
from gmailkit.clock import Clock, since
from gmailkit.errors import BackupLocked, CannotWrite, GmailKitError, UsageError, to_type
from gmailkit.model.content import Content

RENEWED_EVERY = 300.0  # seconds
SKEW = 1800.0  # seconds that a machine's clock differs from the store's, from which on it is told
SILENT = 3 * RENEWED_EVERY  # without a sign of life, after which a machine was restarted
STALE = 6 * 3600.0  # seconds without a sign of life, after which it is probably dead


class Lock:
    """The object of this writer."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._since = self._renewed = clock.now()
        self._run = secrets.token_hex(8)  # two copies of a machine may have all else alike
        self._version: Version = {}

    def take(self) -> None:
        """Raises BackupLocked, CannotWrite."""
        for _ in range(3):
            try:
                self._version = self._bucket.put_new(OWNER, Content.of(self._said()))
                return
            except Taken:
                before = self._bucket.seen(OWNER)
            if before is None:
                continue
            if not self._is_of_a_dead_run(before):
                raise _locked(self._bucket, before, self._clock)
            self._bucket.remove(OWNER)
        raise _locked(self._bucket, Seen(b"", self._clock.now()), self._clock)

    def renew(self) -> None:
        """A sign of life, where the last one is old. Raises BackupLocked when it was taken over."""
        if 0 <= self._clock.now() - self._renewed < RENEWED_EVERY:
            return
        self._renewed = self._clock.now()
        try:
            self._version = self._bucket.put_instead(OWNER, self._said(), self._version)
        except CannotWrite:  # a store that cannot do that: the packs are put as new ones anyway
            return
        except Taken:
            raise BackupLocked(
                f"Somebody has taken {self._bucket.url} over from this run.",
                hint="Let the other run end, then run the same command again: what was saved "
                "stays saved.",
            ) from None

    def let_go(self) -> None:
        """What cannot be removed now is explained to the next writer."""
        with suppress(GmailKitError):
            before = self._bucket.read(OWNER)
            if before is not None and _read(before).get("run") == self._run:
                self._bucket.remove(OWNER)

    def _is_of_a_dead_run(self, before: Seen) -> bool:
        said = _read(before.content)
        if (said.get("machine"), said.get("host")) != (self._bucket.machine, _host()):
            return False
        return said.get("kernel") == _kernel() or self._clock.now() - before.at > SILENT

    def _said(self) -> bytes:
        said = {
            "owner": _owner(),
            "host": _host(),
            "pid": os.getpid(),
            "since": _time(self._since),
            "renewed": _time(self._renewed),
            "machine": self._bucket.machine,
            "kernel": _kernel(),
            "run": self._run,
        }
        return json.dumps(said, indent=2).encode() + b"\n"


@contextmanager
def alone(folder: Path, clock: Clock) -> Iterator[None]:
    """Be the only writer of the store that a folder stands for, whose own lock is held already.

    Raises BackupLocked naming the other one, and CannotWrite.
    """
    bucket = connected(folder)
    lock = Lock(bucket, clock)
    lock.take()
    bucket.lock = lock
    try:
        yield
    finally:
        bucket.lock = None
        lock.let_go()


def take_over(place: str | Path) -> None:
    """Remove the lock that a writer elsewhere has left, whoever it is.

    If it runs after all, it stops at its next commit, or the new one does: nothing is written over.
    Raises UsageError for a folder, whose lock ends with its process; CannotWrite.
    """
    if url_of(place) is None:
        raise UsageError(
            f"{place} is a folder: its lock ends with the process that holds it.",
            hint="Leave --take-over out; it is for object storage.",
        )
    connected(folder_of(place)).remove(OWNER)


def _locked(bucket: Bucket, before: Seen, clock: Clock) -> BackupLocked:
    """How long it was silent is told by the store: of the clocks of two machines one may be wrong,
    and with a wrong one the store would not have taken this request.
    """
    said, age = _read(before.content), clock.now() - before.at
    try:
        who = f"Process {int(said['pid'])} of {said['owner']} on {said['host']}"
        since = f"{who} has been writing since {said['since']}"
        since += f", and was last heard of at {_time(before.at)}"
        skew = abs(datetime.fromisoformat(said["renewed"]).timestamp() - before.at)
    except (ValueError, KeyError, TypeError):
        since, skew = "Another run is writing", 0.0
    take = f"{to_type('backup', bucket.url)} --take-over"
    if age < STALE:
        return BackupLocked(
            f"{bucket.url} is locked. {since}.{_told_skew(skew)}",
            hint=f"Wait for it to end; nothing was changed. If that run is dead: {take}",
        )
    hours = f"{age / 3600:,.0f} hours ago"
    return BackupLocked(
        f"{bucket.url} is locked. {since}: {hours}, so it was probably killed.{_told_skew(skew)}",
        hint=f"If it does not run any more, take its place: {take} (what was saved is safe).",
    )


def _told_skew(seconds: float) -> str:
    if seconds < SKEW:
        return ""
    return f" Its clock and that of the store differ by {seconds / 3600:,.0f} hours."


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _kernel() -> str:
    """This boot of this machine, and the container in it: where our locks tell who lives."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{since()} {space}".strip()


def _host() -> str:
    return socket.gethostname()


def _owner() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
