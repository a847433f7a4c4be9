"""`gmailkit forward`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import compose, leave
from gmailkit.cli.choose import message_to_answer
from gmailkit.cli.command import command
from gmailkit.cli.letter import Copies, Text
from gmailkit.cli.reply_cmd import Id
from gmailkit.cli.state import UNSENT, State
from gmailkit.errors import UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.services.sending.words import Words


@dataclass(frozen=True, kw_only=True)
class Onward(Text, Copies):
    as_attachment: Annotated[
        bool, typer.Option("--as-attachment", help="Attach it whole, as it is stored.")
    ] = False


@command
def forward(
    ctx: typer.Context,
    message: Id,
    to: Annotated[
        list[str],
        typer.Argument(metavar="TO", help="Who gets it, or me; commas separate several."),
    ],
    given: Onward,
    leaving: leave.Leaving,
) -> None:
    """Send a message on to others, with all that is attached to it.

    It stands below the text, after its From, Date, Subject, To and Cc; with --as-attachment it is
    attached as it is, signatures and all. Who got it as Bcc is never told. Without a text it asks
    on a terminal, and Enter sends it.

    Examples:
      gmailkit forward 3 ann@example.com --body 'For your files.'
      gmailkit forward 3 ann@example.com bob@example.com --as-attachment

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    leaving.check(state)
    if "@" in message:
        raise UsageError(
            "First goes the message, then who gets it.", hint=to_type("forward", *to, message)
        )
    compose.check_people(to)
    gmail = state.gmail()
    parent = gmail.open_message(message_to_answer(state, gmail, message))
    words: Words = {"sender": parent.sender}
    words |= compose.people(given) | compose.plain(state, given)
    made = gmail.compose_forward(
        parent, compose.each_address(to), as_attachment=given.as_attachment, **words
    )
    says = "".join((words.get("text", ""), words.get("markdown", ""), words.get("html", "")))
    bare = "" if says.strip() else "Forward it without a text?"
    leave.leave(state, gmail, made, leaving, bare=bare)
