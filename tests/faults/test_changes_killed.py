"""Changes of labels killed with -9 at random steps, under faults; then recovered, then undone.

The seed is printed; GMAILKIT_TEST_SEED=N repeats the changes, GMAILKIT_TEST_CHANGES=N makes more,
in as many mailboxes as there are SHARDS: `pytest -n 2` fills two processors.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from changes_worker import opened
from gmailkit.auth.scopes import PURPOSES
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter
from organising_model import Mailbox

SEED = int(os.environ.get("GMAILKIT_TEST_SEED", "1"))
MANY = int(os.environ.get("GMAILKIT_TEST_CHANGES", "300"))
WORKER = Path(__file__).parents[1] / "changes_worker.py"
KILLED = -signal.SIGKILL
SHARDS = 4


@pytest.mark.parametrize(
    ("messages", "changes", "kills", "shard"),
    [
        (200, 40, 12, 0),
        *(
            pytest.param(
                *(2_000, MANY // SHARDS, 40, shard),
                marks=[pytest.mark.soak, pytest.mark.timeout(7_200)],
            )
            for shard in range(SHARDS)
        ),
    ],
)
def test_changes_killed_at_any_moment_are_finished_taken_back_and_undone(
    sandbox: Sandbox, tmp_path: Path, messages: int, changes: int, kills: int, shard: int
) -> None:
    print(f"GMAILKIT_TEST_SEED={SEED}")
    seed = SEED * SHARDS + shard
    dice, began = random.Random(seed), time.monotonic()
    model = Mailbox({id: {"INBOX", "UNREAD"} for id in fill(sandbox, messages)})
    longest = 50 * changes // kills  # steps that a run lives; a change has about 25
    job = {
        "home": str(tmp_path / "home"),
        "token": sandbox.issue_token(ME, PURPOSES["modify"], lasting=True),
        "endpoint": sandbox.url,
        "ids": sorted(model.messages),
        "steps": [dice.randint(1, longest) for _ in range(kills)],
        "changes": changes,
        "seed": seed,
    }
    sandbox.faults.rate(0.05, seed=seed)
    codes = run(job)
    sandbox.faults.clear()
    assert codes == [KILLED] * kills + [0]
    with opened(job) as gmail:
        cut = [change.number for change in gmail.changes(states=("begun",))]
        assert cut, "no kill met a change under way"
        back = set(cut[::2])
        replay(gmail, model, without=back)
        for number in cut:
            gmail.recover(number, roll_back=number in back)
        assert state(sandbox) == model.messages
        count, made = len(list(gmail.changes())) - len(back), time.monotonic() - began
        for number in dice.sample(sorted(model.changes), len(model.changes)):
            back_again, should = gmail.undo(number), model.undo(number)
            assert back_again.empty == should.idle
            if not should.idle:
                model.enter(next(gmail.changes(limit=1)).number, should)
        assert state(sandbox) == model.messages
        assert not list(gmail.changes(states=("begun",)))
        undone = {each.number for each in gmail.changes() if each.undone_by}
        assert undone >= {number for number, each in model.changes.items() if each.undone}
        unmade = {each.number for each in gmail.changes(states=("refused",))}
        assert undone | unmade >= back
    print(
        f"{count} changes of {messages} messages, {kills} kills, {len(cut)} cut"
        f" short ({len(back)} taken back) in {made:.0f} s;"
        f" all undone in {time.monotonic() - began - made:.0f} s more"
    )


def fill(sandbox: Sandbox, count: int) -> list[str]:
    raws = [letter(f"Number {number}") for number in range(count)]
    return list(sandbox.mail.put_all(ME, raws, labels=("INBOX", "UNREAD")))


def run(job: dict[str, object]) -> list[int]:
    done = subprocess.run(
        [sys.executable, str(WORKER), json.dumps(job)], stdout=subprocess.PIPE, check=True
    )
    return list(json.loads(done.stdout))


def replay(gmail: Gmail, model: Mailbox, *, without: set[int]) -> None:
    """What the journal says in the order of its lines; what is begun counts as made."""
    for change in reversed(list(gmail.changes())):
        if change.number in without or change.state == "refused":
            continue
        (step,) = change.steps
        touched = {each.id: each.had for each in gmail.touched(change)}
        for id, had in touched.items():
            assert had == model.messages[id] & set(change.watched), (change.number, id)
        model.changes[change.number] = model.relabel(touched, step.add, step.remove)


def state(sandbox: Sandbox) -> dict[str, set[str]]:
    mail = sandbox.mail
    return {id: set(mail.labels_of(ME, id)) for id in mail.ids(ME)}
