"""`gmailkit attachments`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
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
    from gmailkit.cli.choose import Mailbox
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.attachments.save import Saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files are saved, of how many messages at most, and how."""

    pattern: Annotated[
        str,
        typer.Option(
            "--as", metavar="PATTERN", help="Where in DIR and as what: {date:%Y}/{filename}."
        ),
    ] = "{filename}"
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Only these: pdf, image/*; may be repeated."),
    ] = None
    larger: Annotated[
        str | None,
        typer.Option("--larger", metavar="SIZE", help="Only files of more bytes: 10K, 2M."),
    ] = None
    smaller: Annotated[
        str | None,
        typer.Option("--smaller", metavar="SIZE", help="Only files of fewer bytes."),
    ] = None
    manifest: Annotated[
        bool,
        typer.Option(
            "--manifest", help="Keep manifest.jsonl in DIR: which file is from which message."
        ),
    ] = False
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="At most so many messages."),
    ] = None


@command
def attachments(
    ctx: typer.Context,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to save them; made if missing.")
    ],
    which: Which,
    files: Files,
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
    chosen = _messages(choose(state, mail, which), mail, files.limit)
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
            pattern=files.pattern,
            types=files.types or (),
            larger=_bytes("larger", files.larger),
            smaller=_bytes("smaller", files.smaller),
            manifest=files.manifest,
            limit=files.limit,
            on_saved=partial(_show, out),
            on_progress=tell,
        )
    if not every:
        _say_nothing(out, looked)
    _sum_up(out, to, every)


def _messages(chosen: Choice, mail: Mailbox, limit: int | None) -> Choice:
    """All of them where whole conversations are meant."""
    if not chosen.threads:
        return chosen
    return Choice(None, mail.messages_of(chosen.query, ids=chosen.ids)[:limit])


def _sum_up(out: Output, to: Path, every: Sequence[Saved]) -> None:
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
