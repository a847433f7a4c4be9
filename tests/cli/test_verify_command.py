"""`gmailkit verify`: its depths, and the comparison with Gmail."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from disks import flip
from gmailkit.auth.scopes import PURPOSES
from gmailkit.backup.folder import Backup
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter

Cli = Callable[..., Any]
FORMATS = Path(__file__).parents[1] / "backup" / "formats"
LONG_AGO = datetime(2001, 2, 3, tzinfo=UTC)


def test_a_quick_look_says_what_it_did_not_read(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "mail.backup"
    cli("backup", str(folder))
    ran = cli("verify", str(folder), "--quick")
    assert ran.code == 0
    assert ran.out.startswith(f"{folder} looks whole: 3 messages, ")
    assert ran.out.endswith("; the bytes of 3 were not read.\n")
    assert ran.err == f"Every byte: gmailkit verify {folder}\n"
    head = json.loads(cli("verify", str(folder), "--json").out)["head"]
    ran = cli("verify", str(folder), "--head", head, "--read-data-subset", "1/1")
    assert (ran.code, "with all that was saved before it" in ran.err) == (0, True)


def test_the_command_tells_and_its_exit_code_says_how(
    cli: Cli, sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    let_in(sandbox, monkeypatch, PURPOSES["read"])
    for n in range(3):
        sandbox.mail.put(ME, letter(f"Letter {n}"))
    folder = str(tmp_path / "mail.backup")
    assert cli("backup", folder).code == 0
    ran = cli("verify", folder, "--against", "gmail")
    assert (ran.code, ran.out) == (
        0,
        f"{folder} agrees with {ME}: the bytes of 3 messages compared.\n",
    )
    assert "3 messages of 3, all alike\n" in cli("backup", "status", folder).out
    ran = cli("verify", folder, "--against", "gmail", "--sample", "1")
    assert ran.out.endswith("the bytes of 1 message of 3 that both have compared.\n")
    lost = sandbox.mail.put(ME, letter("Old"), date=LONG_AGO)
    ran = cli("verify", folder, "--against", "gmail", "--json")
    facts = json.loads(ran.out)
    assert (ran.code, facts["ok"], facts["lacking"], facts["same"]) == (3, False, [lost], 3)
    ran = cli("verify", folder, "--against", "gmail")
    assert ran.out == f"lacking\t{ME}\t{lost}\tGmail has it, the backup does not.\n"
    assert "lacks 1 message of Gmail" in ran.err
    assert lost not in ran.err  # it may be a whole mailbox: named once
    (pack,) = Path(folder).rglob("*.mbox.zst")
    flip(pack, -9)
    ran = cli("verify", folder, "--against", "gmail")
    assert (ran.code, ran.out.split("\t")[0]) == (13, "different")
    assert (
        "0 messages of 3 alike; something differed or was lacking\n"
        in cli("backup", "status", folder).out
    )


def test_damage_that_no_index_of_today_can_count_is_not_counted_as_none(
    cli: Cli, own_home: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(FORMATS / "version-2", tmp_path / "old"))
    assert cli("verify", str(folder)).code == 0
    (pack,) = folder.rglob("*.mbox.zst")
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    ran = cli("verify", str(folder))
    assert ran.code == 13
    assert "others damaged or missing, how many only an index could tell" in ran.err
    assert "0 damaged" not in ran.err
    facts = json.loads(cli("verify", str(folder), "--json").out)
    assert (facts["ok"], facts["uncounted"], facts["damaged"]) == (False, True, [])


@pytest.mark.parametrize(
    "words",
    [
        ["--against", "yahoo"],
        ["--sample", "3"],
        ["--against", "gmail", "--quick"],
        ["--quick", "--read-data-subset", "1/2"],
        ["--read-data-subset", "half"],
        ["--read-data-subset", "3/2"],
        ["--head", "beef"],
    ],
    ids=" ".join,
)
def test_options_that_mean_nothing_together_are_refused(
    cli: Cli, own_home: Path, tmp_path: Path, words: list[str]
) -> None:
    with Backup.open(tmp_path / "b", create=True):
        pass
    ran = cli("verify", str(tmp_path / "b"), *words)
    assert (ran.code, ran.out) == (2, "")


@pytest.fixture
def damaged(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> Path:
    """A backup of three messages in one frame, which is damaged."""
    folder = tmp_path / "mail.backup"
    cli("backup", str(folder))
    (pack,) = (folder / "packs").iterdir()
    flip(pack, -9)
    return folder


def test_a_quick_look_says_what_a_full_one_has_found(cli: Cli, damaged: Path) -> None:
    found = f"damage, which this one cannot see: gmailkit repair {damaged}\n"
    assert cli("verify", str(damaged), "--quick", "-q").err == ""
    assert cli("verify", str(damaged)).code == 13
    assert cli("verify", str(damaged), "--quick", "-q").err.endswith(found)
    cli("repair", str(damaged), "--yes")
    assert cli("verify", str(damaged)).code == 0
    assert cli("verify", str(damaged), "--quick", "-q").err == ""


def test_a_repair_shows_its_plan_asks_and_mends(cli: Cli, damaged: Path) -> None:
    ran = cli("repair", str(damaged), "--dry-run")
    assert (ran.code, ran.err) == (0, "Dry run: nothing was changed.\n")
    assert ran.out.splitlines()[0] == f"{damaged}: 0 messages as they were saved"
    assert "3 messages of me@example.com to be fetched from Gmail and saved again: 60" in ran.out
    asked = cli("repair", str(damaged))
    assert (asked.code, asked.out) == (2, "")
    assert "--yes" in asked.err
    assert cli("verify", str(damaged)).code == 13
    ran = cli("repair", str(damaged), "--yes")
    assert (ran.code, ran.out) == (0, f"{damaged}: 3 messages saved again.\n")
    assert cli("verify", str(damaged)).code == 0
    ran = cli("repair", str(damaged), "--yes")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"{damaged} is whole: nothing to repair.\n"


def test_a_repair_as_json_and_what_stays_damaged(cli: Cli, mailbox: Sandbox, damaged: Path) -> None:
    plan = json.loads(cli("repair", str(damaged), "--dry-run", "--json").out)
    assert (plan["ok"], plan["done"], len(plan["fetch"]), plan["units"]) == (False, False, 3, 60)
    mailbox.faults.next("404", method="messages.get")
    ran = cli("repair", str(damaged), "--yes", "--json")
    done = json.loads(ran.out)
    assert (ran.code, done["mended"], len(done["lost"])) == (13, 2, 1)
    assert (
        "stays damaged: 1 message that Gmail has no more."
        in json.loads(ran.err.splitlines()[-1])["message"]
    )
    ran = cli("verify", str(damaged))
    assert (ran.code, ran.out.count("damaged\t")) == (13, 1)
