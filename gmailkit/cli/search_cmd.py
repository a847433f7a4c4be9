"""`gmailkit search`."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.choose import doubts
from gmailkit.cli.command import command
from gmailkit.cli.listing import Form, Forms, form_of
from gmailkit.cli.progress import ProgressLine, forecast
from gmailkit.cli.state import State
from gmailkit.errors import GmailKitError

if TYPE_CHECKING:
    from gmailkit.cli.listed import Listed
    from gmailkit.gmail import Gmail

LIMIT = 25


@command
def search(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="As in Gmail's search box; quote it.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help=f"At most so many [{LIMIT} on a terminal, else all].",
        ),
    ] = None,
    threads: Annotated[
        bool, typer.Option("--threads", help="A row a conversation, not a message.")
    ] = False,
    *,
    forms: Forms,
) -> None:
    """List the messages that match a Gmail search, newest first.

    On a terminal rows are numbered, and the next commands take the numbers: gmailkit show 3.
    In a pipe a line is id, date (UTC), from and subject, separated by tabs.
    A query that begins with a minus goes last, after --.

    Examples:
      gmailkit search 'from:ann has:attachment newer_than:30d'
      gmailkit search --threads --limit 100 -- '-category:promotions'
      gmailkit search subject:invoice --csv --fields date,from,subject > invoices.csv

    Needs: gmail.readonly (gmailkit login --for read).
    """
    from gmailkit.cli import fields, listed

    state = State.of(ctx)
    forms.check(json=state.json)
    noun = "conversation" if threads else "message"
    known = fields.OF_CONVERSATIONS if threads else fields.OF_MESSAGES
    form = form_of(state.out, forms, known, piped=listed.LINES[noun])
    if limit is None and state.out.terminal:
        limit = LIMIT
    doubts(state, query)
    gmail = state.gmail()
    what = listed.conversations(gmail) if threads else listed.messages(gmail)
    if limit and not forms.ids:
        most = screen.count_text(limit, noun)
        forecast(state.out, gmail, limit * gmail.price(what.method), f"{most} to read at most")
    if forms.ids:
        shown, cut = _ids(state, what, query, limit)
    else:
        shown, cut = _rows(state, gmail, what, query, limit, form)
    if cut:
        state.out.say(_cut(state, what, query, shown))
    elif not shown:
        state.out.say(f"No {noun} matches.")


def _cut(state: State, what: Listed, query: str, shown: int) -> str:
    """How many there are is counted for a person only, as it costs units, and only if it can be."""
    if state.out.terminal and not state.out.quiet:
        with suppress(GmailKitError):  # the budget is spent, say
            return f"{shown} of {what.count(query)} shown (--limit)."
    return f"{shown} shown, there are more (--limit)."


def _ids(state: State, what: Listed, query: str, limit: int | None) -> tuple[int, bool]:
    found = what.ids(query, limit)
    shown = 0
    for shown, id in enumerate(found, start=1):  # noqa: B007 - the last count is the result
        if state.out.json:
            state.out.record({"id": id})
        else:
            state.out.line(id)
    return shown, found.cut


def _rows(
    state: State, gmail: Gmail, what: Listed, query: str, limit: int | None, form: Form
) -> tuple[int, bool]:
    found = what.lines(query, limit, "labels" in form.names)
    rows: list[tuple[str, str]] = []
    whole = False
    progress = ProgressLine(state.out, gmail=gmail, rows=True)
    try:
        for line in found:
            rows.append((line.id, line.subject))
            form.print(len(rows), line)
            if not sys.stdout.isatty():  # rows tell it themselves
                progress.show(len(rows), limit, screen.count_text(len(rows), what.noun))
        whole = True
    finally:
        progress.close()
        if state.out.terminal and (rows or whole):  # rows that were seen count, after Ctrl-C too
            from gmailkit.cli.rows import Kind, Rows

            kind = Kind.CONVERSATIONS if what.noun == "conversation" else Kind.MESSAGES
            Rows.here(state, kind).save(gmail.address, rows)
    return len(rows), found.cut
