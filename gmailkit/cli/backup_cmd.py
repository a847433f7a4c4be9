"""`gmailkit backup`."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.backup_schedule import schedule
from gmailkit.cli.command import family
from gmailkit.cli.progress import ProgressLine, forecast, time_text
from gmailkit.cli.state import State
from gmailkit.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.backup.report import BackupReport, Progress


@family(schedule)
def backup(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The backup folder; made if missing.")
    ],
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME", help="Messages of this label; may be repeated."),
    ] = None,
    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Messages that match this search.")
    ] = "",
) -> None:
    """Save messages into a folder: exact bytes, labels, dates.

    Without --label and --query all mail but Spam and Trash. Run it again to go on after a stop,
    or to add what is new; check it with gmailkit verify. (A folder called schedule is ./schedule.)

    Examples:
      gmailkit backup mail.backup
      gmailkit backup mail.backup --label Receipts --label Work
      gmailkit backup mail.backup --query 'newer_than:1y -category:promotions'

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    begun = SYSTEM_CLOCK.monotonic()
    gmail = state.gmail()
    with closing(ProgressLine(state.out, gmail=gmail)) as line:
        show = partial(_show, state.out, gmail, line)
        report = gmail.backup(folder, label=label or (), query=query, on_progress=show)
    seconds = SYSTEM_CLOCK.monotonic() - begun
    if state.out.json:
        state.out.document({**_facts(report, seconds), "units": gmail.spent.units})
    else:
        _summary(state.out, report, seconds)


def _show(out: Output, gmail: Gmail, line: ProgressLine, step: Progress) -> None:
    if not step.done:
        forecast(out, gmail, step.units, f"{screen.count_text(step.total, 'message')} to read")
        return
    words = f"{step.done:,} of {step.total:,} messages, {screen.bytes_text(step.bytes)}"
    line.show(step.done, step.total, words)


def _facts(report: BackupReport, seconds: float) -> dict[str, object]:
    return {
        "account": report.account,
        "path": report.path,
        "wanted": report.wanted,
        "present": report.present,
        "fetched": report.fetched,
        "gone": report.gone,
        "left_out": report.left_out,
        "bytes": report.bytes,
        "seconds": round(seconds, 3),
        "notes": report.notes,
    }


def _summary(out: Output, report: BackupReport, seconds: float) -> None:
    new = f"{screen.count_text(report.fetched, 'new message')} ({screen.bytes_text(report.bytes)})"
    done = new if report.fetched else "nothing new"
    if report.wanted:
        out.line(f"{report.account}: {done}, {report.present:,} already in {report.path}.")
    else:
        out.say("No message matches.")
    for note in report.notes:
        out.say(note)
    if report.gone:
        out.say(f"{screen.count_text(len(report.gone), 'message')} vanished while it ran.")
    if report.left_out:
        out.say(f"Left out: {screen.count_text(report.left_out, 'message')} in Spam and Trash.")
    out.say(f"It took {time_text(seconds)}. Check it: gmailkit verify {report.path}")
