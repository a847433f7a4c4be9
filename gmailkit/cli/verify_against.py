"""`gmailkit verify DIR --against gmail`: what differs between a backup and the mailbox."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.progress import ProgressLine, counting, forecast
from gmailkit.errors import BackupDamaged, PartialError, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.state import State
    from gmailkit.cli.views import Json
    from gmailkit.services.comparing import Compared, Comparison


def verify_against_gmail(state: State, folder: Path, sample: int | None) -> None:
    """Compare, print what differs, and end with the exit code that says how."""
    from gmailkit.config import Settings
    from gmailkit.services.backup.checked import remember_matched

    out, gmail = state.out, state.gmail()
    plan = gmail.plan_comparison(folder, sample=sample)
    forecast(out, gmail, plan.units, f"{screen.count_text(plan.to_read, 'message')} to compare")
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.compare(plan, on_progress=counting(line))
    remember_matched(Settings.load().home, done, clock=state.clock)  # for `backup status`
    if out.json:
        out.document({**_facts(done), "units": gmail.spent.units})
    else:
        _tell(out, done)
    _complain(folder, done)


def _tell(out: Output, done: Comparison) -> None:
    plan = done.plan
    for each in done.different:
        out.row("different", plan.account, each.item, each.why)
    for each in done.unread:
        out.row("unread", plan.account, each.item, each.why)
    for id in plan.lacking:
        out.row("lacking", plan.account, id, "Gmail has it, the backup does not.")
    for line in _explained(plan):
        out.say(line)
    if done.gone:
        out.say(f"{screen.count_text(len(done.gone), 'message')} vanished while it ran.")
    if done.verified or done.replaced:
        proven = screen.count_text(done.verified, "message")
        out.say(
            f"Of what came from elsewhere {proven} proved to be Gmail's to the byte; "
            f"{len(done.replaced):,} had other bytes, and have Gmail's now."
        )
    if done.ok:
        read = "" if done.same == plan.common else f" of {plan.common:,} that both have"
        out.line(
            f"{name_of(plan.path)} agrees with {plan.account}: the bytes of "
            f"{screen.count_text(done.same, 'message')}{read} compared."
        )


def _explained(plan: Compared) -> list[str]:
    """What only one side has, and nothing is wrong with that."""
    told = []
    if plan.newer:
        count = screen.count_text(len(plan.newer), "message")
        more = to_type("backup", name_of(plan.path))
        told.append(f"{count} came since the newest one of the backup: {more}")
    if plan.hidden:
        count = screen.count_text(len(plan.hidden), "message")
        told.append(f"{count} in Spam and Trash are not in the backup, which leaves those out.")
    if plan.let_go:
        count = screen.count_text(len(plan.let_go), "message")
        told.append(f"{count} of Gmail are not in the backup, since a compaction let them go.")
    if plan.beyond:
        count = screen.count_text(len(plan.beyond), "message")
        told.append(
            f"{count} of Gmail are not in the backup, which does not cover all mail: "
            "whether one of them should be cannot be told."
        )
    if plan.kept:
        count = screen.count_text(len(plan.kept), "message")
        told.append(f"{count} in the backup alone: Gmail has them no more, the backup keeps them.")
    return told


def _facts(done: Comparison) -> Json:
    plan = done.plan
    return {
        "ok": done.ok,
        "account": plan.account,
        "gmail": plan.gmail,
        "backup": plan.backup,
        "same": done.same,
        "verified": done.verified,
        "replaced": done.replaced,
        "different": done.different,
        "unread": done.unread,
        "gone": done.gone,
        "lacking": plan.lacking,
        "newer": plan.newer,
        "hidden": plan.hidden,
        "let_go": plan.let_go,
        "beyond": plan.beyond,
        "kept": plan.kept,
    }


def _complain(folder: Path, done: Comparison) -> None:
    """Raises what the exit code is made of: bytes that differ before messages that are lacking."""
    plan = done.plan
    if done.different:
        count = screen.count_text(len(done.different), "message")
        raise BackupDamaged(
            f"{count} of {name_of(folder)} are not as Gmail has them.",
            hint=f"What is damaged there: {to_type('verify', name_of(folder))}",
        )
    if done.ok:
        return
    words = []
    if plan.lacking:
        words.append(
            f"{name_of(folder)} lacks {screen.count_text(len(plan.lacking), 'message')} of Gmail"
        )
    if done.unread:
        words.append(f"{len(done.unread):,} could not be read from Gmail")
    raise PartialError(
        f"{' and '.join(words)}; {done.same:,} compared are the same.",
        done=done.same,
        failed=done.unread,  # what is lacking was named: it may be a whole mailbox
        hint=f"What was never asked for is saved by: {to_type('backup', name_of(folder))}",
    )
