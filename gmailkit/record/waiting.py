"""Mail on its way to an SMTP server: exactly what will be sent, kept until it is known to be there.

One file a message in the account's state folder, the user's alone (0600): a line of JSON, then the
message. It is on the disk before anything leaves, so that a message survives a server that says
"later", a person who says nothing yet, a crash, and a reboot.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from gmailkit.errors import CannotWrite
from gmailkit.paths import read_private, write_private


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope as it still stands: `recipients` are those that nobody took yet.

    `server` is the URL of the one it goes by, whatever the settings say meanwhile. `message_id` is
    that of the content if Gmail would keep it. `parted`: it may have been taken for some and not
    for others, so that a copy in Sent tells of nobody for sure. `looked`: long enough after a
    lost answer it was not there. `composed`: we wrote it, and may write it otherwise for a server
    that takes less. `began` is in seconds since the epoch, `attempts` counts connections.
    """

    key: str
    server: str
    sender: str
    recipients: tuple[str, ...]
    notify: tuple[str, ...] = ()
    returns: str = ""
    message_id: str = ""
    parted: bool = False
    looked: bool = False
    composed: bool = False
    began: float
    attempts: int = 0


class WaitingMail:
    """`folder` is asked for on first use."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def put(self, waiting: Waiting, content: bytes) -> None:
        """Written whole, or CannotWrite."""
        write_private(self._path(waiting.key), msgspec.json.encode(waiting) + b"\n" + content)

    def get(self, key: str) -> tuple[Waiting, bytes] | None:
        """What to send, or None. Raises UsageError for a file that others could have planted, and
        CannotWrite for one that is damaged: it is never sent.
        """
        path = self._path(key)
        raw = read_private(path)
        if raw is None:
            return None
        head, _, content = raw.partition(b"\n")
        try:
            waiting = msgspec.json.decode(head, type=Waiting)
        except msgspec.MsgspecError as error:
            raise _damaged(path) from error
        if waiting.key != key or not content:
            raise _damaged(path)
        return waiting, content

    def has(self, key: str) -> bool:
        """Whether something lies there, be it damaged."""
        return self._path(key).exists()

    def drop(self, key: str) -> None:
        """It is there, or given up. A file that cannot be removed is only old paper."""
        with suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def begun_before(self, time: float) -> list[str]:
        """Keys of messages that wait since before `time`, in seconds since the epoch."""
        found = []
        for path in self._folder_now().glob("*.mail"):
            with suppress(OSError, msgspec.MsgspecError), path.open("rb") as file:
                waiting = msgspec.json.decode(file.readline(), type=Waiting)
                if waiting.began < time:
                    found.append(waiting.key)
        return found

    def _folder_now(self) -> Path:
        return self._folder() / "smtp"

    def _path(self, key: str) -> Path:
        """Keys are a caller's words, and no file names."""
        return self._folder_now() / f"{sha256(key.encode('utf-8', 'replace')).hexdigest()}.mail"


def _damaged(path: Path) -> CannotWrite:
    return CannotWrite(
        f"The message that waits in {path} is damaged, and is not sent.",
        path=path,
        hint="Remove it, and send the message anew.",
    )
