"""`gmailkit attachments`."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import Ids, Query
from gmailkit.cli.progress import ProgressLine, forecast
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.attachments import Saved


@command
def attachments(
    ctx: typer.Context,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to save them; made if missing.")
    ],
    query: Query = None,
    ids: Ids = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="At most so many messages."),
    ] = None,
) -> None:
    """Save the attachments of the messages that match a Gmail search.

    Names are made safe, nothing is overwritten, and what lies there already is not saved twice.

    Examples:
      gmailkit attachments 'from:billing filename:pdf' --to invoices
      gmailkit attachments 'has:attachment newer_than:7d' --to inbox --limit 20
      gmailkit attachments 2-4 --to inbox

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    out = state.out
    gmail = state.gmail()
    chosen = choose(state, gmail, query, ids)
    with closing(ProgressLine(out, gmail=gmail, rows=True)) as line:
        every = gmail.attachments(
            chosen.query,
            ids=chosen.ids,
            to=to,
            limit=limit,
            on_saved=partial(_show, out),
            on_progress=partial(_progress, out, gmail, line),
        )
    new = [saved for saved in every if saved.new]
    old = f", {len(every) - len(new)} already there" if len(every) > len(new) else ""
    size = screen.bytes_text(sum(saved.size for saved in every))
    out.say(f"{screen.count_text(len(new), 'file')} saved to {to}{old} ({size}).")


def _progress(out: Output, gmail: Gmail, line: ProgressLine, done: int, total: int) -> None:
    messages = screen.count_text(total, "message")
    if done:
        line.show(done, total, f"{done:,} of {messages}")
    else:
        forecast(out, gmail, total * gmail.price("messages.get"), f"{messages} to read")


def _show(out: Output, saved: Saved) -> None:
    if out.json:
        facts = {"path": saved.path, "filename": saved.name, "size": saved.size}
        out.record({**facts, "new": saved.new, "message": saved.message_id})
    elif saved.new:
        out.line(screen.visible(str(saved.path)))
