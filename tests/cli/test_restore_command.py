"""`gmailkit restore`: the plan, the yes, the way back, and what it says of mistakes."""

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
def folder(
    cli: Cli, sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    """A backup of two messages, one of which lies in Trash since."""
    let_in(sandbox, monkeypatch, PURPOSES["modify"])
    for subject in ("Lunch", "Report"):
        sandbox.mail.put(ME, letter(subject))
    path = str(tmp_path / "mail.backup")
    assert cli("backup", path).code == 0
    assert cli("trash", "subject:lunch", "--yes").code == 0
    return path


def test_the_plan_is_shown_then_carried_out_and_undone(cli: Cli, folder: str) -> None:
    shown = cli("restore", folder, "--dry-run")
    assert (shown.code, shown.out.splitlines()[0][:26]) == (0, "2 messages of me@example.c")
    assert "what is added bears the label restored/" in shown.out
    asked = cli("restore", folder)
    assert asked.code == 2
    assert "--yes" in asked.err
    done = cli("restore", folder, "--yes")
    assert done.out == f"1 message restored to {ME}, 1 were there already.\n"
    assert "To take it back: gmailkit undo " in done.err
    assert cli("undo", "--yes").code == 0
    assert cli("search", "subject:lunch", "--ids").out == ""


def test_json_tells_the_plan_and_what_came_of_it(cli: Cli, folder: str) -> None:
    plan = json.loads(cli("restore", folder, "--dry-run", "--json").out)
    assert plan["days"] == 0
    assert (plan["count"], plan["done"], plan["from"]) == (2, False, ME)
    done = json.loads(cli("restore", folder, "--yes", "--json").out)
    assert (done["done"], done["added"], done["present"]) == (True, 1, 1)


def test_of_a_day_before_a_backup_began_it_is_said_when_it_did(cli: Cli, folder: str) -> None:
    out = f"{folder}.csv"
    for words in (
        ("restore", folder, "--dry-run"),
        ("search", "--in", folder),
        ("stats", "--in", folder),
        ("export", folder, out, "--to", "csv"),
    ):
        ran = cli(*words, "--as-of", "2001-01-01")
        assert ran.code == 0
        Path(out).unlink(missing_ok=True)
        assert f"{folder} begins on 20" in ran.err
        assert "begins on" not in cli(*words, "--as-of", "2999-01-01").err


def test_from_inside_the_folder_it_is_named_by_a_dot(
    cli: Cli, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert cli("restore", ".", "--yes").code == 0


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--mark", "x", "--no-mark"], 2, "contradict each other"),
        (["--to", "a@example.com", "--account", "b@example.com"], 2, "contradict each other"),
        (["--from", "eve@example.com"], 6, "holds no mail of eve@example.com"),
        (["--query", "form:ann"], 2, "from:"),
    ],
)
def test_a_mistake_is_one_sentence(
    cli: Cli, folder: str, more: list[str], code: int, said: str
) -> None:
    ran = cli("restore", folder, *more, "--yes")
    assert ran.code == code
    assert said in ran.err


def test_a_drill_asks_nobody_and_names_what_did_not_come_back(cli: Cli, folder: str) -> None:
    ran = cli("restore", folder, "--drill")
    assert (ran.code, ran.err) == (0, "As listed in docs/restoring.md: date, 2 messages.\n")
    assert ran.out.startswith(f"{folder}: 2 messages tried in an empty practice mailbox (")
    facts = json.loads(cli("restore", folder, "--drill", "--sample", "1", "--json").out)
    assert (facts["ok"], facts["tried"], facts["messages"]) == (True, 1, 2)
    (pack,) = Path(folder, "packs").iterdir()
    pack.write_bytes(pack.read_bytes()[:-20] + bytes(20))
    ran = cli("restore", folder, "--drill", "--sample", "all")
    assert ran.code == 13
    assert "wrong\t" in ran.out
    assert "did not come back as they were" in ran.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--drill", "--sample", "some"], "--sample takes a number of messages, or all"),
        (["--drill", "--sample", "0"], "--sample takes a number of messages, or all"),
        (["--drill", "--to", "ann@example.com"], "a practice mailbox of its own"),
        (["--sample", "3"], "how much of a drill"),
    ],
)
def test_what_makes_no_sense_in_a_drill_is_a_sentence(
    cli: Cli, tmp_path: Path, more: list[str], said: str
) -> None:
    ran = cli("restore", str(tmp_path), *more)
    assert ran.code == 2
    assert said in ran.err


def test_settings_come_back_after_a_look(
    cli: Cli, folder: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(sandbox, monkeypatch, PURPOSES["restore"])
    assert cli("labels", "create", "Receipts").code == 0
    assert cli("settings", "signature", "set", "--body", "Me", "--yes").code == 0
    folder = f"{folder}2"
    assert cli("backup", folder).code == 0
    assert cli("labels", "delete", "Receipts", "--yes").code == 0
    assert cli("settings", "signature", "clear", "--yes").code == 0
    shown = cli("restore", folder, "--settings", "--dry-run")
    assert (shown.code, "  make the label Receipts\n" in shown.out) == (0, True)
    assert cli("restore", folder, "--settings").code == 2
    done = json.loads(cli("restore", folder, "--settings", "--yes", "--json").out)
    assert done["changes"] == [
        "make the label Receipts",
        f'set the signature of {ME}: signature to "Me"',
    ]
    assert (done["done"], len(done["numbers"])) == (True, 2)
    assert "nothing to do" in cli("restore", folder, "--settings", "--yes").err
    for more in (["--query", "x"], ["--drill"], ["--mark", "x"]):
        assert cli("restore", folder, "--settings", *more, "--yes").code == 2


def test_a_large_restore_says_how_many_days_it_may_take(
    cli: Cli, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.services.copying.into_gmail.plan.A_DAY", 100)
    shown = cli("restore", folder, "--dry-run").out
    assert "  where Gmail takes 500 MB a day, as by IMAP: " in shown
    assert shown.partition("IMAP: ")[2].partition(" days")[0].isdecimal()
