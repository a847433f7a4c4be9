"""`gmailkit send`."""

from __future__ import annotations

import typer

from gmailkit.cli import body, compose, leave, preview
from gmailkit.cli.command import command
from gmailkit.cli.letter import Given
from gmailkit.cli.state import UNSENT, State


@command
def send(ctx: typer.Context, given: Given, leaving: leave.Leaving) -> None:
    """Send a message.

    The text comes from --body, --body-file or standard input. Called with nothing on a terminal it
    asks for From, To and Subject and reads the text up to end-of-file (Ctrl-D).

    Examples:
      gmailkit send ann@example.com -s Hello --body 'See you at noon.'
      make 2>&1 | gmailkit send me -s 'Nightly build' -a build.log
      gmailkit send ann@example.com -s Report -m --body-file report.md --preview

    Needs: gmail.send (gmailkit login --for send).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    leaving.check(state)
    gmail = state.gmail()
    words = compose.complete(state, gmail, given)
    message = gmail.compose(**words)
    if not given.from_stdin and given.has_text and body.piped_bytes():
        state.out.say("The text was given: what comes on standard input is not read.")
    empty = compose.is_empty(words)
    question = f"Send an empty message from {preview.own_address(gmail)}?" if empty else ""
    leave.leave(state, gmail, message, leaving, empty=question)
