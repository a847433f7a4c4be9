"""A clean sandbox without a new one, the sample in its own time, and a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from fakes import FakeClock
from gmailkit.errors import UsageError
from gmailkit.sandbox import Limits, Sandbox
from gmailkit.sandbox.movable_clock import MovableClock
from sandbox_caller import ANN, ME, Caller, letter

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_reset_leaves_nothing_behind(sandbox: Sandbox, me: Caller) -> None:
    client = sandbox.client_file()
    id = sandbox.mail.put(ME, letter(), labels=["INBOX", "Work"])
    sandbox.mail.add_user("dora@example.com")
    sandbox.consent = ANN  # type: ignore[assignment]
    sandbox.faults.rate(1, kinds=["503"])
    sandbox.meter.limits = Limits(units_per_minute=1)
    sandbox.meter.latency = 0.001
    sandbox.clock.advance(1_000_000)
    assert me.get("profile").status_code == 503

    sandbox.reset()
    assert sandbox.mail.ids(ME) == []
    assert sandbox.mail.users.find("dora@example.com") is None
    assert (sandbox.consent, sandbox.faults.orders, sandbox.meter.latency) == (None, [], 0)
    assert not sandbox.faults.fired
    assert sandbox.requests == []
    assert me.get("profile").status_code == 401, "its token is gone"
    assert sandbox.client_file() == client
    caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
    assert [caller.get("profile").status_code for _ in range(2)] == [200, 200]
    assert caller.get(f"messages/{id}").status_code == 404
    assert "Work" not in {label["name"] for label in caller.said("labels")["labels"]}
    caller.close()


def test_a_search_after_a_reset_finds_the_new_mail_only(sandbox: Sandbox) -> None:
    for word in ("apples", "pears"):
        id = sandbox.mail.put(ME, letter(subject=word))
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        assert caller.listed(q=word) == [id]
        assert caller.listed(q="subject:apples" if word == "pears" else "subject:pears") == []
        caller.close()
        sandbox.reset()


@pytest.mark.parametrize("kept", [False, True], ids=["memory", "file"])
def test_the_sample_comes_back(tmp_path: Path, kept: bool) -> None:
    with Sandbox(tmp_path / "state.sqlite3" if kept else None) as sandbox:
        first = sandbox.mail.ids(ME)
        sandbox.mail.put(ME, letter())
        sandbox.reset()
        again = sandbox.mail.ids(ME)
        assert len(first) == len(again) > 300


def test_whoever_asks_first_waits_for_the_sample(clock: FakeClock) -> None:
    with Sandbox(clock=clock) as sandbox:
        sandbox.clock.advance(90 * 86_400)  # it shows the mailbox of the time it was made
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        assert caller.said("profile")["messagesTotal"] > 300
        assert caller.listed(q="newer_than:30d") == []
        caller.close()


def test_the_clock_moves_tokens_along(sandbox: Sandbox, me: Caller) -> None:
    assert me.get("profile").status_code == 200
    sandbox.clock.advance(3_600)
    assert me.get("profile").status_code == 401
    date = requests.get(sandbox.url, timeout=30).headers["Date"]
    sandbox.clock.set(NOON)
    assert requests.get(sandbox.url, timeout=30).headers["Date"] == "Mon, 01 Jun 2026 12:00:00 GMT"
    sandbox.clock.reset()
    assert date != requests.get(sandbox.url, timeout=30).headers["Date"]


def test_time_that_passed_never_comes_back(clock: FakeClock) -> None:
    moved = MovableClock(clock)
    start = moved.monotonic()
    moved.advance(100)
    assert (moved.now(), moved.monotonic()) == (clock.now() + 100, start + 100)
    moved.set(clock.now() - 500)
    assert (moved.now(), moved.monotonic()) == (clock.now() - 500, start + 100)
    moved.set(datetime.fromtimestamp(clock.now(), UTC))
    assert (moved.now(), moved.monotonic()) == (clock.now(), start + 600)
    moved.reset()
    assert moved.monotonic() == start + 600
    moved.sleep(3)
    assert clock.slept == [3]


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_time_does_not_pass_backwards(clock: FakeClock, seconds: float) -> None:
    with pytest.raises(UsageError, match="forward"):
        MovableClock(clock).advance(seconds)
