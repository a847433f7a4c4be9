"""`gmailkit show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.choose import message_id
from gmailkit.cli.command import command
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.model.mail import Mail


@command
def show(
    ctx: typer.Context,
    message: Annotated[
        str, typer.Argument(metavar="ID", help="A message id, or a row of the last search.")
    ],
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes of the message (RFC 5322).")
    ] = False,
) -> None:
    """Show a message: headers, text and what is attached.

    Reading does not mark it as read.

    Examples:
      gmailkit show 3
      gmailkit show 18c2f0a1b2c3d4e5 --json
      gmailkit show 3 --raw > message.eml

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    id = message_id(state, gmail, message)
    if raw:
        _, content = gmail.messages.get_raw(id)
        with content:
            state.out.raw(content)
    elif state.out.json:
        state.out.document(views.mail(id, gmail.read(id)))
    else:
        print_mail(state.out, gmail.read(id))


def print_mail(out: Output, mail: Mail) -> None:
    """A message for a person: headers, text and what is attached."""
    for name, value in _headers(mail):
        out.line(f"{out.style(name + ':', 'bold')} {screen.visible(value)}")
    out.line("")
    out.line(screen.visible_text(_text(mail)).rstrip("\n"))
    if mail.attachments:
        out.line(f"\n{out.style('Attachments:', 'bold')}")
    for each in mail.attachments:
        name = screen.visible(each.filename or "(no name)")
        kind = screen.visible(each.content_type)
        out.line(f"  {name}  {kind}  {screen.bytes_text(each.size)}")


def _headers(mail: Mail) -> list[tuple[str, str]]:
    facts = [
        ("From", str(mail.sender or "")),
        ("To", ", ".join(map(str, mail.to))),
        ("Cc", ", ".join(map(str, mail.cc))),
        ("Bcc", ", ".join(map(str, mail.bcc))),
        ("Date", mail.date.astimezone().strftime("%a, %d %b %Y %H:%M %z") if mail.date else ""),
        ("Subject", mail.subject),
    ]
    return [(name, value) for name, value in facts if value]


def _text(mail: Mail) -> str:
    if mail.text.strip() or not mail.html:
        return mail.text
    from gmailkit.mime.html import html_to_text

    return html_to_text(mail.html)
