"""What became of each row, in a CSV file for people: a line an attempt, only ever added to.

The ledger is what counts. The file can be thrown away: the next run writes it anew from there.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.paths import PRIVATE_FILE, sync_folder

Status = Literal["sent", "failed", "parked", "unknown", "invalid", "cancelled"]

HEADING = ("row", "to", "status", "message_id", "time", "error", "key")
_FORMULA = ("=", "+", "-", "@")  # a spreadsheet would compute what begins so


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One attempt. `to` are addresses separated by blanks, `key` is the ledger's ("" for a row that
    never came so far).
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


def about_row(number: int) -> str:
    """Names a row that has no key."""
    return f"row {number}"


class Receipts:
    """Open for adding. Each line is on the disk before `add` returns. For one thread."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError for a file that is something else, CannotWrite as `add` does."""
        self._path = path
        self._known: dict[str, Status] = {}
        try:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, PRIVATE_FILE)
            try:
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
        """Raises CannotWrite; what was sent stands in the ledger all the same."""
        try:
            self._write(_line(receipt))
        except OSError as error:
            raise self._failed(error) from error
        self._known[receipt.about] = receipt.status

    def close(self) -> None:
        os.close(self._file)

    def _begin(self) -> None:
        start = os.pread(self._file, 1 << 16, 0)
        if not start or _csv(HEADING).encode().startswith(start):  # new, or torn in its first line
            os.ftruncate(self._file, 0)
            self._write(_csv(HEADING))
            sync_folder(self._path.absolute().parent)
            return
        if not start.startswith(_csv(HEADING).encode()):
            raise _no_receipts(self._path)
        size = os.fstat(self._file).st_size
        if os.pread(self._file, 1, size - 1) != b"\n":
            os.ftruncate(self._file, _end_of_lines(self._path))  # a crash tore the last line
        self._known = {each.about: each.status for each in read_receipts(self._path)}

    def _write(self, text: str) -> None:
        data = text.encode()
        if os.write(self._file, data) != len(data):
            raise OSError(28, "No space left on device")
        os.fsync(self._file)

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
    to = f"'{receipt.to}" if receipt.to.startswith(_FORMULA) else receipt.to
    error = " ".join(receipt.error.split())
    return _csv((receipt.row, to, receipt.status, receipt.message_id, when, error, receipt.key))


def _csv(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _receipt(cells: list[str]) -> Receipt | None:
    if len(cells) != len(HEADING):
        return None
    row, to, status, message_id, when, error, key = cells
    known = next((each for each in get_args(Status) if each == status), None)
    try:
        return known and Receipt(
            row=int(row),
            to=to.removeprefix("'"),
            status=known,
            message_id=message_id,
            time=datetime.fromisoformat(when),
            error=error,
            key=key,
        )
    except ValueError:
        return None


def _end_of_lines(path: Path) -> int:
    """Where the last whole line ends, in bytes. No cell of ours holds a line end."""
    with path.open("rb") as file:
        return sum(len(line) for line in file if line.endswith(b"\n"))
