"""Filters follow a label that is merged into another, or comes back under a new id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import Refused
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

TAB = {"CATEGORY_PERSONAL"}
Given = set[tuple[str, tuple[str, ...]]]  # who a filter is about, and the names that it gives


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Signed in as `login --for restore` does: it may change mail and filters."""
    with Gmail(settings=settings_for(purpose="restore"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def filtered(sandbox: Sandbox, own: Gmail) -> list[str]:
    """Labels A and B; a filter gives A, one both A and more, one B; two messages bear A."""
    for name in ("A", "B"):
        own.create_label(name)
    make(own, "ann", "A", remove=("INBOX",))
    make(own, "bob", "A")
    make(own, "bob", "B")
    make(own, "eve", "B")
    return [sandbox.mail.put(ME, letter(str(n)), labels=("INBOX", "A")) for n in range(2)]


def make(gmail: Gmail, who: str, name: str, remove: tuple[str, ...] = ()) -> None:
    id = next(label.id for label in gmail.labels.list() if label.name == name)
    action = FilterAction(add_label_ids=(id,), remove_label_ids=tuple(map(LabelId, remove)))
    gmail.settings.filters.create(FilterCriteria(from_=who), action)


def given(gmail: Gmail) -> Given:
    names = {label.id: label.name for label in gmail.labels.list()}
    return {
        (each.criteria.from_, tuple(names.get(id, "?") for id in each.action.add_label_ids))
        for each in gmail.settings.filters.list()
    }


BEFORE: Given = {("ann", ("A",)), ("bob", ("A",)), ("bob", ("B",)), ("eve", ("B",))}
MERGED: Given = {("ann", ("B",)), ("bob", ("B",)), ("eve", ("B",))}


def test_a_merge_has_its_filters_give_the_other_label_and_undo_takes_all_back(
    sandbox: Sandbox, own: Gmail, filtered: list[str]
) -> None:
    plan = own.plan_label_merge("A", "B")
    assert [call.method.split(".")[-1] for call in plan.filters] == ["create", "delete", "delete"]
    assert given(own) == BEFORE
    for _ in range(2):
        own.merge_labels(own.plan_label_merge("A", "B"))
        assert given(own) == MERGED
        assert len(own.settings.filters.list()) == 3
        arrived = sandbox.deliver(ME, letter("new", sender="ann@example.com"))
        assert sandbox.mail.labels_of(ME, arrived) - TAB == {"B", "UNREAD"}
        own.undo()
        assert given(own) == BEFORE
        assert len(own.settings.filters.list()) == 4
    arrived = sandbox.deliver(ME, letter("newer", sender="ann@example.com"))
    assert sandbox.mail.labels_of(ME, arrived) - TAB == {"A", "UNREAD"}
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2


def test_an_undone_merge_can_be_made_again_by_undoing_that(own: Gmail, filtered: list[str]) -> None:
    own.merge_labels(own.plan_label_merge("A", "B"))
    own.undo()
    number = next(own.changes()).number
    own.undo(number)
    assert given(own) == MERGED
    own.undo(next(own.changes()).number)
    assert given(own) == BEFORE


def delete(gmail: Gmail, who: str) -> None:
    for each in gmail.settings.filters.list():
        if each.criteria.from_ == who:
            gmail.settings.filters.delete(each.id)


def test_a_filter_whose_successor_somebody_deleted_does_not_come_back(
    own: Gmail, filtered: list[str]
) -> None:
    own.merge_labels(own.plan_label_merge("A", "B"))
    merge = next(own.changes()).number
    delete(own, "ann")
    undone = own.undo(merge)
    assert any("A filter stays away" in note for note in undone.notes)
    assert given(own) == BEFORE - {("ann", ("A",))}


def test_nor_does_one_come_back_when_an_undo_is_undone(own: Gmail, filtered: list[str]) -> None:
    own.merge_labels(own.plan_label_merge("A", "B"))
    own.undo()
    undo = next(own.changes()).number
    delete(own, "ann")
    own.undo(undo)
    assert given(own) == MERGED - {("ann", ("B",))}


@pytest.mark.parametrize("times", [1, 3])
def test_a_deleted_label_comes_back_with_its_filters_however_often(
    sandbox: Sandbox, own: Gmail, filtered: list[str], times: int
) -> None:
    for _ in range(times):
        own.delete_label("A")
        assert ("ann", ("?",)) in given(own)
        own.undo()
        assert given(own) == BEFORE
    own.undo(next(own.changes()).number)
    assert ("ann", ("?",)) in given(own)
    own.undo(next(own.changes()).number)
    assert given(own) == BEFORE
    arrived = sandbox.deliver(ME, letter("new", sender="ann@example.com"))
    assert sandbox.mail.labels_of(ME, arrived) - TAB == {"A", "UNREAD"}


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(
    "method",
    ["settings.filters.create", "settings.filters.delete", "messages.modify", "labels.delete"],
)
def test_a_merge_that_is_cut_short_anywhere_is_finished_or_taken_back(
    sandbox: Sandbox, own: Gmail, filtered: list[str], method: str, back: bool
) -> None:
    plan = own.plan_label_merge("A", "B")
    sandbox.faults.next(403, reason="forbidden", method=method)
    with pytest.raises(Refused):
        own.merge_labels(plan)
    change = next(own.changes())
    refused = method == "settings.filters.create"  # the very first: nothing was made
    assert change.state == ("refused" if refused else "begun")
    if not refused:
        own.recover(change.number, roll_back=back)
    assert given(own) == (BEFORE if refused or back else MERGED)


def test_a_sign_in_that_may_not_change_filters_merges_nothing_and_undoes_the_rest(
    sandbox: Sandbox, own: Gmail, gmail: Gmail, filtered: list[str]
) -> None:
    plan = gmail.plan_label_merge("A", "B")
    assert len(plan.filters) == 3
    with pytest.raises(Refused) as refused:
        gmail.merge_labels(plan)
    assert "gmail.settings.basic" in refused.value.hint
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2
    gmail.delete_label("A")
    undone = gmail.undo()
    assert any("Filters that gave the label stay as they are" in note for note in undone.notes)
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2


def test_a_merge_is_undone_by_a_sign_in_that_may_not_change_filters_and_they_are_named(
    sandbox: Sandbox, own: Gmail, gmail: Gmail, filtered: list[str]
) -> None:
    own.merge_labels(own.plan_label_merge("A", "B"))
    undone = gmail.undo()
    assert [note.partition(".")[0] for note in undone.notes] == [
        "Filters that gave the label stay as they are"
    ]
    assert "gmail.settings.basic" in undone.notes[0]
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2
    assert given(own) == MERGED


def test_an_undo_that_would_leave_filters_of_a_label_that_goes_is_refused_and_does_nothing(
    sandbox: Sandbox, own: Gmail, gmail: Gmail, filtered: list[str]
) -> None:
    own.merge_labels(own.plan_label_merge("A", "B"))
    own.undo()
    number = next(own.changes()).number
    with pytest.raises(Refused):
        gmail.undo(number)
    assert [each.state for each in own.changes()][:2] == ["done", "done"]
    assert given(own) == BEFORE
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2


def test_a_rollback_that_brings_a_label_back_brings_its_filters(
    own: Gmail, filtered: list[str]
) -> None:
    own.label_snapshot("before")
    own.delete_label("A")
    plan = own.plan_label_rollback("before")
    assert len(plan.filters) == 4
    own.roll_back_labels(plan)
    assert given(own) == BEFORE
    own.undo()
    assert ("ann", ("?",)) in given(own)


def test_a_rollback_leaves_a_filter_away_that_was_deleted_since_its_plan(
    sandbox: Sandbox, own: Gmail, filtered: list[str]
) -> None:
    own.label_snapshot("before")
    own.delete_label("A")
    plan = own.plan_label_rollback("before")
    delete(own, "ann")
    assert own.roll_back_labels(plan).count == 2
    assert given(own) == BEFORE - {("ann", ("A",))}
    assert [sandbox.mail.labels_of(ME, id) for id in filtered] == [{"INBOX", "A"}] * 2


def test_a_rollback_by_a_sign_in_that_may_not_change_filters_says_that_they_stay(
    own: Gmail, gmail: Gmail, filtered: list[str]
) -> None:
    gmail.label_snapshot("before")
    gmail.delete_label("A")
    plan = gmail.plan_label_rollback("before")
    done = gmail.roll_back_labels(plan)
    for notes in (plan.notes, done.notes):
        assert [note.partition(".")[0] for note in notes] == [
            "Filters that gave the label stay as they are"
        ]
    assert ("ann", ("?",)) in given(own)


def test_rules_of_files_that_name_the_label_are_told_and_keep_their_filter(
    own: Gmail, filtered: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nname = "Dan"\nfrom = "dan"\nlabel = "A"\n')
    own.apply_rules(own.plan_rules(file))
    plan = own.plan_label_merge("A", "B")
    assert [(each.path, each.rule, each.label) for each in plan.rules] == [(file, "Dan", "A")]
    own.merge_labels(plan)
    own.undo()
    assert own.plan_rules(file).idle
    own.merge_labels(own.plan_label_merge("A", "B"))
    file.write_text(file.read_text().replace('"A"', '"B"'))
    assert own.plan_rules(file).idle


def test_an_undo_that_deletes_a_label_says_before_which_filters_give_it(
    own: Gmail, filtered: list[str]
) -> None:
    made = next(each.number for each in own.changes() if each.what == "create label A")
    for plan in (own.plan_undo(made), own.undo(made)):
        assert plan.notes == (
            "A filter gives the label A, and is left without it: the one for from:(ann), for "
            "from:(bob).",
        )
    assert ("ann", ("?",)) in given(own)
