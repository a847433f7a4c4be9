"""`gmailkit labels merge`, `unused`, `apply`, `export` and `colors`: several labels at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes, say_way_back
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.labels.applying import LabelsPlan
    from gmailkit.services.labels.merging import LabelMerge

Json = dict[str, object]


@command
def _merge(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The label that goes.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The label that gets its messages.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put all messages of one label under another, and delete the first.

    Labels nested under it come to lie under the other; one that is there already is merged too.
    Filters that give it are made anew, to give the other. It is one change, and undo takes it back.

    Examples:
      gmailkit labels merge Invoices Bills
      gmailkit labels merge Job Work --dry-run

    Needs: gmail.modify (gmailkit login), where filters give it gmail.settings.basic too.
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_label_merge(source, into)
    told = _merge_told(gmail, plan)
    if _stops(state, told, _merge_facts(gmail, plan), dry_run=dry_run):
        return
    confirm(state, f"Merge them in {gmail.address}?", yes=yes)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.merge_labels(plan, on_progress=counting(line))
    first, second = plan.merged[0]
    count = screen.count_text(done.count, "message")
    _say_done(
        state,
        {**_merge_facts(gmail, plan), "count": done.count},
        f"Merged {first.name} into {second.name}: {count}.",
        done.number,
    )


@command
def _unused(
    ctx: typer.Context,
    delete: Annotated[bool, typer.Option("--delete", help="Delete them, after a yes.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """List the labels that are on no message and that no filter gives.

    One that a label in use lies under is in use too.

    Examples:
      gmailkit labels unused
      gmailkit labels unused --delete

    Needs: gmail.readonly, with --delete gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    found = gmail.unused_labels()
    if not found:
        out.say(f"{gmail.address} has no unused label.")
    if not found or not delete or dry_run:
        for each in found:
            out.record(views.label(each)) if out.json else out.row(each.name)
        if delete and found:
            out.say("Dry run: nothing was changed.")
        return
    names = ", ".join(each.name for each in found)
    confirm(state, f"Delete {screen.count_text(len(found), 'label')} ({names})?", yes=yes)
    done = gmail.delete_unused_labels(found)
    gone = {call.params["id"] for call in done.calls} if done else set()
    deleted = [each for each in found if each.id in gone]
    if out.json:
        for each in deleted:
            out.record(views.label(each))
    elif deleted:
        out.line(screen.visible(f"Deleted: {', '.join(each.name for each in deleted)}."))
    if len(deleted) < len(found):
        out.say("Those that came into use meanwhile stay.")
    if done:
        say_way_back(out, done.number)


@command
def _apply(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As labels export writes one.")],
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete labels that are not in the file.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make labels what a file says: made, renamed, coloured.

    Labels that are not in the file stay as they are. The file is never written.

    Examples:
      gmailkit labels apply labels.toml --dry-run
      gmailkit labels apply labels.toml
      gmailkit labels apply labels.toml --prune

    Needs: gmail.labels, with --prune gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_labels(file, prune=prune)
    if plan.empty:
        out.say(f"The labels of {gmail.address} are as {file.name} says.")
        if out.json:
            out.document(_apply_facts(gmail, plan))
        return
    if _stops(state, _apply_told(gmail, plan), _apply_facts(gmail, plan), dry_run=dry_run):
        return
    confirm(state, f"Do this to the labels of {gmail.address}?", yes=yes)
    done = gmail.apply_labels(plan, source=file.name)
    labels = f"The labels of {gmail.address} are as {file.name} says."
    _say_done(state, _apply_facts(gmail, plan), labels, done.number)


@command
def _export(ctx: typer.Context) -> None:
    """Print the labels as a file for labels apply.

    Examples:
      gmailkit labels export > labels.toml
      gmailkit labels export | head

    Needs: gmail.labels (any login but --for send).
    """
    state = State.of(ctx)
    text = state.gmail().export_labels()
    if state.out.json:
        state.out.document({"account": state.gmail().address, "toml": text})
        return
    state.out.line(screen.visible_text(text).rstrip("\n"))


@command
def _colors(ctx: typer.Context) -> None:
    """List the colours that a label may have: Gmail's palette, with names.

    A hue and its lightness; the bare names are those of Gmail's own menu.

    Examples:
      gmailkit labels colors
      gmailkit labels color Receipts --background green-61

    Needs: nothing; asks Gmail nothing.
    """
    from gmailkit.services.labels.colors import named_colors

    out = State.of(ctx).out
    for name, value in named_colors().items():
        if out.json:
            out.record({"name": name, "value": value})
        elif out.terminal:
            out.line(f"{out.swatch(value)}  {name:12} {value}")
        else:
            out.row(name, value)


def _stops(state: State, told: list[str], facts: Json, *, dry_run: bool) -> bool:
    """Show a plan; whether that was all."""
    out = state.out
    lines = [screen.visible(line) for line in told]
    if dry_run and out.json:
        out.document(facts)
    elif dry_run:
        for line in lines:
            out.line(line)
        out.say("Dry run: nothing was changed.")
    elif not out.quiet or can_ask(state):
        out.before_asking("\n".join(lines))
    return dry_run


def _say_done(state: State, facts: Json, sentence: str, number: int) -> None:
    if state.out.json:
        state.out.document({**facts, "done": True, "change": number})
    else:
        state.out.line(screen.visible(sentence))
        say_way_back(state.out, number)


def _merge_facts(gmail: Gmail, plan: LabelMerge) -> Json:
    return {
        "account": gmail.address,
        "done": False,
        "change": None,
        "count": plan.count,
        "merged": [{"from": first.name, "into": second.name} for first, second in plan.merged],
        "renamed": [{"from": label.name, "to": name} for label, name in plan.renamed],
        "filters": _filters_that_follow(plan),
        "rules": [
            {"file": str(each.path), "rule": each.rule, "label": each.label} for each in plan.rules
        ],
        "units": plan.units,
    }


def _filters_that_follow(plan: LabelMerge) -> int:
    return sum(call.method == "settings.filters.delete" for call in plan.filters)


def _merge_told(gmail: Gmail, plan: LabelMerge) -> list[str]:
    count = screen.count_text(plan.count, "message")
    filters = screen.count_text(_filters_that_follow(plan), "filter")
    into = {first.name.casefold(): second.name for first, second in plan.merged}
    return [
        f"{count} of {gmail.address}; {plan.units:,} units",
        *(f"  {first.name} into {second.name}" for first, second in plan.merged),
        *(f"  {label.name} becomes {name}" for label, name in plan.renamed),
        *([f"  {filters} made anew, to give the other"] if plan.filters else []),
        *(
            f'  ! rule "{each.rule}" of {each.path} names {each.label}: '
            f"write {into[each.label.casefold()]} there"
            for each in plan.rules
        ),
    ]


def _apply_facts(gmail: Gmail, plan: LabelsPlan) -> Json:
    return {
        "account": gmail.address,
        "done": False,
        "change": None,
        "made": plan.made,
        "renamed": [{"from": before, "to": after} for before, after in plan.renamed],
        "changed": [{"name": name, "gets": words} for name, words in plan.changed],
        "pruned": [label.name for label in plan.pruned],
        "alone": plan.alone,
    }


def _apply_told(gmail: Gmail, plan: LabelsPlan) -> list[str]:
    alone = f"; {len(plan.alone)} not in the file stay" if plan.alone else ""
    return [
        f"Labels of {gmail.address}{alone}",
        *(f"  + {name}" for name in plan.made),
        *(f"  ~ {before} becomes {after}" for before, after in plan.renamed),
        *(f"  ~ {name}: {words}" for name, words in plan.changed),
        *(
            f"  - {label.name} ({screen.count_text(label.messages_total or 0, 'message')})"
            for label in plan.pruned
        ),
    ]
