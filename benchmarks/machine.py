"""How slow this machine is beside the one on which the targets of the benchmarks were set."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import cache

TYPER = 0.045  # seconds of `python -c 'import typer'` there


@cache
def slower() -> float:
    """A target in seconds is taken so many times, one in messages a second is divided by it; never
    below 1, so that nothing is easier on a machine that is as quick or quicker."""
    factor = min(_wall() for _ in range(5)) / TYPER
    print(f"(this machine is {factor:.1f} times as slow as that of the targets)", flush=True)
    return max(1.0, factor)


def _wall() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import typer"], check=True)
    return time.perf_counter() - begun
