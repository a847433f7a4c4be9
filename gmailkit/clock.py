"""Time as an argument: tests move it, nothing else in gmailkit asks the operating system."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Seconds. `now` is since the epoch (may jump). `monotonic` only goes forward, counts the time
    asleep where the system can tell, and is the same for all processes until the next reboot.
    """

    def now(self) -> float: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


_SINCE_BOOT: int | None = getattr(
    time, "CLOCK_BOOTTIME", None
)  # Linux; elsewhere sleep is not time


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.clock_gettime(_SINCE_BOOT) if _SINCE_BOOT is not None else time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@lru_cache(maxsize=1)
def since() -> str:
    """Names what `monotonic` is counted from: this boot of this machine, where it can be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return platform.node()


SYSTEM_CLOCK: Clock = SystemClock()


def ending(clock: Clock, seconds: float | None) -> Callable[[], bool]:
    """Tells from now on whether so many seconds are over; None: they never are."""
    until = None if seconds is None else clock.monotonic() + seconds
    return lambda: until is not None and clock.monotonic() >= until
