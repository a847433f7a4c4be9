"""`gmailkit verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import BackupDamaged

if TYPE_CHECKING:
    from gmailkit.backup.check import Report


@command
def verify(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
) -> None:
    """Read every byte of a backup and check it against its hash.

    Exits with 13 when something is damaged or missing, and names each message.

    Examples:
      gmailkit verify mail.backup
      gmailkit verify mail.backup --json

    Needs: nothing; works offline.
    """
    from gmailkit.backup.check import verify as check

    state = State.of(ctx)
    report = check(folder)
    if state.out.json:
        state.out.document(_facts(report))
    elif report.ok:
        size = screen.bytes_text(report.bytes)
        state.out.line(
            f"{folder} is whole: {screen.count_text(report.messages, 'message')}, {size}."
        )
    else:
        for each in report.damaged:
            state.out.row("damaged", each.account, each.id, each.pack, each.why)
        for each in report.missing:
            state.out.row("missing", each.account, each.id, each.pack, each.why)
    if not report.ok:
        raise _complaint(folder, report)


def _facts(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "messages": report.messages,
        "bytes": report.bytes,
        "packs": report.packs,
        "damaged": report.damaged,
        "missing": report.missing,
    }


def _complaint(folder: Path, report: Report) -> BackupDamaged:
    return BackupDamaged(
        f"{folder} is damaged: {screen.count_text(len(report.damaged), 'message')} damaged, "
        f"{len(report.missing)} missing.",
        hint="Copy the folder first; then `gmailkit backup` fetches anew what is missing.",
    )
