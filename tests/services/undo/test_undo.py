"""What was changed, taken back: through the client, over HTTP, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.config import Settings
from gmailkit.errors import Conflict, NotFound, PartialError
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterCriteria
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.settings import LanguageSettings
from gmailkit.sandbox import Sandbox
from gmailkit.services.changes import states as states_module
from undo_room import ME, fill, labels_of, put


def test_what_was_moved_to_trash_is_listed_and_comes_back_as_long_as_gmail_keeps_it(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    """S17: 30 days; nothing of the journal is ever thrown away."""
    ids = fill(sandbox, 3)
    clock = FakeClock(1_790_000_000.0)
    with Gmail(settings=settings_for(), clock=clock) as gmail:
        gmail.trash(ids=ids)
        gmail.star(ids=ids)
    clock.time += 30 * 86_400 - 1
    with Gmail(settings=settings_for(), clock=clock) as gmail:
        assert [each.what for each in gmail.changes()] == ["star", "trash"]
        gmail.undo(1)
    assert all({"INBOX", "STARRED"} <= set(sandbox.mail.labels_of(ME, id)) for id in ids)
    assert not any("TRASH" in sandbox.mail.labels_of(ME, id) for id in ids)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_the_labels_that_each_message_had_come_back(
    sandbox: Sandbox, gmail: Gmail, count: int
) -> None:
    ids = [put(sandbox, n, ("INBOX", *(["STARRED"] if n % 2 else []))) for n in range(count)]
    before = labels_of(sandbox, ids)
    gmail.create_label("CI")
    gmail.label(ids=ids, add=["STARRED", "CI"], remove=["INBOX"])
    assert all("INBOX" not in each for each in labels_of(sandbox, ids))
    plan = gmail.undo()
    assert plan.count == count
    assert labels_of(sandbox, ids) == before


@pytest.mark.parametrize(
    "verb", ["archive", "trash", "mark_read", "mark_unread", "star", "mark_important", "mark_spam"]
)
def test_each_verb_is_undone(sandbox: Sandbox, gmail: Gmail, verb: str) -> None:
    ids = [put(sandbox, 0), put(sandbox, 1, ()), put(sandbox, 2, ("INBOX", "STARRED", "IMPORTANT"))]
    before = labels_of(sandbox, ids)
    count = getattr(gmail, verb)(ids=ids)
    made = labels_of(sandbox, ids)
    assert count == sum(now != then for now, then in zip(made, before, strict=True)) > 0
    gmail.undo()
    assert labels_of(sandbox, ids) == before


def test_an_undo_is_undone(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 12)
    before = labels_of(sandbox, ids)
    gmail.trash(ids=ids)
    trashed = labels_of(sandbox, ids)
    gmail.undo()
    undone, made = list(gmail.changes())
    assert (undone.undoes, made.undone_by) == (made.number, undone.number)
    gmail.undo(undone.number)
    assert labels_of(sandbox, ids) == trashed
    assert gmail.change(made.number).undone_by is None
    gmail.undo(made.number)
    assert labels_of(sandbox, ids) == before


def test_where_nothing_is_left_to_take_back_nothing_is_recorded_and_the_one_before_is_named(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    (id,) = fill(sandbox, 1)
    gmail.star(ids=[id])
    gmail.archive(ids=[id])
    first, last = (each.number for each in reversed(list(gmail.changes())))
    somebody.messages.modify(MessageId(id), add_label_ids=[LabelId("INBOX")])
    for plan in (gmail.plan_undo(), gmail.undo()):
        assert (plan.change.number, plan.empty, plan.before) == (last, True, first)
    assert gmail.plan_undo(first).before is None
    assert [each.undone_by for each in gmail.changes()] == [None, None]
    somebody.messages.modify(MessageId(id), remove_label_ids=[LabelId("INBOX")])
    assert gmail.undo().count == 1
    assert "INBOX" in sandbox.mail.labels_of(ME, id)


def test_without_a_number_one_change_after_the_other_is_undone(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.star(ids=ids)
    gmail.mark_read(ids=ids)
    gmail.undo()
    gmail.undo()
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 2
    with pytest.raises(NotFound, match="nothing to undo"):
        gmail.undo()


def test_what_is_undone_is_not_undone_again(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.star(ids=fill(sandbox, 1))
    number = gmail.undo().change.number
    with pytest.raises(Conflict, match="undone already") as caught:
        gmail.undo(number)
    assert "gmailkit undo 2" in caught.value.hint
    with pytest.raises(NotFound, match="no change 99"):
        gmail.undo(99)


def test_what_somebody_moved_since_stays_where_it_is_and_is_named(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = fill(sandbox, 3)
    gmail.label(ids=ids, add="STARRED", remove="INBOX")
    somebody.messages.trash(ids[1])  # as another program does
    plan = gmail.undo()
    assert plan.left == (ids[1],)
    assert labels_of(sandbox, ids) == [
        {"INBOX", "UNREAD"},
        {"TRASH", "UNREAD"},
        {"INBOX", "UNREAD"},
    ]


def test_what_somebody_took_back_already_is_no_trouble(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.star(ids=ids)
    somebody.messages.modify(ids[0], remove_label_ids=["STARRED"])
    assert gmail.undo().count == 1
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 2


def test_a_message_that_is_gone_is_no_trouble(
    sandbox: Sandbox, gmail: Gmail, vanish: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 2)
    gmail.star(ids=ids)
    vanish(ids[0])
    monkeypatch.setattr(states_module, "state_by_listing", lambda *_: False)
    plan = gmail.undo()
    assert (plan.count, plan.left) == (1, (ids[0],))
    assert labels_of(sandbox, ids[1:]) == [{"INBOX", "UNREAD"}]


def test_a_message_that_is_gone_is_no_trouble_where_its_labels_are_read_by_listing(
    sandbox: Sandbox, gmail: Gmail, vanish: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [put(sandbox, n, ("STARRED",)) for n in range(3)]
    gmail.label(ids=ids, remove="STARRED")
    vanish(ids[0])
    monkeypatch.setattr(states_module, "state_by_listing", lambda *_: True)
    plan = gmail.undo()
    assert (plan.count, plan.left) == (2, (ids[0],))
    assert labels_of(sandbox, ids[1:]) == [{"STARRED"}] * 2


def test_a_label_that_is_gone_is_said_and_the_rest_comes_back(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.label(ids=ids, add=["CI", "STARRED"], create=True)
    (label,) = (each for each in gmail.labels.list() if each.name == "CI")
    somebody.labels.delete(label.id)
    (made,) = (each for each in gmail.changes() if each.count)
    plan = gmail.undo(made.number)
    assert plan.notes == ("The label CI is gone.",)
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 2


def test_untrash_puts_into_the_inbox_only_what_was_taken_out_of_it(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    there, archived, elsewhere = put(sandbox, 0), put(sandbox, 1, ()), put(sandbox, 2)
    gmail.trash(ids=[there, archived])
    somebody.messages.trash(elsewhere)
    plan = gmail.plan_verb("untrash", "from:ci")
    assert plan.back_to_inbox == {there}
    assert gmail.apply(plan).count == 3
    assert labels_of(sandbox, [there, archived, elsewhere]) == [
        {"INBOX", "UNREAD"},
        set(),
        {"UNREAD"},
    ]
    gmail.undo()
    assert all("TRASH" in each for each in labels_of(sandbox, [there, archived, elsewhere]))


def test_untrash_puts_nothing_into_the_inbox_that_does_not_lie_in_trash(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.trash(ids=ids)
    gmail.undo()
    gmail.archive(ids=ids)
    somebody.messages.trash(ids[0])
    gmail.untrash(ids=ids)
    assert labels_of(sandbox, ids) == [{"UNREAD"}] * 2


def test_a_deleted_label_comes_back_with_its_messages_and_colour(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 15)
    gmail.create_label("Work")
    old = gmail.create_label("Work/Old", background="#fb4c2f", text="#ffffff").label
    gmail.label(ids=ids[:12], add="Work/Old")
    number = next(gmail.changes()).number
    gmail.delete_label("Work/Old")
    gmail.undo()
    (back,) = (each for each in gmail.labels.list() if each.name == "Work/Old")
    assert back.id != old.id
    color = gmail.labels.get(back.id).color
    assert color is not None
    assert (color.background_color, color.text_color) == ("#fb4c2f", "#ffffff")
    carrying = [n for n, each in enumerate(labels_of(sandbox, ids)) if "Work/Old" in each]
    assert carrying == list(range(12))
    gmail.undo(number)  # it knew the label by its former id
    assert not any("Work/Old" in each for each in labels_of(sandbox, ids))


def test_a_label_that_was_deleted_and_came_back_is_deleted_again(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 3)
    gmail.label(ids=ids, add="Work", create=True)
    gmail.delete_label("Work")
    deleted = next(gmail.changes()).number
    gmail.undo(deleted)
    gmail.undo(next(gmail.changes()).number)
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD"}] * 3
    gmail.undo(deleted)
    assert all("Work" in each for each in labels_of(sandbox, ids))


def test_a_label_that_was_made_goes_and_comes_back_with_what_it_was_put_on_since(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.create_label("New")
    made = next(gmail.changes()).number
    gmail.label(ids=ids, add="New")
    gmail.undo(made)
    assert "New" not in [each.name for each in gmail.labels.list()]
    gmail.undo(next(gmail.changes()).number)
    assert all("New" in each for each in labels_of(sandbox, ids))


def test_undo_after_undo_a_deleted_label_comes_and_goes(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 3)
    gmail.label(ids=ids[:2], add="Old", create=True)
    gmail.delete_label("Old")
    first = number = next(gmail.changes()).number
    for there in (True, False, True, False):
        gmail.undo(number)
        number = next(gmail.changes()).number
        assert ["Old" in each for each in labels_of(sandbox, ids)] == [there, there, False]
        assert bool(gmail.change(first).undone_by) is there


def test_a_deleted_label_that_somebody_made_again_gets_its_messages_back(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    names = ["A", "B", "C"]
    for name in names:
        gmail.create_label(name)
    ids = [put(sandbox, number, ("INBOX", name)) for number, name in enumerate(names)]
    before = labels_of(sandbox, ids)
    file = tmp_path / "labels.toml"
    file.write_text('[[label]]\nname = "Other"\n')
    gone = gmail.apply_labels(gmail.plan_labels(file, prune=True), source="labels.toml")
    gmail.create_label("b")
    gmail.undo(gone.number)
    assert labels_of(sandbox, ids) == [before[0], {"INBOX", "b"}, before[2]]


def test_a_message_that_was_called_gone_and_is_there_is_not_left_behind_by_a_merge(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 2)
    gmail.label(ids=ids, add="From", create=True)
    gmail.create_label("Into")
    sandbox.faults.next(404, reason="notFound", method="messages.modify")
    gmail.merge_labels(gmail.plan_label_merge("From", "Into"))
    assert labels_of(sandbox, ids) == [{"INBOX", "UNREAD", "Into"}] * 2


def test_more_labels_than_an_integer_has_bits_go_and_come_back(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    names = [f"{number}" for number in range(64)]
    for name in names:
        gmail.create_label(name)
    ids = [put(sandbox, 0, ("INBOX", *names)), put(sandbox, 1, ("INBOX", names[-1]))]
    before = labels_of(sandbox, ids)
    file = tmp_path / "labels.toml"
    file.write_text('[[label]]\nname = "Other"\n')
    gone = gmail.apply_labels(gmail.plan_labels(file, prune=True), source="labels.toml")
    assert labels_of(sandbox, ids) == [{"INBOX"}, {"INBOX"}]
    gmail.undo(gone.number)
    assert labels_of(sandbox, ids) == before


def test_a_colour_comes_and_goes(gmail: Gmail) -> None:
    gmail.create_label("A")
    gmail.color_label("A", background="#fb4c2f")
    gmail.undo()
    gmail.undo(next(gmail.changes()).number)
    (label,) = (each for each in gmail.labels.list() if each.name == "A")
    assert gmail.labels.get(label.id).color is not None


def test_labels_renamed_and_coloured_are_as_before(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.create_label("A")
    gmail.create_label("A/x")
    gmail.rename_label("A", "B")
    gmail.color_label("B", background="#fb4c2f")
    gmail.undo()
    (b,) = (each for each in gmail.labels.list() if each.name == "B")
    assert gmail.labels.get(b.id).color is None
    gmail.undo()
    assert {"A", "A/x"} <= {each.name for each in gmail.labels.list()}


def test_a_label_that_somebody_renamed_since_keeps_its_name(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    label = gmail.create_label("A").label
    gmail.rename_label("A", "B")
    somebody.labels.patch(label.id, name="C")
    plan = gmail.undo()
    assert plan.notes == ("The label C was changed since.",)
    assert gmail.labels.get(label.id).name == "C"


def test_a_label_that_was_made_and_renamed_since_stays(
    sandbox: Sandbox, gmail: Gmail, somebody: Gmail
) -> None:
    label = gmail.create_label("A").label
    somebody.labels.patch(label.id, name="B")
    assert gmail.undo().notes == ("The label A was renamed to B since: it stays.",)
    assert gmail.labels.get(label.id).name == "B"


def test_settings_come_back_as_they_were(own: Gmail) -> None:
    own.preferences.vacation.on(subject="Away", text="Back soon.")
    own.preferences.vacation.on(subject="Elsewhere", text="Later.")
    own.preferences.language.set("de")
    own.undo()
    own.undo()
    assert own.settings.get_language().display_language == "en"
    vacation = own.settings.get_vacation()
    assert (vacation.enable_auto_reply, vacation.response_subject) == (True, "Away")
    own.undo()
    assert not own.settings.get_vacation().enable_auto_reply


def test_a_setting_that_somebody_changed_since_is_left(own: Gmail, somebody: Gmail) -> None:
    own.preferences.language.set("de")
    somebody.settings.update_language(LanguageSettings(display_language="fr"))
    plan = own.undo()
    assert plan.notes == ("It was changed since, elsewhere.",)
    assert own.settings.get_language().display_language == "fr"


def test_a_signature_comes_back(own: Gmail) -> None:
    own.preferences.send_as.sign("<b>One</b>")
    own.preferences.send_as.sign("Two")
    own.undo()
    assert own.preferences.send_as.get().signature == "<b>One</b>"


def test_filters_go_and_come_back(own: Gmail) -> None:
    criteria = FilterCriteria(from_="ci@example.com")
    own.preferences.filters.create(criteria, remove=["INBOX"])
    own.undo()
    assert own.preferences.filters.list() == ()
    own.undo(next(own.changes()).number)
    (rule,) = own.preferences.filters.list()
    assert (rule.criteria, rule.remove) == (criteria, ("INBOX",))
    own.preferences.filters.delete(rule.id)
    own.undo()
    (again,) = own.preferences.filters.list()
    assert (again.criteria, again.remove) == (criteria, ("INBOX",))


def test_what_is_for_good_is_marked_and_refused(gmail: Gmail) -> None:
    kept = gmail.save_draft(to="ann@example.com", subject="x", text="x")
    gmail.delete_draft(kept.id)
    with pytest.raises(Conflict, match="cannot be undone"):
        gmail.undo(next(gmail.changes()).number)


def test_messages_that_are_gone_are_named_and_the_others_changed(
    sandbox: Sandbox, gmail: Gmail, vanish: Callable[[str], None]
) -> None:
    ids = fill(sandbox, 3)
    plan = gmail.plan_verb("star", ids=ids)
    vanish(ids[0])
    with pytest.raises(PartialError) as caught:
        gmail.apply(plan)
    assert [each.item for each in caught.value.failed] == [ids[0]]
    assert caught.value.done == 2
    gmail.undo()
    assert labels_of(sandbox, ids[1:]) == [{"INBOX", "UNREAD"}] * 2


@pytest.mark.parametrize("listing", [True, False])
def test_the_state_is_the_same_read_either_way(
    sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch, listing: bool
) -> None:
    ids = [put(sandbox, n, ("TRASH",) if n % 3 else ("INBOX", "TRASH")) for n in range(7)]
    monkeypatch.setattr(states_module, "state_by_listing", lambda *_: listing)
    gmail.label(ids=ids, add="STARRED", remove="TRASH")
    (change,) = gmail.changes()
    assert {each.id: each.had for each in gmail.touched(change)} == {
        id: frozenset({"TRASH"} if n % 3 else {"INBOX", "TRASH"}) for n, id in enumerate(ids)
    }


def test_the_journal_names_who_asked(sandbox: Sandbox, gmail: Gmail) -> None:
    fill(sandbox, 1)
    gmail.star("from:ci")
    assert next(gmail.changes()).why == "Python from:ci"
