"""`gmailkit restore --settings`: the settings of a backup put back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.plan import say_way_back
from gmailkit.cli.state import State
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.restoring.settings import SettingsPlan, SettingsRestored


def put_settings(
    state: State, folder: Path, *, origin: str, as_of: str | None, yes: bool, dry_run: bool
) -> None:
    """Show what would be written, ask, write it."""
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_restore_settings(folder, origin=origin, as_of=as_of)
    lines = list(map(screen.visible, _told(plan)))
    if dry_run or not plan.words:
        if out.json:
            out.document(_facts(plan, None))
            return
        for line in lines:
            out.line(line)
        if plan.words:
            out.say("Dry run: nothing was changed.")
        else:
            out.say(f"All else of {plan.account} is as it was saved: nothing to do.")
        return
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(lines))
    count = screen.count_text(len(plan.words), "change")
    confirm(state, f"Make {count} to the settings of {plan.account}?", yes=yes)
    done = gmail.restore_settings(plan)
    if out.json:
        out.document(_facts(plan, done))
        return
    out.line(f"{count} made to the settings of {plan.account}, as saved in {name_of(plan.path)}.")
    say_renamed(out, done.renamed)
    for number in done.numbers:
        say_way_back(out, number)


def say_renamed(out: Output, renamed: Mapping[str, str]) -> None:
    """Which labels are called otherwise than the plan said."""
    for old, new in renamed.items():
        out.say(screen.visible(f"The label {old} is called {new} here: Gmail refused its name."))


def _told(plan: SettingsPlan) -> list[str]:
    what = f"Settings of {plan.origin} from {name_of(plan.path)}, to {plan.account}"
    lines = [f"{what}: {plan.units:,} units"]
    if plan.as_of:
        lines[0] += f", as the backup stood until {local(plan.as_of):%Y-%m-%d %H:%M}"
    lines += [f"  {each}" for each in plan.words]
    if plan.same:
        lines.append(f"  as they were saved already: {plan.same:,}")
    lines += [f"  not restored: {each}" for each in plan.left]
    return lines


def _facts(plan: SettingsPlan, done: SettingsRestored | None) -> Json:
    return {
        "account": plan.account,
        "from": plan.origin,
        "path": name_of(plan.path),
        "as_of": plan.as_of,
        "changes": plan.words,
        "same": plan.same,
        "left": plan.left,
        "units": plan.units,
        "done": done is not None,
        "numbers": done.numbers if done else (),
        "renamed": done.renamed if done else {},
    }
