"""The clock of the machine jumps, or the machine sleeps, in the middle of a paced backup (R7).

Gmail's own time goes on as if nothing had happened, and it refuses what comes too fast.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Limits, Sandbox
from gmailkit.services.practice import consent
from gmailkit.services.sign_in import login
from gmailkit.wire.http import IN_FLIGHT
from mailroom import ME, letter

DAY = 86_400.0
HOUR = 3_600.0
LIMIT = 1_500  # units a minute
MESSAGES = 120
READ = 20  # units a message


@dataclass
class World(FakeClock):
    """The time that really passes."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        with self.lock:
            super().sleep(seconds)


@dataclass
class Machine:
    """Time as our machine has it: of day `ahead` of the world's; since boot, as the world's."""

    world: World
    ahead: float = 0.0

    def now(self) -> float:
        return self.world.now() + self.ahead

    def monotonic(self) -> float:
        return self.world.monotonic()

    def sleep(self, seconds: float) -> None:
        self.world.sleep(seconds)


def jump(seconds: float) -> Callable[[Machine], None]:
    def happen(machine: Machine) -> None:
        machine.ahead += seconds

    return happen


def sleep(machine: Machine) -> None:
    machine.world.time += 2 * HOUR


TROUBLES = {
    "a day back": jump(-DAY),
    "a day ahead": jump(DAY),
    "ten years ahead": jump(3_650 * DAY),
    "NTP sets it back": jump(-2.5),
    "NTP sets it ahead": jump(0.7),
    "two hours asleep": sleep,
}
# The request during which it happens. A renewal comes first, when the token is an hour old.
MOMENTS = {"reading": ("messages.get", 40), "renewing": ("token", 1)}


def when(sandbox: Sandbox, moment: str, happen: Callable[[], None]) -> None:
    method, at = MOMENTS[moment]
    seen: Counter[str] = Counter()
    real = sandbox.faults.take

    def take(name: str) -> object:
        seen[name] += 1
        if (name, seen[name]) == (method, at):
            happen()
        return real(name)

    sandbox.faults.take = take  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_backup_goes_on_at_its_pace(
    home: Home, tmp_path: Path, trouble: str, moment: str
) -> None:
    world = World(time.time())
    machine = Machine(world)
    raws = Counter(letter(f"Number {number}") for number in range(MESSAGES))
    happened: list[float] = []
    with Sandbox(sample=False, clock=world, limits=Limits(units_per_minute=LIMIT)) as sandbox:
        sandbox.mail.put_all(ME, raws)
        settings = signed_in(sandbox, home, machine)
        if moment == "renewing":
            world.sleep(HOUR)
        sandbox.requests.clear()

        def happen() -> None:
            happened.append(world.time)
            TROUBLES[trouble](machine)

        when(sandbox, moment, happen)
        begun = len(world.slept)
        with Gmail(settings=settings, clock=machine) as gmail:
            report = gmail.backup(tmp_path / "backup")
        renewals = [path for _, path in sandbox.requests if path == "/token"]
        assert happened
        assert len(renewals) <= 2
        assert report.fetched == MESSAGES
        assert sandbox.meter.rejections(ME) == 0
        assert sandbox.meter.most_in_window(ME, 60) <= LIMIT
        # No time passes on the way, so what is in flight may arrive with what comes after it.
        assert sandbox.meter.most_in_window(ME, 1) <= LIMIT / 10 + IN_FLIGHT * READ
        assert sum(world.slept[begun:]) <= 60 * (MESSAGES * READ / LIMIT + 1)
    with Backup.open(tmp_path / "backup") as backup:
        assert Counter(backup.read(entry).raw for entry in backup.entries()) == raws


def signed_in(sandbox: Sandbox, home: Home, clock: Machine) -> Settings:
    client = home.data / "client.json"
    client.parent.mkdir(parents=True)
    client.write_text(json.dumps(sandbox.client_file()))
    settings = Settings(home=home, client_file=client, units_per_minute=LIMIT)
    sandbox.consent = ME
    login(settings, open_browser=consent, clock=clock)
    return settings
