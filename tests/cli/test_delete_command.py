"""`gmailkit delete`: what it asks for before anything is gone for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter

Cli = Callable[..., Any]


@pytest.fixture
def trash(sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    let_in(sandbox, monkeypatch, PURPOSES["full"])
    return [sandbox.mail.put(ME, letter(f"Old {n}"), labels=("TRASH",)) for n in range(3)]


def test_it_wants_forever_and_a_word_on_the_backup(
    cli: Cli, sandbox: Sandbox, trash: list[str]
) -> None:
    ran = cli("delete", "old", "--without-backup", "--yes", "--max", "9")
    assert (ran.code, "add --forever" in ran.err) == (2, True)
    ran = cli("delete", "old", "--forever", "--yes", "--max", "9")
    assert (ran.code, "--backup DIR" in ran.err) == (2, True)
    ran = cli("delete", "old", "--forever", "--backup", "x", "--without-backup", "--yes")
    assert ran.code == 2
    assert len(sandbox.mail.ids(ME)) == 3


def test_a_script_says_yes_and_the_number(cli: Cli, sandbox: Sandbox, trash: list[str]) -> None:
    line = ("delete", "old", "--forever", "--without-backup")
    for more in ((), ("--yes",), ("--max", "9")):
        ran = cli(*line, *more)
        assert (ran.code, "--yes --max 3" in ran.err) == (2, True)
    ran = cli(*line, "--yes", "--max", "2")
    assert (ran.code, "3 messages are more than 2" in ran.err) == (2, True)
    assert len(sandbox.mail.ids(ME)) == 3
    ran = cli(*line, "--yes", "--max", "3")
    assert ran.out == f"3 messages of {ME}: deleted for good. Change 1 keeps the ids.\n"
    assert "WITHOUT a backup" in ran.err
    assert sandbox.mail.ids(ME) == []


def test_with_a_backup_only_what_is_safe_there(
    cli: Cli, sandbox: Sandbox, trash: list[str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "backup")
    line = ("delete", "old", "--forever", "--backup", folder, "--yes", "--max", "9")
    assert cli("backup", folder, "--label", "TRASH").code == 0
    new = sandbox.mail.put(ME, letter("Old and new"), labels=("TRASH",))
    ran = cli(*line)
    assert (ran.code, new in ran.err) == (3, True)
    assert len(sandbox.mail.ids(ME)) == 4
    assert cli("backup", folder, "--label", "TRASH").code == 0
    done = json.loads(cli(*line, "--json").out)
    assert (done["done"], done["count"], done["change"]) == (True, 4, 1)
    assert sandbox.mail.ids(ME) == []
    assert "cannot be undone" in cli("undo", "1", "--yes").err


def test_a_dry_run_deletes_nothing(cli: Cli, sandbox: Sandbox, trash: list[str]) -> None:
    ran = cli("delete", "old", "--without-backup", "--dry-run")
    assert ran.out.startswith(f"3 messages of {ME}: delete for good, WITHOUT a backup\n")
    assert len(sandbox.mail.ids(ME)) == 3


def test_nothing_in_trash_is_nothing_to_do(cli: Cli, sandbox: Sandbox, trash: list[str]) -> None:
    ran = cli("delete", "new", "--forever", "--without-backup")
    assert (ran.code, ran.err.strip()) == (
        0,
        f"Nothing in the Trash of {ME} matches: nothing to do.",
    )
