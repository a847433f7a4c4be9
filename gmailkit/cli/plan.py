"""Showing what would change before it does: `label`, `trash` and `untrash` share this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.cli import screen, views
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.progress import forecast
from gmailkit.cli.state import State
from gmailkit.errors import NotFound

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.label import LabelPlan


def carry_out(state: State, gmail: Gmail, plan: LabelPlan, *, yes: bool, dry_run: bool) -> None:
    """Show the plan, ask, do it, say what was done."""
    out, account = state.out, gmail.address
    if plan.drafts:
        drafts = screen.count_text(len(plan.drafts), "draft")
        out.say(f"{drafts} left out: Gmail puts no labels on drafts.")
    if not plan.ids and not plan.gone:
        out.say(f"No message of {account} matches: nothing to do.")
    if not plan.ids and plan.gone and not dry_run:
        raise NotFound(
            f"{account} has no message {', '.join(plan.gone)}.",
            hint="Ids and rows come from: gmailkit search QUERY",
        )
    if dry_run or not plan.ids:
        _result(out, account, plan, done=False)
        return
    preview = "\n".join(_preview(account, plan))
    if not yes and can_ask(state):
        out.before_asking(preview)
    elif yes:
        out.say(preview)
    count = screen.count_text(len(plan.ids), "message")
    forecast(out, gmail, plan.units, "It costs")
    confirm(state, f"Do this to {count} of {account}?", yes=yes)
    gmail.apply(plan)
    _result(out, account, plan, done=True)


def _result(out: Output, account: str, plan: LabelPlan, *, done: bool) -> None:
    if out.json:
        out.document(views.plan(account, plan, done=done))
    elif done:
        count = screen.count_text(len(plan.ids), "message")
        out.line(f"{count} of {account}: {_words(plan, done=True)}.")
    elif plan.ids or plan.gone:
        for line in _preview(account, plan):
            out.line(line)
        out.say("Dry run: nothing was changed.")


def _words(plan: LabelPlan, *, done: bool = False) -> str:
    """The change in words: "add CI, remove INBOX", or afterwards "added CI, removed INBOX"."""
    if (plan.add, plan.remove) == (("TRASH",), ()):
        return "moved to Trash" if done else "move to Trash"
    if (plan.add, plan.remove) == ((), ("TRASH",)):
        return "taken out of Trash" if done else "take out of Trash"
    adding, removing = ("added", "removed") if done else ("add", "remove")
    words = [f"{adding} {name}" for name in plan.add]
    words += [f"{removing} {name}" for name in plan.remove]
    return screen.visible(", ".join(words))


def _preview(account: str, plan: LabelPlan) -> list[str]:
    lines = [f"{screen.count_text(len(plan.ids), 'message')} of {account}: {_words(plan)}"]
    for each in plan.sample:
        who = screen.visible((each.sender.name or each.sender.email) if each.sender else "")
        subject = screen.visible(each.subject or "(no subject)")
        lines.append(f"  {each.day}  {screen.fit(who, 24)}  {subject}")
    if more := len(plan.ids) - len(plan.sample):
        lines.append(f"  and {more:,} more")
    if plan.gone:
        lines.append(f"  not there: {', '.join(map(screen.visible, plan.gone))}")
    if plan.create:
        lines.append(f"  new labels: {', '.join(map(screen.visible, plan.create))}")
    return lines
