"""Changes labels of random messages over and over, each run killed with -9 at one of its steps, and
one to its end.

    python changes_worker.py JOB

Each run is a child of this process, which has loaded everything already and has no threads. What a
run finds cut short it leaves alone, with its messages. Prints what the runs ended with.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from disks import begun, die_at, ended
from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.paths import Home
from gmailkit.record.journal import Journal
from gmailkit.secret import Secret
from gmailkit.services.changes.make import Delta, relabel
from gmailkit.services.changes.states import INBOX, SPAM, TRASH
from gmailkit.wire.bearer import Bearer

LABELS = [INBOX, TRASH, SPAM, *map(LabelId, ("STARRED", "UNREAD", "IMPORTANT"))]
# The way to a request, the way from it, and each change of the journal.
STEPS = ((Bearer, "send"), (Journal, "begin"), (Journal, "end"))
MOST = 40  # messages in a change
BY_GOOGLE = 0.3  # of the changes are made by Google's own calls
ONE_BY_ONE = 9  # up to so many are changed by a call each: a kill finds some of them done


def opened(job: dict[str, Any]) -> Gmail:
    settings = Settings(
        home=Home.at(Path(job["home"])),
        access_token=Secret(job["token"]),
        endpoint=job["endpoint"],
        units_per_minute=None,
    )
    return Gmail(settings=settings, clock=ImpatientClock())


def main(job: dict[str, Any]) -> list[int]:
    codes = list[int]()
    change_some(job | {"changes": 0}, 0)  # loads what there is to load
    for number, fatal in enumerate((*job["steps"], None)):
        codes.append(ended(begun(lambda number=number, fatal=fatal: live(job, number, fatal))))
    return codes


def live(job: dict[str, Any], run: int, fatal: int | None) -> None:
    """Until that step, or to the end."""
    if fatal is None:
        change_some(job, run)
    else:
        die_at(fatal, STEPS)
        change_some(job | {"changes": sys.maxsize}, run)


def change_some(job: dict[str, Any], run: int) -> None:
    """Until the journal knows as many changes as are wanted."""
    dice = random.Random(f"{job['seed']} {run}")
    with opened(job) as gmail:
        c = gmail._connection
        ids = [id for id in job["ids"] if id not in cut_short(gmail)]
        while known(gmail) < job["changes"]:
            some = dice.sample(ids, dice.randint(*dice.choice(((1, ONE_BY_ONE), (1, MOST)))))
            add, remove, *_ = dice.sample(LABELS, 3)
            add, remove = dice.choice([((add,), ()), ((), (remove,)), ((add,), (remove,))])
            if add == (INBOX,):  # an undo cannot put a message into the inbox and Spam at once
                remove = (SPAM, TRASH)
            delta = Delta(tuple(some), frozenset(add), frozenset(remove))
            try:
                if dice.random() < BY_GOOGLE:
                    by_google(gmail, delta)
                else:
                    relabel(c.client, c.journal, "a change", [delta], names={})
            except GmailKitError:  # it stands as cut short
                ids = [id for id in ids if id not in set(some)]


def known(gmail: Gmail) -> int:
    return next((each.number for each in gmail.changes(limit=1)), 0)


def by_google(gmail: Gmail, delta: Delta) -> None:
    """The same by one of Google's own calls."""
    if delta.ids[1:]:
        gmail.messages.batch_modify(
            delta.ids, add_label_ids=delta.add, remove_label_ids=delta.remove
        )
    elif delta.add == {"TRASH"} and not delta.remove:
        gmail.messages.trash(delta.ids[0])
    else:
        gmail.messages.modify(delta.ids[0], add_label_ids=delta.add, remove_label_ids=delta.remove)


def cut_short(gmail: Gmail) -> set[str]:
    return {
        each.id for change in gmail.changes(states=("begun",)) for each in gmail.touched(change)
    }


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
