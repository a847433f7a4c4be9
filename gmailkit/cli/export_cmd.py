"""`gmailkit export`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.as_of import AsOf
from gmailkit.cli.command import command
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.copying.run import Passed
    from gmailkit.services.export.mail import Export


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """Which mail of the source, as it was when, and how cells of a table hold it."""

    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Messages that match this search.")
    ] = ""
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME", help="Messages of this label; may be repeated."),
    ] = None
    account: Annotated[
        str,
        typer.Option("--from", metavar="ADDRESS", help="Whose mail, where a backup has several."),
    ] = ""
    as_of: AsOf = None
    raw_cells: Annotated[
        bool,
        typer.Option(
            "--raw-cells",
            help="csv: no apostrophe before what a spreadsheet would compute. Only for programs.",
        ),
    ] = False


@command
def export(
    ctx: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A backup; or an mbox file, a Maildir, a folder of .eml files."
        ),
    ],
    path: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to make.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="FORM", help="mbox, maildir, eml, zip, html, parquet, jsonl or csv."
        ),
    ],
    what: What,
) -> None:
    """Bring mail out of a backup into a form that other programs read.

    The bytes of each message stay exactly as they are in mbox, maildir, eml and zip; labels come
    along in every form. html is a folder of pages that any browser opens, with a search of their
    own. Run again, mbox, maildir, eml and html take what they lack. Nothing that is there is
    changed or replaced.

    Examples:
      gmailkit export mail.backup mail.mbox --to mbox
      gmailkit export mail.backup pages --to html
      gmailkit export mail.backup march.mbox --to mbox --as-of 2026-03-01

    Needs: nothing; works offline.
    """
    from gmailkit.services.export.mail import export as run

    out = State.of(ctx).out
    with closing(ProgressLine(out)) as line:
        done = run(
            source,
            path,
            to=to,
            query=what.query,
            label=what.label or (),
            account=what.account,
            as_of=what.as_of,
            cells="raw" if what.raw_cells else "guarded",
            on_progress=partial(_show, line),
        )
    _tell(out, done)


def _show(line: ProgressLine, passed: Passed) -> None:
    count = screen.count_text(passed.done, "message")
    line.show(passed.done, None, f"{count}, {screen.bytes_text(passed.bytes)}")


def _tell(out: Output, done: Export) -> None:
    for note in done.notes:
        out.say(screen.visible(note))
    if out.json:
        out.document(done)
        return
    there = f", {done.present:,} were there before" if done.present else ""
    new = f"{screen.count_text(done.added, 'message')}{' more' if there else ''}"
    out.line(f"{done.path}: {new}{there} ({screen.bytes_text(done.bytes)}).")
    if done.unlike:
        from gmailkit.cli.copy_cmd import unlike_text

        out.say(unlike_text(done.unlike, str(done.path)))
    if not done.added and not done.present:
        out.say("No message matches.")
    if done.gone:
        out.say(f"{screen.count_text(done.gone, 'message')} vanished while it ran.")
    if done.lost:
        out.say(f"This form does not hold: {', '.join(done.lost)}.")
