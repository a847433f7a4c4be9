"""Every fault of the sandbox against every verb of the command line.

The verbs are those of the command tree: one without an example here, or in command_lines.py, fails.
Each run ends complete or with one clear sentence, and the next one completes what is left. Nothing
is sent twice, no message is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from command_lines import LINES, commands
from fault_room import DAY, Ran, Room, Trouble, WayIn, judge, open_room
from gmailkit.sandbox.fault import KINDS

Verb = tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A command line. `oauth`: it talks to the endpoints of sign-in.

    `reads`: it changes nothing, so that its output is all of its effect. `once`: what it does must
    not be done twice, so a person looks before the next try. `found_done` is the exit code of a run
    whose work was done by one that could not know it.
    """

    line: Sequence[str] = ()
    way_in: WayIn = "token"
    oauth: bool = False
    reads: bool = False
    once: bool = False
    found_done: int = 0


EXAMPLES = {
    ("search",): Example(("is:unread",), reads=True),
    ("show",): Example(("ID",), reads=True),
    ("attachments",): Example(("in:anywhere", "--to", "FOLDER")),
    ("backup",): Example(("FOLDER",)),
    ("label",): Example(("is:unread", "--add", "Nowhere", "--create", "--yes")),
    ("trash",): Example(("subject:lunch", "--yes")),
    ("untrash",): Example(("subject:old", "--yes")),
    ("send",): Example(
        ("ann@example.com", "-s", "Hello", "--body", "Hi", "-a", __file__), once=True
    ),
    ("labels",): Example(reads=True),
    ("labels", "list"): Example(("--counts",), reads=True),
    ("labels", "create"): Example(("Heron",), found_done=7),
    ("labels", "rename"): Example(("Canary", "Finch"), found_done=6),
    ("labels", "delete"): Example(("Canary", "--yes"), found_done=6),
    ("labels", "color"): Example(("Canary", "--background", "#16a766")),
    ("login",): Example(way_in="person", oauth=True),
    ("logout",): Example(way_in="person", oauth=True, found_done=4),
    ("whoami",): Example(oauth=True),
    ("doctor",): Example(way_in="person", oauth=True),
}
# These ask nothing of Gmail, which is a test of its own.
SILENT = {
    *(("verify",), ("quota",), ("version",)),
    *(("accounts",), ("accounts", "default"), ("accounts", "alias")),
}
SERVERS = {("sandbox",), ("sandbox", "reset")}  # they are Gmail, or throw it away
VERBS = [path for path in commands() if path not in SILENT | SERVERS]


FOR_GOOD = 10_000
# One of these is no reason to give up what may be repeated.
PASSING = {
    *("drop-before", "drop-after", "reset-before", "reset-after", "truncate", "drip"),
    *("403-rateLimitExceeded", "403-userRateLimitExceeded", "409", "429", "429-concurrent"),
    *("500", "503", "late-503"),
}


def example(verb: Verb) -> Example:
    if verb in EXAMPLES:
        return EXAMPLES[verb]
    assert verb in LINES, f"gmailkit {' '.join(verb)} needs an example in EXAMPLES"
    return Example(LINES[verb], way_in="delegated")


@cache
def unspoilt(verb: Verb) -> tuple[object, int]:
    """The state after a run without faults, and the number of calls it makes."""
    given = example(verb)
    with TemporaryDirectory() as folder, open_room(Path(folder), given.way_in) as room:
        with Trouble(room, "503", at=0, times=0, oauth=given.oauth) as counter:
            ran = room.run(*verb, *given.line)
        assert ran.code == 0, ran.err
        return room.state(), counter.calls


def check(verb: Verb, kind: str, folder: Path, *, at: int = 1, times: int = 1) -> Ran:
    """A spoilt run, and what it takes to complete it; the spoilt one."""
    given = example(verb)
    with open_room(folder, given.way_in) as room:
        with Trouble(room, kind, at=at, times=times, oauth=given.oauth) as trouble:
            ran = room.run(*verb, *given.line)
        assert trouble.fired, "the fault never happened"
        judge(room, ran)
        complete(room, verb, kind, ran)
        assert room.state() == unspoilt(verb)[0]
    return ran


def complete(room: Room, verb: Verb, kind: str, first: Ran) -> None:
    """What a person does after `first`: nothing, or the same again once there is reason to.

    A 404 about one of many means that it is gone.
    """
    given, done = example(verb), room.state() == unspoilt(verb)[0]
    if first.code == 0 and not given.reads:
        return
    if given.once and done:
        assert "may have left: look" in first.err
        return
    if first.code == 8:  # not before the time that Gmail named
        room.clock.sleep(DAY)
    again = room.run(*verb, *given.line)
    assert again.code == 0 or (done and again.code == given.found_done), again.err
    if first.code == 0:
        gone = set(again.out.splitlines()) - set(first.out.splitlines())
        assert len(gone) <= (kind == "404"), "output is missing"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_fault_at_the_last_call(verb: Verb, kind: str, tmp_path: Path) -> None:
    """Where most verbs do what they are for."""
    ran = check(verb, kind, tmp_path, at=unspoilt(verb)[1])
    given = example(verb)
    if kind in PASSING and not (given.once or given.oauth or given.found_done == 7):
        assert ran.code == 0, ran.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", [("send",), ("backup",)], ids=" ".join)
def test_a_fault_that_stays(verb: Verb, kind: str, tmp_path: Path) -> None:
    ran = check(verb, kind, tmp_path, at=unspoilt(verb)[1], times=FOR_GOOD)
    assert (ran.code == 0) == (kind == "drip")


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_fault_at_every_call_once_and_for_good(verb: Verb, tmp_path: Path) -> None:
    calls = unspoilt(verb)[1]
    for at, kind, times in product(range(1, calls + 1), KINDS, (1, FOR_GOOD)):
        try:
            check(verb, kind, tmp_path / f"{at}-{kind}-{times}", at=at, times=times)
        except Exception as error:
            error.add_note(f"{kind} at call {at} of {calls}, {times} times")
            raise
    print(f"{' '.join(verb)}: {calls} calls, {len(KINDS)} faults at each, once and for good")


@pytest.mark.parametrize("verb", sorted(SILENT), ids=" ".join)
def test_a_silent_command_asks_nothing(verb: Verb, tmp_path: Path) -> None:
    with open_room(tmp_path, "person") as room:
        room.sandbox.requests.clear()
        room.run(*verb, *LINES.get(verb, []))
        assert room.sandbox.requests == []
