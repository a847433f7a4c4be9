"""`gmailkit trash report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.changes.trashed import Trashed, TrashReport


@command
def report(ctx: typer.Context) -> None:
    """Tell what lies in Trash, and how many days Gmail keeps it.

    Gmail deletes what has been in Trash for 30 days and tells nobody since when it lies there: so
    the days are known of what gmailkit moved there from this machine. In a pipe a line is days
    left, messages, bytes, the number of the change and what it was, separated by tabs.

    Examples:
      gmailkit trash report
      gmailkit trash report --json

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    found = state.gmail().trash_report()
    if state.out.json:
        state.out.document(_facts(found))
        return
    for part in found.parts:
        if state.out.terminal:
            state.out.line(_line(found, part))
        else:
            state.out.row(*_cells(found, part))
    _total(state.out, found)


def _facts(found: TrashReport) -> Json:
    return {
        "account": found.account,
        "messages": found.messages,
        "bytes": found.bytes,
        "sized": found.sized,
        "parts": [
            {
                "days_left": part.days_left(found.now),
                "until": part.until,
                "messages": part.messages,
                "bytes": part.bytes,
                "change": part.change.number if part.change else None,
                "what": part.change.what if part.change else None,
            }
            for part in found.parts
        ],
    }


def _cells(found: TrashReport, part: Trashed) -> tuple[object, ...]:
    left, change = part.days_left(found.now), part.change
    days = "" if left is None else left
    return (
        days,
        part.messages,
        part.bytes,
        change.number if change else "",
        change.what if change else "",
    )


def _line(found: TrashReport, part: Trashed) -> str:
    left, change = part.days_left(found.now), part.change
    size = f"{screen.count_text(part.messages, 'message')}, {screen.bytes_text(part.bytes)}"
    if left is None or change is None:
        return f"at most 30 days left: {size}, not moved by gmailkit from here"
    when = f"{local(change.time):%Y-%m-%d}"
    days = screen.count_text(left, "day")
    return screen.visible(
        f"{days} left: {size}, by change {change.number} of {when}: {change.what}"
    )


def _total(out: Output, found: TrashReport) -> None:
    if not found.messages:
        out.say(f"The Trash of {found.account} is empty.")
        return
    size = screen.bytes_text(found.bytes)
    count = screen.count_text(found.messages, "message")
    by = f", reckoned from {found.sized:,} of them" if found.sized < found.messages else ""
    out.say(f"In the Trash of {found.account}: {count}, about {size}{by}.")
    out.say(
        "To bring some back: gmailkit untrash QUERY, or gmailkit undo with the change's number."
    )
