"""Time of the system: the same for all processes, and named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gmailkit import clock
from gmailkit.clock import SYSTEM_CLOCK, SystemClock, since


def test_all_processes_count_from_the_same_moment() -> None:
    script = "from gmailkit.clock import *; print(SYSTEM_CLOCK.monotonic(), since())"
    before = SYSTEM_CLOCK.monotonic()
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    time, name = ran.stdout.split()
    assert before <= float(time) <= SYSTEM_CLOCK.monotonic()
    assert name == since()


def test_where_the_boot_has_no_name_the_machine_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", missing)
    since.cache_clear()
    try:
        assert since()
    finally:
        since.cache_clear()


def test_where_the_system_does_not_count_sleep_time_still_goes_forward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "_SINCE_BOOT", None)
    first = SystemClock().monotonic()
    assert SystemClock().monotonic() >= first
