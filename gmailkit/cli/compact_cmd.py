"""`gmailkit compact`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import State
from gmailkit.errors import BackupDamaged, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.compacting import Compaction, CompactPlan, Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be left out."""

    drop: Annotated[
        str, typer.Option("--drop", metavar="QUERY", help="Leave out what matches this search.")
    ] = ""
    gone_before: Annotated[
        str | None,
        typer.Option(
            "--drop-gone-before",
            metavar="DATE",
            help="Leave out what Gmail has had no more since before that day.",
        ),
    ] = None
    keep: Annotated[
        str, typer.Option("--keep", metavar="QUERY", help="Never leave out what matches this.")
    ] = ""
    without_damaged: Annotated[
        bool,
        typer.Option("--without-damaged", help="Leave out what is damaged and cannot be read."),
    ] = False


@command
def compact(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder or URL.")],
    to: Annotated[
        Path,
        typer.Option("--to", metavar="NEW", help="The new backup folder or URL; not there yet."),
    ],
    rules: Rules,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Write a backup anew, without what you let go; the old one is not touched.

    Without a rule everything is kept. The new one is verified in full before it gets its name;
    delete the old one when you are content. What was left out by the rules is remembered: a later
    backup takes it again only where its --query or --label asks for it.

    Examples:
      gmailkit compact mail.backup --to smaller.backup --drop 'category:promotions older_than:2y'
      gmailkit compact mail.backup --to new.backup --drop-gone-before 2024-01-01 --keep is:starred

    Needs: nothing; works offline.
    """
    from gmailkit.services.compacting import compact as carry_out
    from gmailkit.services.compacting import plan_compact

    state = State.of(ctx)
    out = state.out
    with closing(ProgressLine(out)) as line:
        plan = plan_compact(folder, to, _retention(rules), on_progress=counting(line))
    if dry_run:
        _show(out, plan)
        return
    if plan.damaged and not rules.without_damaged:
        raise _complaint(plan)
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(_told(plan)))
    confirm(state, f"Write {name_of(to)}?", yes=yes)
    with closing(ProgressLine(out)) as line:
        done = carry_out(plan, on_progress=counting(line))
    _say_done(out, done)


def _retention(rules: Rules) -> Retention:
    from gmailkit.services.compacting import Retention
    from gmailkit.services.days import gone_before

    before = gone_before(rules.gone_before) if rules.gone_before else None
    return Retention(drop=rules.drop, gone_before=before, keep=rules.keep)


def _complaint(plan: CompactPlan) -> BackupDamaged:
    count = screen.count_text(len(plan.damaged), "message")
    return BackupDamaged(
        f"{count} of {name_of(plan.path)} cannot be read: {plan.damaged[0].why}",
        hint=f"First: {to_type('repair', name_of(plan.path))}; or leave them out: "
        "--without-damaged",
    )


def _show(out: Output, plan: CompactPlan) -> None:
    if out.json:
        out.document({**_facts(plan), "done": False})
        return
    for line in _told(plan):
        out.line(line)
    out.say("Dry run: nothing was written.")


def _told(plan: CompactPlan) -> list[str]:
    kept = screen.count_text(plan.kept, "message")
    size = screen.bytes_text(plan.kept_bytes)
    lines = [
        f"{name_of(plan.path)} anew in {name_of(plan.target)}: {kept} ({size})",
        f"  left out by the rules: {len(plan.dropped):,} ({screen.bytes_text(plan.dropped_bytes)})",
    ]
    if plan.damaged:
        lines.append(f"  damaged, which no rule can bring over: {len(plan.damaged):,}")
    return list(map(screen.visible, lines))


def _say_done(out: Output, done: Compaction) -> None:
    plan = done.plan
    if out.json:
        result = {"before": done.before, "after": done.after, "head": done.head}
        out.document({**_facts(plan), "done": True, **result})
        return
    before, after = screen.bytes_text(done.before), screen.bytes_text(done.after)
    out.line(
        f"{name_of(plan.target)} is whole: {screen.count_text(done.messages, 'message')}, "
        f"{after} of what were {before}."
    )
    out.say(f"{name_of(plan.path)} was not touched. Back up into the new one from now on.")


def _facts(plan: CompactPlan) -> Json:
    return {
        "path": name_of(plan.path),
        "to": name_of(plan.target),
        "rules": plan.rules.told(),
        "kept": plan.kept,
        "kept_bytes": plan.kept_bytes,
        "dropped": len(plan.dropped),
        "dropped_bytes": plan.dropped_bytes,
        "damaged": plan.damaged,
    }
