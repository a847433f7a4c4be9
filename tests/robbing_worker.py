"""A process that takes a backup in object storage over from whoever writes, again and again.

It prints the ids of the messages that it was told are saved, and how often it was stopped.
"""

from __future__ import annotations

import json
import random
import sys
import time

from disks import message
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.lock import take_over
from gmailkit.errors import BackupLocked


def main(url: str, who: int, seconds: float) -> None:
    dice, saved, number, stopped = random.Random(who), list[str](), who * 100_000, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if dice.random() < 0.7:
                take_over(url)
            with Backup.open(url, write=True) as backup:
                for _ in range(dice.randrange(1, 6)):
                    some = [message(number + each) for each in range(dice.randrange(1, 4))]
                    number += len(some)
                    for each in some:
                        backup.add(each)
                    backup.flush()
                    saved += [each.id for each in some]
        except BackupLocked:
            stopped += 1
    print(json.dumps({"saved": saved, "stopped": stopped}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
