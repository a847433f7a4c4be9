"""`gmailkit labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command, group
from gmailkit.cli.label_sets import _apply, _colors, _export, _merge, _unused
from gmailkit.cli.label_snapshots import _diff, _rollback, _snapshot, _snapshots
from gmailkit.cli.plan import DryRun, Yes, say_way_back
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmailkit.gmail import Gmail
    from gmailkit.model.label import Label
    from gmailkit.services.labels.definitions import LabelsChange

Name = Annotated[str, typer.Argument(metavar="NAME", help='The label; "A/B" is nested under "A".')]
Background = typer.Option(
    "--background", metavar="COLOR", help="As green or #16a766: labels colors."
)
Text = typer.Option("--text", metavar="COLOR", help="The colour of its letters.")

Tree = Annotated[bool, typer.Option("--tree", help="Nested labels under those above them.")]
Counts = Annotated[
    bool, typer.Option("--counts", help="With numbers of messages; one unit a label.")
]


@command
def _list(
    ctx: typer.Context,
    counts: Counts = False,
    tree: Tree = False,
) -> None:
    """List the labels, Gmail's own first.

    Examples:
      gmailkit labels list
      gmailkit labels list --counts --tree

    Needs: gmail.labels (any login but --for send).
    """
    _show_all(State.of(ctx), counts=counts, tree=tree)


@command
def _create(
    ctx: typer.Context,
    name: Name,
    background: Annotated[str | None, Background] = None,
    text: Annotated[str | None, Text] = None,
) -> None:
    """Make a label.

    Examples:
      gmailkit labels create Receipts
      gmailkit labels create Work/Urgent --background '#fb4c2f' --text '#ffffff'

    Needs: gmail.labels (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    made = gmail.create_label(name, background=background, text=text)
    _say(state, made, f"Made the label {made.label.name} of {gmail.address}.")


@command
def _rename(
    ctx: typer.Context,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Rename a label and those nested under it.

    Examples:
      gmailkit labels rename Receipts Invoices
      gmailkit labels rename Work/Urgent Urgent

    Needs: gmail.labels (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    changed = gmail.rename_label(name, new)
    names = ", ".join(sorted(label.name for label in changed.labels))
    _say(state, changed, f"Renamed in {gmail.address}: {names}.")
    for rule, now in changed.rules:
        state.out.say(f'! rule "{rule.rule}" of {rule.path} names {rule.label}: write {now} there')


@command
def _delete(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Delete a label; its messages stay.

    Examples:
      gmailkit labels delete Receipts
      gmailkit labels delete Receipts --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    label, what = _deletable(gmail, name)
    if dry_run:
        if state.out.json:
            state.out.record(views.label(label))
        state.out.say(f"Dry run: {what} would be deleted.")
        return
    if yes:
        state.out.say(screen.visible(f"To be deleted: {what}."))
    confirm(state, f"Delete {what}?", yes=yes)
    gone = gmail.delete_label(name)
    _say(state, gone, f"Deleted the label {gone.label.name} of {gmail.address}.")


def _deletable(gmail: Gmail, name: str) -> tuple[Label, str]:
    """The label, looked up before anybody is asked, and in words what goes with it and what stays;
    NotFound or UsageError when it cannot go.
    """
    from gmailkit.services.labels import LabelNames

    labels = gmail.labels.list()
    label = LabelNames(labels).get(name)
    if label.type == "system":
        raise UsageError(f"{label.name} is Gmail's own label and cannot be deleted.")
    count = gmail.labels.get(label.id).messages_total or 0
    below = sum(each.name.casefold().startswith(f"{label.name}/".casefold()) for each in labels)
    stays = "it stays" if count == 1 else "they stay"
    also = f", and so {'does' if below == 1 else 'do'} {screen.count_text(below, 'label')} under it"
    messages = f"{screen.count_text(count, 'message')} ({stays}{also if below else ''})"
    given = sum(label.id in each.action.add_label_ids for each in gmail.settings.filters.list())
    filters = f", and given by {screen.count_text(given, 'filter')}" if given else ""
    return label, f"the label {label.name} of {gmail.address}, which is on {messages}{filters}"


@command
def _color(
    ctx: typer.Context,
    name: Name,
    background: Annotated[str, Background],
    text: Annotated[str | None, Text] = None,
) -> None:
    """Give a label a colour.

    Examples:
      gmailkit labels color Receipts --background '#16a766' --text '#ffffff'
      gmailkit labels color Work --background '#fb4c2f'

    Needs: gmail.labels (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    done = gmail.color_label(name, background=background, text=text)
    _say(state, done, f"Coloured the label {done.label.name} of {gmail.address}.")


@group(
    *(_list, _create, _rename, _delete, _color, _colors, _merge, _unused, _apply, _export),
    *(_snapshot, _snapshots, _diff, _rollback),
)
def labels(ctx: typer.Context, counts: Counts = False, tree: Tree = False) -> None:
    """List labels, and make, rename, delete and colour them.

    Examples:
      gmailkit labels --counts
      gmailkit labels create Receipts
      gmailkit labels rename Receipts Invoices

    Needs: gmail.labels (gmailkit login).
    """
    if ctx.invoked_subcommand is None:
        _show_all(State.of(ctx), counts=counts, tree=tree)
    elif counts or tree:
        option = "--counts" if counts else "--tree"
        raise UsageError(f"{option} is for the list.", hint=f"gmailkit labels list {option}")


def _show_all(state: State, *, counts: bool, tree: bool) -> None:
    found = state.gmail().labels
    listed = sorted(
        found.list(), key=lambda each: (each.type != "system", each.name.casefold().split("/"))
    )
    all_of_them = found.get_many(each.id for each in listed) if counts else listed
    if state.out.json:
        for each in all_of_them:
            state.out.record(views.label(each))
        return
    head = ("LABEL", "KIND", "MESSAGES", "UNREAD") if counts else ("LABEL", "KIND")
    rows = [
        (name, x.type or "", x.messages_total or 0, x.messages_unread or 0)
        for name, x in zip(_shown(all_of_them, tree=tree), all_of_them, strict=True)
    ]
    state.out.table(head, [row[: len(head)] for row in rows])


def _shown(listed: Sequence[Label], *, tree: bool) -> list[str]:
    """The names; as a tree each under the nearest label above it, without that one's name."""
    there = {label.name for label in listed}
    if not tree:
        return [label.name for label in listed]
    return [_in_tree(label.name, there) for label in listed]


def _in_tree(name: str, there: set[str]) -> str:
    parts = name.split("/")
    above = [n for n in range(1, len(parts)) if "/".join(parts[:n]) in there]
    return "  " * len(above) + "/".join(parts[above[-1] if above else 0 :])


def _say(state: State, change: LabelsChange, sentence: str) -> None:
    if state.out.json:
        for each in change.labels:
            state.out.record(views.label(each))
        return
    state.out.line(screen.visible(sentence))
    say_way_back(state.out, change.number)
