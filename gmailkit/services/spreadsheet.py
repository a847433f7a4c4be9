"""Cells of a CSV file (RFC 4180) that a spreadsheet may open: none is taken for a formula.

Mail is written by others, and a subject `=HYPERLINK(...)` would be computed by who opens the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute what begins so
_GUARDED = ("''", *(f"'{sign}" for sign in _FORMULA))
# Where the separator is another one than our comma, a cell begins behind each of these.
_BEGINS = r"""(?=[\s"']*[=+\-@])"""
_INSIDE, _INSIDE_GUARDED = re.compile(rf"([;|\t]){_BEGINS}"), re.compile(rf"([;|\t])'{_BEGINS}")


def guarded(cell: str) -> str:
    """What others wrote, so that it is no formula, whatever separates cells for the reader. An
    apostrophe is doubled, for `unguarded`.
    """
    cell = _INSIDE.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def unguarded(cell: str) -> str:
    """What `guarded` made it from."""
    cell = cell[1:] if cell.startswith(_GUARDED) else cell
    return _INSIDE_GUARDED.sub(r"\1", cell)


def csv_line(cells: Iterable[object], *, end: str = "\r\n") -> str:
    """One record, with its line end; what holds a comma, a quote or a line end is quoted."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(cells)
    return text.getvalue()
