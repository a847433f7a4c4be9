"""Sends under lost answers, faults, kill -9 at every step and clocks that jump (R14): each message
leaves exactly once, and the ledger knows.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.record.ledger import UNFINISHED
from gmailkit.sandbox import Sandbox
from send_room import Job, Room, jobs

SEED = int(os.environ.get("GMAILKIT_TEST_SEED", "1"))
# Answers lost before and after the effect, refusals before it, answers nobody can read.
TROUBLES = (
    *("drop-before", "drop-after", "reset-before", "reset-after", "truncate"),
    *("500", "503", "late-503", "html-502", "html-200", "429", "403-userRateLimitExceeded", "409"),
)
STEPS_OF_ONE = 13  # getProfile, put, drafts.create, change, change, drafts.send, change, and so on
KILLED = -signal.SIGKILL


@pytest.fixture
def room(sandbox: Sandbox, tmp_path: Path) -> Iterator[Room]:
    yield Room.at(sandbox, tmp_path / "home")


def rough(room: Room, todo: list[Job], *, kills: int, share: float) -> Counter[str]:
    """Runs that are killed, one after the other; what happened. Each takes up the first dozen of
    those that have not left yet, by what the ledger says.
    """
    dice, happened = random.Random(SEED), Counter[str]()
    room.sandbox.faults.rate(share, seed=SEED, kinds=TROUBLES)
    while happened["kills"] < kills:
        states = {entry.key: entry.state for entry in room.entries()}
        some = [job for job in todo if states.get(job.key) != "sent"][:12]
        seed = happened["kills"] + happened["runs that ended"]
        ended = room.run(some, seed=seed, fatal=dice.randrange(1, 30))
        assert some, "all have left before there were so many kills"
        happened["kills" if ended == KILLED else "runs that ended"] += 1
        left = {entry.key: entry.state for entry in room.entries() if entry.state in UNFINISHED}
        happened.update(f"left {state}" for key, state in left.items() if states.get(key) != state)
    room.run(todo, seed=SEED)  # the rest, under the same faults
    happened["spoilt"] = sum(room.sandbox.faults.fired.values())
    return happened


def calm(room: Room, todo: list[Job]) -> None:
    """The last run, with nothing in its way, by the same keys."""
    room.sandbox.faults.clear()
    assert room.run(todo) == 0


@pytest.mark.parametrize(
    ("number", "kills"),
    [(40, 16), pytest.param(500, 300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
)
def test_each_message_is_sent_once_whatever_happens(room: Room, number: int, kills: int) -> None:
    print(f"GMAILKIT_TEST_SEED={SEED}")
    todo = jobs(number)
    happened = rough(room, todo, kills=kills, share=0.2)
    calm(room, todo)
    room.check(todo)
    asked = len(room.sandbox.requests)
    print(f"{number} messages, {dict(happened)}, {asked} requests")
    assert happened["spoilt"] > number / 4
    assert happened["left drafting"] + happened["left sending"] > kills / 5  # it was in the midst


@pytest.mark.parametrize(
    ("held", "trouble"),
    [
        (False, ""),
        (True, ""),
        (False, "drop-after:drafts.create"),
        (False, "drop-after:drafts.send"),
        pytest.param(True, "drop-after:drafts.create", marks=pytest.mark.soak),
        pytest.param(True, "drop-after:drafts.send", marks=pytest.mark.soak),
    ],
)
def test_kill_9_at_every_step(room: Room, trouble: str, held: bool) -> None:
    """Stopped before step 1, 2, and so on to the last; then the same again, and again."""
    done: list[Job] = []
    ended = KILLED
    while ended == KILLED:
        job = Job(f"step {len(done) + 1}", "The same words", held=held)
        if trouble:
            room.sandbox.faults.add(trouble)
        ended = room.run([job], seed=len(done), fatal=len(done) + 1)
        room.sandbox.faults.clear()
        assert room.run([job, job]) == 0
        done.append(job)
        room.check(done)
    assert ended == 0
    print(f"{len(done)} steps")
    assert len(done) >= STEPS_OF_ONE


def test_three_processes_with_the_same_keys_at_once(room: Room) -> None:
    todo = jobs(12)
    room.sandbox.faults.rate(0.1, seed=SEED, kinds=TROUBLES)
    ended = room.run_at_once(todo, seeds=range(3))
    assert all(0 <= failed < len(todo) for failed in ended)
    made = sum(path.endswith("/drafts") for verb, path in room.sandbox.requests if verb == "POST")
    assert made >= len(todo)
    calm(room, todo)
    room.check(todo)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_two_hundred_kills_between_request_and_reply(room: Room, method: str) -> None:
    """R14 of one message at a time: the effect happened, and the process heard nothing of it."""
    # Steps of a run whose profile is asked: its request is the next to last before its answer.
    after = {"drafts.create": 6, "drafts.send": 12}[method]
    todo = []
    for number in range(200):
        job = Job(f"kill-{number}", f"Kill {number}")
        assert room.run([job], seed=number, fatal=after) == KILLED
        todo.append(job)
    states = Counter(entry.state for entry in room.entries())
    assert states == {"drafting" if method == "drafts.create" else "sending": 200}
    calm(room, todo)
    room.check(todo)
    print(f"200 kills after {method}: no double, {len(room.sandbox.requests)} requests")
