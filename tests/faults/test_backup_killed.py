"""A backup killed with -9 at random moments, resumed each time, ends complete and exact.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

from __future__ import annotations

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
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
IN_FLIGHT_AND_PENDING = 50 + 8  # what one kill may cost: a group not yet synced, and answers


def fill(sandbox: Sandbox, count: int, dice: random.Random) -> dict[str, bytes]:
    """Messages from 200 bytes to some 100 kB, no two equal."""
    held: dict[str, bytes] = {}
    for number in range(count):
        size = int(dice.paretovariate(1.2) * 200)
        body = dice.randbytes(min(size, 50_000)).hex()
        raw = f"From: a{number}@example.com\r\nSubject: {number}\r\n\r\n{body}\r\n".encode()
        held[sandbox.mail.put(ME, raw)] = raw
    return held


def read_so_far(sandbox: Sandbox) -> int:
    return sum(1 for _, path in list(sandbox.requests) if "/messages/" in path)


def start(folder: Path, sandbox: Sandbox, home: Path) -> subprocess.Popen[bytes]:
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
        stderr=subprocess.DEVNULL,
    )


def kill_at_a_random_moment(
    process: subprocess.Popen[bytes], sandbox: Sandbox, dice: random.Random, most: int
) -> bool:
    """Kill within the next `most` reads, or while it starts; False when it ended before."""
    at = read_so_far(sandbox) + dice.randrange(most)
    while process.poll() is None and read_so_far(sandbox) < at:
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.03 if at else 1))
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def run(messages: int, kills: int, tmp_path: Path) -> None:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={seed}")
    dice = random.Random(seed)
    folder = tmp_path / "mail.backup"
    with Sandbox(sample=False) as sandbox:
        held = fill(sandbox, messages, dice)
        for _ in range(kills):
            process = start(folder, sandbox, tmp_path / "home")
            # On average half of it is saved by then: the last kills still find work.
            assert kill_at_a_random_moment(process, sandbox, dice, messages // kills)
            if (folder / "packs").is_dir():
                with Backup.open(folder) as backup:  # readable after every kill
                    assert all(held[e.id] == backup.read(e).raw for e in backup.entries())
        assert start(folder, sandbox, tmp_path / "home").wait(120) == 0
        reads = read_so_far(sandbox)
    report = verify(folder)
    assert report.ok
    assert report.messages == messages
    with Backup.open(folder) as backup:
        entries = list(backup.entries())
        assert len({entry.id for entry in entries}) == len(entries) == messages
        assert {entry.id: backup.read(entry).raw for entry in entries} == held
    print(f"{kills} kills, {messages} messages, {reads} reads")
    assert reads <= messages + kills * IN_FLIGHT_AND_PENDING


def test_ten_kills(tmp_path: Path) -> None:
    run(300, 10, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_fifty_kills_of_two_thousand_messages(tmp_path: Path) -> None:
    run(2000, 50, tmp_path)
