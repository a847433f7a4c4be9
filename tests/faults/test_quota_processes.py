"""Real processes that share one quota: how even, how much, and what a kill leaves behind."""

from __future__ import annotations

import functools
import itertools
import json
import operator
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gmailkit.clock import SYSTEM_CLOCK

# Time runs twenty times as fast for all of them: a minute in three seconds.
SPENDER = """
import json, sys, time
from pathlib import Path
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.record.spending import Spending
from gmailkit.wire.quota.meter import Meter
from gmailkit.wire.methods import find
from gmailkit.wire.quota.scheduler import Quota
from gmailkit.wire.quota.ledger import Ledger
from gmailkit.wire.quota.line import Allowance
from gmailkit.wire.request import Request, Response

SPEED = 20

class Clock:
    def now(self): return time.time()
    def monotonic(self): return SYSTEM_CLOCK.monotonic() * SPEED
    def sleep(self, seconds): time.sleep(seconds / SPEED)

class Gmail:
    def send(self, request):
        print(json.dumps([SYSTEM_CLOCK.monotonic() * SPEED, 20]), flush=True)
        return Response(200, {}, b"{}")

clock = Clock()
store = Spending(Path(sys.argv[1]), clock=clock)
ledger = Ledger(store, names=lambda: ("me", "us"), clock=clock)
both = Allowance(6000, 1_200_000)
quota = Quota(Gmail(), allowance=both, ledger=ledger, meter=Meter(), clock=clock)
request = Request(find("messages.get"), "GET", "https://gmail.test/", {})
print("ready", flush=True)
end = (float(sys.stdin.readline())) * SPEED
while clock.monotonic() < end:
    quota.send(request)
"""
SPEED = 20
Sent = list[tuple[float, int]]


@contextmanager
def spender(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SPENDER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def start(processes: list[subprocess.Popen[str]], *, seconds: float) -> None:
    for each in processes:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    end = SYSTEM_CLOCK.monotonic() + seconds
    for each in processes:
        assert each.stdin
        each.stdin.write(f"{end}\n")
        each.stdin.flush()


def sent_by(process: subprocess.Popen[str]) -> Sent:
    assert process.stdout
    return [tuple(json.loads(line)) for line in process.stdout]


def most_in(seconds: float, sent: Sent) -> int:
    return max(
        sum(units for time, units in sent[first:] if time < begin + seconds)
        for first, (begin, _) in enumerate(sent)
    )


def four_at_once(path: Path) -> list[Sent]:
    with ExitStack() as stack:
        running = [stack.enter_context(spender(path)) for _ in range(4)]
        start(running, seconds=4.5)
        return [sent_by(process) for process in running]


def test_four_processes_stay_below_the_limit_use_it_and_share_it(tmp_path: Path) -> None:
    for attempt in range(3):  # a busy machine loses some, and is not fair to processes itself
        each = four_at_once(tmp_path / f"quota{attempt}.sqlite3")
        every = sorted(functools.reduce(operator.iadd, each, []))
        assert most_in(60, every) <= 6000
        used = sum(units for time, units in every if time > every[-1][0] - 60)
        shares = [sum(units for _, units in sent) for sent in each]
        if used >= 0.7 * 6000 and max(shares) <= 1.2 * min(shares):
            return
    raise AssertionError(f"{used} of 6000 units used, by {shares}")


def test_a_process_killed_in_line_holds_the_others_up_for_no_more_than_its_request(
    tmp_path: Path,
) -> None:
    path = tmp_path / "quota.sqlite3"
    with spender(path) as victim, spender(path) as other:
        start([victim, other], seconds=2.0)
        assert victim.stdout
        for _ in range(20):
            victim.stdout.readline()
        killed = SYSTEM_CLOCK.monotonic() * SPEED
        victim.send_signal(signal.SIGKILL)
        after = [time for time, _ in sent_by(other) if time > killed]
    assert len(after) > 50
    assert after[0] - killed < SPEED  # one real second


@pytest.mark.soak
def test_kills_at_any_moment_never_stop_nor_exceed(tmp_path: Path) -> None:
    path = tmp_path / "quota.sqlite3"
    every: Sent = []
    with spender(path) as steady:
        start([steady], seconds=15.0)
        for _ in range(12):
            with spender(path) as victim:
                start([victim], seconds=10.0)
                assert victim.stdout
                for _ in range(5):
                    every.append(tuple(json.loads(victim.stdout.readline())))
                victim.send_signal(signal.SIGKILL)
                every += sent_by(victim)
        steady_sent = sent_by(steady)
    every = sorted(every + steady_sent)
    assert most_in(60, every) <= 6000
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(steady_sent)]
    assert max(gaps) < SPEED  # one real second
