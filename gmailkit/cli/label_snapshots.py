"""`gmailkit labels snapshot`, `snapshots`, `diff` and `rollback`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import How, Yes, agree, say_way_back
from gmailkit.cli.progress import ProgressLine, counting, forecast, time_text
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State
from gmailkit.model.ids import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gmailkit.gmail import Gmail
    from gmailkit.model.ids import LabelId
    from gmailkit.record.snapshots import Snapshot
    from gmailkit.services.labels.difference import Difference, LabelCounts
    from gmailkit.services.labels.rollback import RollbackPlan

Json = dict[str, object]
_SHOWN = 10  # kinds of change in a plan
Earlier = Annotated[
    str, typer.Argument(metavar="A", help="A snapshot, by name or number: labels snapshots")
]


@command
def _snapshot(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What to call it [its number].")
    ] = "",
) -> None:
    """Keep which message bears which label now, of the whole mailbox.

    The ids of each label are listed, nothing is read: about 3,500 units for 100,000 messages. What
    changes meanwhile is put right at the end. One that is stopped leaves nothing.

    Examples:
      gmailkit labels snapshot
      gmailkit labels snapshot --name before-cleaning

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_label_snapshot()
    labels = screen.count_text(len(plan.labels), "label")
    counts = f"{screen.count_text(plan.messages, 'message')}, {labels} to list"
    forecast(out, gmail, plan.units, counts)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        made = gmail.label_snapshot(name, plan=plan, on_progress=_listing(line))
    if out.json:
        out.document({**_facts(made), "account": gmail.address, "units": gmail.spent.units})
        return
    out.line(screen.visible(f"Snapshot {made.name} of {gmail.address}: {_size(made)}."))
    out.say(f"What changed since: gmailkit labels diff {made.number} now")


@command
def _snapshots(
    ctx: typer.Context,
    delete: Annotated[
        list[str] | None,
        typer.Option("--delete", metavar="NAME", help="Delete this one; may be repeated."),
    ] = None,
    yes: Yes = False,
) -> None:
    """List the snapshots of labels, newest first, or delete some.

    Examples:
      gmailkit labels snapshots
      gmailkit labels snapshots --delete before-cleaning --yes

    Needs: any login; asks Gmail nothing.
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    found = gmail.label_snapshots()
    if delete:
        chosen = [gmail.find_label_snapshot(name) for name in delete]
        names = ", ".join(each.name for each in chosen)
        question = f"Delete {screen.count_text(len(chosen), 'snapshot')} ({names}) for good?"
        confirm(state, question, yes=yes, dry_run=False)
        found = [gmail.delete_label_snapshot(each.name) for each in chosen]
    if out.json:
        for each in found:
            out.record(_facts(each))
    elif delete:
        out.line(screen.visible(f"Deleted: {', '.join(each.name for each in found)}."))
    elif found:
        head = ("NAME", "N", "TIME", "MESSAGES", "LABELS")
        rows = [(x.name, x.number, _when(state, x), x.messages, len(x.labels)) for x in found]
        out.table(head, rows)
    else:
        out.say("There is no snapshot yet: gmailkit labels snapshot")


@command
def _diff(
    ctx: typer.Context,
    before: Earlier,
    after: Annotated[
        str, typer.Argument(metavar="B", help="Another one; or now, the mailbox as it is.")
    ] = "now",
    messages: Annotated[
        bool, typer.Option("--messages", help="Each message too, with what it gained and lost.")
    ] = False,
) -> None:
    """Show how the labels of all messages differ between two snapshots, or since one.

    For each label how many messages came and went. With --json each message is a line too.

    Examples:
      gmailkit labels diff before-cleaning now
      gmailkit labels diff 1 2 --messages
      gmailkit labels diff 1 now --json

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    line = ProgressLine(out, gmail=gmail)
    with closing(line), gmail.label_difference(before, after, on_progress=_listing(line)) as found:
        line.close()
        if out.json:
            _show_as_json(state, found)
            return
        if found.labels:
            out.table(
                ("LABEL", "CAME", "WENT", ""),
                [(x.name, x.came, x.went, _change(x)) for x in found.labels],
            )
        changed = screen.count_text(found.changed, "message")
        counts = f"{changed} changed, {found.arrived:,} arrived, {found.gone:,} gone"
        out.say(f"{_named(found.before)} to {_named(found.after)}: {counts}.")
        for each in found.messages() if messages else ():
            now, was = each.after or frozenset(), each.before or frozenset()
            how = "arrived" if each.before is None else "gone" if each.after is None else "changed"
            more = [*_signed("+", now - was, found.names), *_signed("-", was - now, found.names)]
            out.row(each.id, how, " ".join(more))


@command
def _rollback(
    ctx: typer.Context,
    before: Earlier,
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="QUERY", help="Only messages that match this search."),
    ] = None,
    *,
    how: How,
) -> None:
    """Give all messages the labels that they had in a snapshot.

    Inbox, Spam and Trash too; labels that were deleted since are made again. Mail that came since
    stays as it is. It is one change, and undo takes it back. For more than --max, or more than 100
    that go to Trash or Spam, the number has to be typed.

    Examples:
      gmailkit labels rollback before-cleaning --dry-run
      gmailkit labels rollback 1 --query 'from:billing'
      gmailkit labels rollback 1 --yes --max 20000

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    doubts(state, query or "")
    with closing(ProgressLine(out, gmail=gmail)) as line:
        plan = gmail.plan_label_rollback(before, query=query, on_progress=_listing(line))
    _say_beside(state, plan)
    nothing = not plan.count and not plan.remade
    if plan.match == 0:
        out.say(f"No message of {gmail.address} matches: nothing to do.")
    elif nothing:
        what = "All that matches" if plan.query else "All"
        out.say(f"{what} is as in {_named(plan.snapshot)}: nothing to do.")
    if nothing or how.dry_run:
        _say_plan(state, plan, shown=not nothing)
        return
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(_told(gmail, plan)))
    if plan.count:
        away = sum(len(delta.ids) for delta in plan.deltas if delta.add & HIDDEN)
        agree(state, gmail.address, plan.count, how, away=away)
    else:
        confirm(state, f"Make these labels of {gmail.address} again?", yes=how.yes)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.roll_back_labels(plan, on_progress=counting(line))
    if out.json:
        more = {"done": True, "change": done.number, "count": done.count, "left": done.left}
        more["notes"] = done.notes
        out.document({**_plan_facts(gmail, plan), **more})
        return
    count = screen.count_text(done.count, "message")
    out.line(screen.visible(f"{count} of {gmail.address}: as in {_named(plan.snapshot)}."))
    if done.left:
        out.say(f"{screen.count_text(len(done.left), 'message')} changed meanwhile: left alone.")
    for note in set(done.notes) - set(plan.notes):
        out.say(note)
    if done.number:
        say_way_back(out, done.number)


def _listing(line: ProgressLine) -> Callable[[int, int], None]:
    return lambda done, total: line.show(done, total, f"{done:,} of {total:,} listed")


def _facts(found: Snapshot) -> Json:
    return {
        "name": found.name,
        "number": found.number,
        "time": found.time,
        "messages": found.messages,
        "labels": len(found.labels),
    }


def _size(found: Snapshot) -> str:
    labels = screen.count_text(len(found.labels), "label")
    return f"{screen.count_text(found.messages, 'message')}, {labels}"


def _when(state: State, found: Snapshot) -> str:
    if state.out.terminal:
        return found.time.astimezone().strftime("%Y-%m-%d %H:%M")
    return found.time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(found: Snapshot) -> str:
    return found.name if found.name == "now" else f"snapshot {found.name}"


def _change(found: LabelCounts) -> str:
    return f"was {found.former}" if found.former else found.change


def _signed(sign: str, labels: Iterable[LabelId], names: Mapping[LabelId, str]) -> list[str]:
    return sorted(f"{sign}{names.get(label, label)}" for label in labels)


def _show_as_json(state: State, found: Difference) -> None:
    def named(labels: Iterable[LabelId] | None) -> list[str] | None:
        return None if labels is None else sorted(found.names.get(each, each) for each in labels)

    for each in found.labels:
        facts: Json = {"label": each.name, "change": each.change or None}
        facts |= {"former": each.former or None, "came": each.came, "went": each.went}
        state.out.record(facts)
    for message in found.messages():
        both = {"before": named(message.before), "after": named(message.after)}
        state.out.record({"message": message.id, **both})


def _say_beside(state: State, plan: RollbackPlan) -> None:
    if plan.gone:
        state.out.say(f"{screen.count_text(len(plan.gone), 'message')} of it are gone for good.")
    if plan.drafts:
        drafts = screen.count_text(len(plan.drafts), "draft")
        state.out.say(f"{drafts} left out: Gmail puts no labels on drafts.")
    for note in plan.notes:
        state.out.say(note)


def _say_plan(state: State, plan: RollbackPlan, *, shown: bool) -> None:
    out, gmail = state.out, state.gmail()
    if out.json:
        nothing: Json = {"done": False, "change": None, "count": plan.count, "left": []}
        out.document({**_plan_facts(gmail, plan), **nothing})
    elif shown:
        for line in _told(gmail, plan):
            out.line(line)
        out.say("Dry run: nothing was changed.")


def _plan_facts(gmail: Gmail, plan: RollbackPlan) -> Json:
    def named(labels: Iterable[LabelId]) -> list[str]:
        return sorted(plan.names.get(each, each) for each in labels)

    return {
        "account": gmail.address,
        "snapshot": _facts(plan.snapshot),
        "remade": [label.name for label in plan.remade],
        "changes": [
            {"add": named(delta.add), "remove": named(delta.remove), "ids": delta.ids}
            for delta in plan.deltas
        ],
        "gone": plan.gone,
        "drafts": plan.drafts,
        "match": plan.match,
        "units": plan.units,
        "seconds": plan.seconds,
        "notes": plan.notes,
    }


def _told(gmail: Gmail, plan: RollbackPlan) -> list[str]:
    count = screen.count_text(plan.count, "message")
    lines = [f"{count} of {gmail.address}: back to {_named(plan.snapshot)}"]
    if plan.remade:
        lines.append(f"  labels made again: {', '.join(label.name for label in plan.remade)}")
    if anew := sum(call.method == "settings.filters.delete" for call in plan.filters):
        lines.append(f"  {screen.count_text(anew, 'filter')} made anew, to give them")
    for delta in plan.deltas[:_SHOWN]:
        words = [f"add {each[1:]}" for each in _signed("+", delta.add, plan.names)]
        words += [f"remove {each[1:]}" for each in _signed("-", delta.remove, plan.names)]
        lines.append(f"  {screen.count_text(len(delta.ids), 'message')}: {', '.join(words)}")
    if more := len(plan.deltas) - _SHOWN:
        lines += [f"  and {more} other changes"] if more > 0 else []
    time = f", {time_text(plan.seconds)}" if plan.seconds is not None else ""
    lines.append(f"  {plan.units:,} units{time}")
    return [screen.visible(line) for line in lines]
