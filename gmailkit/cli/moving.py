"""The one line that moves on the terminal. Whoever writes anything else wipes it first."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gmailkit.cli import screen

ECHO = "^C"  # what the terminal itself puts behind the line: in the last cell it would wrap
_drawn = 0  # cells; one for the process, as the terminal is
_turn = threading.RLock()  # log lines come from any thread


def draw(text: str) -> None:
    """Put `text`, as much of it as has room, in place of what moved before."""
    global _drawn
    with _turn:
        _drawn = max(screen.columns() - 1 - len(ECHO), 1)
        sys.stderr.write(f"\r{screen.fit(text, _drawn)}")
        sys.stderr.flush()


def wipe() -> None:
    """Leave the line as it was before `draw`; does nothing when nothing moves."""
    global _drawn
    with _turn:
        if _drawn:
            cells, _drawn = _drawn, 0
            sys.stderr.write(f"\r{' ' * (cells + len(ECHO))}\r")
            sys.stderr.flush()


@contextmanager
def wiped() -> Iterator[None]:
    """Wiped, and nothing is drawn while the block writes."""
    with _turn:
        wipe()
        yield
