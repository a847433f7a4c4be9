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

HEADER = b"\x5b\x2a\x4d\x18\x48\0\0\0GMK1"  # how the 80 bytes before each zstd frame begin
UNPACK = ["zstd", "-dcq"]


def records(pack: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record and where its frame begins; an empty one where no sound frame is."""
    at = 0
    while at < len(pack):
        end = at + 80 + int.from_bytes(pack[at + 12 : at + 16], "little")
        digest = hashlib.sha256(pack[at : at + 48] + pack[at + 80 : end]).digest()
        if pack.startswith(HEADER, at) and end <= len(pack) and digest == pack[at + 48 : at + 80]:
            text = subprocess.run(UNPACK, input=pack[at:end], stdout=subprocess.PIPE).stdout
            yield from ((at, each) for each in re.split(rb"(?m)(?<=\n)^(?=From )", text))
        else:
            yield at, b""
            end = pack.find(HEADER, at + 1)
        at = end if end > at else len(pack)


def message(record: bytes) -> tuple[str, str, bytes]:
    """A message's account, id and bytes. An error when they are not what was saved."""
    line, _, body = record.partition(b"\nX-Gmailkit: ")[2].partition(b"\n")
    stamp = json.loads(line or b"{}")
    raw = re.sub(rb"(?m)^>(>*From )", rb"\1", body[:-1])[: stamp["length"]]
    if hashlib.sha256(raw).hexdigest() != stamp["sha256"]:
        raise ValueError("sha256")
    return quote(stamp["account"], safe="@"), quote(stamp["id"], safe=""), raw


def main(backup: Path, target: Path | None = None) -> Iterator[str]:
    """Read everything and go on after damage, which is told in words."""
    if target:
        target.mkdir(parents=True, exist_ok=True)
    for pack in sorted(backup.glob("packs/*.mbox.zst")) or [backup / "packs" / "000001.mbox.zst"]:
        for at, record in records(pack.read_bytes()):
            try:
                account, id, raw = message(record)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                yield f"{pack} is damaged in the frame at byte {at} ({error})."
                continue
            print(account, id, len(raw))
            if target:  # quoted, no name leads out of the folder
                (target / f"{account},{id}.eml").write_bytes(raw)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print("usage: read_backup.py BACKUP [FOLDER]", file=sys.stderr)
        sys.exit(2)
    try:
        sys.exit("\n".join(main(*map(Path, sys.argv[1:]))) or 0)
    except OSError as error:
        sys.exit(str(error))
