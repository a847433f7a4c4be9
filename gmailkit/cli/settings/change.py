"""What the commands of `gmailkit settings` share: showing settings, and changing one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.plan import say_way_back
from gmailkit.cli.state import GO_ON, UNCHANGED, State
from gmailkit.errors import Refused

if TYPE_CHECKING:
    from gmailkit.cli.views import Json
    from gmailkit.gmail import Gmail
    from gmailkit.services.settings.change import SettingChange
    from gmailkit.services.settings.preferences import Preferences


def change(
    state: State, verb: Callable[[Preferences], SettingChange], *, yes: bool, dry_run: bool
) -> None:
    """Show what the verb would do, ask, do it, say what was done and what Gmail made of it."""
    gmail = state.gmail()
    account = _account(gmail)
    state.on_stop = UNCHANGED

    def agree(plan: SettingChange) -> bool:
        preview = "\n".join(_preview(account, plan))
        if dry_run:
            _show_dry_run(state, preview)
            return False
        if yes:
            state.out.say(preview)
        elif can_ask(state):
            state.out.before_asking(preview)
        confirm(state, f"Do this to {account}?", yes=yes)
        state.on_stop = GO_ON
        return True

    _report(state, account, verb(gmail.preferences.asking(agree)))


def show(state: State, found: Json) -> None:
    """One thing: its fields, a line each."""
    from gmailkit.cli.settings.views import text

    if state.out.json:
        state.out.document(found)
    else:
        state.out.table(("SETTING", "VALUE"), [(key, text(value)) for key, value in found.items()])


def show_all(state: State, found: Sequence[Json], columns: Sequence[str], *, none: str) -> None:
    """Many things of a kind: one line each; `none` is said where there are none."""
    from gmailkit.cli.settings.views import text

    if state.out.json:
        for each in found:
            state.out.record(each)
        return
    if not found:
        state.out.say(none)
        return
    head = [name.upper().replace("_", " ") for name in columns]
    state.out.table(head, [[text(each[name]) for name in columns] for each in found])


def _account(gmail: Gmail) -> str:
    try:
        return gmail.address
    except Refused:  # a token from outside that may change settings and not tell whose they are
        return "this mailbox"


def _show_dry_run(state: State, preview: str) -> None:
    if not state.out.json:
        state.out.line(preview)
    state.out.say("Dry run: nothing was changed.")


def _preview(account: str, plan: SettingChange) -> Iterator[str]:
    from gmailkit.cli.screen import count_text, visible
    from gmailkit.cli.settings.views import differences, view

    yield f"{account}: {visible(plan.what)} ({count_text(plan.units, 'unit')})"
    yield from (f"  {line}" for line in differences(view(plan.before), view(plan.after)))
    if plan.create:
        yield f"  new label: {visible(plan.create)}"


def _report(state: State, account: str, change: SettingChange) -> None:
    from gmailkit.cli.screen import visible
    from gmailkit.cli.settings import views

    if state.out.json:
        state.out.document(views.change(account, change))
    elif change.done:
        state.out.line(f"{account}: done: {visible(change.what)}.")
    if change.idle:
        state.out.say(f"{account} has it so already: nothing to do.")
    for line in _surprises(change):
        state.out.say(line)
    if change.number and not state.out.json:
        say_way_back(state.out, change.number)


def _surprises(change: SettingChange) -> Iterator[str]:
    """Where Gmail kept something else than it was told."""
    from gmailkit.cli.settings.views import text, view

    asked, kept = view(change.after) or {}, view(change.kept) or {}
    if not change.before:  # what is new has fields of Gmail's choice
        return
    for key, value in kept.items():
        if key in asked and value != asked[key]:
            yield f"Gmail keeps {key.replace('_', ' ')} as {text(value)}, not {text(asked[key])}."
