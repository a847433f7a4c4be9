"""`gmailkit send`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import compose, screen, views
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command
from gmailkit.cli.state import MAYBE_SENT, UNSENT, State

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail

Many = list[str] | None
Recipients = typer.Argument(metavar="TO", help="Who gets it, or me; commas separate several.")
To = typer.Option("--to", metavar="ADDRESS", help="The same.")
Cc = typer.Option("--cc", metavar="ADDRESS", help="Who gets a copy.")
Bcc = typer.Option("--bcc", metavar="ADDRESS", help="Who gets one unseen.")
Subject = typer.Option("--subject", "-s", metavar="TEXT", help="What it is about.")
Body = typer.Option("--body", metavar="TEXT", help="The text; - reads stdin.")
BodyFile = typer.Option("--body-file", metavar="FILE", help="The text, in a UTF-8 file.")
Html = typer.Option("--html", metavar="HTML", help="The HTML version (begins with <), or a file.")
Attach = typer.Option("--attach", "-a", metavar="FILE", help="Attach this; may be repeated.")
EvenEmpty = typer.Option("--yes", "-y", help="Send even an empty message.")
Preview = typer.Option("--dry-run", "-n", help="Show what would be sent; send nothing.")


@command
def send(
    ctx: typer.Context,
    recipients: Annotated[Many, Recipients] = None,
    to: Annotated[Many, To] = None,
    cc: Annotated[Many, Cc] = None,
    bcc: Annotated[Many, Bcc] = None,
    subject: Annotated[str | None, Subject] = None,
    body: Annotated[str | None, Body] = None,
    body_file: Annotated[Path | None, BodyFile] = None,
    html: Annotated[str | None, Html] = None,
    attach: Annotated[list[Path] | None, Attach] = None,
    yes: Annotated[bool, EvenEmpty] = False,
    dry_run: Annotated[bool, Preview] = False,
) -> None:
    """Send a message.

    The text comes from --body, --body-file or standard input. Called with nothing on a terminal it
    asks for From, To and Subject and reads the text up to end-of-file (Ctrl-D).

    Examples:
      gmailkit send ann@example.com -s Hello --body 'See you at noon.'
      make 2>&1 | gmailkit send me -s 'Nightly build' -a build.log
      gmailkit send

    Needs: gmail.send (gmailkit login --for send).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    gmail = state.gmail()
    given = compose.Given(
        to=[*(recipients or ()), *(to or ())],
        cc=cc or [],
        bcc=bcc or [],
        subject=subject,
        body=body,
        body_file=body_file,
        html=html,
        attach=attach or [],
    )
    words = compose.complete(state, gmail, given)
    if dry_run:
        _preview(state, gmail, words)
        return
    if words.empty:
        confirm(state, f"Send an empty message from {gmail.address}?", yes=yes)
    _send(state, gmail, words)


def _send(state: State, gmail: Gmail, words: compose.Words) -> None:
    state.on_stop = MAYBE_SENT
    sent = gmail.send(**words.arguments())
    if state.out.json:
        facts = {"id": sent.id, "thread_id": sent.thread_id, "size": sent.size}
        state.out.document({**facts, "to": views.addresses(sent.to)})
    else:
        state.out.line(f"Sent to {', '.join(each.email for each in sent.to)} (id {sent.id}).")


def _preview(state: State, gmail: Gmail, words: compose.Words) -> None:
    """The message as it would leave, built and checked, with nothing sent."""
    message = gmail.compose(**words.arguments())
    mail, size = message.mail, message.size
    if state.out.json:
        state.out.document({**views.mail("", mail), "size": size, "done": False})
        return
    state.out.line(f"From: {mail.sender or gmail.address}")
    for name, many in (("To", mail.to), ("Cc", mail.cc), ("Bcc", mail.bcc)):
        if many:
            state.out.line(f"{name}: {screen.visible(', '.join(map(str, many)))}")
    state.out.line(f"Subject: {screen.visible(mail.subject)}\n")
    state.out.line(screen.visible_text(mail.text or mail.html).rstrip("\n"))
    for each in mail.attachments:
        state.out.line(f"Attached: {screen.visible(each.filename)}  {screen.bytes_text(each.size)}")
    state.out.say(f"Dry run: {screen.bytes_text(size)} would be sent; nothing was.")
