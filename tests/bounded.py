"""Runs a piece of Python in a process of its own and says what it cost."""

from __future__ import annotations

import os
import subprocess
import sys

_EPILOGUE = """
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(time.process_time() - start, int(peak.split()[1]) / 1024)
"""


def measure(program: str, size: float) -> tuple[float, float]:
    """CPU seconds since the program set `start`, and its peak memory in MB.

    Without coverage, which would be measured too; not by ru_maxrss, which begins with the size of
    the process it was forked from.
    """
    program = f"import sys, time\nn = float(sys.argv[1])\n{program}{_EPILOGUE}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", program, str(size)],
        capture_output=True,
        text=True,
        timeout=120,
        env=plain,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes
