"""`outbox run` killed with -9 at random moments, several at once (R14): what is held leaves exactly
once, and the ledger knows.

The seed is printed; GMAILKIT_TEST_SEED=N repeats the moments, though not what they meet.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.sandbox import Sandbox
from send_room import Room, jobs

SEED = int(os.environ.get("GMAILKIT_TEST_SEED", "1"))
WORKER = Path(__file__).parents[1] / "outbox_worker.py"
AT_ONCE = 4
LONGEST = 0.4  # seconds that a run lives: the time of a message or two
KILLED = -signal.SIGKILL


@pytest.mark.parametrize(
    ("number", "kills"),
    [(12, 8), pytest.param(60, 40, marks=[pytest.mark.soak, pytest.mark.timeout(600)])],
)
def test_runs_killed_at_any_moment_send_each_message_once(
    sandbox: Sandbox, tmp_path: Path, number: int, kills: int
) -> None:
    print(f"GMAILKIT_TEST_SEED={SEED}")
    room, todo = Room.at(sandbox, tmp_path / "home"), jobs(number)
    with room.gmail(clock=SYSTEM_CLOCK) as gmail:
        for job in todo:
            gmail.send_later(**job.words(), hold="1h", key=job.key)
    dice = random.Random(SEED)
    lives = [dice.uniform(0.05, LONGEST) for _ in range(kills)]

    def work(part: int) -> dict[str, list[int]]:
        about = {"home": str(tmp_path / "home"), "token": room.token, "endpoint": sandbox.url}
        said = json.dumps({**about, "lives": lives[part::AT_ONCE]})
        done = subprocess.run(
            [sys.executable, str(WORKER), said], stdout=subprocess.PIPE, check=True
        )
        return dict(json.loads(done.stdout))

    sandbox.meter.latency = 0.03  # so that a kill finds requests under way
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(work, range(AT_ONCE)))
    ended = [code for each in done for code in each["ended"]]
    midst = sum(left > 0 for each in done for left in each["left"])
    print(f"{number} messages, {ended.count(KILLED)} kills, {midst} met a message on its way")
    assert set(ended) == {KILLED, 0}
    assert ended.count(KILLED) > kills / 2, "the runs came to their end before they were killed"
    assert midst, "no kill met a message on its way"
    room.check(todo)
