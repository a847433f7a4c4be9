"""`gmailkit attachments`."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.choose import Choice, choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import Which
from gmailkit.cli.progress import ProgressLine, forecast
from gmailkit.cli.state import State
from gmailkit.cli.within import Within, mailbox

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.attachments.save import Saved

As = typer.Option("--as", metavar="PATTERN", help="Where in DIR and as what: {date:%Y}/{filename}.")
Type = typer.Option("--type", metavar="TYPE", help="Only these: pdf, image/*; may be repeated.")
Larger = typer.Option("--larger", metavar="SIZE", help="Only files of more bytes: 10K, 2M.")
Smaller = typer.Option("--smaller", metavar="SIZE", help="Only files of fewer bytes.")
WithManifest = typer.Option(
    "--manifest", help="Keep manifest.jsonl in DIR: which file is from which message."
)


@command
def attachments(
    ctx: typer.Context,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to save them; made if missing.")
    ],
    which: Which,
    pattern: Annotated[str, As] = "{filename}",
    types: Annotated[list[str] | None, Type] = None,
    larger: Annotated[str | None, Larger] = None,
    smaller: Annotated[str | None, Smaller] = None,
    manifest: Annotated[bool, WithManifest] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="At most so many messages."),
    ] = None,
    *,
    within: Within,
) -> None:
    """Save the attachments of the messages that match a Gmail search.

    Names are made safe, nothing is overwritten, what lies there already is not saved twice, and
    archives are not unpacked. Programs are named: open them only if you trust who sent them.

    Examples:
      gmailkit attachments has:attachment --to mail --as '{date:%Y}/{from.domain}/{filename}'
      gmailkit attachments 2-4 --to inbox --type pdf --larger 10K
      gmailkit attachments filename:pdf --to bills --in mail.backup

    Needs: gmail.readonly (gmailkit login --for read); with --in nothing, it works offline.
    """
    state = State.of(ctx)
    out = state.out
    mail, gmail = mailbox(state, within)
    chosen = choose(state, mail, which)
    if chosen.threads:
        ids = mail.messages_of(chosen.query, ids=chosen.ids)
        chosen = Choice(None, ids[:limit])
    looked = 0

    def tell(done: int, total: int) -> None:
        nonlocal looked
        looked = total
        _progress(out, gmail, line, done, total)

    with closing(ProgressLine(out, gmail=gmail, rows=True)) as line:
        every = mail.attachments(
            chosen.query,
            ids=chosen.ids,
            to=to,
            pattern=pattern,
            types=types or (),
            larger=_bytes("larger", larger),
            smaller=_bytes("smaller", smaller),
            manifest=manifest,
            limit=limit,
            on_saved=partial(_show, out),
            on_progress=tell,
        )
    if not every:
        _say_nothing(out, looked)
    new = [saved for saved in every if saved.new]
    old = f", {len(every) - len(new)} already there" if len(every) > len(new) else ""
    size = screen.bytes_text(sum(saved.size for saved in every))
    out.say(f"{screen.count_text(len(new), 'file')} saved to {to}{old} ({size}).")
    if programs := [saved for saved in new if saved.program]:
        names = ", ".join(saved.path.name for saved in programs[:3])
        more = f" and {len(programs) - 3} more" if len(programs) > 3 else ""
        out.say(screen.visible(f"Programs, to be opened only if you trust them: {names}{more}."))


def _say_nothing(out: Output, looked: int) -> None:
    if not looked:
        out.say("No message matches.")
    else:
        messages = screen.count_text(looked, "message")
        out.say(f"{messages} looked at: none has such a file.")


def _bytes(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    from gmailkit.query.values import Value, size

    return size(Value(name, text, query=f"{name}:{text}", position=len(name) + 1))


def _progress(out: Output, gmail: Gmail | None, line: ProgressLine, done: int, total: int) -> None:
    messages = screen.count_text(total, "message")
    if done:
        line.show(done, total, f"{done:,} of {messages}")
    elif gmail:
        forecast(out, gmail, total * gmail.price("messages.get"), f"{messages} to read")


def _show(out: Output, saved: Saved) -> None:
    if out.json:
        facts = {"path": saved.path, "filename": saved.name, "size": saved.size}
        more = {"new": saved.new, "message": saved.message_id, "program": saved.program}
        out.record({**facts, **more})
    elif saved.new:
        out.line(screen.visible(str(saved.path)))
