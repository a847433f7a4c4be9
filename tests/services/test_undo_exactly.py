"""Undo and recovery to the letter: mail in two places at once, and what somebody changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import Conflict, GmailKitError, PartialError
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.record.journal import Step, Touched
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

INBOX, TRASH = LabelId("INBOX"), LabelId("TRASH")


@pytest.fixture
def somebody(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Another program at the same mailbox, of which the journal knows nothing."""
    settings = settings_for(purpose="full")
    with Gmail(settings=settings, clock=ImpatientClock(), google_calls="bare") as other:
        yield other


def put(sandbox: Sandbox, *labels: str, count: int = 1) -> list[str]:
    said = " ".join(labels)
    return [sandbox.mail.put(ME, letter(f"{said} {n}"), labels=labels) for n in range(count)]


def labels_of(sandbox: Sandbox, ids: list[str]) -> list[set[str]]:
    return [set(sandbox.mail.labels_of(ME, id)) for id in ids]


@pytest.mark.parametrize("other", ["SPAM", "TRASH"])
@pytest.mark.parametrize("count", [1, 12], ids=["each alone", "in one call"])
def test_mail_that_lay_in_the_inbox_and_in_spam_or_trash_at_once_comes_back_to_both(
    sandbox: Sandbox, gmail: Gmail, other: str, count: int
) -> None:
    ids = put(sandbox, "INBOX", other, count=count) + put(sandbox, other, count=count)
    before = labels_of(sandbox, ids)
    there = {"SPAM": "TRASH", "TRASH": "SPAM"}[other]
    for change in (
        lambda: gmail.label(ids=ids, remove=[other]),
        lambda: gmail.label(ids=ids, remove=[other, "INBOX"]),
        lambda: gmail.label(ids=ids, add=[there], remove=[other]),
        lambda: gmail.label(ids=ids, add=[there]),
    ):
        change()
        made = labels_of(sandbox, ids)
        assert made != before
        undone = gmail.undo()
        assert (labels_of(sandbox, ids), undone.left) == (before, ())
        gmail.undo(next(gmail.changes()).number)
        assert labels_of(sandbox, ids) == made
        gmail.undo(undone.change.number)
        assert labels_of(sandbox, ids) == before


def test_a_rollback_to_a_snapshot_gives_both_places_back(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = put(sandbox, "INBOX", "TRASH", count=2)
    before = labels_of(sandbox, ids)
    gmail.label_snapshot("before")
    gmail.label(ids=ids, remove=["TRASH"])
    gmail.roll_back_labels(gmail.plan_label_rollback("before"))
    assert labels_of(sandbox, ids) == before
    gmail.undo()
    assert labels_of(sandbox, ids) == [{"INBOX"}] * 2


def test_an_undo_that_is_cut_short_between_the_two_places_is_finished(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = put(sandbox, "INBOX", "TRASH", count=12)
    before = labels_of(sandbox, ids)
    gmail.label(ids=ids, remove=["TRASH"])
    sandbox.faults.next("drop-after", method="messages.batchModify")
    sandbox.faults.next("503", method="messages.batchModify", times=99)
    with pytest.raises(GmailKitError):
        gmail.undo()
    sandbox.faults.clear()
    assert labels_of(sandbox, ids) == [{"TRASH"}] * 12
    gmail.recover(2)
    assert labels_of(sandbox, ids) == before


def test_what_goes_to_trash_leaves_the_inbox_though_that_is_asked_for_as_well(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    """As Gmail does it, in the verb and in Google's own call; and both are taken back."""
    ids = put(sandbox, "INBOX", count=2)
    gmail.label(ids=ids[:1], add=["TRASH", "INBOX"])
    gmail.messages.modify(MessageId(ids[1]), add_label_ids=[TRASH, INBOX])
    assert labels_of(sandbox, ids) == [{"TRASH"}] * 2
    gmail.undo()
    gmail.undo()
    assert labels_of(sandbox, ids) == [{"INBOX"}] * 2


def test_messages_that_are_gone_are_named_with_the_change_that_tells_of_the_others(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = put(sandbox, "INBOX", count=3)
    plan = gmail.plan_verb("star", ids=ids)
    somebody.messages.delete(MessageId(ids[0]))
    with pytest.raises(PartialError) as caught:
        gmail.apply(plan)
    assert "The others are changed, as change 1:" in caught.value.hint
    assert "gmailkit journal show 1" in caught.value.hint
    assert "gmailkit undo 1" in caught.value.hint
    with pytest.raises(PartialError) as caught:
        gmail.apply(plan)
    assert "Nothing was changed: the others are so already." in caught.value.hint
    assert [each.state for each in gmail.changes()] == ["refused", "done"]


def cut_undo(gmail: Gmail, ids: list[str]) -> int:
    """An undo of change 1, "archive", written down and then cut short."""
    change = gmail._connection.journal.begin(
        "undo 1: archive",
        touched=[Touched(id, 0, frozenset()) for id in ids],
        steps=[Step(add=(INBOX,))],
        watched=["INBOX", "SPAM", "TRASH"],
        undoes=1,
    )
    return change.number


def test_an_undo_of_which_somebody_left_nothing_is_told_as_that_when_it_is_rolled_back(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = put(sandbox, "INBOX", count=2)
    gmail.archive(ids=ids)
    number = cut_undo(gmail, ids)
    for id in ids:
        somebody.messages.trash(id)
    done = gmail.recover(number, roll_back=True)
    assert (done.change.number, done.change.state, {*done.left}) == (number, "moot", {*ids})
    assert gmail.change(1).undone_by is None, "nothing undoes it any more"
    assert [each.state for each in gmail.changes()] == ["moot", "done"]
    with pytest.raises(Conflict, match="Change 2 was cut short and rolled back"):
        gmail.undo(number)
    for id in ids:
        somebody.messages.untrash(id)
    assert gmail.undo(1).count == 2
    assert labels_of(sandbox, ids) == [{"INBOX"}] * 2


def test_a_change_of_which_somebody_left_nothing_stands_in_nobodys_way_once_rolled_back(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = put(sandbox, "INBOX", count=2)
    gmail.star(ids=ids)
    sandbox.faults.next("drop-after", method="messages.modify")
    sandbox.faults.next("503", method="messages.modify", times=99)
    with pytest.raises(GmailKitError):
        gmail.archive(ids=ids)
    sandbox.faults.clear()
    for id in ids:
        somebody.messages.trash(id)
    assert gmail.recover(2, roll_back=True).change.state == "moot"
    assert gmail.undo().change.what == "star"


def test_a_change_that_is_finished_leaves_alone_what_somebody_moved_since(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = put(sandbox, "INBOX", count=3)
    gmail.label(ids=ids, add="STARRED", remove="INBOX")
    sandbox.faults.next("503", method="messages.modify", times=99)
    with pytest.raises(GmailKitError):
        gmail.undo()
    sandbox.faults.clear()
    for id in ids[:2]:
        somebody.messages.trash(id)
    somebody.messages.modify(MessageId(ids[1]), add_label_ids=[INBOX])
    (cut,) = (each.number for each in gmail.changes(states=("begun",)))
    done = gmail.recover(cut)
    assert ({*done.left}, done.change.state) == ({*ids[:2]}, "done")
    assert labels_of(sandbox, ids) == [
        {"TRASH", "STARRED"},
        {"TRASH", "INBOX", "STARRED"},
        {"INBOX"},
    ]
