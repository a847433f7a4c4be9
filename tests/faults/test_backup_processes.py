"""Processes that back up into one folder (R6): one for each account works, others say who does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.errors import BackupLocked
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

ANN = "ann@example.com"
NO_QUOTA = {"GMAILKIT_UNITS_PER_MINUTE": "0"}
MESSAGES = 300  # a minute by the quota: nobody is done before all have come


def start(
    folder: Path, sandbox: Sandbox, home: Path, account: str = ME, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gmailkit", "backup", str(folder)],
        env={
            **os.environ,
            "GMAILKIT_HOME": str(home),
            "PYTHONFAULTHANDLER": "1",
            "GMAILKIT_API_ENDPOINT": sandbox.url,
            "GMAILKIT_ACCESS_TOKEN": sandbox.issue_token(account, PURPOSES["read"]),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.soak
def test_of_eight_commands_one_works_and_seven_name_it(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "mail.backup"
    for number in range(MESSAGES):
        sandbox.mail.put(ME, letter(f"Letter {number}"))
    runs = [start(folder, sandbox, tmp_path / "home") for _ in range(8)]
    while sum(each.poll() is None for each in runs) > 1:
        time.sleep(0.02)
    (working,) = (each for each in runs if each.poll() is None)
    owner = json.loads((folder / "lock.json").read_text())
    assert owner["pid"] == working.pid
    said = f"Process {working.pid} has been writing since {owner['since']}."
    for each in runs:
        if each is not working:
            assert each.returncode == BackupLocked.exit_code
            assert said in each.communicate()[1]
    with Backup.open(folder) as reader:  # nobody waits for a writer
        assert len(reader.known(ME)) < MESSAGES
    working.send_signal(signal.SIGTERM)
    working.communicate()
    assert working.returncode == 143
    assert verify(folder).ok


def two_mailboxes(sandbox: Sandbox) -> dict[tuple[str, str], bytes]:
    """A hundred letters each, half of them the same."""
    wanted: dict[tuple[str, str], bytes] = {}
    for account, first in ((ME, 0), (ANN, 50)):
        for number in range(first, first + 100):
            raw = letter(f"Letter {number}")
            wanted[account, sandbox.mail.put(account, raw)] = raw
    return wanted


def both(folder: Path, sandbox: Sandbox, home: Path) -> list[subprocess.Popen[str]]:
    return [start(folder, sandbox, home, who, **NO_QUOTA) for who in (ME, ANN)]


def must_be_whole(folder: Path, wanted: dict[tuple[str, str], bytes]) -> None:
    found = verify(folder)
    assert found.ok, found
    with Backup.open(folder) as backup:
        entries = list(backup.entries())
        assert {(e.account, e.id): backup.read(e).raw for e in entries} == wanted
        assert len(entries) == len(wanted)
        assert sum(1 for each in entries if each.same) == 50


def test_two_accounts_are_backed_up_into_one_folder_side_by_side(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted, folder = two_mailboxes(sandbox), tmp_path / "mail.backup"
    runs = both(folder, sandbox, tmp_path / "home")
    for each in runs:
        assert (each.communicate()[1].count("locked"), each.returncode) == (0, 0)
    must_be_whole(folder, wanted)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_two_accounts_side_by_side_are_killed_at_any_moment_and_finished_by_the_next_runs(
    sandbox: Sandbox, tmp_path: Path, seed: int
) -> None:
    wanted, folder = two_mailboxes(sandbox), tmp_path / "mail.backup"
    dice = random.Random(seed)
    for _ in range(6):
        runs = both(folder, sandbox, tmp_path / "home")
        for each in sorted(runs, key=lambda _: dice.random()):
            time.sleep(dice.uniform(0.3, 1.2))
            each.kill()
        for each in runs:
            each.communicate()
        if (folder / "gmailkit-backup.json").exists():
            found = verify(folder)
            assert not found.damaged
            assert not found.missing
    for each in both(folder, sandbox, tmp_path / "home"):
        said = each.communicate()[1]
        assert each.returncode == 0, said
    must_be_whole(folder, wanted)
