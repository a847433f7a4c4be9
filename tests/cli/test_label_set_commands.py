"""`labels merge`, `unused`, `apply`, `export`, `colors` and the tree, on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from mailroom import ME

Cli = Callable[..., Any]


def names(cli: Cli) -> list[str]:
    rows = [line.split("\t") for line in cli("labels").out.splitlines()]
    return [row[0] for row in rows if row[1] == "user"]


def test_a_merge_is_shown_and_done(cli: Cli, mailbox: Sandbox) -> None:
    for name in ("Old", "Old/x", "New"):
        cli("labels", "create", name)
    cli("label", "report", "--add", "Old", "--yes")
    told = cli("labels", "merge", "Old", "New", "--dry-run")
    lines = [f"2 messages of {ME}; 20 units", "  Old into New", "  Old/x becomes New/x"]
    assert told.out.splitlines() == lines
    assert cli("labels", "merge", "Old", "New").code == 2
    ran = cli("labels", "merge", "Old", "New", "--yes")
    assert ran.out == "Merged Old into New: 2 messages.\n"
    assert names(cli) == ["New", "New/x"]
    assert "gmailkit undo 5" in ran.err
    cli("undo", "--yes")
    assert names(cli) == ["New", "Old", "Old/x"]


def test_unused_labels_are_listed_and_deleted(cli: Cli, mailbox: Sandbox) -> None:
    for name in ("Used", "Idle"):
        cli("labels", "create", name)
    cli("label", "report", "--add", "Used", "--yes")
    assert cli("labels", "unused").out == "Idle\n"
    assert json.loads(cli("labels", "unused", "--json").out)["name"] == "Idle"
    assert cli("labels", "unused", "--delete", "--dry-run").out == "Idle\n"
    assert cli("labels", "unused", "--delete").code == 2
    assert cli("labels", "unused", "--delete", "--yes").out == "Deleted: Idle.\n"
    ran = cli("labels", "unused")
    assert (ran.code, ran.out, "no unused label" in ran.err) == (0, "", True)


def test_a_file_is_shown_as_a_difference_and_applied(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    for name in ("Job", "Spare", "Blue"):
        cli("labels", "create", name)
    file = tmp_path / "labels.toml"
    file.write_text(
        '[[label]]\nname = "Work"\nrenamed_from = "Job"\n'
        '[[label]]\nname = "Blue"\ncolor = "blue"\n[[label]]\nname = "New"\n'
    )
    told = cli("labels", "apply", str(file), "--dry-run", "--prune")
    assert told.out.splitlines() == [
        f"Labels of {ME}",
        "  + New",
        "  ~ Job becomes Work",
        "  ~ Blue: blue with black letters",
        "  - Spare (0 messages)",
    ]
    planned = json.loads(cli("labels", "apply", str(file), "--dry-run", "--json").out)
    assert (planned["alone"], planned["pruned"]) == (["Spare"], [])
    assert cli("labels", "apply", str(file)).code == 2
    ran = cli("labels", "apply", str(file), "--yes")
    assert ran.out == f"The labels of {ME} are as labels.toml says.\n"
    assert names(cli) == ["Blue", "New", "Spare", "Work"]
    again = cli("labels", "apply", str(file))
    assert (again.code, again.out) == (0, "")


def test_what_is_exported_can_be_applied(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    cli("labels", "create", "Работа/x", "--background", "green", "--text", "white")
    out = cli("labels", "export").out
    assert out == '[[label]]\nname = "Работа/x"\ncolor = "green"\ntext = "white"\n'
    file = tmp_path / "labels.toml"
    file.write_text(out, encoding="utf-8")
    cli("labels", "delete", "Работа/x", "--yes")
    assert cli("labels", "apply", str(file), "--yes").code == 0
    assert cli("labels", "export").out == out


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_said(cli: Cli, mailbox: Sandbox, name: str) -> None:
    ran = cli("labels", "apply", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"Cannot read {name}: " in ran.err


def test_nested_labels_are_shown_under_those_above(cli: Cli, mailbox: Sandbox) -> None:
    for name in ("Work", "Work-2", "Work/a", "Work/b/c", "Lone/x"):
        cli("labels", "create", name)
    shown = [line.split("\t")[0] for line in cli("labels", "--tree").out.splitlines()]
    assert shown[-5:] == ["Lone/x", "Work", "  a", "  b/c", "Work-2"]
    assert cli("labels", "list", "--tree").out == cli("labels", "--tree").out


def test_colours_are_listed_without_asking_anybody(cli: Cli) -> None:
    lines = cli("labels", "colors").out.splitlines()
    assert "red\t#fb4c2f" in lines
    assert json.loads(cli("labels", "colors", "--json").out.splitlines()[0]) == {
        "name": "black",
        "value": "#000000",
    }
