"""The processes that copying.py measures: a copy by gmailkit, or by Python's `mailbox`.

    python benchmarks/copying_process.py TOLD gmailkit SRC DST
    python benchmarks/copying_process.py TOLD mbox|maildir|backup SRC DST

TOLD is a file that gets, as JSON, the CPU seconds (of `mailbox` without its start), the peak of
memory in MB, and the number of messages.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def by_gmailkit(source: str, target: str) -> dict[str, float]:
    from contextlib import redirect_stdout
    from io import StringIO

    from gmailkit.cli.app import run

    with redirect_stdout(StringIO()) as said:
        code = run(["copy", source, target, "--yes", "--json"])
    assert code == 0, code
    return {"cpu": time.process_time(), "count": json.loads(said.getvalue())["added"]}


def by_mailbox(copy: Callable[[str, str], int], source: str, target: str) -> dict[str, float]:
    import mailbox  # noqa: F401 - its start is not counted

    begun = time.process_time()
    count = copy(source, target)
    return {"cpu": time.process_time() - begun, "count": count}


def into_mbox(source: str, target: str) -> int:
    import mailbox

    root = mailbox.Maildir(source, create=False)
    with Path(target).open("xb"):
        made = mailbox.mbox(target)
    for folder in (root, *map(root.get_folder, root.list_folders())):
        for message in folder:
            made.add(message)
    made.close()
    return len(mailbox.mbox(target))


def into_maildir(source: str, target: str) -> int:
    import mailbox

    made = mailbox.Maildir(target)
    for message in mailbox.mbox(source, create=False):
        made.add(message)
    return len(made)


def packed(source: str, target: str) -> int:
    """The same bytes by the same zstd and SHA-256, synced as often; without index and stamps."""
    import mailbox

    from storage import ME, PART, Plain

    from gmailkit.backup.record import Record

    made = Plain(Path(target))
    held: list[Record] = []
    mail = mailbox.mbox(source, create=False)
    for key in mail.iterkeys():
        held.append(Record(ME, "18f0000000000001", "18f0000000000001", 0, {}, mail.get_bytes(key)))
        if len(held) == PART:
            made.add(held)
            held = []
    made.add(held)
    return len(mail)


def peak() -> float:
    """Not getrusage: that counts the parent in."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


PEERS = {"mbox": into_mbox, "maildir": into_maildir, "backup": packed}


def main(told: str, who: str, source: str, target: str) -> None:
    if who == "gmailkit":
        found = by_gmailkit(source, target)
    else:
        found = by_mailbox(PEERS[who], source, target)
    Path(told).write_text(json.dumps({**found, "peak": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
