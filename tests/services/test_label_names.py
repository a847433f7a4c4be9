"""Labels by name, while somebody else renames, makes and deletes them."""

from __future__ import annotations

import pytest

from gmailkit.errors import NotFound
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.sandbox import Sandbox
from gmailkit.services.labels import LabelNames
from mailroom import ME, letter


def label(id: str, name: str) -> Label:
    return Label(id=LabelId(id), name=name)


def labels_of(gmail: Gmail, id: str) -> set[str]:
    names = {each.id: each.name for each in gmail.labels.list()}
    return {names[each] for each in gmail.messages.get(id, format="minimal").label_ids} - {"INBOX"}


def test_a_label_renamed_elsewhere_goes_by_its_new_name(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Report"))
    made = gmail.create_label("Old").label
    gmail.label("report", add=["Old"])
    gmail.labels.patch(made.id, name="New")
    gmail.label("report", remove=["New"])
    assert labels_of(gmail, id) == set()
    with pytest.raises(NotFound, match='no label "Old"'):
        gmail.label("report", add=["Old"])
    gmail.labels.create("Old")
    gmail.label("report", add=["old"])
    assert labels_of(gmail, id) == {"Old"}


@pytest.mark.parametrize("way", ["add", "remove"])
def test_a_label_renamed_between_plan_and_deed_is_still_the_one_meant(
    sandbox: Sandbox, gmail: Gmail, way: str
) -> None:
    id = sandbox.mail.put(ME, letter("Report"))
    meant = gmail.create_label("Old").label
    if way == "remove":
        gmail.label("report", add=["Old"])
    plan = gmail.plan_label("report", **{way: ["Old"]})
    gmail.labels.patch(meant.id, name="New")
    gmail.labels.create("Old")  # another one, which the plan did not mean
    gmail.apply(plan)
    assert labels_of(gmail, id) == ({"New"} if way == "add" else set())


def test_a_label_deleted_between_plan_and_deed_is_named(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.mail.put(ME, letter("Report"))
    meant = gmail.create_label("Old").label
    plan = gmail.plan_label("report", add=["Old", "STARRED"])
    gmail.labels.delete(meant.id)
    with pytest.raises(NotFound, match='no label "Old"'):
        gmail.apply(plan)


def test_an_id_that_is_not_listed_has_the_labels_listed_once_more() -> None:
    lists = [[label("Label_1", "A")], [label("Label_1", "B"), label("Label_2", "C")]]
    asked = []

    def again() -> list[Label]:
        asked.append("again")
        return lists[1]

    names = LabelNames(lists[0], again=again)
    assert names.name(LabelId("Label_1")) == "A"
    assert asked == []
    assert names.name(LabelId("Label_2")) == "C"
    assert names.name(LabelId("Label_1")) == "B"
    assert names.name(LabelId("CHAT")) == "CHAT"
    assert names.name(LabelId("CHAT")) == "CHAT"
    assert asked == ["again", "again"]


def test_the_first_part_of_nested_labels_has_them_for_neighbours() -> None:
    names = LabelNames([label("STARRED", "STARRED"), label("L1", "restored/2026-11-30")])
    with pytest.raises(NotFound) as error:
        names.check_searched("restored")
    assert error.value.hint == 'Did you mean "restored/2026-11-30", "STARRED"?'


def test_names_by_which_labels_travel_become_the_very_ids_again() -> None:
    """Gmail may hold two that are equal by our rules of case, and a name may move on meanwhile."""
    one, other = label("Label_1", "Straße"), label("Label_2", "STRASSE")
    names = LabelNames([one, other, Label(id=LabelId("INBOX"), name="INBOX", type="system")])
    ids = [LabelId("INBOX"), one.id, other.id]
    assert names.shown(ids) == {"INBOX", "Straße", "STRASSE"}
    assert names.meant(names.shown(ids)) == dict(
        zip(ids, ["INBOX", "Straße", "STRASSE"], strict=True)
    )
    star = Label(id=LabelId("YELLOW_STAR"), name="YELLOW_STAR", type="system")
    names = LabelNames([star, label("Label_7", "YELLOW_STAR")])
    both = [LabelId("Label_7"), star.id]
    assert names.meant(names.shown(both)) == dict.fromkeys(both, "YELLOW_STAR")
    later = lambda: [label("Label_1", "Old"), label("Label_2", "Work")]  # noqa: E731
    names = LabelNames([label("Label_1", "Work")], again=later)
    both = [LabelId("Label_1"), LabelId("Label_2"), LabelId("Label_hidden")]
    assert names.meant(names.shown(both)) == dict(
        zip(both, ["Old", "Work", "Label_hidden"], strict=True)
    )
