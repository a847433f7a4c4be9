"""Bulk label changes: what was planned, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmailkit.errors import Conflict, NotFound, PartialError, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox

ME = "me@example.com"


def fill(sandbox: Sandbox, count: int, word: str = "build") -> list[str]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        sandbox.mail.put(
            ME,
            f"From: ci@example.com\r\nSubject: {word} {n}\r\n\r\n{word} {n}\r\n".encode(),
            labels=("INBOX", "UNREAD"),
            date=start + timedelta(minutes=n),
        )
        for n in range(count)
    ]


def names(gmail: Gmail) -> dict[str, str]:
    return {label.name: label.id for label in gmail.labels.list()}


def test_a_query_is_labelled_and_archived(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 12)
    gmail.create_label("CI")
    change = gmail.label("from:ci", add=["ci"], remove=["INBOX"])
    assert (change.count, change.add, change.remove) == (12, ("CI",), ("INBOX",))
    for id in ids:
        assert sandbox.mail.labels_of(ME, id) == {"CI", "UNREAD"}


def test_a_query_may_leave_out_what_bears_a_label_that_is_about_to_be_made(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    fill(sandbox, 3)
    for query, count in (
        ("from:ci -label:new-one", 3),
        ("from:ci (label:new-one OR subject:1)", 1),
        ("from:ci label:new-one", 0),
    ):
        plan = gmail.plan_label(query, add=["New one"], create=True)
        assert (len(plan.ids), plan.create, plan.why) == (count, ("New one",), query)
        with pytest.raises(NotFound, match='no label "new-one"'):
            gmail.plan_label(query, add=["STARRED"])


def test_an_id_or_a_message_from_a_search_is_that_message(sandbox: Sandbox, gmail: Gmail) -> None:
    first, second = fill(sandbox, 2)
    assert gmail.archive(first) == 1
    assert sandbox.mail.labels_of(ME, first) == {"UNREAD"}
    (found,) = gmail.search("in:inbox from:ci")
    assert gmail.label(found, add="STARRED").count == 1
    assert sandbox.mail.labels_of(ME, second) == {"INBOX", "UNREAD", "STARRED"}
    assert sandbox.mail.labels_of(ME, first) == {"UNREAD"}


def test_what_is_so_already_is_neither_changed_counted_nor_recorded(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    first, second = fill(sandbox, 2)
    assert gmail.star(ids=[first]) == 1
    both = gmail.label(ids=[first, second], add="STARRED")
    assert both.count == 1
    assert [each.id for each in gmail.touched(gmail.change(both.number or 0))] == [second]
    sandbox.requests.clear()
    again = gmail.label(ids=[first, second], add="STARRED")
    assert (again.count, again.number) == (0, None)
    assert gmail.archive("from:nobody.at.all") == 0
    assert "modify" not in str(sandbox.requests)
    assert gmail.undo().change.number == both.number
    assert "STARRED" in sandbox.mail.labels_of(ME, first)
    assert "STARRED" not in sandbox.mail.labels_of(ME, second)


def test_a_message_that_is_gone_is_not_taken_for_one_that_is_so_already(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    first, second = fill(sandbox, 2)
    gmail.archive(ids=[first])
    plan = gmail.plan_verb("archive", ids=[first, second])
    user = sandbox.mail.users.get(ME).n
    found = sandbox.mail.messages.find(user, second)
    assert found
    sandbox.mail.messages.remove(user, [found])
    with pytest.raises(PartialError) as caught:
        gmail.apply(plan)
    assert [each.item for each in caught.value.failed] == [second]
    assert len(list(gmail.changes())) == 1


def test_what_lies_in_trash_and_in_the_inbox_is_not_yet_in_trash_alone(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    (id,) = fill(sandbox, 1)
    gmail.trash(ids=[id])
    gmail.messages.modify(MessageId(id), add_label_ids=[LabelId("INBOX")])
    assert gmail.trash(ids=[id]) == 1
    assert "INBOX" not in sandbox.mail.labels_of(ME, id)


@pytest.mark.parametrize("count", [1, 9, 10, 1000, 1001])
def test_every_message_is_changed_whatever_their_number(
    sandbox: Sandbox, gmail: Gmail, count: int
) -> None:
    ids = fill(sandbox, count)
    assert gmail.label("from:ci", remove=["UNREAD"]).count == count
    assert not any("UNREAD" in sandbox.mail.labels_of(ME, id) for id in ids)


def test_mail_that_arrives_after_the_plan_is_untouched(sandbox: Sandbox, gmail: Gmail) -> None:
    early = fill(sandbox, 3)
    plan = gmail.plan_label("from:ci", add=["STARRED"])
    late = fill(sandbox, 2, word="later")
    gmail.apply(plan)
    assert all("STARRED" in sandbox.mail.labels_of(ME, id) for id in early)
    assert not any("STARRED" in sandbox.mail.labels_of(ME, id) for id in late)


def test_a_plan_touches_nothing(sandbox: Sandbox, gmail: Gmail, home: Home) -> None:
    fill(sandbox, 3)
    plan = gmail.plan_label("from:ci", add=["New/Deep"], create=True)
    assert plan.create == ("New/Deep",)
    assert len(plan.ids) == 3
    assert [envelope.subject for envelope in plan.sample] == ["build 2", "build 1", "build 0"]
    assert {method for method, _ in sandbox.requests} == {"GET"}
    assert "New/Deep" not in names(gmail)
    assert not list(home.state.rglob("journal.sqlite3"))


def test_the_change_is_recorded_before_it_is_made(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = fill(sandbox, 2)
    plan = gmail.plan_label("from:ci", add=["STARRED"])
    sandbox.faults.next(403, reason="forbidden", method="messages.modify", times=2)
    with pytest.raises(Exception, match="forbids"):
        gmail.apply(plan)
    (change,) = gmail.changes()
    assert change.what == "add STARRED"
    assert change.why == "Python from:ci"
    assert change.state == "refused"
    assert {each.id: each.had for each in gmail.touched(change)} == dict.fromkeys(ids, frozenset())


def test_when_the_journal_cannot_be_written_nothing_changes(
    sandbox: Sandbox, gmail: Gmail, home: Home
) -> None:
    (id,) = fill(sandbox, 1)
    home.state.parent.mkdir(parents=True, exist_ok=True)
    home.state.write_text("a file where the folder should be")
    with pytest.raises(Exception, match="Cannot write"):
        gmail.label("from:ci", add=["STARRED"])
    assert "STARRED" not in sandbox.mail.labels_of(ME, id)


@pytest.mark.parametrize("query", ["", "   ", "*", "from:", '""'])
def test_a_query_that_leaves_nothing_out_changes_nothing(
    sandbox: Sandbox, gmail: Gmail, query: str
) -> None:
    fill(sandbox, 2)
    with pytest.raises(UsageError, match="every message there is"):
        gmail.trash(query)
    assert len(list(gmail.ids("in:inbox"))) == 2
    assert gmail.trash("in:anywhere") == 2


def test_messages_and_ids_can_be_given_instead_of_a_query(sandbox: Sandbox, gmail: Gmail) -> None:
    first, second, third = fill(sandbox, 3)
    gmail.label(ids=[first], add=["STARRED"])
    gmail.label(gmail.search("build 1"), add=["STARRED"])
    starred = [id for id in (first, second, third) if "STARRED" in sandbox.mail.labels_of(ME, id)]
    assert starred == [first, second]


def test_an_unknown_label_is_named_with_the_nearest(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.create_label("Receipts")
    with pytest.raises(NotFound, match='no label "Reciepts"') as caught:
        gmail.label("from:ci", add=["Reciepts"])
    assert '"Receipts"' in caught.value.hint


@pytest.mark.parametrize(
    ("add", "remove", "says"),
    [([], [], "No label"), (["INBOX"], ["inbox"], "both")],
    ids=["nothing", "contradiction"],
)
def test_a_change_that_makes_no_sense_is_refused(
    gmail: Gmail, add: list[str], remove: list[str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        gmail.label("from:ci", add=add, remove=remove)


@pytest.mark.parametrize("arguments", [{}, {"messages": "a", "ids": ["1"]}], ids=["none", "both"])
def test_the_messages_must_be_named_exactly_once(
    gmail: Gmail, arguments: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match="Name the messages once"):
        gmail.label(**arguments, add=["STARRED"])  # type: ignore[arg-type]


def test_applying_a_plan_twice_does_no_harm(sandbox: Sandbox, gmail: Gmail) -> None:
    fill(sandbox, 2)
    plan = gmail.plan_label("from:ci", add=["Fresh"], create=True)
    assert gmail.apply(plan).created == ("Fresh",)
    assert gmail.apply(plan).created == ()
    assert len(list(gmail.ids("label:fresh"))) == 2


def test_trash_and_untrash(sandbox: Sandbox, gmail: Gmail) -> None:
    (id,) = fill(sandbox, 1)
    assert gmail.trash("from:ci") == 1
    assert sandbox.mail.labels_of(ME, id) == {"TRASH", "UNREAD"}
    assert gmail.untrash("from:ci") == 1
    assert sandbox.mail.labels_of(ME, id) == {"INBOX", "UNREAD"}


def test_labels_are_made_renamed_with_their_children_coloured_and_deleted(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    gmail.create_label("Work", background="#fb4c2f", text="#ffffff")
    gmail.create_label("Work/Big project")
    gmail.create_label("Workshop")
    gmail.rename_label("work", "Job")
    assert {"Job", "Job/Big project", "Workshop"} <= set(names(gmail))
    gmail.color_label("Job", background="#16a766")
    assert gmail.delete_label("Job").label.name == "Job"
    assert set(names(gmail)) & {"Job", "Job/Big project"} == {"Job/Big project"}


def test_a_label_that_exists_is_a_conflict(gmail: Gmail) -> None:
    gmail.create_label("Receipts")
    with pytest.raises(Conflict, match="exists already"):
        gmail.create_label("RECEIPTS")


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "/", "a/", "/a", "a//b", " a", "a ", "a/ b", "\ud800", "a\0b", "a\nb", "^x"),
        *("x" * 226, "INBOX", "inbox", "Chats", "[Gmail]/x", "CATEGORY_SOCIAL", "starred"),
    ],
    ids=ascii,
)
def test_what_no_label_can_be_called_is_said_before_anything_is_written_or_asked(
    sandbox: Sandbox, gmail: Gmail, name: str
) -> None:
    fill(sandbox, 1)
    gmail.create_label("Work")
    before = len(list(gmail.changes()))
    asked = len([path for method, path in sandbox.requests if method != "GET"])
    with pytest.raises(UsageError, match="cannot be the name of a label"):
        gmail.create_label(name)
    with pytest.raises(UsageError, match="cannot be the name of a label"):
        gmail.rename_label("Work", name)
    if name == name.strip() and name.upper() not in ("INBOX", "STARRED", "CATEGORY_SOCIAL"):
        with pytest.raises(UsageError, match="cannot be the name of a label"):
            gmail.label("build", add=[name], create=True)
    assert len(list(gmail.changes())) == before
    assert len([path for method, path in sandbox.requests if method != "GET"]) == asked


@pytest.mark.parametrize(
    "name",
    ["日本語", "العربية", "Ελληνικά/Ёлка", "הודעה", "हिन्दी", "ไทย", "🎉", "-a", '"q"', "a,b", "*"],
)
def test_a_label_in_any_script_is_made_put_on_found_renamed_and_comes_back(
    sandbox: Sandbox, gmail: Gmail, name: str
) -> None:
    (id,) = fill(sandbox, 1)
    gmail.label("build", add=[name], create=True)
    assert sandbox.mail.labels_of(ME, id) >= {name}
    gmail.rename_label(name, f"{name} 2")
    gmail.delete_label(f"{name} 2")
    assert sandbox.mail.labels_of(ME, id) == {"INBOX", "UNREAD"}
    gmail.undo()
    assert sandbox.mail.labels_of(ME, id) >= {f"{name} 2"}


def test_gmails_own_labels_are_not_changed(gmail: Gmail) -> None:
    with pytest.raises(UsageError, match="Gmail's own label"):
        gmail.delete_label("INBOX")


@pytest.mark.parametrize("color", ["#123456", "redd", "#fff"])
def test_a_colour_outside_the_palette_is_refused_with_near_ones(gmail: Gmail, color: str) -> None:
    with pytest.raises(UsageError, match="not a label colour") as caught:
        gmail.create_label("Work", background=color)
    assert caught.value.hint.count("#") == 3


def test_a_bare_string_is_one_label_and_not_its_letters(sandbox: Sandbox, gmail: Gmail) -> None:
    (id,) = fill(sandbox, 1)
    assert gmail.label("from:ci", add="CI", create=True).created == ("CI",)
    assert "CI" in sandbox.mail.labels_of(ME, id)


def test_one_name_in_two_spellings_is_one_label(sandbox: Sandbox, gmail: Gmail) -> None:
    fill(sandbox, 1)
    assert len(gmail.label("from:ci", add=["CI", "ci"], create=True).created) == 1


def test_ids_that_are_gone_are_named_and_the_others_are_changed(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    first, second = fill(sandbox, 2)
    gone = "1" * 16
    with pytest.raises(PartialError) as caught:
        gmail.label(ids=[first, gone, second], add="STARRED")
    assert [failure.item for failure in caught.value.failed] == [gone]
    assert caught.value.done == 2
    assert all("STARRED" in sandbox.mail.labels_of(ME, id) for id in (first, second))


def test_a_message_that_vanishes_between_plan_and_change_is_named(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 3)
    plan = gmail.plan_label("from:ci", add=["STARRED"])
    sandbox.faults.next(404, reason="notFound", method="messages.modify")
    with pytest.raises(PartialError) as caught:
        gmail.apply(plan)
    assert (caught.value.done, len(caught.value.failed)) == (2, 1)
    assert sum("STARRED" in sandbox.mail.labels_of(ME, id) for id in ids) == 2


def test_a_rename_that_was_stopped_is_finished_by_the_same_call(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    for name in ("A", "A/x", "A/y"):
        gmail.create_label(name)
    sandbox.faults.next(403, reason="forbidden", method="labels.patch")
    with pytest.raises(Refused):
        gmail.rename_label("A", "B")
    gmail.rename_label("A", "B")
    assert {"B", "B/x", "B/y"} <= set(names(gmail))


def test_a_name_that_is_taken_is_said_before_anything_is_renamed(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    for name in ("A", "A/x", "B", "C", "D", "D/x"):
        gmail.create_label(name)
    before = names(gmail)
    with pytest.raises(Conflict, match='"B"') as caught:
        gmail.rename_label("A", "B")
    assert caught.value.hint == "gmailkit labels merge A B"
    with pytest.raises(Conflict, match='"D/x"'):
        gmail.rename_label("A", "d")
    assert names(gmail) == before
    gmail.rename_label("C", "c")
    assert "c" in names(gmail)


def test_a_label_may_be_spelt_otherwise_with_those_nested_under_it(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    for name in ("work", "work/x", "work/x/Y"):
        gmail.create_label(name)
    gmail.rename_label("work", "Work")
    assert {"Work", "Work/x", "Work/x/Y"} <= set(names(gmail))


def test_a_deleted_label_leaves_in_the_journal_which_messages_carried_it(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = fill(sandbox, 3)
    gmail.label(ids=ids[:2], add="Old", create=True)
    gmail.delete_label("Old")
    last = next(gmail.changes())
    assert {each.id for each in gmail.touched(last)} == set(ids[:2])
    assert list(last.names.values()) == ["Old"]


@pytest.mark.parametrize("count", [1, 30])
def test_drafts_are_left_out_and_said(sandbox: Sandbox, gmail: Gmail, count: int) -> None:
    """Gmail refuses a label for one draft, and passes over drafts in a call of many."""
    ids = fill(sandbox, count)
    draft = sandbox.mail.put(
        ME, b"From: ci@example.com\r\nSubject: half\r\n\r\nx\r\n", labels=("DRAFT",)
    )
    plan = gmail.plan_label("from:ci", add="STARRED")
    assert plan.drafts == (draft,)
    assert set(plan.ids) == set(ids)
    assert gmail.apply(plan).count == count
    assert sandbox.mail.labels_of(ME, draft) == {"DRAFT"}
