"""How long a backup takes by each way, as its plan says before and as it was: within 20 %?

    python benchmarks/backup_ways.py

Three mailboxes in the sandbox, where each answer of the API and of IMAP takes 150 ms: many small
messages under the limits of an old project, few large ones and a mixture under those of a new one.
Each is planned (`backup --dry-run`), then saved by the API alone, over IMAP, by both side by side,
and from its own Takeout archive, into a new folder each time. Exits with 1 when an estimate is off
by more than 20 %, or the way that is picked was not the fastest.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

from seeding import FULL, LABELS, ME, START, Mail

from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.model.outside import Outside
from gmailkit.paths import Home
from gmailkit.sandbox import Limits, Sandbox
from gmailkit.sandbox.state.state import Letter
from gmailkit.secret import Secret
from gmailkit.services.backup.ways import Via

LATENCY = 0.15
OFF = 0.2


@dataclass(frozen=True)
class Box:
    """`sizes` of its messages, the oldest first, and what its project may spend."""

    name: str
    sizes: list[int]
    prices: Literal["old", "new"]
    units_per_minute: int


def main() -> int:
    chance = random.Random(1)
    boxes = (
        Box("many small", [chance.randrange(500, 6_000) for _ in range(1_000)], "old", 15_000),
        Box("few large", [chance.randrange(1, 4) * 1_000_000 for _ in range(40)], "new", 6_000),
        Box("mixed", [mixed(chance) for _ in range(140)], "new", 6_000),
    )
    print(f"{'':24}{'estimate s':>12}{'measured s':>12}{'off':>8}")
    missed = [name for box in boxes for name in measured(box)]
    for name in missed:
        print(f"MISSED: {name}")
    if not missed:
        print("Every target was reached.")
    return bool(missed)


def measured(box: Box) -> Iterator[str]:
    """Prints a row for each way; what was not as it should be."""
    with mailbox(box) as (gmail, folder):
        takeout = f"takeout:{folder / 'takeout.zip'}"
        plan = gmail.plan_backup(folder / "plan", via="fastest", seed=[takeout])
        took: dict[str, float] = {}
        for way in plan.ways:
            begun = time.perf_counter()
            saved = run(gmail, folder / str(len(took)), way.name)
            took[way.name] = time.perf_counter() - begun
            name = f"{box.name}, {way.name.partition(':')[0]}"
            off = way.seconds / took[way.name] - 1
            row = f"{name:24}{way.seconds:>12.1f}{took[way.name]:>12.1f}{off:>8.0%}"
            print(f"{row}{'  picked' if plan.picked == way.name else ''}", flush=True)
            if saved != len(box.sizes):
                yield f"{name}: {saved:,} of {len(box.sizes):,} messages were saved"
            if abs(off) > OFF:
                yield f"{name}: the estimate is off by {off:.0%}, {OFF:.0%} at most"
    if took[plan.picked] > min(took.values()) * (1 + OFF):
        yield f"{box.name}: {plan.picked} was picked, {min(took, key=lambda way: took[way])} faster"


def run(gmail: Gmail, folder: Path, way: str) -> int:
    """How many messages it saved."""
    for via in get_args(Via):
        if way == via:
            return gmail.backup(folder, via=via).fetched
    return gmail.seed_backup(folder, way).taken + gmail.backup(folder).fetched


def mixed(chance: random.Random) -> int:
    """Most of some kilobytes, some of a megabyte and more."""
    return min(4_000_000, int(3_000 * chance.paretovariate(0.6)))


@contextmanager
def mailbox(box: Box) -> Iterator[tuple[Gmail, Path]]:
    limits = Limits(prices=box.prices, units_per_minute=box.units_per_minute)
    with (
        tempfile.TemporaryDirectory() as place,
        Sandbox(sample=False, latency=LATENCY, limits=limits) as sandbox,
    ):
        sandbox.mail.put_many(ME, letters(box.sizes))
        sandbox.takeout(ME, Path(place) / "takeout.zip")
        settings = Settings(
            home=Home.at(Path(place) / "home"),
            access_token=Secret(sandbox.issue_token(ME, [FULL])),
            endpoint=sandbox.url,
            units_per_minute=box.units_per_minute,
            prices=box.prices,
            outside=Outside(
                resolve=lambda host, port: (),
                is_open=lambda address: False,
                trust=sandbox.trust,
                gmail_imap=lambda: (sandbox.imap_port, sandbox.trust()),
            ),
        )
        with Gmail(settings=settings) as gmail:
            yield gmail, Path(place)


def letters(sizes: list[int]) -> Iterator[Letter]:
    chance = random.Random(2)
    for number, size in enumerate(sizes):
        head = f"Message-ID: <{number}@example.com>\r\nFrom: ann{number % 97}@example.com\r\n"
        line = chance.randbytes(37).hex()
        text = f"{line}\r\n" * (size // 76)
        raw = f"{head}Subject: Number {number}\r\n\r\n{text}".encode()
        when = START + timedelta(minutes=number)
        yield Mail(raw, LABELS[number % len(LABELS)], when, str(number // 3))


if __name__ == "__main__":
    sys.exit(main())
