"""What later changes that still stand did to the messages of a change."""

from __future__ import annotations

from collections.abc import Collection

from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Change, Journal, Touched
from gmailkit.services.changes.states import becomes

Later = dict[str, dict[LabelId, int]]  # by message and label of today: the number of the change


def after(change: Change, touched: Touched) -> frozenset[LabelId]:
    """What a message bore of the labels that are watched, once the change was made."""
    step = change.steps[touched.step]
    return becomes(touched.had, step.add, step.remove) & frozenset(change.watched)


def later(journal: Journal, change: Change, ids: Collection[str]) -> Later:
    """The labels that these messages got or lost by a change after it, the last one of each. What
    was undone does not count, nor what undoes: that puts back what another change did.
    """
    if not _is_followed(journal, change):
        return {}
    found: Later = {}
    for each, touched in journal.of_messages(ids):
        if each.number > change.number and _stands(each):
            for label in touched.had ^ after(each, touched):
                found.setdefault(touched.id, {}).setdefault(journal.now(label), each.number)
    return found


def _is_followed(journal: Journal, change: Change) -> bool:
    for each in journal.changes(states=("begun", "done")):
        if each.number <= change.number:
            return False
        if _stands(each):
            return True
    return False


def _stands(change: Change) -> bool:
    made = change.state in ("begun", "done")  # of one that was cut short, some may be made
    return made and not (change.undone_by or change.undoes or change.for_good)
