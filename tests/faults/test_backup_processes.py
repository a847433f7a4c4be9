"""Eight processes that back up into one folder (R6): one works, the others say who does."""

from __future__ import annotations

import json
import os
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

MESSAGES = 300  # a minute by the quota: nobody is done before all have come


def start(folder: Path, sandbox: Sandbox, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gmailkit", "backup", str(folder)],
        env={
            **os.environ,
            "GMAILKIT_HOME": str(home),
            "GMAILKIT_API_ENDPOINT": sandbox.url,
            "GMAILKIT_ACCESS_TOKEN": sandbox.issue_token(ME, PURPOSES["read"]),
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
