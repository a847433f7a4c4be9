"""Showing what would change before it does: `label`, `trash` and `untrash` share this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.cli import screen, views
from gmailkit.cli.ask import confirm
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.label import LabelPlan


def carry_out(
    state: State, gmail: Gmail, plan: LabelPlan, *, what: str, yes: bool, dry_run: bool
) -> None:
    """Show the plan, ask, do it, say what was done. `what` is the change in words."""
    out, account = state.out, gmail.address
    if not plan.ids:
        out.say(f"No message of {account} matches: nothing to do.")
    if dry_run or not plan.ids:
        _result(state, account, plan, what=what, done=False)
        return
    if not yes:
        for line in _preview(account, plan, what):
            out.before_asking(line)
    confirm(
        state, f"Do this to {screen.count_text(len(plan.ids), 'message')} of {account}?", yes=yes
    )
    gmail.apply(plan)
    _result(state, account, plan, what=what, done=True)


def _result(state: State, account: str, plan: LabelPlan, *, what: str, done: bool) -> None:
    if state.out.json:
        state.out.document(views.plan(account, plan, done=done))
    elif done:
        state.out.line(f"{screen.count_text(len(plan.ids), 'message')} of {account}: {what}.")
    elif plan.ids:
        for line in _preview(account, plan, what):
            state.out.line(line)
        state.out.say("Dry run: nothing was changed.")


def _preview(account: str, plan: LabelPlan, what: str) -> list[str]:
    lines = [f"{screen.count_text(len(plan.ids), 'message')} of {account}: {what}"]
    for each in plan.sample:
        who = screen.visible((each.sender.name or each.sender.email) if each.sender else "")
        subject = screen.visible(each.subject or "(no subject)")
        lines.append(f"  {each.day}  {screen.fit(who, 24)}  {subject}")
    if more := len(plan.ids) - len(plan.sample):
        lines.append(f"  and {more:,} more")
    if plan.create:
        lines.append(f"  new labels: {', '.join(map(screen.visible, plan.create))}")
    return lines
