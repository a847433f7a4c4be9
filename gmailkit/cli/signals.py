"""Ctrl-C and its relatives: one clean stop, the second one at once.

The first signal becomes an exception in the main thread, so that everything open is closed and
what is done is kept. A run that has not ended `GRACE` seconds later is ended, and one that is told
twice at once: whatever it wrote is made to survive that. It never ends without a word.

Python runs a signal's handler in the main thread only, and a signal that arrives just before that
thread begins to wait for a lock (as it does when worker threads fetch mail) does not wake it. So a
thread of our own watches the file descriptor that the C handler writes to, and nudges.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gmailkit.clock import SYSTEM_CLOCK

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
GRACE = 3.0  # seconds
TICK = 0.1
_NUDGE = getattr(signal, "SIGURG", None)  # means nothing to us, but interrupts a wait
_END = b"\0"  # no signal has this number
_STDERR = 2
LastWords = Callable[[int], str]  # for the number of the signal


class Stopped(KeyboardInterrupt):
    """Somebody asked the run to end; `exit_code` is 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def clean_stop(last_words: LastWords = lambda number: "") -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Stopped` while the block runs. Where it is ended at
    once `last_words` are what it says on stderr; any thread may ask for them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> NoReturn:
        for each in _watched():
            signal.signal(each, second)
        raise Stopped(number)

    def second(number: int, frame: FrameType | None) -> NoReturn:
        _end(number, last_words)

    before = {number: signal.signal(number, first) for number in _watched()}
    watch = _Watch(frozenset(before), first, last_words) if _NUDGE else None
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if watch:
            watch.close()


def _watched() -> list[int]:
    """Those this system has, without those that nohup or a shell told us to ignore."""
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def _end(number: int, last_words: LastWords) -> NoReturn:
    try:  # past `sys.stderr`, which the main thread may be in the middle of
        os.write(_STDERR, last_words(number).encode(errors="replace"))
    finally:  # whatever hinders it
        os._exit(128 + number)


class _Watch:
    """Sees a signal when it arrives, whatever the main thread does, and holds it to its word."""

    def __init__(self, numbers: frozenset[int], first: object, last_words: LastWords) -> None:
        """`first` is the handler of a signal that was not noticed yet."""
        self._numbers = numbers
        self._first = first
        self._last_words = last_words
        self._main = threading.get_ident()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._nudged = signal.signal(_NUDGE, lambda number, frame: None) if _NUDGE else None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch; once a signal has come it goes on, until the process has ended."""
        if self._stopping:
            return
        signal.set_wakeup_fd(self._before)
        if _NUDGE:
            signal.signal(_NUDGE, self._nudged)
        os.write(self._writer, _END)
        self._thread.join(TICK)
        if self._thread.is_alive():  # a signal came at the last moment
            return
        os.close(self._reader)
        os.close(self._writer)

    def _run(self) -> None:
        number = self._next(None)
        if number is None:
            return
        self._stopping = True
        deadline = SYSTEM_CLOCK.monotonic() + GRACE
        while SYSTEM_CLOCK.monotonic() < deadline:
            if signal.getsignal(number) is self._first and _NUDGE:  # not yet noticed
                signal.pthread_kill(self._main, _NUDGE)
            if again := self._next(TICK):
                number = again
                break
        _end(number, self._last_words)

    def _next(self, seconds: float | None) -> int | None:
        """The next signal of ours within `seconds`; None when there was none, or at the end."""
        while select.select([self._reader], [], [], seconds)[0]:
            content = os.read(self._reader, 1)
            if content == _END:
                return None
            if content[0] in self._numbers:
                return content[0]
            if seconds is not None:
                return None
        return None
