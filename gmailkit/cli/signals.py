"""Ctrl-C and its relatives: one clean stop, the second one at once.

The first signal becomes an exception in the main thread, so that everything open is closed and
what is done is kept. A run that has not ended `GRACE` seconds later is ended: whatever it wrote
is made to survive that.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
GRACE = 4.0  # seconds


class Stopped(KeyboardInterrupt):
    """Somebody asked the run to end; `exit_code` is 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def clean_stop() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Stopped` while the block runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _first) for number in _watched()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watched() -> list[int]:
    """Those this system has, without those that nohup or a shell told us to ignore."""
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def _first(number: int, frame: FrameType | None) -> NoReturn:
    for each in _watched():
        signal.signal(each, _second)
    deadline = threading.Timer(GRACE, os._exit, [128 + number])
    deadline.daemon = True
    deadline.start()
    raise Stopped(number)


def _second(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)
