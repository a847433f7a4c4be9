"""`gmailkit restore`."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of, url_of
from gmailkit.cli import screen
from gmailkit.cli.as_of import AsOf
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes, say_way_back
from gmailkit.cli.progress import ProgressLine, time_text
from gmailkit.cli.restore_drill import practise
from gmailkit.cli.restore_settings import put_settings, say_renamed
from gmailkit.cli.state import State
from gmailkit.errors import UsageError
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.copying.run import Passed
    from gmailkit.services.restoring.plan import RestorePlan
    from gmailkit.services.restoring.run import Restored


_NAMED = 20  # labels in the plan that people see


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """Which messages of the backup."""

    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Only messages that match this search.")
    ] = ""
    origin: Annotated[
        str,
        typer.Option("--from", metavar="ADDRESS", help="Whose mail, where DIR holds several."),
    ] = ""
    as_of: AsOf = None
    everywhere: Annotated[
        bool, typer.Option("--spam-and-trash", help="With what lay in Spam and Trash.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Into which account, and how it is told there from other mail."""

    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ACCOUNT", help="The account that gets them, as --account."),
    ] = None
    mark: Annotated[
        str | None,
        typer.Option("--mark", metavar="LABEL", help="Label all that is added [restored/DATE]."),
    ] = None
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Give what is added no label of its own.")
    ] = False
    quarantine: Annotated[
        Path | None,
        typer.Option(
            "--quarantine", metavar="DIR", help="Where to keep what Gmail refuses [DIR.refused]."
        ),
    ] = None
    receipts: Annotated[
        Path | None,
        typer.Option("--receipts", metavar="FILE", help="Add what became of each message to FILE."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What is done in the place of putting mail back."""

    settings: Annotated[
        bool,
        typer.Option("--settings", help="Labels, filters, vacation, signatures; no mail."),
    ] = False

    drill: Annotated[
        bool,
        typer.Option("--drill", help="Restore into an empty practice mailbox, and compare."),
    ] = False
    sample: Annotated[
        str | None,
        typer.Option("--sample", metavar="N", help="With --drill: so many messages, or all [100]."),
    ] = None


@command
def restore(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
    what: What,
    where: Where,
    instead: Instead,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put the mail of a backup back into Gmail: bytes, labels, flags, conversations.

    Labels that are missing are made. Messages that are there already stay as they are. Stopped at
    any point, the same command goes on and adds nothing twice. gmailkit undo takes a restore back.
    With --drill no account is touched: a sample goes into an empty practice mailbox of this machine
    and each message that does not come back as it was is named, with exit code 13. With --settings
    the settings come back, and no mail; what is there and not in the backup stays.

    Examples:
      gmailkit restore mail.backup --to new@example.com --from old@example.com
      gmailkit restore mail.backup --settings --dry-run
      gmailkit restore mail.backup --drill --sample 500

    Needs: gmail.modify (gmailkit login); with --drill nothing; with --settings
    gmail.settings.basic too (gmailkit login --for restore).
    """
    state = State.of(ctx)
    if instead.drill and instead.settings:
        raise UsageError("A drill is of the mail.", hint="Leave --settings or --drill away.")
    if instead.drill:
        _check_drill(what, where)
        practise(state, folder, origin=what.origin, query=what.query, sample=instead.sample)
        return
    if instead.sample:
        raise UsageError("--sample says how much of a drill.", hint="Add --drill.")
    _choose_account(state, where)
    if instead.settings:
        _check_settings(what, where)
        put_settings(state, folder, origin=what.origin, as_of=what.as_of, yes=yes, dry_run=dry_run)
        return
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_restore(
        folder,
        origin=what.origin,
        query=what.query,
        as_of=what.as_of,
        mark="" if where.no_mark else where.mark,
        everywhere=what.everywhere,
    )
    for note in plan.notes:
        out.say(screen.visible(note))
    if dry_run or not plan.refs:
        _show(out, plan)
        return
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(_told(plan)))
    words = screen.count_text(len(plan.refs), "message")
    confirm(state, f"Put what {plan.account} lacks of {words} into it?", yes=yes)
    kept = where.quarantine or _beside(folder)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.restore(
            plan, quarantine=kept, receipts=where.receipts, on_progress=partial(_moving, line)
        )
    _say_done(out, done)


def _beside(folder: Path) -> Path:
    """Where what Gmail refuses is kept; of object storage, in the folder one is in."""
    whole = Path(folder.name) if url_of(folder) else folder.expanduser().resolve()
    return whole.absolute().with_name(f"{whole.name}.refused")


def _check_drill(what: What, where: Where) -> None:
    if what.as_of:
        raise UsageError("A drill tries the backup as it stands now.", hint="Leave --as-of away.")
    if where != Where():
        raise UsageError(
            "A drill goes into a practice mailbox of its own, which is gone afterwards.",
            hint="Leave --to, --mark, --no-mark, --quarantine and --receipts away.",
        )


def _check_settings(what: What, where: Where) -> None:
    if what.query or what.everywhere or replace(where, to=None) != Where():
        raise UsageError(
            "With --settings no mail comes back.",
            hint="Leave away what says which mail, and its label and quarantine.",
        )


def _choose_account(state: State, where: Where) -> None:
    if where.mark and where.no_mark:
        raise UsageError("--mark and --no-mark contradict each other.", hint="Leave one away.")
    if where.to and state.account not in (None, where.to):
        raise UsageError(
            f"--to {where.to} and --account {state.account} contradict each other.",
            hint="Leave one away.",
        )
    state.account = where.to or state.account


def _moving(line: ProgressLine, passed: Passed) -> None:
    words = f"{passed.done:,} of {screen.count_text(passed.total, 'message')}"
    line.show(passed.done, passed.total, words)


def _say_done(out: Output, done: Restored) -> None:
    plan, copied = done.plan, done.copied
    if out.json:
        result = {"added": copied.added, "present": copied.present, "change": done.number}
        renamed = {**plan.renamed, **done.renamed}
        out.document({**_facts(plan), "done": True, "renamed": renamed, **result})
        return
    there = f", {copied.present:,} were there already" if copied.present else ""
    out.line(f"{screen.count_text(copied.added, 'message')} restored to {plan.account}{there}.")
    say_renamed(out, done.renamed)
    drafts_alone = plan.drafts == len(plan.refs)  # which stay
    if copied.added and done.number is not None and not drafts_alone:
        say_way_back(out, done.number)


def _show(out: Output, plan: RestorePlan) -> None:
    if out.json:
        out.document({**_facts(plan), "done": False})
        return
    if not plan.refs:
        before = f"; {plan.before:,} were restored before" if plan.before else ""
        out.say(f"Nothing of {name_of(plan.path)} is to be restored to {plan.account}{before}.")
        return
    for line in _told(plan):
        out.line(line)
    out.say("Dry run: nothing was changed.")


def _told(plan: RestorePlan) -> list[str]:
    count = screen.count_text(len(plan.refs), "message")
    size = screen.bytes_text(plan.bytes or 0)
    time = f", {time_text(plan.seconds)} by the quota" if plan.seconds else ""
    lines = [
        f"{count} of {plan.origin} from {name_of(plan.path)} ({size}), at most: those that"
        f" {plan.account} lacks",
        f"  looked for one by one, which tells what is there: about {plan.units:,} units{time}",
    ]
    if plan.days > 1:
        lines.append(
            f"  where Gmail takes 500 MB a day, as by IMAP: {math.ceil(plan.days):,} days;"
            " stopped, the same command goes on"
        )
    if plan.as_of:
        lines.append(f"  as the backup stood until {local(plan.as_of):%Y-%m-%d %H:%M}")
    if plan.before:
        lines.append(f"  restored before: {plan.before:,}")
    if plan.left_out:
        lines.append(f"  left out, in Spam and Trash: {plan.left_out:,} (--spam-and-trash)")
    if plan.gone:
        lines.append(f"  gone from Gmail since they were saved: {plan.gone:,}")
    if plan.create:
        more = f" and {len(plan.create) - _NAMED:,} more" if len(plan.create) > _NAMED else ""
        lines.append(f"  new labels: {', '.join(plan.create[:_NAMED])}{more}")
    lines += [f"  the label {old} is called {new} here" for old, new in plan.renamed.items()]
    if plan.mark:
        lines.append(f"  what is added bears the label {plan.mark}")
    if plan.drafts:
        lines.append(f"  drafts among them: {plan.drafts:,}, back as drafts, which undo leaves")
    if plan.chats:
        lines.append(f"  chats among them: {plan.chats:,}, back as mail; Gmail takes no chats")
    return list(map(screen.visible, lines))


def _facts(plan: RestorePlan) -> Json:
    return {
        "account": plan.account,
        "from": plan.origin,
        "path": name_of(plan.path),
        "as_of": plan.as_of,
        "count": len(plan.refs),
        "bytes": plan.bytes,
        "before": plan.before,
        "left_out": plan.left_out,
        "gone": plan.gone,
        "new_labels": plan.create,
        "renamed": plan.renamed,
        "mark": plan.mark or None,
        "notes": plan.notes,
        "drafts": plan.drafts,
        "chats": plan.chats,
        "units": plan.units,
        "seconds": plan.seconds,
        "days": round(plan.days, 2),
    }
