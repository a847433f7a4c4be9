"""How `stats` is shown: tables with bars on a terminal, lines for programs, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gmailkit.cli import screen
from gmailkit.cli.progress import time_text
from gmailkit.services.stats.model import IN_ORDER, TITLES, Person, Row, Stats, Table

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json

_OVERVIEW = ("year", "sender", "label", "list", "size", "attachment")
_BAR, _NAME = 24, 40  # cells
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_PEOPLE = ("PERSON", "I OWE", "OWED", "I ANSWER IN", "THEY IN", "WAITING SINCE")


def document(found: Stats, by: str | None) -> Json:
    """All rows, whatever a terminal has room for."""
    names = [name for name in found.tables if by in (None, name)]
    return {
        "source": found.source,
        "query": found.query,
        "messages": found.count,
        "bytes": found.size,
        "first": found.first,
        "last": found.last,
        "cut": found.cut,
        "units": found.units,
        "failed": [{"id": each.item, "why": each.why} for each in found.failed],
        "tables": {name: _table_json(found.table(name)) for name in names},
        "people": found.people if by in (None, "reply") else (),
        "largest": found.largest if by is None else (),
    }


def _table_json(table: Table) -> Json:
    return {
        "counted": table.counted,
        "count": table.count,
        "bytes": table.size,
        "rows": [
            {"key": row.key, "name": row.name, "count": row.count, "bytes": row.size}
            for row in table.rows
        ],
    }


def show(out: Output, found: Stats, by: str | None, top: int | None) -> None:
    """One table, or the most telling ones."""
    if not out.terminal:
        _lines(out, found, by, top)
        return
    span = f", {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}" if found.first else ""
    many = screen.count_text(found.count, "message")
    out.line(f"{found.source}: {many}, {screen.bytes_text(found.size)}{span}.")
    for name in (by,) if by else _OVERVIEW:
        if name != "reply" and found.count:
            _show_table(out, found.table(name), top or (20 if by else 5))
    if by in (None, "reply") and found.people:
        _title(out, TITLES["reply"])
        out.table(_PEOPLE, map(_person, found.people[: top or (20 if by else 5)]))
        _left(out, len(found.people), top or (20 if by else 5))
    if by is None and found.largest:
        _title(out, "Largest messages")
        rows = ((screen.bytes_text(m.size), m.id, m.sender, m.subject) for m in found.largest)
        out.table(("SIZE", "ID", "FROM", "SUBJECT"), list(rows)[: top or 5])


def _lines(out: Output, found: Stats, by: str | None, top: int | None) -> None:
    for name, table in found.tables.items():
        if by in (None, name):
            for row in _shown(table, top):
                out.row(*_named(name, by), row.key, row.count, row.size, row.name)
    if by in (None, "reply"):
        for each in found.people[:top]:
            medians = _medians(each)
            out.row(*_named("reply", by), each.address, each.i_owe, each.owes_me, *medians)


def _named(name: str, by: str | None) -> tuple[str, ...]:
    return () if by else (name,)


def _medians(person: Person) -> Iterator[object]:
    for each in (person.my_median, person.their_median):
        yield "" if each is None else round(each)


def _show_table(out: Output, table: Table, top: int) -> None:
    if not table.rows:
        return
    rows = _shown(table, top)
    _title(out, table.title)
    most = max(row.size for row in rows) or 1
    name = "OF SIZE" if table.by == "size" else table.by.upper()
    head = (name, f"{table.counted}s".upper(), "SIZE", "")
    out.table(head, [_cells(row, most) for row in rows])
    _left(out, len(table.rows), len(rows))


def _shown(table: Table, top: int | None) -> Sequence[Row]:
    return table.rows if table.by in IN_ORDER else table.rows[:top]


def _cells(row: Row, most: int) -> tuple[str, ...]:
    name = row.name if screen.width(row.name) <= _NAME else screen.fit(row.name, _NAME)
    size = screen.bytes_text(row.size) if row.count else ""
    return name, f"{row.count:,}", size, bar(row.size / most)


def bar(part: float) -> str:
    """A bar of so large a part of the longest one, in eighths of a cell."""
    eighths = round(part * _BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _person(person: Person) -> tuple[object, ...]:
    since = f"{person.waiting:%Y-%m-%d}" if person.waiting else ""
    spans = ("" if s is None else time_text(s) for s in (person.my_median, person.their_median))
    return (person.name or person.address, person.i_owe, person.owes_me, *spans, since)


def _title(out: Output, title: str) -> None:
    out.line("")
    out.line(out.style(title, "bold"))


def _left(out: Output, every: int, shown: int) -> None:
    if every > shown:
        out.line(f"and {every - shown:,} more (--top)")
