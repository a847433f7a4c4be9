"""A terminal with a program in it, for tests: type, wait for text, read the exit code."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence

# Makes the terminal the controlling one, so that Ctrl-C arrives as a signal.
_IN_SESSION = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _without_size() -> dict[str, str]:
    """The environment without what would hide the size of the terminal itself."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


class Terminal:
    """`argv` running on a new terminal of its own session."""

    def __init__(self, argv: Sequence[str], *, columns: int = 80, **env: str) -> None:
        self.screen = ""
        self._end, program_end = os.openpty()
        fcntl.ioctl(program_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-ISc", _IN_SESSION, *argv],
            stdin=program_end,
            stdout=program_end,
            stderr=program_end,
            env={**_without_size(), "TERM": "xterm", "NO_COLOR": "1", **env},
        )
        os.close(program_end)

    @property
    def pid(self) -> int:
        return self._process.pid

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Until `text` is on the screen."""
        deadline = time.monotonic() + seconds
        while text not in self.screen:
            assert self._read(deadline), f"{text!r} did not come; the screen is:\n{self.screen}"

    def close(self, seconds: float = 30) -> int:
        """Read to the end; the exit code (negative: killed by that signal)."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        os.close(self._end)
        return self._process.wait(max(deadline - time.monotonic(), 1))

    def hang_up(self) -> int:
        """Close the window."""
        os.close(self._end)
        return self._process.wait(10)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            return False
        try:
            content = os.read(self._end, 4096)
        except OSError:  # the program has ended (EIO on Linux)
            return False
        self.screen += content.decode(errors="replace").replace("\r\n", "\n")
        return bool(content)
