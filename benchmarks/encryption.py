"""What encryption costs a backup: the same mail saved, read and verified plain and encrypted.

    python benchmarks/encryption.py [--messages N] [--folder DIR]

N messages (5,000) as in storage.py. `write` saves them, committed as a run does, with fsync, by a
host without a key; `take in` is the first time that the owner opens it, which makes the index;
`read` reads all in their order, `random` one after another at random, `verify` every byte. The
plain backup is the reference, in the same run. There is no target: this is for docs/encryption.md.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from storage import Mail

from gmailkit.backup.check import verify
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5_000, metavar="N")
    parser.add_argument("--folder", type=Path, help="where to work; a new temporary one")
    said = parser.parse_args()
    maker = Mail()
    mail = [maker.message(number) for number in range(said.messages)]
    print(f"{said.messages:,} messages, {sum(len(each.raw) for each in mail) / 1e6:,.0f} MB")
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        plain = run(Path(folder) / "plain", mail)
        key = Path(folder) / "key.txt"
        identity = age.new_identity()
        key.write_text(f"{identity!s}\n")
        begin_encrypted(Path(folder) / "encrypted", Owners((age.recipient_of(identity),)))
        encrypted = run(Path(folder) / "encrypted", mail, key)
    for name, seconds in encrypted.items():
        before = plain.get(name)
        times = f"{seconds / before:6.2f} x plain" if before else ""
        print(f"{name:10} {seconds:8.2f} s {times}")


def run(folder: Path, mail: list[Record], key: Path | None = None) -> dict[str, float]:
    took = {"write": timed(lambda: write(folder, mail))}
    GIVEN.identity = key
    try:
        took["take in"] = timed(lambda: Backup.open(folder).close()) if key else 0.0
        with Backup.open(folder) as backup:
            entries = list(backup.entries())
            took["read"] = timed(lambda: [backup.read(each) for each in entries])
            some = random.Random(1).sample(entries, min(200, len(entries)))
            took["random"] = timed(lambda: [backup.read(each) for each in some])
        took["verify"] = timed(lambda: verify(folder))
    finally:
        GIVEN.identity = None
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    print(f"{folder.name}: {size / 1e6:,.1f} MB")
    return took


def write(folder: Path, mail: list[Record]) -> None:
    with Backup.open(folder, create=True) as backup:
        for record in mail:
            backup.add(record)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
