"""The forms in which a list of messages or conversations is printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
from typer import Option

from gmailkit.cli import screen
from gmailkit.cli.fields import Facts, Template, as_text, read_fields
from gmailkit.errors import UsageError
from gmailkit.zones import local

if TYPE_CHECKING:
    from datetime import datetime

    from gmailkit.cli.emit import Output
    from gmailkit.services.offline.snippets import Snippet

# Cells of a field on a terminal; the last one of a row takes what is left.
_WIDE = {"id": 16, "thread_id": 16, "newest": 16, "date": 20, "size": 8, "count": 5, "unread": 6}
_OTHERS = 24


@dataclass(frozen=True, kw_only=True)
class Forms:
    """The options about the form of a list."""

    ids: Annotated[bool, Option("--ids", help="Only the ids: quick and cheap.")] = False
    fields: Annotated[
        str | None, Option("--fields", metavar="NAMES", help="These, as in date,from,subject.")
    ] = None
    csv: Annotated[bool, Option("--csv", help="CSV with a heading, for spreadsheets.")] = False
    format: Annotated[
        str | None,
        Option("--format", metavar="TEXT", help="A line each, as '{date:%d %b} {from} {subject}'."),
    ] = None

    def check(self, *, json: bool) -> None:
        """UsageError for options that ask for two forms at once."""
        one = {"--ids": self.ids, "--csv": self.csv, "--format": self.format is not None}
        said = [name for name, given in one.items() if given]
        if json and not self.ids:
            said.insert(0, "--json")
        if self.fields is not None and {"--ids", "--format"} & set(said):
            said.insert(0, "--fields")
        if len(said) > 1:
            raise UsageError(
                f"{said[0]} and {said[1]} are two forms of one list.",
                hint="Take one of --ids, --csv, --json and --format; --fields goes with --csv and "
                "--json, or alone.",
            )


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a list: `facts` for people and tables, `json` the same for programs."""

    id: str
    date: datetime
    who: str
    more: str = ""  # stands behind `who`, and is never cut off
    subject: str
    facts: Facts
    json: Facts
    hit: Snippet | None = None  # where a search found it


Print = Callable[[int, Line], None]


class Form(msgspec.Struct, frozen=True):
    """How lines are printed, and which facts that takes."""

    print: Print
    names: tuple[str, ...]


def form_of(out: Output, asked: Forms, known: Sequence[str], *, piped: Sequence[str]) -> Form:
    """The one that was asked for; else numbered rows, JSON, or in a pipe the fields `piped`. A
    heading is printed at once.
    """
    names = read_fields(asked.fields, known) if asked.fields is not None else ()
    if asked.format is not None:
        template = Template.read(asked.format, known)
        return Form(lambda _, line: out.line(template.fill(line.facts)), template.names)
    if asked.csv:
        names = names or tuple(name for name in known if name != "labels")
        out.csv(names)
        return Form(lambda _, line: out.csv(_texts(line, names)), names)
    if out.json:
        return Form(
            lambda _, line: out.record({n: line.json[n] for n in names} if names else line.json),
            names,
        )
    if not out.terminal:
        names = names or tuple(piped)
        return Form(lambda _, line: out.row(*_texts(line, names)), names)
    if names:
        return Form(lambda number, line: out.line(_aligned(number, line, names)), names)
    return Form(lambda number, line: out.line(terminal_row(out, number, line)), ())


def terminal_row(out: Output, number: int, line: Line) -> str:
    """Number, local date, who, subject: as wide as the terminal, whatever is in the mail."""
    date = local(line.date).strftime("%Y-%m-%d")
    who = screen.fit(screen.visible(line.who), _OTHERS - len(line.more)).rstrip() + line.more
    room = max(screen.columns() - 43, 10)
    subject = screen.fit(screen.visible(line.subject or "(no subject)"), room).rstrip()
    row = f"{number:3}  {out.style(date, 'dim')}  {screen.fit(who, _OTHERS)}  {subject}"
    return f"{row}\n     {_marked(out, line.hit)}" if line.hit and line.hit.hits else row


def _marked(out: Output, hit: Snippet) -> str:
    """As much of the text about a hit as a line has room for, each hit marked."""
    room, end, pieces = max(screen.columns() - 6, 20), 0, []
    for start, stop in (*hit.hits, (len(hit.text), len(hit.text))):
        for text, style in ((hit.text[end:start], "dim"), (hit.text[start:stop], "bold")):
            shown = screen.visible(text)
            if screen.width(shown) > room:
                shown = screen.fit(shown, room)
            room -= screen.width(shown)
            pieces.append(out.style(shown, style) if shown else "")
        end = stop
        if room <= 0:
            break
    return "".join(pieces)


def _texts(line: Line, names: Sequence[str]) -> list[str]:
    return [as_text(line.facts[name]) for name in names]


def _aligned(number: int, line: Line, names: Sequence[str]) -> str:
    *first, last = map(screen.visible, _texts(line, names))
    cells = [screen.fit(t, _WIDE.get(n, _OTHERS)) for t, n in zip(first, names, strict=False)]
    start = "  ".join([f"{number:3}", *cells, ""])
    return start + screen.fit(last, max(screen.columns() - screen.width(start), 10)).rstrip()
