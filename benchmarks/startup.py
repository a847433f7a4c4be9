"""How long a command takes to start, as ratios to `python -c 'import typer'` in the same run.

    make bench

Runs are interleaved, so that a busy machine slows all alike, and medians are compared. Exits with
1 when a ratio is over its limit. Nothing here touches the network or the user's own folders.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "15"))
BASE = "import typer"
PYTHON = [sys.executable]
GMAILKIT = [sys.executable, "-m", "gmailkit"]

# name, command line, most that is allowed
CASES: list[tuple[str, list[str], float]] = [
    ("--version", [*GMAILKIT, "--version"], 1.2),
    ("--help", [*GMAILKIT, "--help"], 2.5),
    ("accounts", [*GMAILKIT, "accounts"], 2.5),
    ("verify DIR", [*GMAILKIT, "verify", "backup"], 2.5),
    ("search --in", [*GMAILKIT, "search", "hello", "--in", "backup"], 2.5),
]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        times = measure(Path(folder))
    base = times.pop(BASE)
    print(f"{BASE:12}  {base * 1000:5.0f} ms")
    missed = 0
    for (name, _, limit), seconds in zip(CASES, times.values(), strict=True):
        ratio = seconds / base
        missed += ratio > limit
        verdict = "ok" if ratio <= limit else "TOO SLOW"
        print(f"{name:12}  {seconds * 1000:5.0f} ms  {ratio:4.2f} of {limit}  {verdict}")
    return 1 if missed else 0


def prepare(folder: Path) -> None:
    """A home with nobody in it, and a small backup to verify."""
    from gmailkit.backup.folder import Backup
    from gmailkit.backup.record import Record
    from gmailkit.model.ids import LabelId, MessageId, ThreadId

    with Backup.open(folder / "backup", write=True, create=True) as backup:
        for number in range(20):
            backup.add(
                Record(
                    account="me@example.com",
                    id=MessageId(f"{number:016x}"),
                    thread=ThreadId(f"{number:016x}"),
                    date_ms=1_700_000_000_000 + number,
                    labels={LabelId("INBOX"): "INBOX"},
                    raw=b"From: ann@example.com\r\nSubject: %d\r\n\r\nHello\r\n" % number,
                )
            )
        backup.flush()


def measure(folder: Path) -> dict[str, float]:
    """Median seconds of each case, the base first."""
    cases = {BASE: [*PYTHON, "-c", BASE], **{name: command for name, command, _ in CASES}}
    times: dict[str, list[float]] = {name: [] for name in cases}
    env = {**os.environ, "GMAILKIT_HOME": str(folder / "home")}
    for number in range(ROUNDS + 1):
        for name, command in cases.items():
            begun = time.perf_counter()
            subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True)
            if number:  # the first round only warms the file cache
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


if __name__ == "__main__":
    sys.exit(main())
