"""A change that was made, taken back: what is as the change left it becomes what it was before.

What somebody changed since is left alone, and named. The undo is a change of its own, so it can be
undone as well.
"""

from __future__ import annotations

from dataclasses import replace

from gmailkit.client.client import Client
from gmailkit.errors import Conflict, NotFound
from gmailkit.record.journal import Change, Journal
from gmailkit.services.changes.make import OnProgress, relabel_alone
from gmailkit.services.changes.taking_back import Allowed, UndoPlan, taking_back


def plan_undo(
    client: Client,
    journal: Journal,
    number: int | None = None,
    *,
    allowed: Allowed = lambda method: None,
) -> UndoPlan:
    """What `undo` would do; nothing is changed. Without a number: the last change that can be.

    `allowed` raises Refused for a method that the sign-in cannot call: filters follow a label that
    comes back only where they may. Raises NotFound for no such change, Conflict for one that is
    undone, cut short, or for good.
    """
    change = _last(journal) if number is None else journal.find(number)
    _check(change)
    plan = taking_back(client, journal, change, allowed)
    return replace(plan, before=_before(journal, change)) if plan.empty else plan


def undo(
    client: Client,
    journal: Journal,
    number: int | None = None,
    *,
    allowed: Allowed = lambda method: None,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[Change | None, UndoPlan]:
    """Take a change back, the last one without a number: the change that does so, and what it did.
    None where nothing is left to take back: then nothing is recorded, and it does not count as
    undone. Raises as `plan_undo`.
    """
    with journal.alone():  # so nobody takes it back at the same time
        plan = plan_undo(client, journal, number, allowed=allowed)
        if plan.empty:
            return None, plan
        done, gone = relabel_alone(
            client,
            journal,
            f"undo {plan.change.number}: {plan.change.what}",
            plan.deltas,
            names=plan.change.names,
            known=plan.known,
            calls=plan.calls,
            undoes=plan.change.number,
            on_progress=on_progress,
        )
    return done, plan.without(gone)


def _last(journal: Journal) -> Change:
    for change in journal.changes(states=("done", "begun")):
        if change.state == "begun":  # an older one is not what anybody means by the last
            _check(change)
        if _can_be_undone(change):
            return change
    raise NotFound("There is nothing to undo.", hint="To see all changes: gmailkit journal")


def _before(journal: Journal, change: Change) -> int | None:
    older = (each for each in journal.changes(states=("done",)) if each.number < change.number)
    return next((each.number for each in older if _can_be_undone(each)), None)


def _can_be_undone(change: Change) -> bool:
    made = change.count or change.calls  # a restore may find that all is there already
    return bool(made) and not (change.undone_by or change.undoes or change.for_good)


def _check(change: Change) -> None:
    number = change.number
    if change.state == "begun":
        raise Conflict(
            f"Change {number} was cut short.",
            hint=f"To finish it or take it back: gmailkit journal recover {number}",
        )
    if change.state == "refused":
        raise Conflict(f"Nothing was made of change {number}: Gmail refused it, or never got it.")
    if change.state == "moot":
        raise Conflict(
            f"Change {number} was cut short and rolled back: somebody had changed all of it since."
        )
    if change.undone_by:
        raise Conflict(
            f"Change {number} is undone already, by change {change.undone_by}.",
            hint=f"To make it again: gmailkit undo {change.undone_by}",
        )
    if change.for_good:
        raise Conflict(f"Change {number} cannot be undone: {change.what}.")
