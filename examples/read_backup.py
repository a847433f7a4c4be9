"""Read a gmailkit backup without gmailkit, and check every message: docs/backup-format.md in code.

    python examples/read_backup.py mail.backup [FOLDER]

Prints one line for each message. With FOLDER, writes each one there as ID.eml, byte for byte.
Needs the zstd command (Debian: apt install zstd) and nothing else but Python.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STAMP = b"X-Gmailkit: "


def records(pack: Path) -> Iterator[list[bytes]]:
    """The lines of each record of a pack; a line that begins with "From " begins one."""
    with subprocess.Popen(["zstd", "-dcq", str(pack)], stdout=subprocess.PIPE) as unpacker:
        lines: list[bytes] = []
        for line in unpacker.stdout or ():
            if line.startswith(b"From ") and lines:
                yield lines
                lines = []
            lines.append(line)
        if lines:
            yield lines
    if unpacker.returncode != 0:
        raise SystemExit(f"{pack} is damaged")


def message(lines: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """What the backup says of a message, and its bytes."""
    number = next(n for n, line in enumerate(lines) if line.startswith(STAMP))
    stamp = json.loads(lines[number][len(STAMP) :])
    body = [re.sub(rb"^>(>*From )", rb"\1", line) for line in lines[number + 1 : -1]]
    raw = b"".join(body)[: stamp["length"]]  # a newline was added where the last one was missing
    if hashlib.sha256(raw).hexdigest() != stamp["sha256"]:
        raise SystemExit(f"message {stamp['id']} of {stamp['account']} is damaged")
    return stamp, raw


def main(backup: Path, target: Path | None = None) -> None:
    for pack in sorted(backup.glob("packs/*.mbox.zst")):
        for stamp, raw in map(message, records(pack)):
            print(stamp["account"], stamp["id"], stamp["length"], *sorted(stamp["labels"].values()))
            if target:
                (target / f"{stamp['id']}.eml").write_bytes(raw)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
