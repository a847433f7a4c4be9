"""`gmailkit offload` and `gmailkit trash report`."""

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
def folder(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> str:
    assert cli("backup", str(tmp_path / "mail.backup")).code == 0
    return str(tmp_path / "mail.backup")


def test_the_plan_is_shown_then_carried_out_and_undone(cli: Cli, folder: str) -> None:
    shown = cli("offload", "subject:report", "--backup", folder, "--dry-run")
    assert shown.code == 0
    assert shown.out.startswith(f"2 messages of {ME}, ")
    assert cli("offload", "subject:report", "--backup", folder).code == 2
    assert cli("trash", "report").err == f"The Trash of {ME} is empty.\n"
    done = cli("offload", "subject:report", "--backup", folder, "--yes")
    assert done.out.endswith(f"moved to Trash, safe in {folder}.\n")
    (row,) = cli("trash", "report").out.splitlines()
    left, count, _, number, what = row.split("\t")
    assert (left in ("29", "30"), count, what) == (True, "2", "offload")
    facts = json.loads(cli("trash", "report", "--json").out)
    assert (facts["messages"], facts["parts"][0]["change"]) == (2, int(number))
    assert cli("undo", number, "--yes").code == 0
    assert json.loads(cli("trash", "report", "--json").out)["parts"] == []


def test_what_is_not_in_the_backup_ends_with_3_and_stays(
    cli: Cli, folder: str, mailbox: Sandbox
) -> None:
    new = mailbox.mail.put(ME, letter("Third report"))
    ran = cli("offload", "subject:report", "--backup", folder, "--yes", "--json")
    assert ran.code == 3
    assert json.loads(ran.err.splitlines()[-1])["failed"][0]["item"] == new
    assert "TRASH" not in mailbox.mail.labels_of(ME, new)


def test_a_search_for_the_word_report_is_quoted(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("trash", "report", "--yes").code == 2  # it takes no --yes: nothing went
    assert cli("trash", '"report"', "--yes").code == 0
    assert json.loads(cli("trash", "report", "--json").out)["messages"] == 2


def test_it_says_where_the_mail_has_to_be_safe(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    assert "--backup is missing" in cli("offload", "subject:report").err
    ran = cli("offload", "subject:report", "--backup", str(tmp_path / "nowhere"), "--yes")
    assert ran.code == 10
