"""Runs one merge over and over, and has itself killed at a random step of each run.

    python merge_worker.py JOB

Each run is a child of this process, which has loaded everything already. A step is a request, or a
line of the ledger, and a child dies before or after one. Prints how often it was killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.record.ledger import SendLedger
from gmailkit.secret import Secret
from gmailkit.services.sending.merge.options import MergeOptions
from gmailkit.services.sending.merge.receipts import Receipts

STEPS = [(HTTPAdapter, "send"), *((SendLedger, name) for name in ("put", "change"))]
STEPS.append((Receipts, "add"))


def main(job: dict[str, Any]) -> dict[str, int]:
    dice = random.Random(job["seed"])
    merge(job, limit=1, kill_at=0)  # loads what there is to load
    killed = Counter[str]()
    rows = job["rows"] - 1
    for number in range(job["kills"]):
        # About seven steps a row, twice each: so the last kills still find work.
        share = max(2, 2 * 14 * (rows - rows * number // job["kills"]) // (job["kills"] - number))
        status = in_child(lambda at: merge(job, kill_at=at), dice.randrange(1, min(share, 60)))
        killed["times"] += os.WIFSIGNALED(status)
        killed["ended"] += not os.WIFSIGNALED(status)
    status = in_child(lambda at: merge(job, kill_at=at), 0)
    assert status == 0, "the last run failed"
    return dict(killed)


def in_child(work: Callable[[int], None], at: int) -> int:
    if not (pid := os.fork()):
        try:
            work(at)
        except BaseException as error:  # noqa: BLE001 - told, then the child ends
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def merge(job: dict[str, Any], *, kill_at: int, limit: int | None = None) -> None:
    settings = Settings(
        home=Home.at(Path(job["GMAILKIT_HOME"])),
        access_token=Secret(job["GMAILKIT_ACCESS_TOKEN"]),
        endpoint=job["GMAILKIT_API_ENDPOINT"],
        units_per_minute=None,
    )
    options = MergeOptions(limit=limit, receipts=Path(job["receipts"]), day_limit=10_000)
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        if kill_at:
            die_at(kill_at)
        gmail.merge(job["template"], job["table"], options=options)


def die_at(moment: int) -> None:
    """Before and after each step is a moment; at this one the process kills itself."""
    lock, count = threading.Lock(), [0]

    def tick() -> None:
        with lock:
            count[0] += 1
            if count[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    def watched(step: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **more: Any) -> Any:
            tick()
            answer = step(*args, **more)
            tick()
            return answer

        return act

    for owner, name in STEPS:
        setattr(owner, name, watched(getattr(owner, name)))


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
