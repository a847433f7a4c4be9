"""What Gmail gives by IMAP and POP3 in a day: counted for all processes, and never overrun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.errors import DailyLimit
from gmailkit.record.bandwidth import GMAIL, Allowance, Limits

HOUR = 3600
LIMITS = Limits(down=10_000_000, up=1_000_000)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(time=1_800_000_000.0)


@pytest.fixture
def allowance(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Allowance]]:
    made: list[Allowance] = []

    def make(patience: float = 0) -> Allowance:
        made.append(
            Allowance(lambda: tmp_path, "imap", limits=LIMITS, patience=patience, clock=clock)
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_what_all_processes_moved_counts_and_the_error_says_when_it_goes_on(
    allowance: Callable[..., Allowance], clock: FakeClock
) -> None:
    one, two = allowance(), allowance()
    one.check()
    one.down(6_000_000)
    one.check()
    clock.sleep(5 * HOUR)
    two.check()
    two.down(4_000_000)
    with pytest.raises(DailyLimit, match="it goes on at") as caught:
        two.check()
    with pytest.raises(DailyLimit):
        one.check()
        one.down(2_000_000)
        one.check()
    assert caught.value.retry_at == datetime.fromtimestamp(1_800_000_000 + 24 * HOUR, UTC)
    clock.time = 1_800_000_000.0 + 24 * HOUR
    two.check()
    two.up(1_000_001)
    with pytest.raises(DailyLimit):
        two.check()


def test_who_has_patience_waits_for_it(
    allowance: Callable[..., Allowance], clock: FakeClock
) -> None:
    patient = allowance(patience=30 * HOUR)
    patient.down(10_000_001)
    patient.check()
    assert clock.slept == [24 * HOUR]


def test_a_tenth_of_gmails_day_is_left_to_other_programs() -> None:
    assert GMAIL["imap"] == Limits(down=2_250_000_000, up=450_000_000)
    assert GMAIL["pop3"].down == 1_125_000_000
