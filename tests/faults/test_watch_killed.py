"""A watch killed with -9 at random moments tells each message, and again only what it was telling.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from fakes import unmeasured
from gmailkit.auth.scopes import PURPOSES
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

PATIENCE = 120.0  # seconds until a watch surely has told what there is


def start(sandbox: Sandbox, folder: Path) -> subprocess.Popen[bytes]:
    told = folder / "told"
    line = f'echo "$MAIL_ID $MAIL_EVENT" >> "{told}"; sleep 0.0$(($$ % 5))'
    return subprocess.Popen(
        [sys.executable, "-m", "gmailkit", "watch", "--every", "1s", "--exec", line],
        env={
            **unmeasured(),
            "GMAILKIT_HOME": str(folder / "home"),
            "GMAILKIT_API_ENDPOINT": sandbox.url,
            "GMAILKIT_ACCESS_TOKEN": sandbox.issue_token(ME, PURPOSES["read"]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def told(folder: Path) -> Counter[str]:
    try:
        return Counter((folder / "told").read_text().splitlines())
    except FileNotFoundError:
        return Counter()


def run(messages: int, kills: int, folder: Path) -> None:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={seed}")
    dice = random.Random(seed)
    with Sandbox(sample=False) as sandbox:
        first = sandbox.mail.put(ME, letter("The watch has begun"))
        process = start(sandbox, folder)  # a new watch begins with what comes now
        came = []
        end = time.monotonic() + PATIENCE
        while not told(folder) and time.monotonic() < end:
            came.append(sandbox.mail.put(ME, letter("Until it looks")))
            time.sleep(0.5)
        came = [line.split()[0] for line in told(folder)]
        for _ in range(kills):
            came += [sandbox.mail.put(ME, letter("Mail")) for _ in range(messages // kills)]
            time.sleep(dice.uniform(0, 1.5))
            process.kill()
            process.wait()
            process = start(sandbox, folder)
        end = time.monotonic() + PATIENCE
        while set(came) - {line.split()[0] for line in told(folder)} and time.monotonic() < end:
            time.sleep(0.2)
        process.kill()
        process.wait()
    lines = told(folder)
    ids = [line.split()[0] for line in lines]
    assert set(came) <= set(ids)
    assert first not in ids
    assert len(set(ids)) == len(ids)  # each message under one id of its event
    again = sum(lines.values()) - len(lines)
    assert again <= kills
    print(f"{len(came)} messages, {kills} kills, {again} told again")


def test_three_kills(tmp_path: Path) -> None:
    run(messages=9, kills=3, folder=tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(tmp_path: Path) -> None:
    run(messages=2_000, kills=200, folder=tmp_path)
