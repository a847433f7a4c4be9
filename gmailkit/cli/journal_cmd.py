"""`gmailkit journal` and `gmailkit undo`: what was changed, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import State
from gmailkit.cli.undo_copies import list_in, undo_in
from gmailkit.cli.within import is_own

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.record.journal import Call, Change
    from gmailkit.services.changes.taking_back import UndoPlan

Number = Annotated[
    int, typer.Argument(metavar="N", min=1, help="The number of a change: gmailkit journal")
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="N", min=1, help="At most so many [25 on a terminal, else all]."
    ),
]
In = Annotated[
    str | None,
    typer.Option("--in", metavar="STORE", help="Copies into that store: files, or on a server."),
]
_ON_TERMINAL = 25


@command
def _show(ctx: typer.Context, number: Number) -> None:
    """Show one change: what, why, and which messages with the labels they had.

    Examples:
      gmailkit journal show 12
      gmailkit journal show 12 --json

    Needs: any login; asks Gmail nothing.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    change = gmail.change(number)
    names = change.names
    if state.out.json:
        touched = [
            {"id": each.id, "had": sorted(names.get(label, label) for label in each.had)}
            for each in gmail.touched(change)
        ]
        calls = [{"method": call.method, "made": call.made} for call in change.calls]
        state.out.document({**views.change(change), "calls": calls, "messages": touched})
        return
    for line in _told(change):
        state.out.line(line)
    for each in gmail.touched(change):
        had = ", ".join(sorted(names.get(label, label) for label in each.had)) or "none of them"
        state.out.line(screen.visible(f"  {each.id}  had {had}"))


@command
def _recover(
    ctx: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="N", help="Only this one.")] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Take back what was made of it, instead.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Finish the changes that a crash or a lost connection cut short.

    With --roll-back what was made of them is taken back.

    Examples:
      gmailkit journal recover
      gmailkit journal recover 12 --roll-back

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    cut = [gmail.change(number)] if number else list(gmail.changes(states=("begun",)))
    if not cut:
        state.out.say("Nothing was cut short.")
        return
    for change in cut:
        state.out.before_asking(screen.visible(f"{gmail.address}: {_line(change)}"))
    how = "Take back what was made of" if roll_back else "Finish"
    confirm(state, f"{how} {screen.count_text(len(cut), 'change')}?", yes=yes, dry_run=False)
    for change in cut:
        done = gmail.recover(change.number, roll_back=roll_back)
        if state.out.json:
            state.out.record({**views.change(done.change), "left": done.left, "notes": done.notes})
        else:
            what = _recovered(change, done.change) if roll_back else "finished"
            state.out.line(f"Change {change.number} of {gmail.address}: {what}.")
        for said in done.notes:
            state.out.say(screen.visible(said))
        if done.left:
            state.out.say(_left(done.left))


def _recovered(change: Change, done: Change) -> str:
    if done.number != change.number:
        return f"taken back by change {done.number}"
    refused = done.state == "refused"
    return "nothing of it was made" if refused else "nothing of it is left to take back"


@group(_show, _recover)
def journal(ctx: typer.Context, limit: Limit = None, store: In = None) -> None:
    """List what gmailkit changed in this mailbox from this machine, newest first.

    Each change was written down before it was made. In a pipe a line is number, time (UTC), state,
    messages, what and why, separated by tabs. With --in it lists the copies into that store.

    Examples:
      gmailkit journal
      gmailkit journal --in maildir:Mail
      gmailkit journal show 12

    Needs: any login; asks Gmail nothing.
    """
    if ctx.invoked_subcommand is not None:
        return
    state = State.of(ctx)
    if store is not None and not is_own(state, store):
        list_in(state, store, limit)
        return
    out, gmail = state.out, state.gmail()
    if limit is None and out.terminal:
        limit = _ON_TERMINAL
    shown = False
    for change in gmail.changes(limit=limit):
        shown = True
        if out.json:
            out.record(views.change(change))
        elif out.terminal:
            out.line(screen.visible(_line(change)))
        else:
            when = change.time.strftime("%Y-%m-%dT%H:%M:%SZ")
            facts = (str(change.number), when, change.state, str(change.count))
            out.row(*facts, change.what, change.why)
    if not shown:
        out.say("Nothing was changed yet.")


@command
def undo(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", min=1, help="The number of a change; else the last one."),
    ] = None,
    store: In = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take a change back: what is as it left it becomes what it was before.

    What somebody changed since is left alone, and told. An undo can be undone by its own number.
    With --in a copy into files or a server is taken back: what it added lies in Trash there or, of
    files, beside them in PATH.undone. Nothing is deleted for good.

    Examples:
      gmailkit undo
      gmailkit undo 12 --dry-run
      gmailkit undo --in maildir:Mail

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    if store is not None and not is_own(state, store):
        undo_in(state, store, number, yes=yes, dry_run=dry_run)
        return
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_undo(number)
    lines = _to_undo(gmail, plan)
    if dry_run or plan.empty:
        _say_undone(state.out, gmail, plan, done=False)
        return
    if (not yes and can_ask(state)) or (yes and not out.quiet):
        out.before_asking("\n".join(lines))
    confirm(state, f"Take it back in {gmail.address}?", yes=yes)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        plan = gmail.undo(plan.change.number, on_progress=counting(line))
    _say_undone(out, gmail, plan, done=True)


def _to_undo(gmail: Gmail, plan: UndoPlan) -> list[str]:
    from gmailkit.services.changes.words import back_in_words

    change = plan.change
    lines = [screen.visible(f"{gmail.address}: undo {_line(change).strip()}")]
    if plan.count:
        become = "becomes what it was" if plan.count == 1 else "become what they were"
        lines.append(f"  {screen.count_text(plan.count, 'message')} {become}{_in_trash(plan)}")
    if plan.empty:
        lines.append("  nothing is left to take back")
    lines += [screen.visible(f"  {back_in_words(call)}") for call in plan.calls]
    if plan.left:
        lines.append(
            f"  {screen.count_text(len(plan.left), 'message')} moved since, or gone: left alone"
        )
    lines += [screen.visible(f"  {note}") for note in plan.notes]
    return lines


def _in_trash(plan: UndoPlan) -> str:
    """What was put in, or taken out of there, comes to lie in Trash."""
    away = sum(len(delta.ids) for delta in plan.deltas if "TRASH" in delta.add)
    if not away:
        return ""
    return ", in Trash" if away == plan.count else f", {away:,} of them in Trash"


def _say_undone(out: Output, gmail: Gmail, plan: UndoPlan, *, done: bool) -> None:
    if out.json:
        made = done and not plan.empty
        facts = {"account": gmail.address, "done": made, "change": views.change(plan.change)}
        more = {"count": plan.count, "left": plan.left, "notes": plan.notes}
        out.document({**facts, **more, "calls": [call.method for call in plan.calls]})
        return
    if done and not plan.empty:
        count = f" ({screen.count_text(plan.count, 'message')})" if plan.count else ""
        out.line(f"{gmail.address}: change {plan.change.number} is undone{count}.")
        for note in plan.notes:
            out.say(note)
        if plan.left:
            out.say(_left(plan.left))
        return
    for line in _to_undo(gmail, plan):
        out.line(line)
    if not plan.empty:
        out.say("Dry run: nothing was changed.")
    elif plan.before:
        out.say(f"Nothing was changed. The change before it: gmailkit undo {plan.before}")
    else:
        out.say("Nothing was changed.")


def _left(ids: Sequence[str]) -> str:
    return f"{screen.count_text(len(ids), 'message')} moved since, or gone: left alone."


def _line(change: Change) -> str:
    when = change.time.astimezone().strftime("%Y-%m-%d %H:%M")
    count = f"  {screen.count_text(change.count, 'message')}" if change.count else ""
    marks = [
        *(["cut short"] if change.state == "begun" else []),
        *(["nothing was made"] if change.state == "refused" else []),
        *(["rolled back"] if change.state == "moot" else []),
        *([_not_finished(change)] if change.wanted and not change.undone_by else []),
        *([f"undone by {change.undone_by}"] if change.undone_by else []),
        *(["cannot be undone"] if change.for_good else []),
    ]
    more = f"  ({', '.join(marks)})" if marks else ""
    return f"{change.number:4}  {when}  {change.what}{count}{more}"


def _not_finished(change: Change) -> str:
    return f"not finished: {change.count:,} of {screen.count_text(change.wanted, 'message')}"


def _told(change: Change) -> list[str]:
    return [
        screen.visible(line)
        for line in (_line(change).strip(), f"asked for by: {change.why}", *_calls(change))
    ]


def _calls(change: Change) -> list[str]:
    from gmailkit.services.changes.sure import can_tell
    from gmailkit.services.changes.words import in_words

    def lacks(call: Call) -> str:
        if call.made or change.for_good:
            return ""
        if change.state == "begun":  # Gmail may have heard of it
            return " (no answer came: journal recover finds out)"
        unknown = change.state == "done" and not can_tell(call)  # a draft of which no answer came
        return " (whether it was made, nobody can tell)" if unknown else " (not made)"

    return [in_words(call) + lacks(call) for call in change.calls]
