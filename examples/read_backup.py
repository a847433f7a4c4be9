"""Read a gmailkit backup without gmailkit, and check every message: docs/backup-format.md in code.

Prints of each message account, id, bytes, and its labels now or that Gmail has it no more. With
FOLDER, writes each there, byte for byte. Goes on after damage, and exits with 1. Needs zstd.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

HEADER = b"\x5b\x2a\x4d\x18\x48\0\0\0GMK1"  # how the 80 bytes before each zstd frame begin
Known = dict[str, tuple[int, list[tuple[float, str]]]]  # bytes, and labels from when on


def items(file: bytes, start: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record or event, and where its frame begins; an empty one where no sound frame is."""
    at = 0
    while at < len(file):
        end = at + 80 + int.from_bytes(file[at + 12 : at + 16], "little")
        digest = hashlib.sha256(file[at : at + 48] + file[at + 80 : end]).digest()
        sound = file.startswith(HEADER, at) and digest == file[at + 48 : at + 80]
        zstd = subprocess.run(["zstd", "-dcq"], input=sound * file[at:end], capture_output=True)
        yield from ((at, each) for each in re.split(rb"(?<=\n)(?=%b)" % start, zstd.stdout))
        end = end if sound else file.find(HEADER, at + 1)
        at = end if end > at else len(file)


def take(item: bytes, known: Known, target: Path | None) -> None:
    """Note what a record or an event says; an error when it is not as it was saved."""
    line, _, body = item.partition(b"\nX-Gmailkit: ")[2].partition(b"\n")
    said = json.loads(line or item)
    name = f"{quote(said['account'], safe='@')},{quote(said.get('id', ''), safe='')}"
    labels = json.dumps([*said["labels"].values()]) if "id" in said and "labels" in said else "gone"
    if line:
        raw = re.sub(rb"(?m)^>(>*From )", rb"\1", body[:-1])[: said["length"]]
        if hashlib.sha256(raw).hexdigest() != said["sha256"]:
            raise ValueError(f"message {name} has other bytes")
        known.setdefault(name, (len(raw), []))[1].append((said.get("saved", 0), labels))
        if target:  # no name leads out of it: they are quoted
            target.mkdir(parents=True, exist_ok=True)
            (target / f"{name}.eml").write_bytes(raw)
    elif said["kind"] in ("labels", "gone") and name in known:
        known[name][1].append((datetime.fromisoformat(said["at"]).timestamp() * 1000, labels))


def main(backup: Path, target: Path | None = None) -> Iterator[str]:
    """Read everything and go on after damage, which is told in words."""
    known: Known = {}
    packs = sorted(backup.glob("packs/*.mbox.zst")) or [backup / "packs" / "000001.mbox.zst"]
    for path in [*packs, *sorted(backup.glob("events/*.jsonl.zst"))]:
        file = path.read_bytes() if path.is_file() else b"none"
        for at, item in items(file, b"From " if path in packs else b"{"):
            try:
                take(item, known, target)
            except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
                yield f"{path} is damaged in the frame at byte {at}: {error}"
    for name, (size, states) in known.items():
        print(*name.split(","), size, sorted(states, key=lambda state: state[0])[-1][1])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(print("usage: read_backup.py BACKUP [FOLDER]", file=sys.stderr) or 2)
    sys.exit("\n".join(main(*map(Path, sys.argv[1:]))) or 0)
