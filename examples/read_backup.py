"""Read a gmailkit backup without gmailkit, and check every message: docs/backup-format.md in code.

Prints a line for each message. With FOLDER, writes each there as ACCOUNT,ID.eml, byte for byte.
Goes on after damage, names it, and then exits with 1. Needs zstd (Debian: apt install zstd).
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

BAD = (ValueError, LookupError, TypeError, AttributeError, OSError)
HEADER = b"\x5b\x2a\x4d\x18\x48\0\0\0GMK1"  # how the 80 bytes before each zstd frame begin


def records(pack: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record and where its frame begins; an empty one where no sound frame is."""
    at = 0
    while at < len(pack):
        end = at + 80 + int.from_bytes(pack[at + 12 : at + 16], "little")
        digest = hashlib.sha256(pack[at : at + 48] + pack[at + 80 : end]).digest()
        if pack.startswith(HEADER, at) and end <= len(pack) and digest == pack[at + 48 : at + 80]:
            text = subprocess.run(["zstd", "-dcq"], input=pack[at:end], capture_output=True).stdout
            yield from ((at, each) for each in re.split(rb"(?m)(?<=\n)^(?=From )", text))
        else:
            yield at, b""
            end = pack.find(HEADER, at + 1)
        at = end if end > at else len(pack)


def message(record: bytes) -> tuple[str, str, bytes]:
    """A message's account, id and bytes. One of BAD when they are not what was saved."""
    if not record:
        raise ValueError("not a sound frame")
    line, _, body = record.partition(b"\nX-Gmailkit: ")[2].partition(b"\n")
    stamp = json.loads(line)
    raw = re.sub(rb"(?m)^>(>*From )", rb"\1", body[:-1])[: stamp["length"]]
    if hashlib.sha256(raw).hexdigest() != stamp["sha256"]:
        raise ValueError(f"message {stamp['id']!a} of {stamp['account']!a}")
    return quote(stamp["account"], safe="@"), quote(stamp["id"], safe=""), raw


def main(backup: Path, target: Path | None = None) -> Iterator[str]:
    """Read everything and go on after damage, which is told in words."""
    for pack in sorted(backup.glob("packs/*.mbox.zst")) or [backup / "packs" / "000001.mbox.zst"]:
        try:
            for at, record in records(pack.read_bytes()):
                try:
                    account, id, raw = message(record)
                    print(account, id, len(raw))
                    if target:  # no name leads out of it: they are quoted
                        target.mkdir(parents=True, exist_ok=True)
                        (target / f"{account},{id}.eml").write_bytes(raw)
                except BAD as error:
                    yield f"{pack} is damaged in the frame at byte {at}: {error}"
        except OSError as error:
            yield f"{pack} cannot be read: {error}"


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print("usage: read_backup.py BACKUP [FOLDER]", file=sys.stderr)
        sys.exit(2)
    sys.exit("\n".join(main(*map(Path, sys.argv[1:]))) or 0)
