"""The heading of a table: names that a template can use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gmailkit.errors import UsageError

_NOT_IN_NAMES = re.compile(r"\W+")
_MOST = 1_000  # columns


class Columns:
    """The columns of one table. `names` are as a template writes them, in their order.

    "First Name" is first_name, and "Name" is name and Name: what is a name already stays one.
    """

    def __init__(self, heading: Sequence[object], *, where: str) -> None:
        """Raises UsageError when the heading is none."""
        cells = ["" if cell is None else str(cell).strip() for cell in heading]
        while cells and not cells[-1]:
            cells.pop()
        _check(cells, where)
        self.names = tuple(_name(cell, number) for number, cell in enumerate(cells, 1))
        self._also = [
            (cell, number)
            for number, cell in enumerate(cells)
            if cell.isidentifier() and cell not in self.names
        ]
        if twice := next((n for n in self.names if self.names.count(n) > 1), ""):
            raise UsageError(
                f"Two columns of {where} are called {twice}.", hint="Give each a name of its own."
            )

    def values(self, cells: Sequence[object]) -> dict[str, object]:
        """A row by its columns; a cell that is not there is empty, blanks around text go.

        Raises UsageError for more cells than the heading has.
        """
        clean = ["" if c is None else c.strip() if isinstance(c, str) else c for c in cells]
        while len(clean) > len(self.names) and clean[-1] == "":
            clean.pop()
        if len(clean) > len(self.names):
            raise UsageError(
                f"It has {len(clean)} cells, and the heading has {len(self.names)}.",
                hint="A cell that holds the separator stands in quotes.",
            )
        clean += [""] * (len(self.names) - len(clean))
        values = dict(zip(self.names, clean, strict=True))
        for name, number in self._also:
            values[name] = clean[number]
        return values


def values_of(given: Mapping[str, object]) -> dict[str, object]:
    """A row that names its own columns, as an object of JSON does."""
    values: dict[str, object] = {}
    for number, (key, value) in enumerate(given.items(), 1):
        text = str(key).strip()
        value = "" if value is None else value.strip() if isinstance(value, str) else value
        values[_name(text, number)] = value
        if text.isidentifier():
            values[text] = value
    return values


def _name(cell: str, number: int) -> str:
    name = _NOT_IN_NAMES.sub("_", cell).strip("_").lower()
    if not name:
        return f"column_{number}"
    return f"_{name}" if name[0].isdigit() else name


def _check(cells: Sequence[str], where: str) -> None:
    if not cells:
        raise UsageError(f"{where} has no heading.", hint="Its first line names the columns.")
    if len(cells) > _MOST:
        raise UsageError(f"{where} has {len(cells):,} columns.", hint="Is it the right file?")
    if address := next((cell for cell in cells if "@" in cell), ""):
        raise UsageError(
            f"The first line of {where} holds {address!r}: it has no heading.",
            hint="Put a line with the names of the columns above the first row.",
        )
