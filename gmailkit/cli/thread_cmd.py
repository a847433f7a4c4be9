"""`gmailkit thread`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.choose import thread_id
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.cli.within import Within, mailbox


@command
def thread(
    ctx: typer.Context,
    conversation: Annotated[
        str, typer.Argument(metavar="ID", help="A thread or message id, or a row of the last list.")
    ],
    markdown: Annotated[
        str, typer.Option("--markdown", metavar="FILE", help="A new file; -: standard output.")
    ] = "-",
    attachments: Annotated[
        Path | None,
        typer.Option("--attachments", metavar="DIR", help="Save what is attached, and link to it."),
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Quoted text too.")] = False,
    *,
    within: Within,
) -> None:
    """Export a conversation as Markdown, oldest message first.

    Headers, text and what is attached. Mail cannot add headings, pictures or HTML to it.

    Examples:
      gmailkit thread 3 --markdown plan.md
      gmailkit thread 3 --markdown plan.md --attachments plan-files
      gmailkit thread 3 --in mail.backup

    Needs: gmail.readonly (gmailkit login --for read); with --in nothing, it works offline.
    """
    state = State.of(ctx)
    mail, _ = mailbox(state, within)
    file = None if markdown == "-" else Path(markdown).expanduser()
    id = thread_id(state, mail, conversation)
    found = mail.export_conversation(id, to=file, attachments=attachments, whole=whole)
    if state.out.json:
        facts = {"thread_id": id, "messages": found.messages, "file": file, "files": found.files}
        state.out.document({**facts, "markdown": None if file else found.markdown})
        return
    if file is None:
        state.out.line(screen.visible_text(found.markdown).rstrip("\n"))
    saved = f", {screen.count_text(len(found.files), 'attachment')}" if attachments else ""
    where = f" in {file}" if file else ""
    if file or attachments:
        state.out.say(f"{screen.count_text(len(found.messages), 'message')}{saved}{where}.")
