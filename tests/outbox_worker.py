"""Runs the outbox over and over, each run killed with -9 after its seconds, and once to its end.

    python outbox_worker.py JOB

Each run is a child of this process, which has loaded everything already and has no threads: in a
fork of one that has, their locks would be held for ever. Prints what the runs ended with.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from disks import begun, ended
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.record.ledger import SendLedger
from gmailkit.secret import Secret


class Tomorrow:
    """Everything is due; nobody waits long before Gmail is asked what became of a request."""

    def now(self) -> float:
        return time.time() + 86_400

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.05))


def main(job: dict[str, Any]) -> dict[str, list[int]]:
    """`left`: how many messages stood at "sending" after each kill."""
    codes, left = list[int](), list[int]()
    run_outbox(job, SYSTEM_CLOCK)  # nothing is due yet; loads what there is to load
    lives = list(job["lives"])
    while lives:
        child = begun(lambda: run_outbox(job, Tomorrow()))
        time.sleep(life := lives.pop(0))
        os.kill(child, signal.SIGKILL)  # one that has ended is not reaped yet, and is not hurt
        codes.append(ended(child))
        left.append(on_their_way(Path(job["home"])))
        if not lives and not any(left) and codes[-1] == -signal.SIGKILL:  # all too short
            lives = [2 * life]
    codes.append(ended(begun(lambda: run_outbox(job, Tomorrow()))))
    return {"ended": codes, "left": left}


def on_their_way(home: Path) -> int:
    (folder,) = (path.parent for path in home.rglob("sent.sqlite3"))
    with closing(SendLedger(lambda: folder)) as ledger:
        return len(list(ledger.entries(states=("sending",))))


def run_outbox(job: dict[str, Any], clock: Clock) -> None:
    settings = Settings(
        home=Home.at(Path(job["home"])),
        access_token=Secret(job["token"]),
        endpoint=job["endpoint"],
        units_per_minute=None,
    )
    with Gmail(settings=settings, clock=clock) as gmail:
        errors = [str(each.error) for each in gmail.outbox.run() if each.error]
    assert errors == []


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
