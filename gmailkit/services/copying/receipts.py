"""What became of each message of a restore, a line of JSON each, in a file of the user's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE
from gmailkit.record.copies import Receipt


class Receipts:
    """Adds to the file, so that several runs of one restore stand in it. Use it as a context
    manager; raises CannotWrite.

    A line holds `ref` (the id in the backup), `state` (added, present, refused), `came` (the id in
    Gmail, or the name in quarantine) and `why` it was refused.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Receipts:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            descriptor = os.open(self._path, flags, PRIVATE_FILE)
            # Line by line: what was settled is told, though the run is killed.
            self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise self._cannot(error) from error
        return self

    def note(self, receipt: Receipt) -> None:
        facts = {"ref": receipt.ref, "state": receipt.state, "came": receipt.came}
        line = json.dumps({**facts, "why": receipt.why} if receipt.why else facts)
        try:
            self._file.write(f"{line}\n")
        except OSError as error:
            raise self._cannot(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError as failed:
            raise self._cannot(failed) from failed

    def _cannot(self, error: OSError) -> CannotWrite:
        return CannotWrite(
            f"Cannot write the receipts to {self._path}: {error.strerror}.",
            path=self._path,
            hint="Name another file; what was restored is there, and the next run goes on.",
        )
