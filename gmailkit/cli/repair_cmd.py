"""`gmailkit repair`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.progress import ProgressLine, counting, time_text
from gmailkit.cli.state import State
from gmailkit.errors import BackupDamaged, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.repairing import Repaired, RepairPlan


@command
def repair(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Fetch again what verify finds damaged or missing in a backup.

    Messages that Gmail still has are saved again, as they were saved first, further on; an index or
    a marker that is damaged is made anew. No byte that was written changes. Exits with 13 when
    something stays damaged, and names it.

    Examples:
      gmailkit repair mail.backup --dry-run
      gmailkit repair mail.backup --yes

    Needs: gmail.readonly (gmailkit login --for read) where a message is to be fetched.
    """
    from gmailkit.config import Settings
    from gmailkit.services.backup.checked import remember_repaired, remember_verified

    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    with closing(ProgressLine(out)) as line:
        plan = gmail.plan_repair(folder, on_progress=lambda done, all_: _reading(line, done, all_))
    remember_verified(Settings.load().home, folder, plan.report, clock=state.clock)
    if plan.report.ok:
        _tell_that_all_is_well(out, plan)
        return
    if dry_run:
        _show(out, plan)
        return
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(_told(plan)))
    confirm(state, f"Repair {name_of(folder)}?", yes=yes)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.repair(plan, on_progress=counting(line))
    if done.whole:
        remember_repaired(Settings.load().home, folder)
    _say_done(out, done)


def _reading(line: ProgressLine, done: int, total: int) -> None:
    line.show(done, total, f"{screen.bytes_text(done)} of {screen.bytes_text(total)} verified")


def _tell_that_all_is_well(out: Output, plan: RepairPlan) -> None:
    if out.json:
        out.document({**_facts(plan), "done": False})
    else:
        out.say(f"{name_of(plan.path)} is whole: nothing to repair.")


def _show(out: Output, plan: RepairPlan) -> None:
    if out.json:
        out.document({**_facts(plan), "done": False})
        return
    for line in _told(plan):
        out.line(line)
    out.say("Dry run: nothing was changed.")


def _told(plan: RepairPlan) -> list[str]:
    report = plan.report
    count = len(plan.ids)
    lines = [
        f"{name_of(plan.path)}: {screen.count_text(report.messages, 'message')} as they were saved"
    ]
    if count:
        time = f", {time_text(plan.seconds)} by the quota" if plan.seconds else ""
        lines.append(
            f"  {screen.count_text(count, 'message')} of {plan.account} to be fetched from Gmail "
            f"and saved again: {plan.units:,} units{time}"
        )
    if shared := sum(len(each.messages) - 1 for each in plan.wanted):
        words = screen.count_text(shared, "equal message")
        lines.append(f"  {words} whole again with them")
    if plan.unrecorded:
        words = screen.count_text(len(plan.unrecorded), "message")
        lines.append(f"  {words} saved again from equal ones that are whole")
    for account, number in sorted(plan.others.items()):
        words = screen.count_text(number, "message")
        lines.append(f"  {words} of {account} stay: repair with --account {account}")
    if plan.unknown:
        lines.append(f"  {plan.unknown:,} damaged bytes of which nobody knows what they held")
    lines += [f"  {problem}" for problem in report.problems]
    return list(map(screen.visible, lines))


def _say_done(out: Output, done: Repaired) -> None:
    plan = done.plan
    if out.json:
        result = {
            "mended": done.mended,
            "changed": done.changed,
            "lost": done.lost,
            "failed": done.failed,
            "others": done.others,
            "notes": done.notes,
        }
        out.document({**_facts(plan), "done": True, **result})
    else:
        for id in done.lost:
            out.row("lost", plan.account, id, "Gmail has it no more.")
        for each in done.failed:
            out.row("failed", plan.account, each.item, each.why)
        for note in done.notes:
            out.say(screen.visible(note))
        if done.changed:
            words = screen.count_text(len(done.changed), "message")
            out.say(
                f"{words} came with other bytes than were saved once: {', '.join(done.changed)}"
            )
        out.line(f"{name_of(plan.path)}: {screen.count_text(done.mended, 'message')} saved again.")
        out.say(f"Check it: {to_type('verify', name_of(plan.path))}")
    if not done.whole:
        raise _complaint(done)


def _complaint(done: Repaired) -> BackupDamaged:
    plan, stays = done.plan, []
    if done.lost:
        stays.append(f"{screen.count_text(len(done.lost), 'message')} that Gmail has no more")
    if done.failed:
        stays.append(f"{screen.count_text(len(done.failed), 'message')} that could not be read")
    if done.others:
        others = sum(done.others.values())
        stays.append(f"{screen.count_text(others, 'message')} of other accounts")
    if plan.unknown:
        stays.append(f"{plan.unknown:,} bytes of which nobody knows what they held")
    path = name_of(plan.path)
    if done.failed or done.others:
        account = next(iter(sorted(done.others)), "")
        again = ("--account", account) if account and not done.failed else ()
        hint = f"Repair again: {to_type('repair', path, *again)}"
    else:
        hint = f"What else Gmail has is fetched by: {to_type('backup', path)}"
    return BackupDamaged(f"{path} stays damaged: {', '.join(stays)}.", hint=hint)


def _facts(plan: RepairPlan) -> Json:
    report = plan.report
    return {
        "path": name_of(plan.path),
        "account": plan.account or None,
        "ok": report.ok,
        "messages": report.messages,
        "fetch": plan.ids,
        "others": plan.others,
        "unknown_bytes": plan.unknown,
        "problems": report.problems,
        "units": plan.units,
        "seconds": plan.seconds,
    }
