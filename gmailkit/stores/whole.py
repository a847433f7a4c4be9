"""A file that is there whole or not at all: written beside, and given its name at the end."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from gmailkit.errors import BackupLocked, CannotWrite
from gmailkit.paths import PRIVATE_FILE
from gmailkit.stores.door import Door, Step, lock, unwatched, writing
from gmailkit.stores.reading import NOFOLLOW


class WholeFile:
    """`file` is open for bytes until `finish` or `discard`; what a killed run left is written over.

    Raises CannotWrite (there is such a file already), BackupLocked.
    """

    def __init__(self, path: Path, *, step: Step = unwatched) -> None:
        self.path = path.absolute()
        self._step = step
        self._door = Door(step)
        self._part = self.path.with_name(f".{self.path.name}.part")
        if os.path.lexists(self.path):
            raise CannotWrite(
                f"{path} is there already.",
                path=path,
                hint="Name another file, or remove it: this form is always made whole.",
            )
        self._door.make_folder(self.path.parent)
        with writing(self._part):
            self._open()
            if os.fstat(self.file.fileno()).st_nlink > 1:
                # A run was killed at its very end: these bytes are a finished file as well.
                self._part.unlink()
                self.file.close()
                self._open()
            self.file.truncate(0)

    def writing(self) -> AbstractContextManager[None]:
        """Turn an OSError into CannotWrite."""
        return writing(self.path, then="it begins anew")

    def step(self) -> None:
        """Something is about to be written."""
        self._step("write", self._part)

    def finish(self) -> None:
        with self.writing():
            self._step("sync", self._part)
            self.file.flush()
            os.fsync(self.file.fileno())
        self._door.replace(self._part, self.path)
        self.file.close()

    def discard(self) -> None:
        """As if nothing had been begun."""
        with suppress(OSError):
            self._part.unlink(missing_ok=True)
        with suppress(OSError):
            self.file.close()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
        self.file = os.fdopen(os.open(self._part, flags, PRIVATE_FILE), "r+b")
        self._lock()

    def _lock(self) -> None:
        try:
            lock(self.file.fileno())
        except BlockingIOError as error:
            self.file.close()
            raise BackupLocked(
                f"Another run is writing {self.path}.",
                hint="Wait for it to end; nothing was changed.",
            ) from error
