"""Changes that were cut short: finished, or what was made of them taken back."""

from __future__ import annotations

import pytest

from gmailkit.errors import Conflict, GmailKitError, TryLater
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Step, Touched
from gmailkit.sandbox import Sandbox
from gmailkit.services.changes.make import make_calls
from gmailkit.services.labels.definitions import patch
from undo_room import fill, labels_of


def test_a_change_that_was_cut_short_is_finished(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 30)
    sandbox.faults.next("503", method="messages.batchModify", times=99)
    with pytest.raises(GmailKitError) as caught:
        gmail.trash(ids=ids)
    sandbox.faults.clear()
    (cut,) = gmail.changes(states=("begun",))
    assert f"gmailkit journal recover {cut.number}" in caught.value.hint
    with pytest.raises(Conflict, match="cut short"):
        gmail.undo(cut.number)
    assert gmail.recover(cut.number).change.state == "done"
    assert labels_of(sandbox, ids) == [{"TRASH", "UNREAD"}] * 30
    gmail.undo()
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 30
    with pytest.raises(Conflict, match="not cut short"):
        gmail.recover(cut.number)


def test_a_change_that_was_cut_short_is_taken_back_though_a_label_of_it_is_gone(
    gmail: Gmail, somebody: Gmail
) -> None:
    first, second = (gmail.create_label(each).label for each in ("First", "Second"))
    calls = [patch(each, {"name": f"{each.name} again"}) for each in (first, second)]
    cut = gmail._connection.journal.begin("rename", calls=calls)
    somebody.labels.patch(second.id, name="Second again")  # made, and not noted
    somebody.labels.delete(first.id)
    gmail.recover(cut.number, roll_back=True)
    assert [each.name for each in gmail.labels.list() if each.type == "user"] == ["Second"]


def test_a_change_that_was_cut_short_is_taken_back(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 4)
    plan = gmail.plan_verb("trash", ids=ids)

    def broken(done: int, total: int) -> None:
        if done == 2:
            sandbox.faults.next("503", method="messages.modify", times=99)

    with pytest.raises(GmailKitError):
        gmail.apply(plan, on_progress=broken)
    sandbox.faults.clear()
    assert {"TRASH", "UNREAD"} in labels_of(sandbox, ids)
    (cut,) = gmail.changes(states=("begun",))
    gmail.recover(cut.number, roll_back=True)
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 4
    assert gmail.change(cut.number).undone_by


@pytest.mark.parametrize("what", ["star", "create_label"])
def test_a_change_that_never_reached_gmail_is_told_as_that_and_stands_in_nobodys_way(
    sandbox: Sandbox, gmail: Gmail, what: str
) -> None:
    ids = fill(sandbox, 2)
    gmail.archive(ids=ids)
    method = {"star": "messages.modify", "create_label": "labels.create"}[what]
    sandbox.faults.next("429", method=method, times=99)
    with pytest.raises(TryLater) as caught:
        gmail.star(ids=ids) if what == "star" else gmail.create_label("CI")
    sandbox.faults.clear()
    assert next(gmail.changes()).state == "refused"
    assert "recover" not in caught.value.hint
    assert gmail.undo().count == 2


def test_a_change_of_which_nothing_was_made_counts_as_refused_when_it_is_taken_back(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 2)
    cut = gmail._connection.journal.begin(
        "star",
        touched=[Touched(id, 0, frozenset()) for id in ids],
        steps=[Step(add=(LabelId("STARRED"),))],
        watched=[LabelId("STARRED")],
    )
    assert gmail.recover(cut.number, roll_back=True).change.state == "refused"
    assert [each.number for each in gmail.changes()] == [cut.number]


def test_an_undo_of_which_nothing_was_made_leaves_the_change_as_one_that_can_be_undone(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.star(ids=ids)
    starred = LabelId("STARRED")
    cut = gmail._connection.journal.begin(
        "undo 1: star",
        touched=[Touched(id, 0, frozenset({starred})) for id in ids],
        steps=[Step(remove=(starred,))],
        watched=[starred],
        undoes=1,
    )
    assert gmail.recover(cut.number, roll_back=True).change.state == "refused"
    assert gmail.undo(1).count == 2
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 2


def test_what_gmail_does_not_let_be_finished_can_be_taken_back(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    for name in ("A", "A/x"):
        gmail.create_label(name)
    sandbox.faults.next("drop-before", method="labels.patch")
    sandbox.faults.next("503", method="labels.patch", times=99)
    with pytest.raises(GmailKitError):
        gmail.rename_label("A", "B")
    sandbox.faults.clear()
    (cut,) = gmail.changes(states=("begun",))
    somebody.labels.create("B")  # as somebody else does meanwhile
    with pytest.raises(Conflict) as caught:
        gmail.recover(cut.number)
    assert f"gmailkit journal recover {cut.number} --roll-back" in caught.value.hint
    with pytest.raises(Conflict, match="cut short"):
        gmail.undo()
    gmail.recover(cut.number, roll_back=True)
    assert {"A", "A/x", "B"} <= {each.name for each in gmail.labels.list()}


def test_a_label_whose_making_lost_its_answer_is_found(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.faults.next("drop-after", method="labels.create")
    sandbox.faults.next("503", method="labels.create", times=99)
    with pytest.raises(GmailKitError):
        gmail.create_label("Made")
    sandbox.faults.clear()
    (cut,) = gmail.changes(states=("begun",))
    gmail.recover(cut.number)
    assert [each.name for each in gmail.labels.list()].count("Made") == 1
    gmail.undo()
    assert "Made" not in [each.name for each in gmail.labels.list()]


def test_a_label_that_was_there_before_is_not_taken_back_with_one_that_was_to_be_made(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    gmail.label(ids=fill(sandbox, 1), add="Work", create=True)
    before = len(list(gmail.changes()))
    sandbox.faults.next("503", method="labels.create", times=99)
    with pytest.raises(Conflict, match='A label "Work" exists already'):
        gmail.create_label("work")
    assert len(list(gmail.changes())) == before
    assert "Work" in {each.name for each in gmail.labels.list()}


def test_an_equal_filter_that_was_there_before_is_not_taken_for_one_whose_answer_was_lost(
    sandbox: Sandbox, own: Gmail, somebody: Gmail
) -> None:
    body = {"criteria": {"from": "ann@example.com"}, "action": {"addLabelIds": ["STARRED"]}}
    before = somebody.call("settings.filters.create", body=body)
    sandbox.faults.next("503", method="settings.filters.create", times=99)
    with pytest.raises(GmailKitError):
        make_calls(
            own._connection.client,
            own._connection.journal,
            "make a filter",
            [Call(method="settings.filters.create", body=body)],
        )
    sandbox.faults.clear()
    (cut,) = own.changes(states=("begun",))
    own.recover(cut.number, roll_back=True)
    assert own.call("settings.filters.list") == {"filter": [before]}
