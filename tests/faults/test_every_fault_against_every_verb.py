"""Every fault of the sandbox against every verb of the command line.

The verbs are those of the command tree: one without an example here, or in command_lines.py, fails.
Each run ends complete or with one clear sentence, and the next one completes what is left. Nothing
is sent twice, no message is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby, product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from command_lines import LINES, commands
from fault_room import DAY, Ran, Room, Trouble, WayIn, judge, open_room
from gmailkit.sandbox.fault import KINDS
from gmailkit.wire.methods import find
from list_room import BY_MAIL, issue
from mailroom import ME

Verb = tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A command line. `oauth`: it talks to the endpoints of sign-in.

    `reads`: it changes nothing, so that its output is all of its effect. `after` are commands run
    before, and `confirmed` an address whose owner agrees then; `writes`: then the list writes once
    more. `look`: after lost answers nobody can tell whether it was done, so a person looks before
    the next try.
    """

    line: Sequence[str] = ()
    way_in: WayIn = "token"
    oauth: bool = False
    reads: bool = False
    look: bool = False
    after: Sequence[Verb] = ()
    confirmed: str = ""
    writes: bool = False


READ_SETTINGS = [
    ("settings",),
    *(("settings", each) for each in "vacation forwarding send-as signature filters".split()),
    *(("settings", each) for each in "delegates language imap pop".split()),
    *(("settings", each, "list") for each in "forwarding send-as filters delegates".split()),
    *(("settings", each, "show") for each in "vacation signature language imap pop".split()),
]


def setting(*verb: str, after: Sequence[str], confirmed: str = "") -> Example:
    before = [("settings", *each.split()) for each in after]
    line = LINES[("settings", *verb)]
    return Example(line, way_in="delegated", after=before, confirmed=confirmed)


def draft(verb: str) -> Example:
    return Example(LINES[("drafts", verb)], after=[("drafts", "create")])


EXAMPLES = {
    ("search",): Example(("is:unread",), reads=True),
    ("show",): Example(("ID",), reads=True),
    ("ls",): Example(reads=True),
    ("thread",): Example(LINES[("thread",)], reads=True),
    ("wait",): Example(LINES[("wait",)], reads=True),
    ("attachments",): Example(("in:anywhere", "--to", "FOLDER")),
    ("backup",): Example(("FOLDER",)),
    ("restore",): Example(LINES[("restore",)], after=[("backup",), ("trash",)]),
    ("copy",): Example(LINES[("copy",)], after=[("backup",), ("trash",)]),
    ("label",): Example(("is:unread", "--add", "Nowhere", "--create", "--yes")),
    ("trash",): Example(("subject:lunch", "--yes")),
    ("trash", "report"): Example(reads=True),
    ("offload",): Example(LINES[("offload",)], after=[("backup",)]),
    ("untrash",): Example(("subject:old", "--yes")),
    ("send",): Example(
        ("ann@example.com", "-s", "Hello", "--body", "Hi", "-a", __file__, "--key", "hello")
    ),
    **{(verb,): Example(LINES[(verb,)]) for verb in ("reply", "reply-all", "forward")},
    ("drafts", "create"): Example(LINES[("drafts", "create")], look=True),
    ("drafts",): Example(reads=True, after=[("drafts", "create")]),
    ("drafts", "list"): Example(reads=True, after=[("drafts", "create")]),
    ("drafts", "show"): Example(("DRAFT",), reads=True, after=[("drafts", "create")]),
    **{("drafts", each): draft(each) for each in ("edit", "send", "delete")},
    ("merge",): Example(LINES[("merge",)]),
    ("lists",): Example(reads=True),
    ("stats",): Example(LINES[("stats",)], reads=True),
    ("lists", "check"): Example(LINES[("lists", "check")], reads=True, after=[("unsubscribe",)]),
    ("unsubscribe",): Example(LINES[("unsubscribe",)]),
    ("rules", "pull"): Example(LINES[("rules", "pull")], after=[("settings", "filters", "create")]),
    ("rules", "plan"): Example(LINES[("rules", "plan")], reads=True),
    ("rules", "suggest"): Example(LINES[("rules", "suggest")], reads=True),
    ("labels",): Example(reads=True),
    ("labels", "list"): Example(("--counts",), reads=True),
    ("labels", "create"): Example(("Heron",)),
    ("labels", "rename"): Example(("Canary", "Finch")),
    ("labels", "delete"): Example(("Canary", "--yes")),
    ("labels", "color"): Example(("Canary", "--background", "#16a766")),
    **{
        ("labels", each): Example(
            LINES[("labels", each)], after=[("labels", "rename"), ("labels", "create")]
        )
        for each in ("merge", "unused")
    },
    ("labels", "apply"): Example(LINES[("labels", "apply")]),
    ("labels", "export"): Example(reads=True),
    ("labels", "snapshot"): Example(),
    ("labels", "diff"): Example(
        LINES[("labels", "diff")], reads=True, after=[("labels", "snapshot"), ("star",)]
    ),
    ("labels", "rollback"): Example(
        LINES[("labels", "rollback")], after=[("labels", "snapshot"), ("star",)]
    ),
    ("login",): Example(way_in="person", oauth=True),
    ("logout",): Example(way_in="person", oauth=True),
    ("whoami",): Example(oauth=True),
    ("doctor",): Example(way_in="person", oauth=True),
    **{verb: Example(way_in="delegated", reads=True) for verb in READ_SETTINGS},
    ("settings", "forwarding", "on"): setting(
        *("forwarding", "on"), after=["forwarding add"], confirmed="b@example.org"
    ),
    ("settings", "forwarding", "remove"): setting("forwarding", "remove", after=["forwarding add"]),
    ("settings", "send-as", "verify"): setting("send-as", "verify", after=["send-as add"]),
    ("settings", "send-as", "remove"): setting("send-as", "remove", after=["send-as add"]),
    ("settings", "filters", "delete"): setting("filters", "delete", after=["filters create"]),
    ("settings", "delegates", "remove"): setting("delegates", "remove", after=["delegates add"]),
}
# Commands that do another thing when they are called so.
SAVED = ("backup", "FOLDER", "--label", "TRASH")
OTHERWISE = {
    ("restore", "--settings"): Example(
        ("FOLDER", "--yes"), after=[("backup",), ("labels", "rename"), ("settings", "imap", "on")]
    ),
    ("verify", "--against", "gmail"): Example(("FOLDER",), reads=True, after=[("backup",)]),
    ("delete", "--backup", "FOLDER"): Example(
        ("old news", "--forever", "--yes", "--max", "9"), after=[SAVED]
    ),
    ("lists", "check", "--grace", "0"): Example(("--yes",), after=[("unsubscribe",)], writes=True),
}
EXAMPLES |= OTHERWISE
# These ask nothing of Gmail, which is a test of its own.
SILENT = {
    ("compact",),
    *(
        ("verify",),
        ("backup", "status"),
        ("backup", "schedule"),
        ("backup", "keys"),
        ("export",),
        ("quota",),
        ("version",),
        ("sent",),
    ),
    *(("journal",), ("journal", "show"), ("query",), ("query", "explain")),
    *(("labels", "snapshots"), ("labels", "colors"), ("rules",)),
    *(("rules", each) for each in ("test", "backtest", "import", "export")),
    *(("accounts",), ("accounts", "default"), ("accounts", "alias")),
    *(("smtp",), ("smtp", "probe"), ("smtp", "password"), ("password",)),
    *(("watch", each) for each in ("list", "dead", "retry", "forget")),
    *(("outbox",), *(("outbox", each) for each in ("list", "cancel", "deny", "install"))),
}
# They are one, throw it away or write it to a file.
SERVERS = {("sandbox",), ("sandbox", "reset"), ("sandbox", "takeout"), ("smtp-sink",)}
# Do what they are for at another server (tests/transport), and when time has passed
# (tests/services/test_outbox.py); the same again is another thing (tests/services/undo). A damaged
# backup is a matter of its own (tests/services/test_repairing.py), and so are two accounts
# (tests/services/test_migrating.py).
ELSEWHERE = {
    *(("smtp", "send"), *(("outbox", each) for each in ("show", "run", "approve"))),
    *(("undo",), ("journal", "recover"), ("repair",), ("migrate",)),
}
# Made in one way for all of them.
ALIKE = {
    *("archive", "untrash", "read", "unread", "star", "unstar", "important", "unimportant"),
    *("spam", "unspam", "move", "sweep", "reply-all", "forward", "settings"),
}
VERBS = [path for path in commands() if path not in SILENT | SERVERS | ELSEWHERE]
VERBS += OTHERWISE


FOR_GOOD = 10_000
FOUND_DONE = (4, 6, 7)  # signed out, gone, there already: by a run that could not know it
# One of these is no reason to give up what may be repeated.
PASSING = {
    *("drop-before", "drop-after", "reset-before", "reset-after", "truncate", "drip"),
    *("403-rateLimitExceeded", "403-userRateLimitExceeded", "409", "429", "429-concurrent"),
    *("500", "503", "late-503"),
}


def share(verb: Verb) -> int:
    """Which part of the faults a verb meets in the quick tests: one in so many."""
    if verb[0] in ALIKE or verb[0] in ("copy", "ls"):
        return 20
    if verb[0] in ("labels", "rules", "drafts", "delete", "thread", "restore", "offload", "verify"):
        return 10
    return 1 if verb in {("send",), ("backup",), ("label",)} else 4


def example(verb: Verb) -> Example:
    if verb in EXAMPLES:
        return EXAMPLES[verb]
    assert verb in LINES, f"gmailkit {' '.join(verb)} needs an example in EXAMPLES"
    return Example(LINES[verb], way_in="delegated")


@contextmanager
def room_for(verb: Verb, folder: Path) -> Iterator[Room]:
    """As `verb` needs to find it."""
    given = example(verb)
    with open_room(folder, given.way_in) as room:
        for before in given.after:
            room.clock.sleep(DAY)  # nothing is as old as what comes before it
            assert room.run(*before, *LINES.get(before, ())).code == 0
        if given.confirmed:
            room.sandbox.mail.confirm(ME, given.confirmed)
        if given.writes:
            room.clock.sleep(DAY)
            room.sandbox.mail.put(ME, issue(2, ways=BY_MAIL), labels=())
        yield room


@cache
def unspoilt(verb: Verb) -> tuple[object, list[str]]:
    """The state after a run without faults, and the methods it calls."""
    given = example(verb)
    with TemporaryDirectory() as folder, room_for(verb, Path(folder)) as room:
        with Trouble(room, "503", times=0, oauth=given.oauth) as counter:
            ran = room.run(*verb, *given.line)
        assert ran.code == 0, ran.err
        assert counter.calls
        return room.state(), counter.calls


def check(verb: Verb, kind: str, folder: Path, *, at: int, times: int = 1) -> tuple[Ran, str]:
    """A spoilt run, and what it takes to complete it; the spoilt one, and the call that was hit."""
    given = example(verb)
    with room_for(verb, folder) as room:
        with Trouble(room, kind, at=at, times=times, oauth=given.oauth) as trouble:
            ran = room.run(*verb, *given.line)
        assert trouble.fired, "the fault never happened"
        judge(room, ran)
        complete(room, verb, kind, ran)
        assert room.state() == unspoilt(verb)[0]
    return ran, trouble.calls[at - 1]


def complete(room: Room, verb: Verb, kind: str, first: Ran) -> None:
    """What a person does after `first`: nothing, or the same again once there is reason to.

    A 404 about one of many means that it is gone: then a list is shorter, and a backup says so.
    """
    given, done = example(verb), room.state() == unspoilt(verb)[0]
    if first.code == 0 and not (given.reads or kind == "404"):
        return
    if given.look and done:
        assert "It may be kept: look" in first.err
        return
    if first.code == 8:  # not before the time that Gmail named
        room.clock.sleep(DAY)
    again = room.run(*verb, *given.line)
    assert again.code == 0 or (done and again.code in FOUND_DONE), again.err
    if first.code == 0 and given.reads:
        gone = set(again.out.splitlines()) - set(first.out.splitlines())
        assert len(gone) <= (kind == "404"), "output is missing"


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        pytest.param(verb, kind, id=f"{' '.join(verb)}-{kind}")
        for row, verb in enumerate(VERBS)
        for column, kind in enumerate(KINDS)
        if (row + column) % share(verb) == 0
    ],
)
def test_a_fault_at_the_last_call(verb: Verb, kind: str, tmp_path: Path) -> None:
    """Where most verbs do what they are for. Only some meet every fault here, all do below."""
    ran, hit = check(verb, kind, tmp_path, at=len(unspoilt(verb)[1]))
    if kind in PASSING and not example(verb).oauth and find(hit).replayable:
        assert ran.code == 0, ran.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", [("send",), ("backup",)], ids=" ".join)
def test_a_fault_that_stays(verb: Verb, kind: str, tmp_path: Path) -> None:
    ran, _ = check(verb, kind, tmp_path, at=len(unspoilt(verb)[1]), times=FOR_GOOD)
    assert (ran.code == 0) == (kind == "drip")


def places(calls: Sequence[str]) -> list[int]:
    """The calls to spoil, from 1: each; of several alike in a row the first and the last."""
    alike = [[at for at, _ in row] for _, row in groupby(enumerate(calls, 1), lambda each: each[1])]
    return sorted({at for row in alike for at in (row[0], row[-1])})


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_fault_at_every_call(verb: Verb, tmp_path: Path) -> None:
    """Once at each call, and for good from the last one on."""
    calls = unspoilt(verb)[1]
    plan = [*((at, 1) for at in places(calls)), (len(calls), FOR_GOOD)]
    for (at, times), kind in product(plan, KINDS):
        try:
            check(verb, kind, tmp_path / f"{at}-{times}-{kind}", at=at, times=times)
        except BaseException as error:
            error.add_note(f"{kind} at call {at} of {calls}, {times} times")
            raise
    print(f"{' '.join(verb)}: {len(KINDS)} faults at each of {len(calls)} calls, and for good")


@pytest.mark.parametrize("verb", sorted(SILENT), ids=" ".join)
def test_a_silent_command_asks_nothing(verb: Verb, tmp_path: Path) -> None:
    with open_room(tmp_path, "person") as room:
        room.sandbox.requests.clear()
        room.run(*verb, *LINES.get(verb, []))
        assert room.sandbox.requests == []
