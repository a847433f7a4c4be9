"""Several labels at once: merged, unused, and made what labels.toml says; against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gmailkit.config import Settings
from gmailkit.errors import Conflict, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterAction, FilterCriteria
from gmailkit.model.label import PALETTE, LabelColor
from gmailkit.sandbox import Sandbox
from gmailkit.services.labels.colors import check_color, color_name, named_colors

ME = "me@example.com"
NAMES = ("Счета/Июнь", "請求書", "فواتير", "काम", 'Quote "x" \\ y', "🎉/Ärger", "a # b")


def put(sandbox: Sandbox, labels: Iterable[str]) -> str:
    raw = b"From: ci@example.com\r\nSubject: build\r\n\r\nBody\r\n"
    return sandbox.mail.put(ME, raw, labels=tuple(labels))


def own(gmail: Gmail) -> list[str]:
    return sorted(label.name for label in gmail.labels.list() if label.type == "user")


def labels_of(sandbox: Sandbox, ids: Iterable[str]) -> list[set[str]]:
    return [set(sandbox.mail.labels_of(ME, id)) for id in ids]


@pytest.fixture
def apply(gmail: Gmail, tmp_path: Path) -> Callable[..., int | None]:
    """Writes a labels.toml and applies it; the number of the change."""

    def call(text: str, *, prune: bool = False) -> int | None:
        file = tmp_path / "labels.toml"
        file.write_text(text, encoding="utf-8")
        plan = gmail.plan_labels(file, prune=prune)
        return None if plan.empty else gmail.apply_labels(plan, source="labels.toml").number

    return call


@pytest.mark.parametrize("count", [1, 12])
def test_a_merge_takes_all_messages_and_undo_takes_them_back(
    sandbox: Sandbox, gmail: Gmail, count: int
) -> None:
    gmail.create_label("Bills", background="red")
    gmail.create_label("Invoices")
    ids = [put(sandbox, ["Invoices", "TRASH"]) for _ in range(count)]
    ids += [put(sandbox, ["Invoices", "Bills"]), put(sandbox, ["Bills"])]
    before = labels_of(sandbox, ids)
    plan = gmail.plan_label_merge("invoices", "Bills")
    assert plan.count == count + 1
    assert labels_of(sandbox, ids) == before
    done = gmail.merge_labels(plan)
    assert labels_of(sandbox, ids) == [*[{"Bills", "TRASH"}] * count, {"Bills"}, {"Bills"}]
    assert own(gmail) == ["Bills"]
    gmail.undo(done.number)
    assert labels_of(sandbox, ids) == before
    assert own(gmail) == ["Bills", "Invoices"]


@pytest.mark.parametrize("before", [("A",), ("A", "A/x"), ("B",)])
def test_a_message_that_comes_under_a_label_while_it_is_merged_is_taken_along(
    sandbox: Sandbox, gmail: Gmail, before: tuple[str, ...]
) -> None:
    for name in ("A", "A/x", "B", "B/x"):
        gmail.create_label(name)
    ids = [put(sandbox, ("INBOX", "A/x")), put(sandbox, ("INBOX", *before))]

    def arrive(done: int, total: int) -> None:
        if len(ids) == 2:
            ids.extend((put(sandbox, ("INBOX", "A")), put(sandbox, ("INBOX", "A", "B"))))

    gmail.merge_labels(gmail.plan_label_merge("A", "B"), on_progress=arrive)
    assert labels_of(sandbox, ids[2:]) == [{"INBOX", "B"}] * 2
    gmail.undo()
    assert labels_of(sandbox, ids) == [
        {"INBOX", "A/x"},
        {"INBOX", *before},
        {"INBOX", "A"},
        {"INBOX", "A", "B"},
    ]


def test_labels_nested_under_the_one_that_goes_come_along(sandbox: Sandbox, gmail: Gmail) -> None:
    for name in ("Job", "Job/a", "Job/b", "Job/b/c", "Work", "Work/B"):
        gmail.create_label(name)
    ids = [put(sandbox, [name]) for name in ("Job", "Job/a", "Job/b", "Job/b/c")]
    ids.append(put(sandbox, ["Job", "Job/b"]))
    before = labels_of(sandbox, ids)
    done = gmail.merge_labels(gmail.plan_label_merge("Job", "Work"))
    assert own(gmail) == ["Work", "Work/B", "Work/B/c", "Work/a"]
    assert labels_of(sandbox, ids) == [
        *({"Work"}, {"Work/a"}, {"Work/B"}, {"Work/B/c"}, {"Work", "Work/B"}),
    ]
    gmail.undo(done.number)
    assert labels_of(sandbox, ids) == before


def test_a_merge_into_a_nested_one_leaves_the_others_where_they_are(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    for name in ("A", "A/b", "A/c"):
        gmail.create_label(name)
    id = put(sandbox, ["A"])
    gmail.merge_labels(gmail.plan_label_merge("A", "A/b"))
    assert own(gmail) == ["A/b", "A/c"]
    assert labels_of(sandbox, [id]) == [{"A/b"}]


def test_messages_that_came_since_the_plan_are_merged_too(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.create_label("A")
    gmail.create_label("B")
    plan = gmail.plan_label_merge("A", "B")
    id = put(sandbox, ["A"])
    gmail.merge_labels(plan)
    assert labels_of(sandbox, [id]) == [{"B"}]


@pytest.mark.parametrize(("source", "into"), [("INBOX", "A"), ("A", "INBOX"), ("A", "a")])
def test_a_merge_that_makes_no_sense_is_refused(gmail: Gmail, source: str, into: str) -> None:
    gmail.create_label("A")
    with pytest.raises(UsageError):
        gmail.plan_label_merge(source, into)


def test_a_merge_that_was_cut_short_is_finished(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.create_label("A")
    gmail.create_label("B")
    ids = [put(sandbox, ["A"]) for _ in range(2)]
    plan = gmail.plan_label_merge("A", "B")
    sandbox.faults.next(403, reason="forbidden", method="labels.delete")
    with pytest.raises(Refused):
        gmail.merge_labels(plan)
    assert own(gmail) == ["A", "B"]
    gmail.recover(next(gmail.changes()).number)
    assert own(gmail) == ["B"]
    assert labels_of(sandbox, ids) == [{"B"}] * 2


def test_unused_labels_are_those_that_nothing_needs(
    sandbox: Sandbox, gmail: Gmail, settings_for: Callable[..., Settings]
) -> None:
    for name in ("Empty", "Filtered", "Above", "Above/used", "Above/unused", "In trash"):
        gmail.create_label(name)
    put(sandbox, ["Above/used"])
    put(sandbox, ["TRASH", "In trash"])
    filtered = next(x.id for x in gmail.labels.list() if x.name == "Filtered")
    with Gmail(settings=settings_for(purpose="restore")) as other:
        action = FilterAction(add_label_ids=(filtered,))
        other.settings.filters.create(FilterCriteria(from_="x@example.com"), action)
    found = gmail.unused_labels()
    assert sorted(label.name for label in found) == ["Above/unused", "Empty"]
    late = put(sandbox, ["Empty"])
    change = gmail.delete_unused_labels(found)
    assert change
    assert own(gmail) == ["Above", "Above/used", "Empty", "Filtered", "In trash"]
    assert labels_of(sandbox, [late]) == [{"Empty"}]
    gmail.undo(change.number)
    assert "Above/unused" in own(gmail)


def test_every_colour_of_the_palette_has_a_name_of_its_own() -> None:
    names = named_colors()
    assert set(names.values()) == PALETTE
    assert all(names[color_name(value)] == value for value in PALETTE)
    assert len({color_name(value) for value in PALETTE}) == len(PALETTE)


@pytest.mark.parametrize(
    ("background", "text", "found"),
    [
        ("green", None, ("#16a766", "#000000")),
        ("Grey", "white", ("#999999", "#ffffff")),
        ("blue-23", None, ("#0d3472", "#ffffff")),
        ("#FB4C2F", "black", ("#fb4c2f", "#000000")),
    ],
)
def test_a_colour_goes_by_name_and_its_letters_are_those_that_are_read_best(
    background: str, text: str | None, found: tuple[str, str]
) -> None:
    color = check_color(background, text)
    assert color
    assert (color.background_color, color.text_color) == found


def test_labels_become_what_the_file_says_and_undo_takes_it_back(
    sandbox: Sandbox, gmail: Gmail, apply: Callable[..., int | None]
) -> None:
    for name in ("Job", "Job/a", "Kept", "Green"):
        gmail.create_label(name)
    id = put(sandbox, ["Job/a", "Kept"])
    before = own(gmail)
    text = """
        [[label]]
        name = "Work"           # it was Job
        renamed_from = "Job"
        color = "green"
        visibility = "if-unread"
        [[label]]
        name = "New/Deep"
        color = "#fb4c2f"
        text = "white"
        [[label]]
        name = "green"
    """
    number = apply(text)
    assert own(gmail) == ["Kept", "New/Deep", "Work", "Work/a", "green"]
    assert labels_of(sandbox, [id]) == [{"Work/a", "Kept"}]
    found = {label.name: label for label in gmail.labels.list()}
    assert found["New/Deep"].color == LabelColor(background_color="#fb4c2f", text_color="#ffffff")
    assert found["Work"].label_list_visibility == "labelShowIfUnread"
    assert apply(text) is None
    assert number
    gmail.undo(number)
    assert own(gmail) == before
    assert {x.color for x in gmail.labels.list()} == {None}


def test_others_are_deleted_with_prune_only_and_come_back(
    sandbox: Sandbox, gmail: Gmail, apply: Callable[..., int | None]
) -> None:
    gmail.create_label("Old", background="red")
    ids = [put(sandbox, ["Old"]) for _ in range(3)]
    assert apply('[[label]]\nname = "A"\n') is not None
    assert own(gmail) == ["A", "Old"]
    number = apply('[[label]]\nname = "A"\n[[label]]\nname = "B"\n', prune=True)
    assert own(gmail) == ["A", "B"]
    assert number
    gmail.undo(number)
    assert own(gmail) == ["A", "Old"]
    assert labels_of(sandbox, ids) == [{"Old"}] * 3


def test_names_may_move_on_in_a_row(gmail: Gmail, apply: Callable[..., int | None]) -> None:
    ids = {name: gmail.create_label(name).label.id for name in ("A", "B")}
    text = '[[label]]\nname="B"\nrenamed_from="A"\n[[label]]\nname="C"\nrenamed_from="B"\n'
    apply(text)
    assert {label.name: label.id for label in gmail.labels.list() if label.type == "user"} == {
        "B": ids["A"],
        "C": ids["B"],
    }
    assert apply(text) is None


def test_a_name_that_was_given_to_another_label_goes_back_to_the_first(
    sandbox: Sandbox, gmail: Gmail, apply: Callable[..., int | None]
) -> None:
    gmail.create_label("Work")
    ids = [put(sandbox, ["Work"]), put(sandbox, ["INBOX"])]
    before = labels_of(sandbox, ids)
    number = apply('[[label]]\nname = "Old"\nrenamed_from = "Work"\n[[label]]\nname = "Work"\n')
    gmail.label(ids=ids[1:], add="Work")
    assert labels_of(sandbox, ids) == [{"Old"}, {"INBOX", "Work"}]
    gmail.undo(number)
    assert (own(gmail), labels_of(sandbox, ids)) == (["Work"], before)
    gmail.undo(next(gmail.changes()).number)
    assert labels_of(sandbox, ids) == [{"Old"}, {"INBOX", "Work"}]


def test_a_label_is_spelt_as_the_file_spells_it(
    gmail: Gmail, apply: Callable[..., int | None]
) -> None:
    for name in ("work", "work/x"):
        gmail.create_label(name)
    apply('[[label]]\nname = "Work"\n[[label]]\nname = "Work/X"\n')
    assert own(gmail) == ["Work", "Work/X"]


def test_a_file_of_all_labels_changes_nothing(
    gmail: Gmail, apply: Callable[..., int | None]
) -> None:
    for name in NAMES:
        gmail.create_label(name, background="blue-23")
    text = gmail.export_labels()
    assert text.count("[[label]]") == len(NAMES)
    assert apply(text, prune=True) is None
    for name in NAMES:
        gmail.delete_label(name)
    apply(text)
    assert gmail.export_labels() == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[label]]\nname = "A\n', "labels.toml, line 2: this is no TOML"),
        ("[[label]]\n\nname = A\n", "labels.toml, line 3: this is no TOML"),
        ('[[label]]\nname = "A"\n[[label]]\ncolour = "x"\n', "line 4: colour is no word"),
        ('[[label]]\nname = "A"\n# note\ncolor = "bleu"\n', "line 4: bleu is not a label colour"),
        ('[[label]]\nname = "A"\ntext = "red"\n', "line 3: A text colour needs a background"),
        ('[[label]]\ncolor = "red"\n', 'line 1: "" cannot be the name of a label'),
        ('[[label]]\nname = "A//B"\n', "line 2: .*each part between slashes"),
        ('[[label]]\nname = "inbox"\n', "line 2: .*keeps it for itself"),
        ('[[label]]\nname = "Drafts"\n', "line 2: .*keeps it for itself"),
        ('[[label]]\nname = "A\\u0007"\n', "line 2: .*refuses some of its characters"),
        ('[[label]]\nname = "A"\n[[label]]\nname = "a"\n', 'line 4: "a" is there twice'),
        ('[[label]]\nname = "A"\n[[label]]\nname = "a/b"\n', "line 4: .*spelt otherwise"),
        ("[[label]]\nname = 5\n", "line 2: name is a text"),
        ('[[label]]\nname = "A"\nvisibility = "no"\n', 'line 3: "no" is no visibility'),
        ("labels = 1\n", "labels is not understood"),
        ("label = 1\n", "label is not understood"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_its_line(
    sandbox: Sandbox, apply: Callable[..., int | None], text: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        apply(text)
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("there", "text", "says"),
    [
        (["A", "B"], '[[label]]\nname="B"\nrenamed_from="A"', 'line 2: there are both "A" and "B"'),
        (["Work"], '[[label]]\nname="work/x"', 'would lie under "Work"'),
        (["A", "A/x", "B/x"], '[[label]]\nname="B"\nrenamed_from="A"', 'a label "B/x" already'),
    ],
)
def test_what_clashes_is_said_before_anything_is_changed(
    sandbox: Sandbox,
    gmail: Gmail,
    apply: Callable[..., int | None],
    there: list[str],
    text: str,
    says: str,
) -> None:
    for name in there:
        gmail.create_label(name)
    with pytest.raises(Conflict, match=says):
        apply(text)
    assert own(gmail) == there
