"""`gmailkit reply` and `gmailkit reply-all`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from gmailkit.cli import body, compose, leave, send_cmd
from gmailkit.cli.choose import message_id
from gmailkit.cli.command import command
from gmailkit.cli.editor import can_edit, edited
from gmailkit.cli.state import UNSENT, State

Many = list[str] | None
Id = typer.Argument(metavar="ID", help="A message id, or a row of the last search.")
Text = typer.Argument(metavar="TEXT", help="The text; - reads stdin. Without it: your editor.")
Add = typer.Option("--add", metavar="ADDRESS", help="Write to this one too; may be repeated.")
Remove = typer.Option("--remove", metavar="ADDRESS", help="Do not write to this one.")
NoQuote = typer.Option("--no-quote", help="Leave out what is answered.")
Yes = typer.Option("--yes", "-y", help="Do not ask.")


def _answer(
    ctx: typer.Context,
    message: Annotated[str, Id],
    text: Annotated[str | None, Text] = None,
    body_file: Annotated[Path | None, send_cmd.BodyFile] = None,
    markdown: Annotated[bool, send_cmd.Markdown] = False,
    signature: Annotated[bool, send_cmd.Signature] = False,
    attach: Annotated[Many, send_cmd.Attach] = None,
    sender: Annotated[str | None, send_cmd.From] = None,
    cc: Annotated[Many, send_cmd.Cc] = None,
    bcc: Annotated[Many, send_cmd.Bcc] = None,
    add: Annotated[Many, Add] = None,
    remove: Annotated[Many, Remove] = None,
    no_quote: Annotated[bool, NoQuote] = False,
    key: Annotated[str | None, send_cmd.Key] = None,
    fast: Annotated[bool, send_cmd.Fast] = False,
    via: Annotated[str | None, send_cmd.Via] = None,
    show: Annotated[bool, send_cmd.Preview] = False,
    browse: Annotated[bool, send_cmd.Open] = False,
    dry_run: Annotated[bool, send_cmd.DryRun] = False,
    yes: Annotated[bool, Yes] = False,
    *,
    all: bool,
) -> None:
    """The parameters but `all` are those of both commands."""
    way = leave.way_of(fast, via)
    state = State.of(ctx)
    state.on_stop = UNSENT
    gmail = state.gmail()
    parent = gmail.open_message(message_id(state, gmail, message))
    make = partial(
        gmail.compose_reply,
        parent,
        all=all,
        add=compose.each_address(add or []),
        remove=compose.each_address(remove or []),
        cc=compose.each_address(cc or []),
        bcc=compose.each_address(bcc or []),
        sender=sender or parent.sender,
        signature=signature,
        attach=attached(state, attach or []),
    )

    def below() -> str:
        return make(quote=not no_quote).mail.text

    spare = "-" not in (attach or [])
    with _written(state, text, body_file, below, stdin=spare, name=message) as (words, whole):
        made = make(
            quote=not (no_quote or whole),
            folder=folder_of(body_file),
            text="" if markdown else words,
            markdown=words if markdown else "",
        )
        if dry_run:
            leave.write_out(state, gmail, made)
            return
        nothing = "" if words.strip() or attach else "There is no text. Send it all the same?"
        leave.agree(state, gmail, made, empty=nothing, show=show, browse=browse, yes=yes)
        leave.leave(state, gmail, made, key=key, way=way)


def _taking_its_options(function: Callable[..., None]) -> Callable[..., None]:
    """The same options as `_answer`, for a command of which that is all."""
    whole = inspect.signature(_answer, eval_str=True)
    shared = [each for name, each in whole.parameters.items() if name != "all"]
    function.__signature__ = whole.replace(parameters=shared)  # type: ignore[attr-defined]
    function.__annotations__ = _answer.__annotations__
    return function


@command
@_taking_its_options
def reply(**given: Any) -> None:
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
    _answer(**given, all=False)


@command
@_taking_its_options
def reply_all(**given: Any) -> None:
    """Reply to everybody that a message names, in its conversation.

    That is also To, Cc and the mailing list, without your own addresses; all else is as in reply.

    Examples:
      gmailkit reply-all 3 'Fine with me.'
      gmailkit reply-all 3 'Only us two.' --remove team@example.com --add bob@example.com

    Needs: gmail.modify (gmailkit login).
    """
    _answer(**given, all=True)


@contextmanager
def _written(
    state: State,
    given: str | None,
    file: Path | None,
    below: Callable[[], str],
    *,
    stdin: bool,
    name: str,
) -> Iterator[tuple[str, bool]]:
    """The text, and whether it holds all that the person wants of the message that is answered.

    What was written in an editor is kept in a file until it has left.
    """
    said = body.text(state, given, file)
    if said is None and not stdin:
        said = ""
    if said is None and (not sys.stdin.isatty() or not can_edit(state)):
        said = body.stdin(state)
    if said is not None:
        yield said, False
        return
    before = f"\n\n{below()}"
    with edited(state, before, name=f"reply {name}") as text:
        if text.strip() in ("", before.strip()):
            state.out.say("Nothing was written, nothing was sent.")
            raise typer.Exit(1)
        yield text.strip("\n") + "\n", True


def attached(state: State, given: Sequence[str]) -> list[Any]:
    return [("", body.stdin_bytes(state)) if each == "-" else each for each in given]


def folder_of(file: Path | None) -> Path | None:
    """Where pictures are looked for that a text names: beside its file."""
    return file.parent if file and str(file) != "-" else None
