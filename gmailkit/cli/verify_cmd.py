"""`gmailkit verify`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.state import State
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import BackupDamaged, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.backup.check import Report
    from gmailkit.cli.emit import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much is read, and what is known from elsewhere."""

    quick: Annotated[
        bool, typer.Option("--quick", help="Sizes, headers and the index alone; unpack nothing.")
    ] = False
    subset: Annotated[
        str | None,
        typer.Option(
            "--read-data-subset",
            metavar="K/N",
            help="Read the K-th of N parts; 1/7 to 7/7 read all.",
        ),
    ] = None
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="HEX", help="A head you kept: is all before it unchanged?"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What the backup is held against."""

    against: Annotated[
        str | None,
        typer.Option("--against", metavar="gmail", help="Compare with the mailbox, online."),
    ] = None
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", metavar="N", min=0, help="The bytes of N messages, drawn by lot [all]."
        ),
    ] = None


@command
def verify(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
    depth: Depth,
    other: Other,
) -> None:
    """Read every byte of a backup and check it against its hash.

    Exits with 13 when something is damaged or missing, and names each message. With --against
    gmail it lists which messages only one side has, and compares the bytes of what both have; 3
    then says that the backup lacks some.

    Examples:
      gmailkit verify mail.backup
      gmailkit verify mail.backup --quick --json
      gmailkit verify mail.backup --against gmail --sample 100

    Needs: nothing; works offline (with --against gmail: gmail.readonly).
    """
    state = State.of(ctx)
    if _is_against_gmail(depth, other):
        from gmailkit.cli.verify_against import verify_against_gmail

        verify_against_gmail(state, folder, other.sample)
        return
    out = state.out
    with closing(ProgressLine(out)) as line:
        report = _checked(folder, depth, partial(_show, line))
    if out.json:
        out.document(_facts(report))
    else:
        _tell(out, folder, report)
    if not report.ok:
        raise _complaint(folder, report)
    _warn_of_damage(out, folder, depth)


def _warn_of_damage(out: Output, folder: Path, depth: Depth) -> None:
    """Who reads a part, or nothing, does not see what was found when all was read."""
    from gmailkit.config import Settings
    from gmailkit.services.backup.checked import was_damaged

    if (depth.quick or depth.subset) and was_damaged(Settings.load().home, folder):
        repair = to_type("repair", str(folder))
        out.before_asking(  # -q does not silence it
            f"The last verify of every byte found damage, which this one cannot see: {repair}"
        )


def _is_against_gmail(depth: Depth, other: Other) -> bool:
    """Raises UsageError for options that do not go together."""
    if other.against not in (None, "gmail"):
        raise UsageError(f"{other.against!r} is nothing to compare with.", hint="--against gmail")
    if other.against is None and other.sample is not None:
        raise UsageError("--sample is for --against gmail.", hint="Add it, or leave --sample away.")
    if other.against and (depth.quick or depth.subset or depth.heads):
        raise UsageError(
            "--against gmail compares with Gmail; the other checks are made offline.",
            hint="Run them one after the other.",
        )
    return other.against is not None


def _checked(folder: Path, depth: Depth, show: Callable[[int, int], None]) -> Report:
    from gmailkit.backup import check

    heads = depth.heads or ()
    if depth.subset is None:
        if depth.quick:
            return check.verify_structure(folder, heads=heads, on_progress=show)
        report = check.verify(folder, heads=heads, on_progress=show)
        _remember(folder, report)
        return report
    if depth.quick:
        raise UsageError(
            "--quick and --read-data-subset contradict each other.", hint="Leave one away."
        )
    part, of = _part(depth.subset)
    return check.verify_part(folder, part, of, heads=heads, on_progress=show)


def _remember(folder: Path, report: Report) -> None:
    """For `backup status`, on this machine: in the backup verify changes nothing."""
    from gmailkit.config import Settings
    from gmailkit.services.backup.checked import remember_verified

    remember_verified(Settings.load().home, folder, report, clock=SYSTEM_CLOCK)


def _part(text: str) -> tuple[int, int]:
    part, _, of = text.partition("/")
    if not (part.isdecimal() and of.isdecimal()):
        raise UsageError(f"{text!r} is no part of a backup.", hint="The first of seven is 1/7.")
    return int(part), int(of)


def _show(line: ProgressLine, done: int, total: int) -> None:
    line.show(done, total, f"{screen.bytes_text(done)} of {screen.bytes_text(total)}")


def _tell(out: Output, folder: Path, report: Report) -> None:
    for kind, messages in (("damaged", report.damaged), ("missing", report.missing)):
        for each in messages:
            out.row(kind, each.account, each.id, f"{each.pack}:{each.offset}", each.why)
    for problem in report.problems:
        out.row("problem", problem)
    for note in report.notes:
        out.say(screen.visible(note))
    if report.ok:
        _tell_that_it_is_whole(out, folder, report)


def _tell_that_it_is_whole(out: Output, folder: Path, report: Report) -> None:
    count, size = screen.count_text(report.messages, "message"), screen.bytes_text(report.bytes)
    if not report.unread:
        out.line(f"{name_of(folder)} is whole: {count}, {size}.")
        return
    out.line(
        f"{name_of(folder)} looks whole: {count}, {size}; the bytes of {report.unread:,} were not "
        "read."
    )
    out.say(f"Every byte: {to_type('verify', name_of(folder))}")


def _facts(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "messages": report.messages,
        "bytes": report.bytes,
        "unread": report.unread,
        "packs": report.packs,
        "damaged": report.damaged,
        "missing": report.missing,
        "uncounted": report.uncounted,
        "problems": report.problems,
        "notes": report.notes,
        "head": report.head,
        "events": report.events,
        "events_head": report.events_head,
    }


def _complaint(folder: Path, report: Report) -> BackupDamaged:
    counts = [screen.count_text(report.messages, "message") + " as they were saved"]
    if report.uncounted:
        counts.append("others damaged or missing, how many only an index could tell")
    else:
        counts += [f"{len(report.damaged):,} damaged", f"{len(report.missing):,} missing"]
    counts.append(screen.count_text(len(report.problems), "other problem"))
    return BackupDamaged(
        f"{name_of(folder)} is not whole: {', '.join(counts)}.",
        hint=_advice(folder, report),
    )


def _advice(folder: Path, report: Report) -> str:
    """What helps: a repair."""
    if report.damaged or report.missing or report.holes:
        return (
            f"The other messages are whole. `{to_type('repair', name_of(folder))}` fetches what "
            "Gmail still has, and names what it has no more."
        )
    if report.slight:
        return f"No message is lost: `{to_type('repair', name_of(folder))}` makes that file anew."
    return "What is there is whole. Compare it with an older copy, if there is one."
