"""How much of Gmail's quota gmailkit uses, how evenly, and how often it is refused.

    python benchmarks/quota.py [--real] [--only WORD]

A sandbox with Gmail's limits at 60 ms latency, and processes that read messages for three minutes
without end. The first minute fills the quota's rolling minute and is not counted. Without --real
server and clients share a clock that runs faster than the one on the wall (said in each row), so
what the machine takes for each request weighs that much more; new prices beside a stranger run in
real time always, since there each second between his start and ours counts. The reference is a
naive client: one process that sends at exactly the limit and looks at nothing. `used` is what was
granted, as a share of what the stranger leaves. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any, Literal

from gmailkit.clock import SYSTEM_CLOCK

ME = "me@example.com"
LATENCY = 0.06
MESSAGES = 400
MINUTES = 3
IN_FLIGHT = {"new": 4, "old": 8}
LIMIT = {"new": 6000, "old": 15_000}
PRICE = {"new": 20, "old": 5}
SPEED = {"new": 5.0, "old": 2.0}  # more than this and two cores are too slow for the server
STRANGER = 0.4


@dataclass(frozen=True)
class Fast:
    """A clock that all processes share and that runs `speed` times as fast as the wall's."""

    speed: float
    since: float
    epoch: float

    def monotonic(self) -> float:
        return self.since + (SYSTEM_CLOCK.monotonic() - self.since) * self.speed

    def now(self) -> float:
        return self.epoch + self.monotonic() - self.since

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)


@dataclass(frozen=True)
class Case:
    prices: Literal["new", "old"]
    processes: int
    stranger: bool = False
    naive: bool = False

    @property
    def guesses(self) -> bool:
        """Whether seconds between the stranger's start and ours change what is learned."""
        return self.stranger and self.prices == "new" and not self.naive

    @property
    def name(self) -> str:
        who = "naive" if self.naive else f"{self.processes} process{'es'[: 2 * self.processes - 2]}"
        return f"{self.prices} prices, {who}{', stranger at 40 %' if self.stranger else ''}"


CASES = [
    Case(prices, processes, stranger, naive)
    for stranger in (False, True)
    for prices in ("new", "old")
    for processes, naive in ((1, True), (1, False), (2, False), (4, False))
]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", action="store_true", help="by the clock on the wall")
    parser.add_argument("--only", default="", metavar="WORD", help="cases whose name holds it")
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.worker:
        return work(said.worker)
    only = said.only
    print(
        f"{'':43}{'clock':>6}{'used':>8}{'refused':>15}{'most/60 s':>11}{'most/s':>8}{'shares':>8}"
    )
    missed = [case.name for case in CASES if only in case.name and not run(case, real=said.real)]
    if only in "backup":
        missed += [] if backup(said.real) else ["backup"]
    print(f"Missed: {'; '.join(missed)}" if missed else "Every target was reached.")
    return 1 if missed else 0


def run(case: Case, *, real: bool) -> bool:
    """One row; whether its targets were reached."""
    speed = 1.0 if real or case.guesses else SPEED[case.prices]
    with ExitStack() as stack:
        world = stack.enter_context(serving(case.prices, speed))
        workers = [stack.enter_context(worker(world, case)) for _ in range(case.processes)]
        for each in workers:
            assert each.stdout and each.stdout.readline() == "ready\n"
        meter, clock = world.sandbox.meter, world.clock
        begun, limit = clock.monotonic(), LIMIT[case.prices]
        if case.stranger:
            meter.stranger(ME, STRANGER * limit / 60)
        for each in workers:
            assert each.stdin
            each.stdin.write(f"{begun + 60 * MINUTES}\n")
            each.stdin.flush()
        samples = []
        for minute in (1, MINUTES):
            clock.sleep(begun + 60 * minute - clock.monotonic())
            samples.append((meter.units(ME), meter.rejections(ME), meter.calls(ME)))
        shares = [json.loads(each.stdout.readline()) for each in workers if each.stdout]
    (first, refused_first, _), (units, refused, calls) = samples
    granted = units - first - PRICE[case.prices] * (refused - refused_first)
    left = limit * (1 - STRANGER if case.stranger else 1) * (MINUTES - 1)
    fair = min(shares) / max(shares)
    most = meter.most_in_window(ME, 60), meter.most_in_window(ME, 1)
    print(
        f"{case.name:43}{speed:5.0f}x{granted / left:8.1%}{refused:6} {refused / calls:8.2%}"
        f"{most[0]:11,}{most[1]:8,}{fair:8.2f}",
        flush=True,
    )
    if case.naive:
        return True
    if case.stranger:
        return bool(granted / left >= 0.9 and refused / calls < 0.005)
    return bool(granted / left >= 0.98 and refused == 0 and most[0] <= limit)


def backup(real: bool) -> bool:
    """400 messages under new prices: Got-Your-Back ends with exit 0 and 47 of them."""
    speed = 1.0 if real else SPEED["new"]
    with serving("new", speed) as world, tempfile.TemporaryDirectory() as folder:
        job = {**asdict(world.clock), **world.settings, "backup": f"{folder}/b"}
        done = subprocess.run(
            [sys.executable, __file__, "--worker", json.dumps(job)],
            stdout=subprocess.PIPE,
            text=True,
        )
        refused = world.sandbox.meter.rejections(ME)
    saved, took = json.loads(done.stdout)
    ideal = (MESSAGES * PRICE["new"]) / LIMIT["new"] * 60
    print(
        f"backup of {MESSAGES} messages, new prices: {saved} saved, exit {done.returncode}, "
        f"{refused} refused, {took:.0f} s ({took / ideal:.2f} times what the quota takes)"
    )
    return bool(saved == MESSAGES and done.returncode == 0 and refused == 0)


@dataclass(frozen=True)
class World:
    sandbox: Any
    clock: Fast
    settings: dict[str, Any]


@contextmanager
def serving(prices: Literal["new", "old"], speed: float) -> Iterator[World]:
    from gmailkit.sandbox import Limits, Sandbox

    clock = Fast(speed, SYSTEM_CLOCK.monotonic(), time.time())
    limits = Limits(prices=prices, units_per_minute=LIMIT[prices])
    with (
        tempfile.TemporaryDirectory() as home,
        Sandbox(sample=False, clock=clock, latency=LATENCY, limits=limits) as sandbox,
    ):
        ids = [
            sandbox.mail.put(ME, f"From: ann@example.com\r\nSubject: {n}\r\n\r\nHi\r\n".encode())
            for n in range(MESSAGES)
        ]
        token = sandbox.issue_token(ME, ["gmail.modify"])
        settings = {"home": home, "url": sandbox.url, "token": token, "prices": prices, "ids": ids}
        yield World(sandbox, clock, settings)


@contextmanager
def worker(world: World, case: Case) -> Iterator[subprocess.Popen[str]]:
    job = {**asdict(world.clock), **world.settings, "naive": case.naive}
    command = [sys.executable, __file__, "--worker", json.dumps(job)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def work(job: dict[str, Any]) -> int:
    """A client process: reads until the time it is told, then says how many units it spent."""
    from gmailkit import Gmail
    from gmailkit.config import Settings
    from gmailkit.paths import Home
    from gmailkit.secret import Secret

    clock = Fast(job["speed"], job["since"], job["epoch"])
    prices = job["prices"]
    naive = job.get("naive", False)
    settings = Settings(
        home=Home.at(Path(job["home"])),
        access_token=Secret(job["token"]),
        endpoint=job["url"],
        units_per_minute=None if naive else LIMIT[prices],
        prices=prices,
    )
    with Gmail(settings=settings, clock=clock) as gmail:
        gmail.labels.list()  # loads what there is to load
        if path := job.get("backup"):
            begun = clock.monotonic()
            print(json.dumps([gmail.backup(path).fetched, clock.monotonic() - begun]))
            return 0
        print("ready", flush=True)
        end = float(sys.stdin.readline())
        read = naive_reader(job, end, clock) if naive else reader(gmail, job["ids"], end, clock)
        for _ in range(IN_FLIGHT[prices]):
            threading.Thread(target=read, daemon=True).start()
        clock.sleep(end - clock.monotonic())
        print(max(1, gmail.spent.units), flush=True)
    os._exit(0)  # a thread may still stand in line


def reader(gmail: Any, ids: list[str], end: float, clock: Fast) -> Any:
    coming = cycle(ids)

    def read() -> None:
        while clock.monotonic() < end:
            gmail.messages.get(next(coming), format="minimal")

    return read


def naive_reader(job: dict[str, Any], end: float, clock: Fast) -> Any:
    """Sends at the limit by the clock, and takes no answer to heart."""
    import requests

    begun, numbers, ids = clock.monotonic(), count(), cycle(job["ids"])
    each = 60 * PRICE[job["prices"]] / LIMIT[job["prices"]]
    headers = {"Authorization": f"Bearer {job['token']}"}

    def read() -> None:
        with requests.Session() as session:
            while (now := clock.monotonic()) < end:
                clock.sleep(max(0.0, begun + next(numbers) * each - now))
                url = f"{job['url']}/gmail/v1/users/me/messages/{next(ids)}"
                session.get(url, headers=headers, params={"format": "minimal"}).close()

    return read


if __name__ == "__main__":
    sys.exit(main())
