"""`gmailkit sent`: the ledger as a person and a program read it, and brought to an end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.cli.state import State
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import let_in

Run = Callable[..., Any]
HELLO = ("send", "ann@example.com", "-s", "Hello", "--body", "Hi")


def patient() -> State:
    return State(clock=FakeClock(time.time()))


def left_on_its_way(cli: Run, mailbox: Sandbox, *, fast: bool = False) -> None:
    """A message that may have left: it did, and nobody could look."""
    mailbox.faults.next("drop-after", method="messages.send" if fast else "drafts.send")
    mailbox.faults.next("503", method="drafts.get", times=99)
    mailbox.faults.next("503", method="messages.list", times=99)
    words = ["--fast"] if fast else []
    assert cli(*HELLO, "--key", "one", *words, state=patient()).code != 0
    mailbox.faults.clear()


def test_it_lists_newest_first(cli: Run, mailbox: Sandbox) -> None:
    cli(*HELLO, "--key", "one")
    cli("send", "ann@example.com,bob@example.com", "-s", "Tab\there", "--body", "x", "--key", "two")
    lines = [line.split("\t") for line in cli("sent").out.splitlines()]
    assert [line[1:] for line in lines] == [
        ["sent", "draft", "ann@example.com and 1 more", r"Tab\there", "two"],
        ["sent", "draft", "ann@example.com", "Hello", "one"],
    ]
    assert cli("sent", "--limit", "1").out.count("\n") == 1
    assert cli("sent", "--state", "failed").out == ""
    facts = json.loads(cli("sent", "--json", "--limit", "1").out)
    assert facts["to"] == ["ann@example.com", "bob@example.com"]
    assert facts["state"] == "sent"
    assert facts["message_id"]


def test_what_changed_last_stands_first_as_the_time_shown_says(cli: Run, mailbox: Sandbox) -> None:
    clock = FakeClock(time.time())
    for key, at in (("later", ("--at", "in 2 hours")), ("now", ())):
        cli(*HELLO, "--key", key, *at, state=State(clock=clock))
        clock.sleep(60)
    assert [line.split("\t")[-1] for line in cli("sent").out.splitlines()] == ["now", "later"]
    clock.sleep(7200)
    assert cli("outbox", "run", state=State(clock=clock)).code == 0
    rows = [line.split("\t") for line in cli("sent").out.splitlines()]
    assert [row[-1] for row in rows] == ["later", "now"]
    assert rows[0][0] > rows[1][0]
    assert cli("sent", "--limit", "1").out.endswith("\tlater\n")


def test_a_state_that_is_none_is_refused(cli: Run, mailbox: Sandbox) -> None:
    ran = cli("sent", "--state", "gone")
    assert ran.code == 2
    assert "'gone'" in ran.err


def test_finish_asks_first_and_sends_nothing_twice(cli: Run, mailbox: Sandbox) -> None:
    left_on_its_way(cli, mailbox)
    assert "gmailkit sent --finish" in cli("sent").err
    assert cli("sent", "--finish").code == 2  # nobody can be asked
    ran = cli("sent", "--finish", "--dry-run")
    assert (ran.code, ran.out) == (0, "")
    assert "ann@example.com  Hello" in ran.err
    ran = cli("sent", "--finish", "--yes")
    assert (ran.code, ran.out.split("\t")[1]) == (0, "sent")
    assert len(mailbox.mail.ids("ann@example.com")) == 1
    assert "Nothing was left" in cli("sent", "--finish").err


def test_what_nobody_can_tell_is_settled_by_hand(cli: Run, mailbox: Sandbox) -> None:
    mailbox.faults.next("drop-before", method="messages.send")
    assert cli(*HELLO, "--key", "one", "--fast", state=patient()).code != 0
    ran = cli("sent", "--finish", "--yes")
    assert ran.code == 3
    assert "--settle KEY" in ran.err
    ran = cli(*HELLO, "--key", "one")
    assert ran.code == 7
    assert "--settle one" in ran.err
    assert cli("sent", "--settle", "one").code == 2
    assert cli("sent", "--settle", "one", "--as", "failed").code == 0
    assert cli(*HELLO, "--key", "one").code == 0
    assert len(mailbox.mail.ids("ann@example.com")) == 1
    assert cli("sent", "--settle", "one", "--as", "sent").code == 7
    assert cli("sent", "--settle", "two", "--as", "sent").code == 6


@pytest.mark.parametrize("fast", [False, True])
def test_the_same_key_settles_it_too(cli: Run, mailbox: Sandbox, fast: bool) -> None:
    left_on_its_way(cli, mailbox, fast=fast)
    assert cli(*HELLO, "--key", "one").code == 0
    with Gmail() as gmail:
        assert [entry.state for entry in gmail.sent()] == ["sent"]
    assert len(mailbox.mail.ids("ann@example.com")) == 1


def test_a_sign_in_without_drafts_is_told_that_it_was_one_call(
    cli: Run, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(mailbox, monkeypatch, ["gmail.send", "email"])
    ran = cli(*HELLO)
    assert ran.code == 0
    assert "Sent in one call" in ran.err
    assert cli("sent").out.split("\t")[2] == "fast"
