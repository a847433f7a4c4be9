"""`gmailkit thread` writes conversations as Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

Cli = Callable[..., Any]


@pytest.fixture
def id(mailbox: Sandbox) -> str:
    first, _ = (
        mailbox.mail.put(ME, letter(name, body="x\x1b[2J"), thread="plan")
        for name in ("Plan", "Re: Plan")
    )
    return first


def test_it_goes_to_standard_output(cli: Cli, id: str) -> None:
    ran = cli("thread", id)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("# Plan\n\n## 1. Ann Lee\n")
    assert "\n## 2. Ann Lee\n" in ran.out
    assert "\x1b" not in ran.out


def test_it_goes_into_a_new_file(cli: Cli, id: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.md"
    ran = cli("thread", id, "--markdown", str(file), "--attachments", str(tmp_path / "files"))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"2 messages, 0 attachments in {file}.\n"
    assert file.read_text() == cli("thread", id).out
    again = cli("thread", id, "--markdown", str(file))
    assert again.code == 16
    assert "there already" in again.err


def test_as_json_it_is_one_document(cli: Cli, id: str, tmp_path: Path) -> None:
    facts = json.loads(cli("thread", id, "--json").out)
    assert (len(facts["messages"]), facts["file"], facts["files"]) == (2, None, [])
    assert facts["markdown"].startswith("# Plan\n")
    file = tmp_path / "plan.md"
    facts = json.loads(cli("thread", id, "--json", "--markdown", str(file)).out)
    assert (facts["file"], facts["markdown"]) == (str(file), None)


def test_a_row_of_conversations_names_one(terminal: Callable[..., Any], id: str) -> None:
    screen = terminal(script="$GMAILKIT search Plan --threads; $GMAILKIT thread 1")
    assert screen.close() == 0
    assert "## 2. Ann Lee" in screen.screen
