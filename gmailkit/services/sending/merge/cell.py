"""Which column is at fault when a row cannot be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from gmailkit.compose.front_matter import Unfit
from gmailkit.errors import UsageError


class BadCell(UsageError):
    """What is wrong with the cells of `columns`, which are called as templates call them."""

    def __init__(self, columns: Collection[str], message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self._columns = tuple(sorted(columns))

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns


def empty(columns: Collection[str]) -> BadCell:
    return BadCell(columns, f"{_named(columns)} {'is' if len(columns) == 1 else 'are'} empty.")


def missing(columns: Collection[str]) -> BadCell:
    """Of a row that names its own columns."""
    return BadCell(columns, f"It has no {' and no '.join(sorted(columns))}.")


@contextmanager
def blamed(names: Collection[str], values: Mapping[str, object]) -> Iterator[None]:
    """A UsageError of the block is of those of `names` whose cell it speaks of; where it speaks of
    none it passes as it is, for then the template is at fault.
    """
    try:
        yield
    except UsageError as error:
        if guilty := _spoken_of(names, values, error.message):
            raise _bad(guilty, error.message, error.hint) from error
        raise


@contextmanager
def filling(values: Mapping[str, object]) -> Iterator[None]:
    """What does not fit into a template is of a column, or of all that have a say in that line."""
    try:
        yield
    except Unfit as error:
        if not error.names:
            raise
        guilty = _spoken_of(error.names, values, error.what) or error.names
        where = "" if error.entry else f" (line {error.number} of the template)"
        raise _bad(guilty, f"{error.what}{where}", error.hint) from error


def _bad(columns: Collection[str], what: str, hint: str) -> BadCell:
    return BadCell(columns, f"{_named(columns)}: {what.rstrip('.')}.", hint=hint)


def _named(columns: Collection[str]) -> str:
    return f"Column{'s' * (len(columns) > 1)} {' and '.join(sorted(columns))}"


def _spoken_of(names: Collection[str], values: Mapping[str, object], what: str) -> list[str]:
    cells = {name: str(values[name]).strip() for name in names if name in values}
    found = [name for name, cell in cells.items() if cell and _says(what, cell)]
    if not found and "no header may hold" in what:
        found = [name for name, cell in cells.items() if not cell.isprintable()]
    return found


def _says(what: str, cell: str) -> bool:
    return cell in what or repr(cell)[1:-1] in what
