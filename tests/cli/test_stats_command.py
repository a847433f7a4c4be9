"""`stats`: what it prints for people and for programs, of Gmail and of a backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.stats_view import bar
from gmailkit.sandbox import Sandbox

Cli = Callable[..., Any]


@pytest.fixture
def folder(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> Path:
    """A backup of three messages."""
    assert cli("backup", str(tmp_path / "mail.backup")).code == 0
    return tmp_path / "mail.backup"


def test_a_backup_is_told_offline_as_lines_and_as_json(
    cli: Cli, folder: Path, mailbox: Sandbox
) -> None:
    mailbox.stop()
    ran = cli("stats", "--in", str(folder))
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert {"sender", "domain", "label", "year", "month", "size", "hour"} <= {x[0] for x in lines}
    assert sum(int(line[2]) for line in lines if line[0] == "sender") == 3
    facts = json.loads(cli("stats", "--in", str(folder), "--json").out)
    assert facts["messages"] == 3
    assert facts["units"] == 0
    rows = facts["tables"]["domain"]["rows"]
    assert sum(row["bytes"] for row in rows) == facts["bytes"]
    one = json.loads(cli("stats", "--in", str(folder), "--by", "year", "--json").out)
    assert list(one["tables"]) == ["year"]
    assert len(cli("stats", "--in", str(folder), "--by", "hour").out.splitlines()) == 24


def test_gmail_says_what_it_would_cost_and_costs_it_once(cli: Cli, mailbox: Sandbox) -> None:
    plan = json.loads(cli("stats", "--dry-run", "--json").out)
    assert (plan["messages"], plan["known"], plan["cut"]) == (3, 0, False)
    first = json.loads(cli("stats", "--json").out)
    again = json.loads(cli("stats", "--json").out)
    assert first["messages"] == again["messages"] == 3
    assert again["units"] == first["units"] - 3 * 20
    assert cli("stats", "-n").out.startswith("3 messages to count, 3 known: ")
    cut = cli("stats", "--limit", "2", "--by", "sender")
    assert cut.err == "Only the newest 2 messages were counted (--limit).\n"


def test_a_label_that_a_backup_has_not_is_told_as_a_search_tells_it(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    cli("label", "hello", "--add", "Receipts", "--create", "--yes")
    cli("backup", str(folder))
    ran = cli("stats", "label:Receipt", "--in", str(folder))
    assert (ran.code, ran.out) == (6, "")
    assert 'Did you mean "Receipts"?' in ran.err
    searched = cli("search", "label:Receipt", "--in", str(folder))
    assert (searched.code, searched.err.splitlines()[0]) == (6, ran.err.splitlines()[0])


def test_a_picture_is_made_and_named(cli: Cli, folder: Path, tmp_path: Path) -> None:
    line = ("stats", "--in", str(folder), "--by", "sender", "--chart")
    ran = cli(*line, str(tmp_path / "a.svg"))
    assert ran.err == f"{tmp_path}/a.svg is drawn.\n"
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert cli(*line, str(tmp_path / "a.svg")).code == 16
    wrong = cli(*line, str(tmp_path / "a.gif"))
    assert (wrong.code, wrong.out) == (2, "")


def test_options_of_a_backup_alone_are_refused(cli: Cli, mailbox: Sandbox) -> None:
    for option in (("--from", "me@example.com"), ("--as-of", "2026-01-01")):
        ran = cli("stats", *option)
        assert ran.code == 2
        assert "--in DIR" in ran.err


def test_what_cannot_be_read_is_told_and_the_rest_is_counted(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    mbox = tmp_path / "mail.mbox"
    cli("export", str(folder), str(mbox), "--to", "mbox")
    mbox.write_bytes(mbox.read_bytes()[:-20] + b"x" * 18 + b"\n\n")
    ran = cli("stats", "--in", str(mbox), "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["messages"] == 2
    assert "could not be read" in ran.err


@pytest.mark.parametrize(
    ("part", "shown"), [(0, ""), (1, "█" * 24), (0.5, "█" * 12), (1 / 192, "▏"), (0.001, "")]
)
def test_a_bar_is_as_long_as_its_part(part: float, shown: str) -> None:
    assert bar(part) == shown
