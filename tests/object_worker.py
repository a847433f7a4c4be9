"""A process of its own that backs up into object storage and is killed at each request in turn.

It forks before it has spoken to any store: a library that has threads cannot be forked.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from disks import ME, begun, ended, message
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.events import Gone
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.place import folder_of
from objectroom import Owner, make_bucket

MAIL = [message(number) for number in range(8)]
CHANGES = ("_put", "remove")


def run(url: str, owners: Owners | None = None) -> int:
    """Two commits of messages and events, for these owners; how many messages it had to fetch."""
    fetched = 0
    if owners:
        begin_encrypted(url, owners)
    with Backup.open(url, create=True) as backup:
        known = backup.known(ME)
        for number, each in enumerate(MAIL):
            if each.id not in known:
                fetched += 1
                backup.add(each)
            if number % 4 == 3:
                if not backup.gone(ME).get(each.id):
                    backup.note(Gone(account=ME, id=each.id))
                backup.flush()
    return fetched


def dying(at: int, tell: int) -> None:
    """From now on what is done to the store is counted; at the step with that number it dies."""
    done = 0

    def step(name: str) -> None:
        nonlocal done
        done += 1
        os.write(tell, f"{name}\n".encode())
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(real: Any) -> Any:
        def call(self: Bucket, *words: Any) -> Any:
            name = words[0] if words else ""
            if name.startswith("packs/"):  # when the commit before is in the index
                step(f"before {name}")
            found = real(self, *words)
            if name:
                step(f"after {name}")
            return found

        return call

    for name in CHANGES:
        setattr(Bucket, name, watched(getattr(Bucket, name)))


def killed(url: str, at: int, owners: Owners | None) -> tuple[int, list[str]]:
    told, tell = os.pipe()

    def work() -> None:
        dying(at, tell)
        run(url, owners)

    child = begun(work)
    os.close(tell)
    with os.fdopen(told) as steps:
        names = steps.read().splitlines()
    return ended(child), names


def looked_at(url: str, at: int, steps: list[str], end: int, key: Owner | None) -> None:
    """In a fork: go on, then look at all of it."""
    store = connected(folder_of(url))
    lock = "lock.json" in store.sizes()
    safe = 4 * sum(name.startswith("after packs/") and ".ids" not in name for name in steps)
    again = run(url, key and key.owners)
    report = verify(url)
    if key:  # it was blind until here
        key.comes()
        report = verify(url) if report.ok else report
    with Backup.open(url) as backup:
        same = sorted((backup.read(e) for e in backup.entries()), key=lambda r: r.id) == MAIL
        gone = sorted(backup.gone(ME)) == [MAIL[3].id, MAIL[7].id]
    facts = {
        "at": at,
        "step": steps[-1],
        "killed": end,
        "lock": lock,
        "safe": safe,
        "again": again,
        "whole": report.ok and same and gone and "lock.json" not in store.sizes(),
        "problems": report.problems,
    }
    print(json.dumps(facts), flush=True)


def main(server: str, kind: str, every: str, key_file: str) -> None:
    key = Owner(Path(key_file)) if kind == "encrypted" else None
    for at in range(1, 100, int(every)):
        make_bucket(server, f"{kind}{at}")
        url = f"s3://{kind}{at}/mail"
        end, steps = killed(url, at, key and key.owners)
        if end == 0:
            return
        look = partial(looked_at, url, at, steps, end, key)
        assert ended(begun(look)) == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
