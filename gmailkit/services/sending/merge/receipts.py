"""What became of each row, in a CSV file for people: a line an attempt, only ever added to.

The ledger is what counts. The file can be thrown away: the next run writes it anew from there.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.paths import PRIVATE_FILE, sync_folder
from gmailkit.services.spreadsheet import csv_line, guarded, unguarded

Status = Literal["sent", "failed", "parked", "held", "unknown", "invalid", "cancelled"]

_PIECE = 1 << 16  # bytes of the file that are looked at together

FOR_GOOD: tuple[Status, ...] = ("sent", "parked", "held", "cancelled")  # not tried again by a merge
HEADING = ("row", "to", "status", "message_id", "time", "error", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One attempt. `to` are addresses separated by blanks, `key` is the ledger's, or what names a
    row that never came so far ("" in older files).
    """

    row: int
    to: str
    status: Status
    time: datetime
    key: str = ""
    message_id: str = ""
    error: str = ""

    @property
    def about(self) -> str:
        return self.key or about_row(self.row)


def about_row(number: int, name: str = "") -> str:
    """Names a row that has no key: of the merge of that name, as several may share one file."""
    return f"merge {name} row {number}" if name else f"row {number}"


class Receipts:
    """Open for adding. Each line is on the disk before `add` returns. For one thread; several
    processes may add to one file where `alone` keeps them apart.
    """

    def __init__(
        self, path: Path, *, alone: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """Raises UsageError for a file that is something else, CannotWrite as `add` does."""
        self._path = path
        self._alone = alone
        self._known: dict[str, Status] = {}
        self._seen = 0  # bytes of the file that are in `_known`
        try:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, PRIVATE_FILE)
            try:
                with alone():
                    self._begin()
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            raise self._failed(error) from error

    def knows(self, about: str, status: Status) -> bool:
        """Whether the last line about that key or row says this."""
        return self._known.get(about) == status

    def add(self, receipt: Receipt) -> None:
        """What is over for good stands there once, whoever wrote it.

        Raises CannotWrite; what was sent stands in the ledger all the same.
        """
        try:
            with self._alone():
                self._look()
                if receipt.status not in FOR_GOOD or not self.knows(receipt.about, receipt.status):
                    self._write(_line(receipt))
        except OSError as error:
            raise self._failed(error) from error
        self._known[receipt.about] = receipt.status

    def close(self) -> None:
        os.close(self._file)

    def _begin(self) -> None:
        heading = _csv(HEADING).encode()
        start = os.pread(self._file, len(heading), 0)
        if not heading.startswith(start):
            raise _no_receipts(self._path)
        if start != heading:  # new, or torn in its first line
            os.ftruncate(self._file, 0)
            self._write(_csv(HEADING))
            sync_folder(self._path.absolute().parent)
        self._seen = len(heading)
        self._look()

    def _look(self) -> None:
        """At what others wrote meanwhile, a piece at a time. A line that a crash tore goes."""
        size, most = os.fstat(self._file).st_size, _PIECE
        while self._seen < size:
            new = os.pread(self._file, most, self._seen)
            whole = new[: new.rfind(b"\n") + 1]
            if self._seen + len(new) >= size:
                size = self._seen + len(whole)
                if len(whole) < len(new):
                    os.ftruncate(self._file, size)
            elif not whole:
                most *= 2  # a line that is longer than all
            self._seen += len(whole)
            self._learn(whole.decode(errors="replace"))

    def _learn(self, lines: str) -> None:
        for cells in csv.reader(io.StringIO(lines, newline="")):
            if receipt := _receipt(cells):
                self._known[receipt.about] = receipt.status

    def _write(self, text: str) -> None:
        data = text.encode()
        if os.write(self._file, data) != len(data):
            raise OSError(28, "No space left on device")
        os.fsync(self._file)
        self._seen += len(data)

    def _failed(self, error: OSError) -> CannotWrite:
        return CannotWrite(
            f"Cannot write the receipts {self._path}: {error.strerror}.",
            path=self._path,
            hint="Free some space, or name another file with --receipts; what was sent is not "
            "sent again.",
        )


def read_receipts(path: Path) -> Iterator[Receipt]:
    """Every line, oldest first; a torn last one is left out. Nothing when there is no file.

    Raises UsageError for a file of another kind.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            if tuple(next(lines, ())) != HEADING:
                raise _no_receipts(path)
            for line in lines:
                if receipt := _receipt(line):
                    yield receipt
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"Cannot read the receipts {path}: {error}.", hint="Name another file with --receipts."
        ) from error


def _no_receipts(path: Path) -> UsageError:
    return UsageError(f"{path} holds no receipts.", hint="Name another file with --receipts.")


def _line(receipt: Receipt) -> str:
    when = receipt.time.astimezone(UTC).isoformat(timespec="seconds")
    facts = (receipt.status, receipt.message_id, when)
    error = guarded(" ".join(receipt.error.split()))
    return _csv((receipt.row, guarded(receipt.to), *facts, error, guarded(receipt.key)))


def _csv(cells: tuple[object, ...]) -> str:
    return csv_line(cells, end="\n")


def _receipt(cells: list[str]) -> Receipt | None:
    if len(cells) != len(HEADING):
        return None
    row, to, status, message_id, when, error, key = cells
    known = next((each for each in get_args(Status) if each == status), None)
    try:
        return known and Receipt(
            row=int(row),
            to=unguarded(to),
            status=known,
            message_id=message_id,
            time=datetime.fromisoformat(when),
            error=unguarded(error),
            key=unguarded(key),
        )
    except ValueError:
        return None
