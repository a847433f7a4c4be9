"""`gmailkit attachments`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State


@command
def attachments(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Whose attachments; quote it.")],
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to save them; made if missing.")
    ],
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

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    out = state.out
    new = old = size = 0
    for saved in state.gmail().attachments(query, to=to, limit=limit):
        new, old, size = new + saved.new, old + (not saved.new), size + saved.size
        if out.json:
            facts = {"path": saved.path, "filename": saved.name, "size": saved.size}
            out.record({**facts, "new": saved.new, "message": saved.message_id})
        elif saved.new:
            out.line(screen.visible(str(saved.path)))
    out.say(
        f"{screen.count_text(new, 'file')} saved to {to}"
        + (f", {old} already there" if old else "")
        + f" ({screen.bytes_text(size)})."
    )
