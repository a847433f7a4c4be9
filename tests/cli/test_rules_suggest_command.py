"""`gmailkit rules suggest`, as a person and a program use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from filed_by_hand import TODAY, file_by_hand
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in

Cli = Callable[..., Any]
SCOPES = ["gmail.modify", "gmail.settings.basic"]


@pytest.fixture
def here(sandbox: Sandbox, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    let_in(file_by_hand(sandbox), monkeypatch, SCOPES)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_command_prints_rules_to_paste_with_what_speaks_for_and_against_them(
    cli: Cli, here: Path
) -> None:
    ran = cli("rules", "suggest")
    (here / "rules.toml").write_text(ran.out)
    assert cli("rules", "test").code == 0
    day = f"{TODAY - timedelta(days=10):%Y-%m-%d}"
    text = ran.out.replace("\n# ", " ")
    assert "11 of 12 mails from billing@shop.example since" in text
    assert f'got label Bills and left the inbox; the last: {day} "Your order".' in text
    assert f'Not so: {TODAY - timedelta(days=31):%Y-%m-%d} "Your order".' in text
    assert "61 messages: about" in ran.err
    assert "3 rules suggested by 61 messages" in ran.err


def test_evidence_as_json_and_rules_added_to_the_file(cli: Cli, here: Path) -> None:
    facts = json.loads(cli("rules", "suggest", "--json").out)
    bills = next(each for each in facts["suggestions"] if each["add"] == ["Bills"])
    assert (bills["by"], bills["count"], len(bills["ids"])) == ("sender", 11, 11)
    assert (len(bills["exceptions"]), bills["filters"], bills["bound"]) == (1, True, 0.758)
    assert not (here / "rules.toml").exists()
    assert cli("rules", "suggest", "--add", "--dry-run").out.startswith(f"{ME}: 61 messages")
    assert not (here / "rules.toml").exists()
    ran = cli("rules", "suggest", "--add")
    assert [line.split(":")[0] for line in ran.out.splitlines()] == ["Club", "Builds", "Bills"]
    assert cli("rules", "test").code == 0
    assert "0 rules suggested" in cli("rules", "suggest").err


def test_much_reading_wants_a_yes(cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmailkit.cli.rules_suggest.ASKED_FROM", 1_000)
    ran = cli("rules", "suggest")
    assert (ran.code, ran.out) == (2, "")
    assert "--yes" in ran.err
    assert cli("rules", "suggest", "--yes").code == 0
    assert cli("rules", "suggest").code == 0
    assert cli("rules", "suggest", "--limit", "3", "--backup", "x").code == 2
    assert cli("rules", "suggest", "--backup", "nowhere").code == 10
    assert cli("rules", "suggest", "--from", ME).code == 2
    assert cli("rules", "suggest", "--since", "soon").code == 2
