"""`gmailkit forward`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailkit.cli import body as texts
from gmailkit.cli import compose, leave, send_cmd
from gmailkit.cli.choose import message_id
from gmailkit.cli.command import command
from gmailkit.cli.reply_cmd import Id, Many, Yes, attached, folder_of
from gmailkit.cli.state import UNSENT, State

To = typer.Argument(metavar="TO", help="Who gets it, or me; commas separate several.")
Whole = typer.Option("--as-attachment", help="Attach it whole, as it is stored.")


@command
def forward(
    ctx: typer.Context,
    message: Annotated[str, Id],
    recipients: Annotated[list[str], To],
    body: Annotated[str | None, send_cmd.Body] = None,
    body_file: Annotated[Path | None, send_cmd.BodyFile] = None,
    markdown: Annotated[bool, send_cmd.Markdown] = False,
    signature: Annotated[bool, send_cmd.Signature] = False,
    attach: Annotated[Many, send_cmd.Attach] = None,
    as_attachment: Annotated[bool, Whole] = False,
    sender: Annotated[str | None, send_cmd.From] = None,
    cc: Annotated[Many, send_cmd.Cc] = None,
    bcc: Annotated[Many, send_cmd.Bcc] = None,
    key: Annotated[str | None, send_cmd.Key] = None,
    fast: Annotated[bool, send_cmd.Fast] = False,
    via: Annotated[str | None, send_cmd.Via] = None,
    show: Annotated[bool, send_cmd.Preview] = False,
    browse: Annotated[bool, send_cmd.Open] = False,
    dry_run: Annotated[bool, send_cmd.DryRun] = False,
    yes: Annotated[bool, Yes] = False,
) -> None:
    """Send a message on to others, with all that is attached to it.

    It stands below the text, after its From, Date, Subject, To and Cc; with --as-attachment it is
    attached as it is, signatures and all. Who got it as Bcc is never told.

    Examples:
      gmailkit forward 3 ann@example.com --body 'For your files.'
      gmailkit forward 3 ann@example.com bob@example.com --as-attachment

    Needs: gmail.modify (gmailkit login).
    """
    way = leave.way_of(fast, via)
    state = State.of(ctx)
    state.on_stop = UNSENT
    gmail = state.gmail()
    parent = gmail.open_message(message_id(state, gmail, message))
    text = texts.text(state, body, body_file) or ""
    made = gmail.compose_forward(
        parent,
        compose.each_address(recipients),
        as_attachment=as_attachment,
        cc=compose.each_address(cc or []),
        bcc=compose.each_address(bcc or []),
        sender=sender or parent.sender,
        signature=signature,
        attach=attached(state, attach or []),
        folder=folder_of(body_file),
        text="" if markdown else text,
        markdown=text if markdown else "",
    )
    if dry_run:
        leave.write_out(state, gmail, made)
        return
    leave.agree(state, gmail, made, show=show, browse=browse, yes=yes)
    leave.leave(state, gmail, made, key=key, way=way)
