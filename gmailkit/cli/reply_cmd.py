"""`gmailkit reply` and `gmailkit reply-all`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import body, compose, leave, preview
from gmailkit.cli.choose import message_to_answer
from gmailkit.cli.command import command
from gmailkit.cli.editor import can_edit, edited
from gmailkit.cli.letter import Copies, Text
from gmailkit.cli.row_list import looks_like_rows
from gmailkit.cli.state import UNSENT, State
from gmailkit.errors import UsageError, to_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gmailkit.gmail import Gmail
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.services.sending.words import Words

Id = Annotated[str, typer.Argument(metavar="ID", help="A message id, or a row of the last search.")]
HOW = "These lines are not part of it. Save it and leave to send it; without a text nothing leaves."


@dataclass(frozen=True, kw_only=True)
class Answer(Text, Copies):
    """`text` is the same as `body`."""

    message: Id
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="The text; - reads stdin. Without it: your editor."),
    ] = None
    add: Annotated[
        list[str],
        typer.Option("--add", metavar="ADDRESS", help="Write to this one too; may be repeated."),
    ] = field(default_factory=list)
    remove: Annotated[
        list[str], typer.Option("--remove", metavar="ADDRESS", help="Do not write to this one.")
    ] = field(default_factory=list)
    no_quote: Annotated[bool, typer.Option("--no-quote", help="Leave out what is answered.")] = (
        False
    )


@command
def reply(ctx: typer.Context, given: Answer, leaving: leave.Leaving) -> None:
    """Reply to whoever wrote a message, in its conversation.

    It goes to Reply-To or From, from the alias the message came to; one to your own message goes to
    whom that went to. The text comes from TEXT, --body-file, standard input or, on a terminal, your
    editor, with the message quoted below it.

    Examples:
      gmailkit reply 3 'Thanks, see you then.'
      gmailkit reply 18c2f0a1b2c3d4e5 --body-file answer.md -m -a plan.pdf
      date | gmailkit reply 3 --no-quote --dry-run

    Needs: gmail.modify (gmailkit login).
    """
    _answer(State.of(ctx), given, leaving, all=False)


@command
def reply_all(ctx: typer.Context, given: Answer, leaving: leave.Leaving) -> None:
    """Reply to everybody that a message names, in its conversation.

    That is also To, Cc and the mailing list, without your own addresses; all else is as in reply.

    Examples:
      gmailkit reply-all 3 'Fine with me.'
      gmailkit reply-all 3 'Only us two.' --remove team@example.com --add bob@example.com

    Needs: gmail.modify (gmailkit login).
    """
    _answer(State.of(ctx), given, leaving, all=True)


def _answer(state: State, given: Answer, leaving: leave.Leaving, *, all: bool) -> None:
    state.on_stop = UNSENT
    leaving.check(state)
    given = _with_text(given)
    gmail = state.gmail()
    named = message_to_answer(state, gmail, given.message)
    parent = gmail.open_message(named)
    words: Words = {"sender": parent.sender}
    words |= compose.people(given) | compose.beside(state, given)
    make = partial(
        gmail.compose_reply,
        parent,
        all=all,
        add=compose.each_address(given.add),
        remove=compose.each_address(given.remove),
    )

    def proposed() -> Outgoing:
        return make(quote=not given.no_quote, **words)

    def go_on(path: Path) -> str:
        verb = "reply-all" if all else "reply"  # what was written holds the quote
        return to_type(verb, named, "--no-quote", "--body-file", str(path))

    with _written(state, gmail, given, proposed, go_on) as (text, whole):
        words |= compose.in_form(given, text)
        made = make(quote=not (given.no_quote or whole), **words)
        says = text.strip() or given.html or given.attach
        nothing = _doubt(text) if says else "There is no text. Send it all the same?"
        leave.leave(state, gmail, made, leaving, empty=nothing)


@contextmanager
def _written(
    state: State,
    gmail: Gmail,
    given: Answer,
    proposed: Callable[[], Outgoing],
    go_on: Callable[[Path], str],
) -> Iterator[tuple[str, bool]]:
    """The text, and whether it holds all that the person wants of the message that is answered.

    What was written in an editor is kept in a file until it has left.
    """
    said = _said(state, given)
    if said is not None:
        yield said, False
        return
    made = proposed()
    notes = [f"{name}: {value}" for name, value in preview.headers(gmail, made)]
    before = f"\n\n{made.mail.text}"
    name = f"reply {given.message}"
    with edited(state, before, name=name, go_on=go_on, notes=(*notes, HOW)) as text:
        if text.strip() in ("", before.strip()):
            state.out.say("Nothing was written, nothing was sent.")
            raise typer.Exit(1)
        yield text.strip("\n") + "\n", True


def _doubt(text: str) -> str:
    """The question about a text that may have been meant as rows to answer."""
    words = text.strip()
    if not looks_like_rows(words):
        return ""
    return f"The whole text is {words!r}, and only one message is answered. Send that?"


def _said(state: State, given: Answer) -> str | None:
    """None where an editor is to be opened for it."""
    said = body.text(state, given.body, given.body_file)
    if said is None and (given.from_stdin or (given.html and sys.stdin.isatty())):
        return ""
    if said is None and (not sys.stdin.isatty() or not can_edit(state)):
        return body.stdin(state)
    return said


def _with_text(given: Answer) -> Answer:
    """With TEXT as --body, which is the same."""
    if given.text is None:
        return given
    if given.body is not None:
        raise UsageError("The text is given twice.", hint="Use TEXT or --body.")
    return replace(given, body=given.text, text=None)
