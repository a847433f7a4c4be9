"""`gmailkit copy`."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.copy_check import Which, tell_differences
from gmailkit.cli.plan import AtMost, DryRun, Yes, say_way_back
from gmailkit.cli.progress import ProgressLine, time_text
from gmailkit.cli.state import GO_ON, State, Stop
from gmailkit.cli.within import places, speak_of
from gmailkit.clock import ending
from gmailkit.errors import TryLater, UsageError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.copying.carrying import CopyDone
    from gmailkit.services.copying.plan import CopyPlan
    from gmailkit.services.copying.run import Passed
    from gmailkit.services.places import Places

_NAMED = 20  # labels in the plan that people see
KEPT = Path("copy.refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Into:
    """What the target does with it."""

    mark: Annotated[
        str | None,
        typer.Option(
            "--mark", metavar="LABEL", help="In Gmail, label all that comes [copied/DATE]."
        ),
    ] = None
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Give what comes no label of its own.")
    ] = False
    quarantine: Annotated[
        Path | None,
        typer.Option("--quarantine", metavar="DIR", help=f"Keep what is refused there [{KEPT}]."),
    ] = None
    receipts: Annotated[
        Path | None,
        typer.Option("--receipts", metavar="FILE", help="Add what became of each message to FILE."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """What else is done, or instead."""

    check: Annotated[
        bool, typer.Option("--check", help="Copy nothing: tell what DST lacks of SRC, or has else.")
    ] = False
    delete_after: Annotated[
        float | None,
        typer.Option(
            "--delete-after",
            metavar="DAYS",
            min=0,
            help="POP3: delete what was found in DST so many days ago.",
        ),
    ] = None
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what arrives, until Ctrl-C.")
    ] = False
    every: Annotated[
        str, typer.Option("--every", metavar="LONG", help="With --follow: how often to look [1m].")
    ] = "1m"
    at_most: AtMost = None


@command
def copy(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="The store that is read.")],
    target: Annotated[str, typer.Argument(metavar="DST", help="The store that is added to.")],
    which: Which,
    into: Into,
    also: Also,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Copy mail from any store into another: bytes, labels, flags, dates, conversations.

    A store is an account (gmail:ann@example.com), maildir:PATH, mbox:FILE, eml:DIR, backup:DIR or,
    to read, takeout:FILE. First it is said what will come and what the target cannot hold. What the
    target has already stays as it is. Stopped at any point, the same command goes on and adds
    nothing twice. gmailkit undo takes a copy back. With --check the two are compared
    message by message, up to what docs/stores.md lists, with exit code 13 for any other difference.
    With --follow it goes on with what arrives, until Ctrl-C.

    Examples:
      gmailkit copy takeout:takeout-20260301T000000Z-001.zip gmail: --dry-run
      gmailkit copy gmail:old@example.com gmail:new@example.com --map 'Lists/*=Old lists/*'
      gmailkit copy old.mbox maildir:Mail --check

    Needs: gmail.modify (gmailkit login); gmail.readonly where an account is only read.
    """
    from gmailkit.compose.when import seconds
    from gmailkit.services.copying.carrying import check_emptied

    state = State.of(ctx)
    opened, mark, pause = places(state), mark_of(into), seconds(also.every)
    begin = time_limit(state, also.at_most)
    if also.check:
        _check(into, yes=yes or also.follow or also.delete_after is not None, dry_run=dry_run)
        tell_differences(state, opened, source, target, which)
        return
    plan = _planned(state, opened, source, target, which, mark)
    if also.delete_after is not None:
        check_emptied(opened, plan)
    if dry_run or not (plan.refs or also.follow or also.delete_after is not None):
        _show(state.out, plan)
        return
    is_over = begin()
    if plan.refs or also.delete_after is not None:
        _carry(state, opened, plan, into, also, is_over, yes=yes)
    if also.follow:
        _go_on(state, plan, which, into, pause, is_over)


def _planned(
    state: State, opened: Places, source: str, target: str, which: Which, mark: str | None
) -> CopyPlan:
    from gmailkit.services.copying.plan import plan_copy

    speak_of(state, opened.locate(target, to_make=True))
    with closing(ProgressLine(state.out)) as line:
        plan = plan_copy(
            opened,
            source,
            target,
            query=which.query,
            since=which.since,
            rules=which.rules or (),
            mark=mark,
            everywhere=which.everywhere,
            on_seen=partial(_looking, line),
        )
    for note in plan.notes:
        state.out.say(screen.visible(note))
    return plan


def mark_of(into: Into) -> str | None:
    """UsageError where both are said."""
    if into.mark and into.no_mark:
        raise UsageError("--mark and --no-mark contradict each other.", hint="Leave one away.")
    return "" if into.no_mark else into.mark


def time_limit(state: State, at_most: str | None) -> Callable[[], Callable[[], bool]]:
    """Begins the time of --for; then tells whether it is over. That of the plan does not count:
    each run makes one, and a short time would never get on.
    """
    from gmailkit.compose.when import seconds

    return partial(ending, state.clock, seconds(at_most) if at_most else None)


def _carry(
    state: State,
    opened: Places,
    plan: CopyPlan,
    into: Into,
    also: Also,
    is_over: Callable[[], bool],
    *,
    yes: bool,
) -> None:
    from gmailkit.services.copying.carrying import copy_mail

    out = state.out
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(told(plan)))
        if also.delete_after is not None:
            days = f"{also.delete_after:g} days"
            out.before_asking(f"  deleted at the server {days} after it is there")
    words = screen.count_text(len(plan.refs), "message")
    confirm(state, f"Copy what {plan.names[1]} lacks of {words} into it?", yes=yes)
    with closing(ProgressLine(out)) as line:
        done = copy_mail(
            opened,
            plan,
            quarantine=into.quarantine or KEPT,
            receipts=into.receipts,
            delete_after=also.delete_after,
            is_over=is_over,
            on_progress=partial(moving, state, line),
        )
    _say_done(out, done)
    if done.more:
        count = screen.count_text(done.more, "more message")
        raise TryLater(
            f"{plan.names[0]} offers {count} by now: it shows its mail a part at a time.",
            hint="Run the same command again: it takes them.",
        )


def _go_on(
    state: State,
    plan: CopyPlan,
    which: Which,
    into: Into,
    every: float,
    is_over: Callable[[], bool],
) -> None:
    """Until somebody stops it."""
    from gmailkit.services.copying.following import follow
    from gmailkit.services.places import Places

    state.out.say(screen.visible(f"Following {plan.names[0]}; Ctrl-C ends it."))
    for done in follow(
        lambda: Places(state.settings, clock=state.clock),
        plan,
        query=which.query,
        since=which.since,
        rules=which.rules or (),
        everywhere=which.everywhere,
        quarantine=into.quarantine or KEPT,
        receipts=into.receipts,
        every=every,
        is_over=is_over,
        clock=state.clock,
        on_trouble=lambda error: state.out.say(screen.visible(f"! {error.message}")),
    ):
        _say_done(state.out, done)


def _check(into: Into, *, yes: bool, dry_run: bool) -> None:
    if into != Into() or yes or dry_run:
        raise UsageError(
            "With --check nothing is copied.",
            hint="Leave away what says how: --mark, --quarantine, --receipts, --yes, --dry-run.",
        )


def _looking(line: ProgressLine, count: int) -> None:
    line.show(count, None, f"{screen.count_text(count, 'message')} looked at")


def moving(state: State, line: ProgressLine, passed: Passed) -> None:
    words = f"{passed.done:,} of {screen.count_text(passed.total, 'message')}"
    state.on_stop = Stop(f"{words} were gone through; {GO_ON.words}")
    line.show(passed.done, passed.total, f"{words}, {screen.bytes_text(passed.bytes)}")


def _say_done(out: Output, done: CopyDone) -> None:
    plan, copied = done.plan, done.copied
    if out.json:
        counts = {"added": copied.added, "present": copied.present, "unlike": copied.unlike}
        rest = {"change": done.number, "deleted": done.deleted, "more": done.more}
        out.document({**facts(plan), "done": True, **counts, **rest})
        return
    for old, new in done.renamed.items():
        out.say(screen.visible(f"Gmail refused the label {old}; it is called {new}."))
    there = f", {copied.present:,} were there already" if copied.present else ""
    count = screen.count_text(copied.added, "message")
    out.line(screen.visible(f"{count} copied to {plan.names[1]}{there}."))
    if copied.unlike:
        out.say(unlike_text(copied.unlike, plan.names[1]))
    if done.deleted:
        gone = screen.count_text(done.deleted, "message")
        out.line(screen.visible(f"{gone} deleted in {plan.names[0]}, as {plan.names[1]} has them."))
    if copied.added and done.number is not None:
        say_way_back(out, done.number, *(() if plan.into else ("--in", str(plan.target))))


def unlike_text(count: int, place: str) -> str:
    """Of what was there already; `place` is where."""
    bear = screen.count_text(count, "of them bears", "of them bear")
    return screen.visible(
        f"{bear} other labels or marks by now: {place} keeps those that a message came with."
    )


def _show(out: Output, plan: CopyPlan) -> None:
    if out.json:
        out.document({**facts(plan), "done": False})
        return
    if not plan.refs:
        before = f"; {plan.before:,} were copied before" if plan.before else ""
        left = f"; {plan.left_out:,} lie in Spam and Trash" if plan.left_out else ""
        words = f"Nothing of {plan.names[0]} is to be copied to {plan.names[1]}{before}{left}."
        out.say(screen.visible(words))
        return
    for line in told(plan):
        out.line(line)
    out.say("Dry run: nothing was changed.")


def told(plan: CopyPlan) -> list[str]:
    count = screen.count_text(len(plan.refs), "message")
    about = "about " if plan.about else ""
    size = f" ({about}{screen.bytes_text(plan.bytes)})" if plan.bytes is not None else ""
    lines = [f"{count} of {plan.names[0]}{size}, at most: those that {plan.names[1]} lacks"]
    if plan.units:
        time = f", {time_text(plan.seconds)} by the quota" if plan.seconds else ""
        made = f"; this plan, which each run makes, took {plan.planning:,}"
        lines.append(f"  about {plan.units:,} units{time}{made}")
    if plan.days > 1:
        lines.append(
            f"  by the bytes that Gmail takes or gives in a day by IMAP: {math.ceil(plan.days):,}"
            " days; stopped, the same command goes on"
        )
    if plan.before:
        lines.append(f"  copied before: {plan.before:,}")
    if plan.left_out:
        lines.append(f"  left out, in Spam and Trash: {plan.left_out:,} (--spam-and-trash)")
    for move in plan.moves[:_NAMED]:
        called = "(left away)" if move.called is None else move.called
        lines.append(f"  label {move.label} -> {called}: {move.messages:,}")
    if len(plan.moves) > _NAMED:
        lines.append(f"  and {len(plan.moves) - _NAMED:,} labels more (--json tells all)")
    if plan.into:
        if plan.into.create:
            lines.append(f"  new labels: {len(plan.into.create):,}")
        if plan.into.mark:
            lines.append(f"  what comes bears the label {plan.into.mark}")
        if plan.into.drafts:
            lines.append(f"  drafts among them: {plan.into.drafts:,}, which undo leaves")
        if plan.into.chats:
            lines.append(f"  chats among them: {plan.into.chats:,}, which come as mail")
    if plan.lost:
        lines.append(f"  not kept there: {', '.join(plan.lost)}")
    return list(map(screen.visible, lines))


def facts(plan: CopyPlan) -> Json:
    return {
        "source": plan.names[0],
        "target": plan.names[1],
        "count": len(plan.refs),
        "bytes": plan.bytes,
        "estimated": plan.about,
        "before": plan.before,
        "left_out": plan.left_out,
        "labels": [
            {"label": x.label, "called": x.called, "messages": x.messages} for x in plan.moves
        ],
        "new_labels": plan.into.create if plan.into else (),
        "mark": (plan.into.mark if plan.into else "") or None,
        "lost": plan.lost,
        "units": plan.units,
        "planning": plan.planning,
        "seconds": plan.seconds,
        "days": round(plan.days, 2),
        "notes": plan.notes,
    }
