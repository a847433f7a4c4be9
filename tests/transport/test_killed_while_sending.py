"""kill -9 at each step of a send by SMTP: never twice, and the ledger is right."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from disks import begun, die_at, ended, in_a_child
from fakes import FakeClock
from gmailkit.auth.scopes import PURPOSES
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.record.ledger import SendLedger
from gmailkit.record.waiting import WaitingMail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.transport.smtp.dialogue import Dialogue
from gmailkit.transport.smtp.sink import Sink
from mailroom import ME

ANN, BOB = "ann@example.com", "bob@example.org"
# What a send does to the disk and says to the server, each with a moment before and one after it.
STEPS: tuple[tuple[type, str], ...] = (
    *((SendLedger, name) for name in ("open", "put", "change")),
    *((WaitingMail, name) for name in ("put", "drop")),
    *((Dialogue, name) for name in ("open", "say", "pour", "read", "hang_up")),
)
MOST = 200


@pytest.mark.parametrize(
    "trouble",
    [
        f"later:{BOB}",
        pytest.param("", marks=pytest.mark.soak),
        pytest.param(f"refuse:{BOB}", marks=pytest.mark.soak),
    ],
)
def test_no_message_leaves_twice_wherever_it_is_killed(
    sandbox: Sandbox, tmp_path: Path, trouble: str
) -> None:
    token = sandbox.issue_token(ME, PURPOSES["full"], lasting=True)
    with Sink(troubles=trouble) as sink:
        settings = Settings(
            home=Home.at(tmp_path / "home"),
            access_token=Secret(token),
            endpoint=sandbox.url,
            units_per_minute=None,
            smtp=sink.url,
        )
        killed = 0
        while _killed_at(killed + 1, settings):
            killed += 1
            assert killed < MOST
            _send(settings, f"k{killed}")  # as somebody does who saw it die
        caught = list(sink.messages)
    with Gmail(settings=settings) as gmail:
        entries = {each.key: each for each in gmail._connection.sends.entries()}
    times = Counter(each.mail.subject for each in caught)
    assert len(entries) == killed + 1
    assert set(times.values()) == {1}
    assert {each.to for each in caught} == {(ANN,) if trouble else (ANN, BOB)}
    for key, entry in entries.items():
        assert entry.state == "unknown" or times[key] == 1, entry
    done = "held" if trouble.startswith("later") else "sent"
    assert {entry.state for entry in entries.values()} == {"unknown", done}
    print(f"{killed} kills: {Counter(each.state for each in entries.values())}")


def test_two_processes_with_one_key_send_one_message(sandbox: Sandbox, tmp_path: Path) -> None:
    """One works on the key, the other waits for it and sends nothing more."""
    token = sandbox.issue_token(ME, PURPOSES["full"], lasting=True)
    with Sink() as sink:
        settings = Settings(
            home=Home.at(tmp_path / "home"),
            access_token=Secret(token),
            endpoint=sandbox.url,
            units_per_minute=None,
            smtp=sink.url,
        )
        several = [begun(lambda: _send(settings, "k")) for _ in range(4)]
        codes = [ended(each) for each in several]
        caught = list(sink.messages)
    assert (codes, len(caught)) == ([0] * 4, 1)
    with Gmail(settings=settings) as gmail:
        (entry,) = gmail._connection.sends.entries()
    assert entry.state == "sent"


def _killed_at(fatal: int, settings: Settings) -> bool:
    """Whether a send that is killed at that step had so many."""

    def work() -> None:
        die_at(fatal, STEPS)
        _send(settings, f"k{fatal}")

    code = in_a_child(work)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _send(settings: Settings, key: str) -> None:
    with Gmail(settings=settings) as gmail, suppress(GmailKitError):
        gmail.send(to=[ANN, BOB], subject=key, text="x", way="smtp", key=key)


@pytest.mark.parametrize("parked", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_what_was_kept_leaves_once_wherever_letting_it_go_is_killed(
    sandbox: Sandbox, tmp_path: Path, parked: bool
) -> None:
    """Parked and approved, or put off by the server and due. Afterwards the timer runs, and
    somebody approves what is still parked.
    """
    policy = tmp_path / "policy.toml"
    policy.write_text('approval = "all"\n' if parked else "")
    token = sandbox.issue_token(ME, PURPOSES["full"], lasting=True)
    with Sink() as sink:
        settings = Settings(
            home=Home.at(tmp_path / "home"),
            access_token=Secret(token),
            endpoint=sandbox.url,
            units_per_minute=None,
            smtp=sink.url,
            policies=(policy,),
        )
        killed = 0
        while True:
            key = f"k{killed + 1}"
            sink.troubles.add("" if parked else "full:1")
            _send(settings, key)
            if not _release_killed_at(killed + 1, key, settings):
                break
            killed += 1
            assert killed < MOST
            with Gmail(settings=settings, clock=_hours_later()) as gmail:
                list(gmail.outbox.run())
                if gmail.outbox.find(key).state == "parked":
                    gmail.outbox.approve(key)
        caught = list(sink.messages)
    with Gmail(settings=settings) as gmail:
        entries = {each.key: each for each in gmail._connection.sends.entries()}
    times = Counter(each.mail.subject for each in caught)
    assert len(entries) == killed + 1
    assert set(times.values()) == {1}
    for key, entry in entries.items():
        assert entry.state == "unknown" or (entry.state, times[key]) == ("sent", 1), entry
    print(f"{killed} kills: {Counter(each.state for each in entries.values())}")


def _hours_later() -> FakeClock:
    """Past every pause of the schedule."""
    return FakeClock(time.time() + 6 * 3600)


def _release_killed_at(fatal: int, key: str, settings: Settings) -> bool:
    def work() -> None:
        with Gmail(settings=settings, clock=_hours_later()) as gmail:
            if gmail.outbox.find(key).state == "parked":
                digest = gmail.outbox.read(key).digest
                die_at(fatal, STEPS)
                gmail.outbox.approve(key, digest=digest)
            else:
                die_at(fatal, STEPS)
                list(gmail.outbox.run())

    code = in_a_child(work)
    assert code in (0, -signal.SIGKILL)
    return code != 0
