"""`gmailkit compact`: the plan, the yes, the new backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from disks import Watched, message, save
from gmailkit.backup.record import Record

MAIL = [message(number) for number in range(31)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """31 messages, two of them starred."""
    starred = [Record(*_facts(each), {"STARRED": "STARRED"}, each.raw) for each in MAIL[:2]]
    save(tmp_path / "old", [*starred, *MAIL[2:]], storage=Watched())
    return tmp_path / "old"


def _facts(record: Record) -> tuple[str, str, str, int]:
    return record.account, record.id, record.thread, record.date_ms


def test_the_command_shows_asks_and_writes(
    cli: Callable[..., Any], own_home: Path, old: Path
) -> None:
    new = str(old.with_name("new"))
    line = ["compact", str(old), "--to", new, "--drop", "is:starred"]
    plan = json.loads(cli(*line, "--dry-run", "--json").out)
    assert (plan["kept"], plan["dropped"], plan["rules"]) == (29, 2, {"drop": "is:starred"})
    asked = cli(*line)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert not Path(new).exists()
    ran = cli(*line, "--yes")
    assert ran.code == 0
    assert ran.out.startswith(f"{new} is whole: 29 messages, ")
    assert cli("verify", new).code == 0
    assert ", 2 left out that a compaction let go\n" in cli("backup", "status", new).out
    assert cli(*line, "--yes").code == 7
