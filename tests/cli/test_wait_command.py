"""`gmailkit wait` as a script uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

Cli = Callable[..., Any]
NOW = ("--since", "5m", "--timeout", "0s")


@pytest.fixture
def code(mailbox: Sandbox) -> str:
    return mailbox.mail.put(ME, letter("Your code", body="It is 481516.\x1b[2J"))


def test_the_match_alone_is_printed(cli: Cli, code: str) -> None:
    ran = cli("wait", "subject:code", "--extract", r"\d{6}", *NOW)
    assert (ran.code, ran.out, ran.err) == (0, "481516\n", "")


def test_without_a_pattern_it_is_the_line_of_a_list(cli: Cli, code: str) -> None:
    assert cli("wait", "subject:code", *NOW).out == cli("search", "subject:code").out


def test_as_json_it_is_the_message_with_the_match(cli: Cli, code: str) -> None:
    found = json.loads(cli("wait", "subject:code", "--extract", r"\d+", "--json", *NOW).out)
    assert (found["id"], found["match"]) == (code, "481516")
    assert "match" not in json.loads(cli("wait", "subject:code", "--json", *NOW).out)


def test_a_match_steers_no_terminal(cli: Cli, code: str) -> None:
    assert "\x1b" not in cli("wait", "subject:code", "--extract", r"6\..*", *NOW).out


def test_when_the_time_is_over_the_code_is_12(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("wait", "subject:nowhere", "--timeout", "0", "--json")
    assert (ran.code, ran.out) == (12, "")
    error = json.loads(ran.err)
    assert (error["error"], error["came"], error["retryable"]) == ("TimedOut", 0, True)


def test_what_came_is_printed_before_the_time_is_over(cli: Cli, code: str) -> None:
    ran = cli("wait", "subject:code", "--count", "2", "--extract", r"\d+", *NOW)
    assert (ran.code, ran.out) == (12, "481516\n")
    assert "Only 1 of 2 messages" in ran.err


@pytest.mark.parametrize(
    "argv", [("--timeout", "soon"), ("--since", "0s", "--timeout", "x"), ("--extract", "(")]
)
def test_slips_are_told_before_anything_is_waited_for(
    cli: Cli, mailbox: Sandbox, argv: tuple[str, ...]
) -> None:
    assert cli("wait", "subject:code", *argv).code == 2


def test_mail_that_comes_meanwhile_ends_it(mailbox: Sandbox, terminal: Callable[..., Any]) -> None:
    screen = terminal("wait", "subject:code", "--timeout", "1h", "--extract", r"\d{6}")
    screen.wait_for("Ctrl-C stops it")
    mailbox.mail.put(ME, letter("Code", body="481516"))
    screen.wait_for("481516")
    assert screen.close() == 0
