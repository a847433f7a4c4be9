"""A label that a change has to make first is part of that change, and goes with it when undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.client.client import Client
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, NotFound
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterCriteria
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.sandbox import Sandbox
from gmailkit.services.labels.definitions import with_labels
from mailroom import ME, letter

RULES = """[[rule]]
name = "builds"
query = "from:ann"
label = "Builds"
archive = true
"""


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    return [sandbox.mail.put(ME, letter(f"Build {n}"), labels=("INBOX",)) for n in range(12)]


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Signed in as `login --for restore` does."""
    with Gmail(settings=settings_for(purpose="restore"), clock=ImpatientClock()) as signed_in:
        yield signed_in


def names(gmail: Gmail) -> set[str]:
    return {each.name for each in gmail.labels.list() if each.type == "user"}


def labels_of(gmail: Gmail, ids: list[str]) -> set[frozenset[str]]:
    by_id = {each.id: each.name for each in gmail.labels.list()}
    found = (gmail.messages.get(MessageId(id), format="minimal").label_ids for id in ids)
    return {frozenset(by_id[label] for label in each) for each in found}


def test_one_undo_takes_back_the_labels_and_what_they_were_put_on_and_one_more_makes_both_again(
    gmail: Gmail, ids: list[str]
) -> None:
    done = gmail.label(ids=ids, add=["CI", "CI/New"], remove="INBOX", create=True)
    assert (done.number, done.created) == (1, ("CI", "CI/New"))
    (change,) = gmail.changes()
    assert [(call.method, call.made) for call in change.calls] == [("labels.create", True)] * 2
    assert labels_of(gmail, ids) == {frozenset({"CI", "CI/New"})}
    undone = gmail.undo()
    assert (undone.count, undone.notes, names(gmail)) == (12, (), set())
    assert labels_of(gmail, ids) == {frozenset({"INBOX"})}
    gmail.undo(2)
    assert (names(gmail), labels_of(gmail, ids)) == (
        {"CI", "CI/New"},
        {frozenset({"CI", "CI/New"})},
    )
    gmail.undo(1)
    assert (names(gmail), labels_of(gmail, ids)) == (set(), {frozenset({"INBOX"})})


def test_a_label_that_holds_something_else_by_now_stays_and_is_told(
    gmail: Gmail, own: Gmail, ids: list[str]
) -> None:
    gmail.label(ids=ids[:9], add=["CI", "Filed", "Named"], create=True)
    gmail.label(ids=ids[9:], add="CI")
    own.preferences.filters.create(FilterCriteria(from_="ci@example.com"), add=["Filed"])
    gmail.rename_label("Named", "Other")
    plan = own.undo(1)
    assert plan.notes == (
        "The label Named was renamed to Other since: it stays.",
        "The label Filed is given by a filter by now, the one for from:(ci@example.com): it stays.",
        "The label CI is on 3 other messages by now: it stays.",
    )
    assert names(gmail) == {"CI", "Filed", "Other"}
    assert labels_of(gmail, ids[:9]) == {frozenset({"INBOX"})}
    assert labels_of(gmail, ids[9:]) == {frozenset({"INBOX", "CI"})}


@pytest.mark.parametrize(
    ("method", "fault"), [("labels.create", "drop-after"), ("messages.batchModify", "503")]
)
@pytest.mark.parametrize("roll_back", [False, True], ids=["finished", "taken back"])
def test_one_that_is_cut_short_is_finished_or_taken_back_with_its_labels(
    sandbox: Sandbox, gmail: Gmail, ids: list[str], fault: str, method: str, roll_back: bool
) -> None:
    sandbox.faults.next(fault, method=method)
    sandbox.faults.next("503", method=method, times=99)
    with pytest.raises(GmailKitError) as caught:
        gmail.label(ids=ids, add="CI", remove="INBOX", create=True)
    sandbox.faults.clear()
    assert "gmailkit journal recover 1" in caught.value.hint
    recovered = gmail.recover(1, roll_back=roll_back)
    assert recovered.notes == ()
    there, borne = (set(), {"INBOX"}) if roll_back else ({"CI"}, {"CI"})
    assert (names(gmail), labels_of(gmail, ids)) == (there, {frozenset(borne)})
    if not roll_back:
        gmail.undo()
        assert (names(gmail), labels_of(gmail, ids)) == (set(), {frozenset({"INBOX"})})


def test_a_label_that_gmail_refuses_leaves_nothing_made(
    sandbox: Sandbox, gmail: Gmail, ids: list[str]
) -> None:
    sandbox.faults.next("400", method="labels.create", times=9)
    with pytest.raises(GmailKitError):
        gmail.label(ids=ids, add="CI", remove="INBOX", create=True)
    assert [each.state for each in gmail.changes()] == ["refused"]
    assert labels_of(gmail, ids) == {frozenset({"INBOX"})}
    with pytest.raises(NotFound, match="nothing to undo"):
        gmail.undo()


def test_the_label_of_a_filter_comes_and_goes_with_it(own: Gmail) -> None:
    criteria = FilterCriteria(from_="ci@example.com")
    own.preferences.filters.create(criteria, add=["Builds"], remove=["INBOX"], create=True)
    (made,) = own.preferences.filters.list()
    assert (made.add, names(own), len(list(own.changes()))) == (("Builds",), {"Builds"}, 1)
    own.undo()
    assert (own.preferences.filters.list(), names(own)) == ((), set())
    own.undo(2)
    (again,) = own.preferences.filters.list()
    assert (again.criteria, again.add, names(own)) == (criteria, ("Builds",), {"Builds"})


def test_a_filter_of_which_no_answer_came_is_known_by_the_label_that_was_made_for_it(
    sandbox: Sandbox, own: Gmail
) -> None:
    sandbox.faults.next("drop-after", method="settings.filters.create")
    sandbox.faults.next("503", method="settings.filters.create", times=99)
    with pytest.raises(GmailKitError):
        own.preferences.filters.create(FilterCriteria(from_="ci"), add=["Builds"], create=True)
    sandbox.faults.clear()
    own.recover(1, roll_back=True)
    assert (own.preferences.filters.list(), names(own)) == ((), set())


def test_rules_take_the_labels_that_they_made_along(
    own: Gmail, ids: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    ran = own.run_rules(own.plan_run_rules(file))
    assert ran and ran.number == 1
    assert labels_of(own, ids) == {frozenset({"Builds"})}
    own.undo()
    assert (names(own), labels_of(own, ids)) == (set(), {frozenset({"INBOX"})})
    applied = own.apply_rules(own.plan_rules(file))
    assert applied and applied.number == 3
    assert (names(own), len(own.preferences.filters.list())) == ({"Builds"}, 1)
    assert own.plan_rules(file).idle
    own.undo()
    assert (names(own), own.preferences.filters.list()) == (set(), ())


def test_the_journal_names_the_label_that_is_made_first(gmail: Gmail, ids: list[str]) -> None:
    gmail.label(ids=ids[:1], add="CI", create=True)
    (change,) = gmail.changes()
    assert set(change.names.values()) == {"CI"}
    assert LabelId("CI") not in change.watched


def test_a_label_that_another_run_makes_meanwhile_is_the_one_that_is_meant(
    gmail: Gmail, own: Gmail, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(client: Client, wanted: Iterable[str]) -> object:
        found = with_labels(client, wanted)
        monkeypatch.undo()
        own.label(ids=ids[:1], add="CI", create=True)  # before this one has its turn
        return found

    monkeypatch.setattr("gmailkit.services.changes.plan.with_labels", overtaken)
    done = gmail.label(ids=ids, add="CI", create=True)
    assert (done.created, done.count) == ((), len(ids) - 1)
    gmail.undo(done.number)
    assert (names(gmail), labels_of(gmail, ids[:1])) == ({"CI"}, {frozenset({"INBOX", "CI"})})


@pytest.mark.parametrize("shared", [0, 5], ids=["before any message", "between messages"])
def test_what_a_later_change_did_stands_when_the_one_that_made_the_label_is_rolled_back(
    sandbox: Sandbox,
    gmail: Gmail,
    settings_for: Callable[..., Settings],
    ids: list[str],
    shared: int,
) -> None:
    """A run that was stopped, then made again by hand: the label is there by then, and used."""
    method = "messages.batchModify"
    sandbox.faults.next("503", method=method, times=99)
    with pytest.raises(GmailKitError):
        gmail.label(ids=ids, add="CI", remove="INBOX", create=True)
    sandbox.faults.clear()
    (label,) = (each.id for each in gmail.labels.list() if each.name == "CI")
    with Gmail(settings=settings_for(purpose="full"), google_calls="bare") as so_far:
        for id in map(MessageId, ids[:shared]):
            so_far.messages.modify(id, add_label_ids=[label], remove_label_ids=[LabelId("INBOX")])
    again = gmail.label(ids=ids, add="CI", remove="INBOX", create=True)
    assert again.count == len(ids) - shared
    recovered = gmail.recover(1, roll_back=True)
    assert recovered.notes == (
        f"The label CI is on {again.count} other messages by now: it stays.",
        f"What change 2 did since to {again.count} messages stays.",
    )
    assert labels_of(gmail, ids[shared:]) == {frozenset({"CI"})}
    if shared:
        assert labels_of(gmail, ids[:shared]) == {frozenset({"INBOX"})}
    gmail.undo(2)
    assert labels_of(gmail, ids) == {frozenset({"INBOX"})}
