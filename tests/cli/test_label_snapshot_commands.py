"""`labels snapshot`, `snapshots`, `diff` and `rollback`, as a person and a program use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gmailkit.cli.plan import COUNTED
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter
from terminal import Terminal

Cli = Callable[..., Any]


def found(cli: Cli, query: str) -> list[str]:
    return sorted(cli("search", query, "--ids").out.split())


def test_a_snapshot_says_what_it_holds(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("labels", "snapshot", "--name", "before")
    assert (ran.code, ran.out) == (0, f"Snapshot before of {ME}: 3 messages, 26 labels.\n")
    assert "gmailkit labels diff 1 now" in ran.err
    facts = json.loads(cli("labels", "snapshot", "--json").out)
    assert (facts["name"], facts["number"], facts["messages"]) == ("2", 2, 3)
    rows = [line.split("\t") for line in cli("labels", "snapshots").out.splitlines()]
    assert [(name, number, count) for name, number, _, count, _ in rows] == [
        ("2", "2", "3"),
        ("before", "1", "3"),
    ]


def test_snapshots_are_deleted_after_a_yes(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "snapshot", "--name", "before")
    ran = cli("labels", "snapshots", "--delete", "before")
    assert (ran.code, ran.out) == (2, "")
    assert cli("labels", "snapshots", "--delete", "before", "--yes").out == "Deleted: before.\n"
    assert cli("labels", "snapshots").out == ""
    ran = cli("labels", "snapshots", "--delete", "before", "--yes")
    assert (ran.code, 'no snapshot "before"' in ran.err) == (6, True)


def test_a_diff_shows_labels_and_messages(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "snapshot")
    lunch, *_ = found(cli, "subject:lunch")
    cli("label", "subject:lunch", "--add", "Food", "--remove", "INBOX", "--create", "--yes")
    ran = cli("labels", "diff", "1", "now")
    assert ran.out == "Food\t1\t0\tnew\nINBOX\t0\t1\t\n"
    assert ran.err == "snapshot 1 to now: 1 message changed, 0 arrived, 0 gone.\n"
    assert cli("labels", "diff", "1", "--messages").out.endswith(
        f"{lunch}\tchanged\t+Food -INBOX\n"
    )
    lines = [json.loads(line) for line in cli("labels", "diff", "1", "--json").out.splitlines()]
    assert lines == [
        {"label": "Food", "change": "new", "former": None, "came": 1, "went": 0},
        {"label": "INBOX", "change": None, "former": None, "came": 0, "went": 1},
        {"message": lunch, "before": ["INBOX"], "after": ["Food"]},
    ]
    assert cli("labels", "diff", "1", "1").out == ""
    assert cli("labels", "diff", "now", "now").out == ""


def test_a_rollback_is_shown_asked_for_and_undone(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "snapshot")
    ids = found(cli, "report")
    cli("trash", "subject:report", "--yes")
    told = cli("labels", "rollback", "1", "--dry-run")
    assert told.out == (
        f"2 messages of {ME}: back to snapshot 1\n"
        "  2 messages: add INBOX, remove TRASH\n  10 units\n"
    )
    ran = cli("labels", "rollback", "1")
    assert (ran.code, ran.out, "This needs a yes" in ran.err) == (2, "", True)
    assert found(cli, "in:trash") == ids
    typo = cli("labels", "rollback", "1", "--query", "from:billling", "--yes")
    assert typo.err == f"No message of {ME} matches: nothing to do.\n"
    same = cli("labels", "rollback", "1", "--query", "subject:lunch", "--yes")
    assert same.err == "All that matches is as in snapshot 1: nothing to do.\n"
    ran = cli("labels", "rollback", "1", "--yes")
    assert ran.out == f"2 messages of {ME}: as in snapshot 1.\n"
    assert "gmailkit undo 2" in ran.err
    assert found(cli, "in:inbox report") == ids
    again = cli("labels", "rollback", "1", "--yes")
    assert (again.code, again.out, "nothing to do" in again.err) == (0, "", True)
    cli("undo", "--yes")
    assert found(cli, "in:trash") == ids


def test_a_rollback_is_capped_as_other_changes_are(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "snapshot")
    ids = found(cli, "report")
    cli("trash", "subject:report", "--yes")
    ran = cli("labels", "rollback", "1", "--yes", "--max", "1")
    assert (ran.code, ran.out) == (2, "")
    assert "2 messages are more than 1; nothing was changed." in ran.err
    assert "--max 2" in ran.err
    assert found(cli, "in:trash") == ids
    assert cli("labels", "rollback", "1", "--yes", "--max", "2").code == 0


def test_a_rollback_that_moves_many_to_trash_wants_the_number(
    cli: Cli, terminal: Callable[..., Terminal], mailbox: Sandbox
) -> None:
    many = COUNTED + 1
    for number in range(many):
        mailbox.mail.put(ME, letter(f"many {number}"), labels=["TRASH"])
    cli("labels", "snapshot")
    cli("untrash", "many", "--yes")
    for answer, code, trashed in (("y", 1, 0), (str(many), 0, many)):
        screen = terminal("labels", "rollback", "1")
        screen.wait_for(f"Type {many} to do it: ")
        screen.type(f"{answer}\n")
        assert screen.close() == code
        assert len(found(cli, "in:trash")) == trashed


def test_the_plan_of_a_rollback_has_the_shape_of_the_result(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "create", "Food", "--background", "green")
    cli("label", "subject:lunch", "--add", "Food", "--yes")
    cli("labels", "snapshot")
    cli("labels", "delete", "Food", "--yes")
    planned = json.loads(cli("labels", "rollback", "1", "--dry-run", "--json").out)
    done = json.loads(cli("labels", "rollback", "1", "--yes", "--json").out)
    assert (planned.pop("done"), planned.pop("change")) == (False, None)
    assert (done.pop("done"), done.pop("change")) == (True, 4)
    assert planned == done
    assert (done["remade"], done["count"]) == (["Food"], 1)
    assert done["changes"] == [{"add": ["Food"], "remove": [], "ids": found(cli, "label:food")}]


@pytest.mark.parametrize("argv", [["diff", "1"], ["diff", "now", "1"], ["rollback", "1"]])
def test_a_snapshot_that_is_not_there_is_said(cli: Cli, mailbox: Sandbox, argv: list[str]) -> None:
    ran = cli("labels", *argv)
    assert (ran.code, ran.out) == (6, "")
    assert 'There is no snapshot "1".' in ran.err
    assert "gmailkit labels snapshots" in ran.err
    cli("labels", "snapshot", "--name", "before")
    assert "Did you mean before?" in cli("labels", "rollback", "befor").err
