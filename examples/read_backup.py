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
Known = dict[str, tuple[int, str, list[tuple[float, str]]]]  # bytes, SHA-256, labels since when


def items(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each record or event, and where its frame begins; an empty one where no sound frame is."""
    file, at = path.read_bytes() if path.is_file() else b"none", 0
    start = b"From " if path.parent.name == "packs" else b"{"
    while at < len(file):
        end = at + 80 + int.from_bytes(file[at + 12 : at + 16], "little")
        digest = hashlib.sha256(file[at : at + 48] + file[at + 80 : end]).digest()
        sound = file.startswith(HEADER, at) and digest == file[at + 48 : at + 80]
        zstd = subprocess.run(["zstd", "-dcq"], input=sound * file[at:end], capture_output=True)
        for each in re.split(rb"(?<=\n)(?=%b)" % start, zstd.stdout):
            yield f"{path} is damaged in the frame at byte {at}", each
        end = end if sound else file.find(HEADER, at + 1)
        at = end if end > at else len(file)


def take(item: bytes, known: Known, target: Path | None) -> None:
    """Note what a record or an event says; an error when it is not as it was saved."""
    line, _, body = item.partition(b"\nX-Gmailkit: ")[2].partition(b"\n")
    said = json.loads(line or item)
    name, holder = (  # no name leads out of a folder: they are quoted
        f"{quote(each['account'], safe='@')},{quote(each.get('id', ''), safe='')}"
        for each in (said, said.get("same", said))
    )
    labels = json.dumps([*said["labels"].values()]) if "id" in said and "labels" in said else "gone"
    if line:
        raw = re.sub(rb"(?m)^>(>*From )", rb"\1", body[:-1])[: said["length"]]
        digest = known[holder][1] if holder != name else hashlib.sha256(raw).hexdigest()
        if digest != said["sha256"]:
            raise ValueError(f"message {name} has other bytes")
        states = [*known.get(name, (0, "", []))[2], (said.get("saved", 0), labels)]
        known[name] = said["length"], digest, states
        if target:
            target.mkdir(parents=True, exist_ok=True)
            raw = raw if holder == name else (target / f"{holder}.eml").read_bytes()
            (target / f"{name}.eml").write_bytes(raw)
    elif said["kind"] in ("labels", "gone") and name in known:
        known[name][2].append((datetime.fromisoformat(said["at"]).timestamp() * 1000, labels))


def main(backup: Path, target: Path | None = None) -> Iterator[str]:
    """Read everything and go on after damage, which is told in words."""
    known: Known = {}
    later: list[tuple[str, bytes]] = []  # messages whose bytes may stand further on
    packs = sorted(backup.glob("packs/*.mbox.zst")) or [backup / "packs" / "000001.mbox.zst"]
    for path in [*packs, None, *sorted(backup.glob("events/*.jsonl.zst"))]:
        for where, item in items(path) if path else later:
            try:
                take(item, known, target)
            except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
                if isinstance(error, LookupError) and path in packs:
                    later.append((where, item))
                else:
                    yield f"{where}: {error}"
    for name, (size, _, states) in known.items():
        print(*name.split(","), size, sorted(states, key=lambda state: state[0])[-1][1])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(print("usage: read_backup.py BACKUP [FOLDER]", file=sys.stderr) or 2)
    sys.exit("\n".join(main(*map(Path, sys.argv[1:]))) or 0)
