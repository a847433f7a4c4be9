"""Every change to a mailbox, written down and synced before it is made.

One JSON object a line in the account's state folder. The names of the labels stand beside their
ids, so that a person can read it; no subject, sender or body of a message does. A change of a
setting keeps what was there before, as Gmail gave it, so that it can be written back. A call made
with `gmailkit api`, and a new filter, keep what was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gmailkit.clock import Clock
from gmailkit.errors import CannotWrite
from gmailkit.model.ids import LabelId
from gmailkit.paths import PRIVATE_FILE, private_folder, sync_folder


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is about to happen. `add` and `remove` map label ids to names.

    `former` is the JSON of a setting before; Gmail never gives a password there. `asked` are
    parameters or the JSON of what is made, without passwords and mail.
    """

    time: datetime
    what: str
    ids: tuple[str, ...] = ()
    add: Mapping[LabelId, str] = {}
    remove: Mapping[LabelId, str] = {}
    former: Mapping[str, object] = {}
    asked: Mapping[str, object] = {}


class Journal:
    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._path = folder / "journal.jsonl"
        self._clock = clock

    def write(
        self,
        what: str,
        *,
        ids: Iterable[str] = (),
        add: Mapping[LabelId, str] | None = None,
        remove: Mapping[LabelId, str] | None = None,
        former: Mapping[str, object] | None = None,
        asked: Mapping[str, object] | None = None,
    ) -> None:
        """Record a change. Raises CannotWrite, and then the change must not be made."""
        change = Change(
            time=datetime.fromtimestamp(self._clock.now(), UTC),
            what=what,
            ids=tuple(ids),
            add=add or {},
            remove=remove or {},
            former=former or {},
            asked=asked or {},
        )
        private_folder(self._path.parent)
        try:
            self._append(msgspec.json.encode(change) + b"\n")
        except OSError as error:
            raise CannotWrite(
                f"Cannot write the journal {self._path}: {error.strerror}; nothing was changed.",
                path=self._path,
                hint="Free some space, then run the same command again.",
            ) from error

    def read(self) -> tuple[Change, ...]:
        """All that was recorded; a line torn by a crash is left out: its change was never made."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        return tuple(change for line in lines if (change := _decode(line)))

    def _append(self, line: bytes) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(self._path, flags, PRIVATE_FILE), "a+b", buffering=0) as file:
            if (end := file.seek(0, os.SEEK_END)) and os.pread(file.fileno(), 1, end - 1) != b"\n":
                line = b"\n" + line  # a crash tore the line before
            file.write(line)
            os.fsync(file.fileno())
        sync_folder(self._path.parent)


def _decode(line: bytes) -> Change | None:
    try:
        return msgspec.json.decode(line, type=Change)
    except msgspec.MsgspecError:
        return None
