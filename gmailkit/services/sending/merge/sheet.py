"""The first sheet of an Excel workbook, a row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from gmailkit.errors import UsageError
from gmailkit.services.sending.merge.text import cannot_read

if TYPE_CHECKING:
    from openpyxl import Workbook

Cells = tuple[object, ...]


def open_sheet(path: Path) -> tuple[Cells, tuple[str, ...], Callable[[], Iterator[Cells]]]:
    """The heading, what the person should know, and the rows below (a new iterator each call).

    Raises UsageError without openpyxl, and for a file that is no workbook.
    """
    with closing(_load(path)) as book:
        others = book.sheetnames[1:]
    notes = (f"Only the first sheet of {path.name} is read, not {', '.join(others)}.",)

    def below_heading() -> Iterator[Cells]:
        rows = _rows(path)
        next(rows, None)
        return rows

    return next(_rows(path), ()), notes if others else (), below_heading


def _rows(path: Path) -> Iterator[Cells]:
    with closing(_load(path)) as book:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write wrong ones
        try:
            for cells in sheet.iter_rows(values_only=True):
                yield tuple(map(_plain, cells))
        except (ValueError, KeyError, SyntaxError, OSError) as error:
            raise _damaged(path) from error


def _load(path: Path) -> Workbook:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise UsageError(
            f"Reading {path.name} needs openpyxl.",
            hint="Install it with pip install 'gmailkit[merge]', or save the file as CSV.",
        ) from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise cannot_read(path, error) from error
    except (BadZipFile, InvalidFileException, ValueError, KeyError, SyntaxError) as error:
        raise _damaged(path) from error
    if not book.worksheets:
        book.close()
        raise UsageError(f"{path} has no sheet with cells.")
    return book


def _plain(cell: object) -> object:
    """As a person sees it: 3 for 3.0, a day for its midnight."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date()
    return cell


def _damaged(path: Path) -> UsageError:
    return UsageError(
        f"{path} is no Excel workbook that can be read.", hint="Save it again, or as CSV."
    )
