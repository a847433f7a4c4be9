"""`export`: what it says, its JSON, and what it does when it is run again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.backup.events import Labels
from gmailkit.backup.folder import Backup
from gmailkit.sandbox import Sandbox

Cli = Callable[..., Any]


@pytest.fixture
def folder(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> Path:
    """A backup of three messages."""
    assert cli("backup", str(tmp_path / "mail.backup")).code == 0
    return tmp_path / "mail.backup"


def test_it_says_what_it_made_and_again_that_nothing_was_missing(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mail.mbox"
    ran = cli("export", str(folder), str(out), "--to", "mbox")
    assert ran.code == 0
    assert ran.out.startswith(f"{out}: 3 messages (")
    assert ran.err == ""
    again = cli("export", str(folder), str(out), "--to", "mbox", "--json")
    facts = json.loads(again.out)
    assert (facts["added"], facts["present"], facts["to"]) == (0, 3, "mbox")
    assert facts["lost"] == []
    said = cli("export", str(folder), str(out), "--to", "mbox").out
    assert said.startswith(f"{out}: 0 messages more, 3 were there before (")


def test_what_a_form_cannot_hold_is_said(cli: Cli, folder: Path, tmp_path: Path) -> None:
    ran = cli("export", str(folder), str(tmp_path / "list.csv"), "--to", "csv", "--query", "lunch")
    assert ran.out.startswith(f"{tmp_path}/list.csv: 1 message (")
    assert ran.err == "This form does not hold: the exact bytes.\n"
    taken = cli("export", str(folder), str(tmp_path / "list.csv"), "--to", "csv")
    assert (taken.code, taken.out) == (16, "")
    assert "is there already" in taken.err


def test_nothing_that_matches_is_said_and_no_failure(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    ran = cli("export", str(folder), str(tmp_path / "m"), "--to", "eml", "--query", "nowhere")
    assert ran.code == 0
    assert ran.err == "No message matches.\n"


def test_a_backup_is_exported_as_it_stood_on_a_day(cli: Cli, folder: Path, tmp_path: Path) -> None:
    with Backup.open(folder, write=True, clock=FakeClock(2_500_000_000)) as backup:  # in 2049
        [account] = backup.accounts()
        first = next(backup.oldest_first(account))
        backup.note(Labels(account=account, id=first, labels={"Label_9": "Later"}))

    def exported(day: str | None) -> list[dict[str, Any]]:
        out = tmp_path / f"{day}.jsonl"
        ran = cli(
            "export", str(folder), str(out), "--to", "jsonl", *(["--as-of", day] if day else [])
        )
        assert ran.code == 0, ran.err
        return [json.loads(line) for line in out.read_text().splitlines()]

    assert exported("2001-01-01") == []
    assert len(exported("2048-12-31")) == len(exported("2049-12-31")) == len(exported(None)) == 3
    assert "Later" not in str(exported("2048-12-31T23:59"))
    assert "Later" in str(exported("2050-01-01"))
    ran = cli("export", str(folder), str(tmp_path / "m"), "--to", "eml", "--as-of", "march")
    assert (ran.code, "2026-03-01" in ran.err) == (2, True)
    mbox = tmp_path / "mail.mbox"
    cli("export", str(folder), str(mbox), "--to", "mbox")
    ran = cli("export", str(mbox), str(tmp_path / "m"), "--to", "eml", "--as-of", "2026-01-01")
    assert (ran.code, "is no backup" in ran.err) == (2, True)


def test_a_label_that_nothing_bears_is_told_before_anything_is_made(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    words = ("export", str(folder), str(tmp_path / "m"), "--to", "eml", "--label", "inbox")
    ran = cli(*words, "--label", "Recipts")
    assert (ran.code, ran.out) == (6, "")
    assert 'has the label "Recipts"' in ran.err
    assert 'Did you mean "INBOX"?' in cli(*words, "--label", "Inbxo").err
    assert not (tmp_path / "m").exists()
    assert cli(*words, "--label", "starred").code == 0  # one of Gmail's own


def test_what_is_damaged_is_named_and_the_exit_code_says_so(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    mbox = tmp_path / "mail.mbox"
    cli("export", str(folder), str(mbox), "--to", "mbox")
    mbox.write_bytes(mbox.read_bytes()[:-20] + b"x" * 18 + b"\n\n")
    ran = cli("export", str(mbox), str(tmp_path / "m"), "--to", "maildir", "--json")
    assert ran.code == 3
    facts = json.loads(ran.err)
    assert "not whole" in str(facts)
    assert len(list((tmp_path / "m").rglob("*.gmailkit,*"))) >= 2
