"""Many faults at random, seeded: a backup gets through them, or stops in time and goes on (R4)."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.auth.scopes import PURPOSES
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import PartialError, ServerFault, TryLater, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.wire.http import IN_FLIGHT
from mailroom import ME, letter

SEED = int(os.environ.get("GMAILKIT_TEST_SEED", "1"))
BAD_SECONDS = 30.0 * IN_FLIGHT  # the clock adds up what several threads wait at once


@dataclass
class Weather(FakeClock):
    """Time that passes only where somebody waits, and what happens when it is `at`."""

    at: float = float("inf")
    then: Callable[[], None] = field(default=lambda: None)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.time >= self.at:
            self.at = float("inf")
            self.then()


@pytest.fixture
def weather() -> Weather:
    return Weather(time.time())


@pytest.fixture
def mailbox(weather: Weather) -> Iterator[Sandbox]:
    with Sandbox(sample=False, clock=weather) as running:
        yield running


@pytest.fixture
def open_gmail(mailbox: Sandbox, home: Home, weather: Weather) -> Iterator[Callable[[], Gmail]]:
    """A client as each run of the program makes it: the home is all that they share."""
    token = Secret(mailbox.issue_token(ME, PURPOSES["modify"], lasting=True))
    opened: list[Gmail] = []

    def make() -> Gmail:
        settings = Settings(home=home, access_token=token, endpoint=mailbox.url)
        opened.append(Gmail(settings=settings, clock=weather))
        return opened[-1]

    yield make
    for gmail in opened:
        gmail.close()


def fill(mailbox: Sandbox, number: int) -> Counter[bytes]:
    raws = [letter(f"Number {n}") for n in range(number)]
    mailbox.mail.put_all(ME, raws)
    return Counter(raws)


def saved(folder: Path) -> Counter[bytes]:
    with Backup.open(folder) as backup:
        return Counter(backup.read(entry).raw for entry in backup.entries())


@pytest.mark.parametrize(
    "number", [200, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_with_every_fifth_answer_spoilt_a_backup_completes(
    mailbox: Sandbox, open_gmail: Callable[[], Gmail], tmp_path: Path, number: int
) -> None:
    raws = fill(mailbox, number)
    print(f"GMAILKIT_TEST_SEED={SEED}")
    open_gmail().backup(tmp_path / "calm")
    needed = len(mailbox.requests)
    mailbox.faults.rate(0.2, seed=SEED)
    report = open_gmail().backup(tmp_path / "rough")
    made = len(mailbox.requests) - needed
    fired = sum(mailbox.faults.fired.values())
    print(f"{number} messages: {made} calls for {needed}, {fired} spoilt")
    assert fired > number / 8
    assert report.fetched == number
    assert saved(tmp_path / "rough") == saved(tmp_path / "calm") == raws
    assert verify(tmp_path / "rough").ok
    assert made <= 1.6 * needed


@pytest.mark.parametrize(
    "seeds", [range(3), pytest.param(range(50), marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_a_bad_half_minute_is_sat_out_or_said_and_the_next_run_completes(
    mailbox: Sandbox,
    open_gmail: Callable[[], Gmail],
    weather: Weather,
    tmp_path: Path,
    seeds: range,
) -> None:
    raws = fill(mailbox, 60)
    stopped = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        mailbox.faults.rate(0.6, seed=SEED + seed)
        weather.then = mailbox.faults.clear
        weather.at = weather.time + BAD_SECONDS
        try:
            open_gmail().backup(folder)
        except (TryLater, Unreachable, ServerFault, PartialError):
            stopped += 1
            mailbox.faults.clear()
            open_gmail().backup(folder)
        mailbox.faults.clear()
        assert saved(folder) == raws, f"GMAILKIT_TEST_SEED={SEED + seed}"
        assert verify(folder).ok
    print(f"{len(seeds)} bad half minutes: {stopped} runs stopped and went on")
