"""`gmailkit search`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.choose import doubts
from gmailkit.cli.command import command
from gmailkit.cli.progress import ProgressLine, forecast
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.model.envelope import Envelope

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
    ids: Annotated[bool, typer.Option("--ids", help="Only the ids: quick and cheap.")] = False,
) -> None:
    """List the messages that match a Gmail search, newest first.

    On a terminal rows are numbered, and the next commands take the numbers: gmailkit show 3.
    In a pipe a line is id, date (UTC), from and subject, separated by tabs.
    A query that begins with a minus goes last, after --.

    Examples:
      gmailkit search 'from:ann has:attachment newer_than:30d'
      gmailkit search --limit 100 -- '-category:promotions'
      gmailkit search subject:invoice --json | jq -r .subject

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    if limit is None and state.out.terminal:
        limit = LIMIT
    doubts(state, query)
    gmail = state.gmail()
    if limit and not ids:
        most = screen.count_text(limit, "message")
        forecast(state.out, gmail, limit * gmail.price("messages.get"), f"{most} to read at most")
    shown, cut = (_ids if ids else _rows)(state, gmail, query, limit)
    if cut:
        state.out.say(f"{shown} shown, there are more (--limit).")
    elif not shown:
        state.out.say("No message matches.")


def _ids(state: State, gmail: Gmail, query: str, limit: int | None) -> tuple[int, bool]:
    found = gmail.ids(query, limit=limit)
    shown = 0
    for shown, id in enumerate(found, start=1):  # noqa: B007 - the last count is the result
        if state.out.json:
            state.out.record({"id": id})
        else:
            state.out.line(id)
    return shown, found.cut


def _rows(state: State, gmail: Gmail, query: str, limit: int | None) -> tuple[int, bool]:
    found = gmail.search(query, limit=limit)
    show = _printer(state.out, gmail)
    listed: list[tuple[str, str]] = []
    whole = False
    line = ProgressLine(state.out, gmail=gmail, rows=True)
    try:
        for envelope in found:
            listed.append((envelope.id, envelope.subject))
            show(len(listed), envelope)
            if not sys.stdout.isatty():  # rows tell it themselves
                line.show(len(listed), limit, screen.count_text(len(listed), "message"))
        whole = True
    finally:
        line.close()
        if state.out.terminal and (listed or whole):  # rows that were seen count, after Ctrl-C too
            from gmailkit.cli.rows import Kind, Rows

            Rows.here(state, Kind.MESSAGES).save(gmail.address, listed)
    return len(listed), found.cut


def _printer(out: Output, gmail: Gmail) -> Callable[[int, Envelope], None]:
    if out.json:
        return lambda _, envelope: out.record(views.envelope(envelope))
    if out.terminal:
        own = gmail.address.casefold()
        return lambda number, envelope: out.line(_terminal_row(out, number, envelope, own))
    return lambda _, envelope: out.row(
        envelope.id,
        envelope.date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        envelope.sender or "",
        envelope.subject,
    )


def _terminal_row(out: Output, number: int, envelope: Envelope, own: str) -> str:
    """Number, local date, who, subject: as wide as the terminal, whatever is in the mail."""
    date = envelope.date.astimezone().strftime("%Y-%m-%d")
    who = screen.visible(_who(envelope, own))
    room = max(screen.columns() - 43, 10)
    subject = screen.fit(screen.visible(envelope.subject or "(no subject)"), room).rstrip()
    return f"{number:3}  {out.style(date, 'dim')}  {screen.fit(who, 24)}  {subject}"


def _who(envelope: Envelope, own: str) -> str:
    """From whom it is; of one's own mail and drafts, to whom."""
    sender = envelope.sender
    if sender and sender.email.casefold() != own:
        return sender.name or sender.email
    people = ", ".join(each.name or each.email for each in (*envelope.to, *envelope.cc))
    return f"To: {people or '(nobody yet)'}"
