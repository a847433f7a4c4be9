"""Runs a piece of Python in a process of its own and says what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_HARNESS = """
import sys
from work import lines_of
program, size, small = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
code = compile(program, "program", "exec")
run = lambda n: exec(code, {"n": n})
run(small)  # what is imported or compiled at first
lines = [lines_of(lambda: run(small)), lines_of(lambda: run(4 * small))]
run(size)
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(*lines, int(peak.split()[1]) / 1024)
"""


def measure(program: str, size: float, *, small: float) -> tuple[float, float]:
    """How many times the lines `program` executes for four times as much, where `n` is `small`,
    and its peak memory in MB where `n` is `size`.

    Without coverage, which would be measured too; not by ru_maxrss, which begins with the size of
    the process it was forked from. What takes longer than any machine's bad day fails.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", _HARNESS, program, str(size), str(small)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**plain, "PYTHONPATH": os.pathsep.join([here, plain.get("PYTHONPATH", "")])},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    once, more, megabytes = map(float, done.stdout.split())
    return max(more - 500, 0) / once, megabytes
