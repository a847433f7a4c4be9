"""A file of people to rows: CSV, TSV, JSON Lines and XLSX, read as they are needed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec

from gmailkit.errors import Conflict, UsageError
from gmailkit.services.sending.merge.columns import Columns, values_of
from gmailkit.services.sending.merge.options import TableFormat
from gmailkit.services.sending.merge.text import (
    Encoding,
    cannot_read,
    encoding_of,
    open_text,
    separator_of,
)

_XLSX = (".xlsx", ".xlsm")
_JSON = (".jsonl", ".ndjson")
_LETTERS = (".md", ".markdown", ".html", ".htm")
_TEXT = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": ","}
_SURELY = {*_XLSX, *_JSON, *_TEXT} - {".txt"}
STDIN = "-"  # in the place of a table


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is what a spreadsheet shows beside it, or the line of a JSON Lines file.

    `wrong` says why it is no row: more cells than the heading has, a line that is no JSON.
    """

    number: int
    values: Mapping[str, object]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """May be gone through more than once; only one row is held at a time.

    `columns` is empty where each row names its own. `name` is the file's without its ending,
    `notes` are sentences for the person.
    """

    name: str
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    path: Path | None = None
    read: Callable[[], Iterator[Row]] = field(repr=False, default=lambda: iter(()))
    stamp: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[Row]:
        """Raises UsageError for a file that cannot be read to its end, Conflict for one that
        changed since it was opened.
        """
        if self.path and _stamp(self.path) != self.stamp:
            raise Conflict(
                f"{self.path} was changed after it was looked at.", hint="Run the same again."
            )
        return self.read()


def are_swapped(template: str | Path, rows: str | Path) -> bool:
    """Whether the names say that each stands in the other's place."""
    first, second = Path(template).suffix.lower(), Path(rows).suffix.lower()
    table = str(template) == STDIN or first in _SURELY
    return (table and second not in _SURELY and str(rows) != STDIN) or (
        first in _TEXT and second in _LETTERS
    )


def open_rows(
    given: str | Path | Iterable[Mapping[str, object]], *, table_format: TableFormat | None = None
) -> Rows:
    """The rows of a file, by the ending of its name or the format, or of mappings at hand.

    Raises UsageError for a file that is not there, or is of no kind known here.
    """
    if not isinstance(given, str | Path):
        return _of_mappings(list(given))
    path = Path(given).expanduser()
    stamp, ending = _stamp(path), f".{table_format}" if table_format else path.suffix.lower()
    if ending in _XLSX:
        from gmailkit.services.sending.merge.sheet import open_sheet

        return _of_table(path, stamp, *open_sheet(path))
    if ending not in _TEXT and ending not in _JSON:
        raise UsageError(
            f"{path.name} is no table known here.",
            hint="Take .csv, .tsv, .jsonl or .xlsx, or say which it is with --table-format.",
        )
    encoding = encoding_of(path)
    notes = (encoding.note,) if encoding.note else ()
    if ending in _JSON:
        return Rows(path.stem, (), notes, path, lambda: _json_lines(path, encoding), stamp)
    heading, cells = _open_csv(path, encoding, default=_TEXT[ending])
    return _of_table(path, stamp, heading, notes, cells)


def _of_table(
    path: Path,
    stamp: tuple[int, int],
    heading: Sequence[object],
    notes: tuple[str, ...],
    cells: Callable[[], Iterator[Sequence[object]]],
) -> Rows:
    columns = Columns(heading, where=path.name)
    return Rows(path.stem, columns.names, notes, path, lambda: _table(columns, cells()), stamp)


def _of_mappings(given: Sequence[Mapping[str, object]]) -> Rows:
    def read() -> Iterator[Row]:
        for number, each in enumerate(given, 1):
            yield Row(number, values_of(each))

    return Rows("rows", (), read=read)


def _table(columns: Columns, cells: Iterable[Sequence[object]]) -> Iterator[Row]:
    """Rows below their heading, which is row 1; empty ones are counted and left out."""
    for number, each in enumerate(cells, 2):
        if not any(cell not in ("", None) for cell in each):
            continue
        try:
            yield Row(number, columns.values(each))
        except UsageError as error:
            yield Row(number, {}, error.message)


def _open_csv(
    path: Path, encoding: Encoding, *, default: str
) -> tuple[list[str], Callable[[], Iterator[list[str]]]]:
    def read() -> Iterator[list[str]]:
        with open_text(path, encoding, newline="") as file:
            first = file.readline()
            separator, alone = separator_of(first, default=default)
            lines = file if alone else chain((first,), file)
            reader = csv.reader(lines, delimiter=separator, strict=True)
            try:
                yield from reader
            except csv.Error as error:
                line = reader.line_num + alone
                raise UsageError(
                    f"Cannot read {path}, line {line}: {error}.",
                    hint="Quotes inside a cell are doubled, and the cell stands in quotes.",
                ) from error
            except UnicodeDecodeError as error:
                raise UsageError(f"{path} is damaged: {error.reason}.") from error

    def below_heading() -> Iterator[list[str]]:
        rows = read()
        next(rows, None)
        return rows

    return next(read(), []), below_heading


def _json_lines(path: Path, encoding: Encoding) -> Iterator[Row]:
    with open_text(path, encoding) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                yield Row(number, {}, f"It is no JSON: {error}.")
                continue
            if isinstance(found, dict):
                yield Row(number, values_of(found))
            else:
                yield Row(number, {}, 'It is no object: write {"name": "Ann", ...}.')


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise cannot_read(path, error) from error
    return status.st_size, status.st_mtime_ns
