"""A backup by the API and IMAP side by side, killed with -9 at random moments and resumed,
ends complete: nothing lost, nothing doubled.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

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

from gmailkit.auth.scopes import FULL
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.sandbox import Sandbox
from mailroom import ME

WORKER = Path(__file__).parents[1] / "both_ways_worker.py"
START = 0.5  # seconds, about, until a run reads its first message


def fill(sandbox: Sandbox, count: int, dice: random.Random) -> dict[str, bytes]:
    held: dict[str, bytes] = {}
    for number in range(count):
        body = dice.randbytes(min(int(dice.paretovariate(1.2) * 200), 50_000)).hex()
        raw = f"From: a{number}@example.com\r\nSubject: {number}\r\n\r\n{body}\r\n".encode()
        held[sandbox.mail.put(ME, raw)] = raw
    return held


def start(sandbox: Sandbox, folder: Path, place: Path) -> subprocess.Popen[bytes]:
    certificate = place / "certificate.pem"
    certificate.write_text(sandbox.certificate)
    job = {
        "home": str(place / "home"),
        "folder": str(folder),
        "url": sandbox.url,
        "token": sandbox.issue_token(ME, [FULL]),
        "port": sandbox.imap_port,
        "certificate": str(certificate),
    }
    return subprocess.Popen(
        [sys.executable, str(WORKER), json.dumps(job)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_sixty_kills_of_two_thousand_messages(tmp_path: Path) -> None:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={seed}")
    dice = random.Random(seed)
    folder = tmp_path / "mail.backup"
    killed = 0
    with Sandbox(sample=False, latency=0.05) as sandbox:
        held = fill(sandbox, 2_000, dice)
        for _ in range(60):
            process = start(sandbox, folder, tmp_path)
            begun = len(list(sandbox.requests))
            while process.poll() is None and len(list(sandbox.requests)) == begun:
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 2.5))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.wait()
            if (folder / "packs").is_dir():
                with Backup.open(folder) as backup:  # readable after every kill
                    assert all(held[e.id] == backup.read(e).raw for e in backup.entries())
        sandbox.meter.latency = 0
        assert start(sandbox, folder, tmp_path).wait(120) == 0
    assert verify(folder).ok
    with Backup.open(folder) as backup:
        entries = list(backup.entries())
        assert len({entry.id for entry in entries}) == len(entries)
        assert {entry.id: backup.read(entry).raw for entry in entries} == held
        origins = {entry.origin for entry in entries}
    print(f"{killed} kills, from {origins}")
    assert killed > 30
    assert origins == {"", "imap+gmail"}
