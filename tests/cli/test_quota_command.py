"""`quota` and `--budget`: what it cost, and no more than that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmailkit.sandbox import Sandbox

LIST = "messages.list"
Run = Callable[..., Any]


def test_the_spending_of_other_runs_is_told_by_method(cli: Run, mailbox: Sandbox) -> None:
    cli("search")
    cli("search", "--ids")
    ran = cli("quota")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["messages.get\t3\t60\t60", "messages.list\t2\t10\t10"]
    assert "71 units" in ran.err


def test_the_calls_of_a_batch_are_told_by_their_methods(cli: Run, mailbox: Sandbox) -> None:
    listed = cli("labels", "list", "--counts", "--json").out.splitlines()
    assert ("POST", "/batch") in mailbox.requests
    spent = json.loads(cli("quota", "--json").out)
    assert spent["today"] == [
        {"method": "labels.get", "calls": len(listed), "units": len(listed)},
        {"method": "labels.list", "calls": 1, "units": 1},
    ]
    assert spent["minute"] == {"labels.get": len(listed), "labels.list": 1}


def test_the_spending_as_json(cli: Run, mailbox: Sandbox) -> None:
    cli("search", "--ids")
    report = json.loads(cli("quota", "--json").out)
    assert report["today"] == [{"method": "messages.list", "calls": 1, "units": 5}]
    assert report["minute"] == {"messages.list": 5}
    assert report["units_per_minute"] is None
    assert report["paused_until"] is None


def test_a_pause_of_hours_is_remembered_told_and_forgotten_on_demand(
    cli: Run, mailbox: Sandbox
) -> None:
    mailbox.faults.next(429, reason="userRateLimitExceeded", retry_after=7200, method=LIST)
    assert cli("search", "--ids").code == 8
    again = cli("search", "--ids", "--json")
    assert again.code == 8
    assert json.loads(again.err)["retry_at"]
    assert [path for _, path in mailbox.requests if path.startswith("/gmail/")] == [
        "/gmail/v1/users/me/messages"
    ]
    assert "paused this account until" in cli("quota").err
    assert "paused" not in cli("quota", "--reset").err
    assert cli("search", "--ids").code == 0


def test_a_run_stops_before_its_budget_is_exceeded(
    cli: Run, mailbox: Sandbox, tmp_path: Path
) -> None:
    ran = cli("backup", str(tmp_path / "b"), "--budget", "70", "--json")
    error = json.loads(ran.err)
    assert ran.code == 8
    assert error["error"] == "BudgetSpent"
    assert error["retryable"] is True
    assert error["spent"] <= 70
    rest = json.loads(cli("backup", str(tmp_path / "b"), "--json").out)
    assert rest["present"] + rest["fetched"] == 3
    assert rest["present"] >= 1


def test_a_refused_minute_is_told(cli: Run, mailbox: Sandbox) -> None:
    mailbox.faults.next(429, reason="rateLimitExceeded", method=LIST)
    assert cli("search", "--ids").code == 0
    said = cli("quota").err
    assert "at most" in said
    assert "no limit is set" not in said


def test_too_many_at_once_is_told(cli: Run, mailbox: Sandbox) -> None:
    mailbox.faults.next(429, message="Too many concurrent requests for user", method=LIST)
    assert cli("search", "--ids").code == 0
    assert "1 in flight" in cli("quota").err


def test_a_used_up_day_of_sending_is_told_and_does_not_stop_reading(
    cli: Run, mailbox: Sandbox
) -> None:
    mailbox.faults.next(403, reason="dailyLimitExceeded", method="drafts.send")
    assert cli("send", "ann@example.com", "-s", "Hi", "--body", "Hello", "--yes").code == 8
    assert "daily sending limit" in cli("quota").err
    assert cli("search", "--ids").code == 0
