"""`label`, `trash`, `untrash` and `labels` against the sandbox: plan, ask, do."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.sandbox import Sandbox
from gmailkit.services.labels.definitions import LabelsChange
from mailroom import ME, letter

Cli = Callable[..., Any]


def writes(mailbox: Sandbox) -> list[str]:
    """A batch only reads: counts of labels are asked for together."""
    sent = (path for method, path in mailbox.requests if method != "GET")
    return [path for path in sent if path != "/batch"]


def found(cli: Cli, query: str) -> list[str]:
    return sorted(cli("search", query, "--ids").out.split())


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_label_makes_the_label_and_says_what_was_done(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("label", "report", "--add", "CI", "--remove", "INBOX", "--create", "--yes")
    assert ran.code == 0
    assert ran.out == "2 messages of me@example.com: added CI, removed INBOX.\n"
    assert ran.err.startswith("2 messages of me@example.com: add CI, remove INBOX\n")
    assert "Second report" in ran.err
    assert len(found(cli, "label:CI -in:inbox")) == 2


def test_an_id_is_a_message_without_a_word_before_it(cli: Cli, mailbox: Sandbox) -> None:
    first, second = found(cli, "report")
    assert cli("archive", first, "--yes").out == "1 message of me@example.com: archived.\n"
    assert found(cli, "in:inbox report") == [second]
    ran = cli("archive", "0123456789abcdef", "--yes")
    assert ran.code == 6 and "no message 0123456789abcdef" in ran.err


def test_what_is_archived_already_is_not_archived_again(cli: Cli, mailbox: Sandbox) -> None:
    first, _ = found(cli, "report")
    cli("archive", first, "--yes")
    ran = cli("archive", "report", "--yes")
    assert ran.out == "1 message of me@example.com: archived.\n"
    assert "The other 1 was so already.\n" in ran.err
    ran = cli("archive", "report", "--yes")
    assert ran.out == "2 messages of me@example.com: so already, nothing was changed.\n"
    assert "undo" not in ran.err
    told = json.loads(cli("archive", "report", "--yes", "--json").out)
    assert (told["done"], told["change"], told["count"]) == (True, None, 0)
    assert len(cli("journal").out.splitlines()) == 2
    cli("star", first, "--yes")
    cli("unstar", first, "--yes")
    ran = cli("undo", "3", "--yes")
    assert "nothing is left to take back" in ran.out
    assert "Nothing was changed. The change before it: gmailkit undo 2" in ran.err
    assert json.loads(cli("undo", "3", "--yes", "--json").out)["done"] is False


@pytest.mark.parametrize(
    "argv",
    [
        ["label", "report", "--add", "STARRED"],
        ["trash", "subject:report"],
        ["untrash", "report"],
        ["labels", "delete", "CI"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("option", [[], ["--no-input"]], ids=["in a pipe", "no input"])
def test_nothing_is_asked_where_nobody_can_answer(
    cli: Cli, mailbox: Sandbox, argv: list[str], option: list[str]
) -> None:
    cli("labels", "create", "CI")
    if argv[0] == "untrash":
        cli("trash", "subject:report", "--yes")
    before = writes(mailbox)
    ran = cli(*argv, *option)
    assert (ran.code, ran.out) == (2, "")
    assert "This needs a yes" in ran.err
    assert "--yes" in ran.err
    assert ME in ran.err
    assert writes(mailbox) == before


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
@pytest.mark.parametrize(
    "argv",
    [
        ["label", "report", "--add", "New", "--create"],
        ["trash", "subject:report"],
        ["untrash", "Lunch"],
        ["labels", "delete", "CI"],
    ],
    ids=" ".join,
)
def test_a_dry_run_is_dry(cli: Cli, mailbox: Sandbox, argv: list[str], as_json: bool) -> None:
    cli("labels", "create", "CI")
    cli("trash", "Lunch", "--yes")
    before = writes(mailbox)
    ran = cli(*argv, "--dry-run", *(["--json"] if as_json else []))
    assert ran.code == 0
    assert writes(mailbox) == before
    assert ran.out or ran.err


def test_the_dry_run_has_the_shape_of_the_result(cli: Cli, mailbox: Sandbox) -> None:
    argv = ["label", "report", "--add", "STARRED", "--json"]
    plan, result = cli(*argv, "--dry-run"), cli(*argv, "--yes")
    planned, done = json.loads(plan.out), json.loads(result.out)
    assert (planned.pop("done"), planned.pop("change")) == (False, None)
    assert (done.pop("done"), done.pop("change")) == (True, 1)
    assert planned == done
    assert planned["count"] == 2
    assert [each["subject"] for each in planned["sample"]] == ["Second report", "First report"]


def test_the_preview_shows_count_account_sample_and_new_labels(cli: Cli, mailbox: Sandbox) -> None:
    out = cli("label", "report", "--add", "New", "--create", "--dry-run").out
    assert out == (
        "2 messages of me@example.com: add New\n"
        "  2026-11-20  Ann Lee                   Second report\n"
        "  2026-11-20  Ann Lee                   First report\n"
        "  2026-11-20, 519 bytes; 15 units\n"
        "  most from ann@example.com 2\n"
        "  new labels: New\n"
    )


def test_who_wants_to_see_what_is_unread_is_told_how(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("unread")
    assert (ran.code, ran.out) == (2, "")
    assert "gmailkit search is:unread" in ran.err


def test_nothing_that_matches_is_no_failure_and_is_said(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("label", "subject:nowhere", "--add", "STARRED")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing to do" in ran.err
    assert writes(mailbox) == []


@pytest.mark.parametrize(
    "form",
    [
        lambda ids: "\n".join(ids) + "\n",
        lambda ids: "\0".join(ids),
        lambda ids: "".join(f"{id}\t2026-11-20T12:00:00Z\tAnn\tx\n" for id in ids),
        lambda ids: "".join(json.dumps({"id": id, "subject": "x"}) + "\n" for id in ids),
    ],
    ids=["lines", "NUL", "search", "search --json"],
)
def test_ids_come_from_standard_input(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch, form: Callable[[list[str]], str]
) -> None:
    ids = found(cli, "report")
    type_in(monkeypatch, form(ids))
    assert cli("label", "-", "--add", "STARRED", "--yes").code == 0
    assert found(cli, "is:starred") == ids


def test_a_plan_that_was_kept_is_carried_out_on_just_those_messages(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S17: the plan as a file, with counts and a sample, to be looked at first."""
    ids = found(cli, "report")
    plan = cli("trash", "subject:report", "--dry-run", "--json").out
    assert (json.loads(plan)["count"], len(json.loads(plan)["sample"])) == (2, 2)
    mailbox.mail.put(ME, letter("A later report"))
    type_in(monkeypatch, plan)
    assert cli("trash", "-", "--yes").code == 0
    assert found(cli, "in:trash") == ids


def test_a_plan_is_for_its_own_account_and_for_what_it_says(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = cli("archive", "report", "--dry-run", "--json").out
    label = ("label", "-", "--remove", "INBOX", "--add", "STARRED", "--yes")
    delete = ("delete", "-", "--forever", "--without-backup", "--dry-run")
    for argv in (("trash", "-", "--yes"), label, delete):
        type_in(monkeypatch, plan)
        ran = cli(*argv)
        assert (ran.code, "something else" in ran.err) == (2, True)
    type_in(monkeypatch, plan.replace(ME, "ann@example.com"))
    ran = cli("archive", "-", "--yes")
    assert (ran.code, f"is of ann@example.com, and this is {ME}" in ran.err) == (2, True)
    assert "gmailkit --account ann@example.com" in ran.err
    assert writes(mailbox) == []


def test_ids_come_from_options(cli: Cli, mailbox: Sandbox) -> None:
    one, two = found(cli, "report")
    assert cli("label", "--id", one, "--id", two, "--add", "STARRED", "--yes").code == 0
    assert found(cli, "is:starred") == [one, two]


def test_whole_conversations_change_where_they_are_meant(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of a list of conversations say what they are; ids and messages do with --threads."""
    for who in ("ann", "bob"):
        mailbox.mail.put(ME, letter("Plan", sender=f"{who}@example.com"), thread="plan")
    told = cli("archive", "from:bob", "--threads", "--dry-run").out.splitlines()
    assert told[0] == f"2 messages in 1 conversation of {ME}: archive"
    assert "  1 of them matches, the others are of the same conversations" in told
    facts = json.loads(cli("archive", "from:bob", "--threads", "-n", "--json").out)
    assert (facts["count"], facts["conversations"], facts["match"]) == (2, 1, 1)
    as_json = cli("search", "plan", "--threads", "--json").out
    for text, option in ((as_json, ()), (found_thread(cli), ("--threads",))):
        type_in(monkeypatch, text)
        facts = json.loads(cli("archive", "-", *option, "-n", "--json").out)
        assert (facts["count"], facts["conversations"], facts["match"]) == (2, 1, None)
    type_in(monkeypatch, as_json + cli("search", "lunch", "--json").out)
    ran = cli("archive", "-", "--yes")
    assert (ran.code, "Add --threads" in ran.err, writes(mailbox)) == (2, True, [])


def found_thread(cli: Cli) -> str:
    return str(cli("search", "plan", "--threads", "--ids").out)


def test_messages_that_are_gone_are_named_and_the_others_done(cli: Cli, mailbox: Sandbox) -> None:
    one, two = found(cli, "report")
    argv = ["label", "--id", one, "--id", "18c2f0a1b2c3d4e5", "--id", two, "--add", "STARRED"]
    planned = cli(*argv, "--dry-run")
    assert planned.code == 0
    assert "  not there: 18c2f0a1b2c3d4e5\n" in planned.out
    ran = cli(*argv, "-y", "-q")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("gmailkit: 1 of 3 messages are not there.\n  18c2f0a1b2c3d4e5: ")
    assert found(cli, "is:starred") == [one, two]
    facts = json.loads(cli(*argv, "-y", "--json", "-q").err)
    assert (facts["error"], facts["done"], len(facts["failed"])) == ("PartialError", 2, 1)


def test_trash_and_back(cli: Cli, mailbox: Sandbox) -> None:
    ids = found(cli, "report")
    ran = cli("trash", "subject:report", "-y")
    assert ran.out == "2 messages of me@example.com: moved to Trash.\n"
    assert found(cli, "in:trash") == ids
    ran = cli("untrash", "report", "-y")
    assert ran.out == "2 messages of me@example.com: taken out of Trash.\n"
    assert found(cli, "in:trash") == []


def test_untrash_of_everything_means_everything_in_trash(cli: Cli, mailbox: Sandbox) -> None:
    cli("trash", "subject:report", "-y")
    assert json.loads(cli("untrash", "", "--dry-run", "--json").out)["count"] == 2
    assert json.loads(cli("untrash", "First OR Lunch", "-n", "--json").out)["count"] == 1


def names(cli: Cli) -> list[str]:
    rows = [line.split("\t") for line in cli("labels").out.splitlines()]
    return [row[0] for row in rows if row[1] == "user"]


def test_labels_are_made_renamed_coloured_and_deleted(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("labels", "create", "Work").out == f"Made the label Work of {ME}.\n"
    assert cli("labels", "create", "Work/Urgent", "--background", "#fb4c2f").code == 0
    ran = cli("labels", "rename", "Work", "Job")
    assert ran.out == f"Renamed in {ME}: Job, Job/Urgent.\n"
    assert names(cli) == ["Job", "Job/Urgent"]
    ran = cli("labels", "color", "Job", "--background", "#16a766", "--text", "#ffffff", "--json")
    assert (json.loads(ran.out)["background"], json.loads(ran.out)["text"]) == (
        "#16a766",
        "#ffffff",
    )
    assert cli("labels", "delete", "Job", "--yes").out == f"Deleted the label Job of {ME}.\n"
    assert names(cli) == ["Job/Urgent"]


def test_names_of_labels_cannot_steer_the_terminal(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested = Label(id=LabelId("Label_1"), name="Job/\x9b2J\x1b\u202e")
    renamed = LabelsChange(labels=(nested,), number=1)
    monkeypatch.setattr("gmailkit.gmail.Gmail.rename_label", lambda *_: renamed)
    ran = cli("labels", "rename", "Work", "Job")
    assert (ran.code, ran.out) == (0, f"Renamed in {ME}: Job/\\x9b2J\\x1b\\u202e.\n")


def test_a_dry_run_of_deleting_a_label_names_it_as_it_is(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "create", "Work")
    assert "the label Work of me@example.com" in cli("labels", "delete", "work", "-n").err
    assert json.loads(cli("labels", "delete", "work", "-n", "--json").out)["name"] == "Work"


def test_the_list_of_labels_counts_when_asked(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("labels", "list").out == cli("labels").out
    assert cli("labels", "list", "--counts").out == cli("labels", "--counts").out
    (inbox,) = [x for x in cli("labels", "list", "--counts").out.splitlines() if "INBOX" in x]
    assert inbox == "INBOX\tsystem\t3\t0"
    lines = [json.loads(line) for line in cli("labels", "--json").out.splitlines()]
    assert {"id", "name", "type", "background", "text", "messages", "unread"} == set(lines[0])
    assert lines[0]["messages"] is None
