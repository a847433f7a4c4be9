"""`gmailkit undo --in STORE`, `gmailkit journal --in STORE`: copies into files and servers."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.within import places

if TYPE_CHECKING:
    from gmailkit.cli.state import State
    from gmailkit.cli.views import Json
    from gmailkit.record.additions import Addition
    from gmailkit.services.copying.undoing import CopyUndo


def undo_in(state: State, store: str, number: int | None, *, yes: bool, dry_run: bool) -> None:
    from gmailkit.services.copying.undoing import plan_undo_copy, undo_copy

    out, opened = state.out, places(state)
    plan = plan_undo_copy(opened, store, number)
    if dry_run:
        if out.json:
            out.document({**_facts(plan), "done": False})
            return
        for words in _told(plan):
            out.line(words)
        out.say("Dry run: nothing was changed.")
        return
    if (not yes and can_ask(state)) or (yes and not out.quiet):
        out.before_asking("\n".join(_told(plan)))
    confirm(state, screen.visible(f"Take it back in {plan.place}?"), yes=yes)
    with closing(ProgressLine(out)) as line:
        done = undo_copy(opened, store, plan.number, on_progress=counting(line))
    if out.json:
        out.document({**_facts(done), "done": True})
        return
    count = screen.count_text(len(done.refs), "message")
    out.line(
        screen.visible(f"{done.place}: copy {done.number} is undone ({count}, now in {done.kept}).")
    )
    if done.left:
        out.say(_left(done))


def list_in(state: State, store: str, limit: int | None) -> None:
    from gmailkit.services.copying.undoing import copies_into

    shown = 0
    for each in copies_into(places(state), store):
        if limit is not None and shown >= limit:
            break
        shown += 1
        if state.out.json:
            state.out.record(_record(each))
            continue
        when = each.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        if state.out.terminal:
            when = each.time.astimezone().strftime("%Y-%m-%d %H:%M")
        count = str(len(each.came))
        state.out.row(str(each.number), when, each.state, count, screen.visible(each.what))
    if not shown:
        other = "" if state.sandbox else " What was copied with --sandbox is listed with it."
        state.out.say(f"Nothing was copied there yet.{other}")


def _told(plan: CopyUndo) -> list[str]:
    count = screen.count_text(len(plan.refs), "message")
    lines = [
        f"{plan.place}: undo {plan.number}, a copy of mail of {plan.source}",
        f"  {count} go, into {plan.kept}",
    ]
    if plan.left:
        lines.append(f"  {_left(plan)}")
    return list(map(screen.visible, lines))


def _left(plan: CopyUndo) -> str:
    count = screen.count_text(len(plan.left), "message")
    return f"{count} changed or moved since, or gone: left alone."


def _facts(plan: CopyUndo) -> Json:
    facts = {"store": plan.place, "number": plan.number, "source": plan.source}
    return {**facts, "count": len(plan.refs), "left": plan.left, "kept": plan.kept}


def _record(copy: Addition) -> Json:
    return {
        "store": copy.head.target,
        "number": copy.number,
        "time": copy.time,
        "state": copy.state,
        "count": len(copy.came),
        "what": copy.what,
    }
