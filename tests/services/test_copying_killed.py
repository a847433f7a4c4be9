"""A mailbox on a long way, killed at random moments at every stage, is what it was at the end."""

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

import dovecot
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

ANN = "ann@example.com"
MESSAGES, KILLS = 300, 40
LABELS = ["Work", "Work/Receipts", "Work/Receipts/2026", "Ünï/日本語", "comma, ed", "A & B"]


def environment(sandbox: Sandbox, folder: Path, address: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GMAILKIT_")}
    return {
        **clean,
        "GMAILKIT_HOME": str(folder / address),
        "GMAILKIT_ACCESS_TOKEN": sandbox.issue_token(address, ["gmail.modify"], lasting=True),
        "GMAILKIT_API_ENDPOINT": sandbox.url,
        "GMAILKIT_MAIL_PASSWORD": dovecot.WORD,
    }


class Way:
    """Commands in a process of their own, killed as often as there are kills left."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.kills = 0

    def go(self, env: dict[str, str], *words: str, kills: int) -> None:
        started = time.monotonic()
        self._run(env, [*words, "--dry-run"], None)
        usual = time.monotonic() - started
        for _ in range(kills):
            if self._run(env, [*words, "--yes"], self.dice.uniform(0.5, 2.5) * usual):
                break
            self.kills += 1
        assert self._run(env, [*words, "--yes"], None)

    def _run(self, env: dict[str, str], words: list[str], killed: float | None) -> bool:
        """Whether it came to its end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "gmailkit", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            _, said = process.communicate(timeout=killed)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return False
        assert process.returncode == 0, said.decode()
        return True


@pytest.mark.soak
def test_a_mailbox_is_what_it_was_after_five_stores_and_many_kills(
    gmail: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    dice = random.Random(7)
    for name in LABELS:
        gmail.create_label(name)
    labels = [label.id for label in gmail.labels.list() if label.type != "system"]
    for number in range(MESSAGES):
        some = dice.sample(labels, dice.randrange(1, 3))
        marks = dice.sample(["UNREAD", "STARRED"], dice.randrange(3))
        sandbox.mail.put(ME, letter(f"Number {number}"), labels=["INBOX", *some, *marks])
    mine, hers = (environment(sandbox, tmp_path, each) for each in (ME, ANN))
    user = f"killed{os.getpid()}"
    imap = dovecot.running().url("imap", user)
    places = [imap, *(f"{kind}:{tmp_path / kind}" for kind in ("maildir", "mbox", "backup"))]
    way, here = Way(dice), "gmail:"
    for there in places:
        way.go(mine, "copy", here, there, kills=KILLS // 5)
        here = there
    way.go(hers, "copy", here, "gmail:", kills=KILLS // 5)
    check = [sys.executable, "-m", "gmailkit", "copy", places[0], "gmail:", "--check", "--json"]
    ran = subprocess.run(check, env=hers, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(ran.stdout)
    assert (found["messages"], found["extra"], found["missing"]) == (MESSAGES, 0, [])
    assert way.kills >= KILLS // 3
