"""Waiting for mail against the sandbox: what counts, what it costs, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fakes import Hours
from gmailkit.config import Settings
from gmailkit.errors import NotFound, QueryError, TimedOut, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.extraction import Pattern
from gmailkit.services.waiting import LAG, LONGEST_PAUSE
from mailroom import ME, letter


@pytest.fixture
def hours(sandbox: Sandbox) -> Hours:
    return Hours(sandbox.clock.now())


@pytest.fixture
def inbox(settings_for: Callable[..., Settings], hours: Hours) -> Any:
    with Gmail(settings=settings_for(), clock=hours) as gmail:
        yield gmail


def put(sandbox: Sandbox, subject: str, body: str = "Hello", **options: Any) -> str:
    return sandbox.mail.put(ME, letter(subject, body=body), **options)


def spent(sandbox: Sandbox) -> dict[str, int]:
    return {name: calls for name, (calls, _) in sandbox.meter.by_method(ME).items()}


def test_the_first_message_that_comes_and_matches_is_given(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    put(sandbox, "Code, an old one")
    hours.then = {
        2: lambda: put(sandbox, "Lunch"),
        3: lambda: put(sandbox, "Code"),
        4: lambda: 1 / 0,
    }
    arrival = inbox.wait("subject:code")
    assert (arrival.envelope.subject, arrival.match) == ("Code", "")
    assert len(hours.pauses) == 3
    assert arrival.envelope == inbox.envelope(arrival.envelope.id)


def test_where_nothing_comes_a_look_costs_2_units(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    put(sandbox, "Code")
    with pytest.raises(TimedOut, match="Nothing that matches came within 60 seconds") as caught:
        inbox.wait("subject:code", timeout=60)
    assert caught.value.came == 0
    assert sum(hours.pauses) == 60
    assert hours.pauses == sorted(hours.pauses[:-1]) + hours.pauses[-1:]
    assert max(hours.pauses) <= LONGEST_PAUSE
    assert spent(sandbox) == {"getProfile": 1, "history.list": len(hours.pauses) + 1}


def test_what_matches_no_more_after_a_while_is_not_asked_about_for_ever(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    hours.then = {1: lambda: put(sandbox, "Lunch")}
    with pytest.raises(TimedOut):
        inbox.wait("subject:code", timeout=10 * LAG)
    calls = spent(sandbox)
    assert calls["messages.list"] < calls["history.list"] / 4
    assert "messages.get" not in calls


def test_mail_that_came_shortly_before_counts_where_it_is_said(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    for minutes in (20, 5):
        date = sandbox.clock.now() - 60 * minutes
        put(sandbox, f"Code {minutes}", date=_time(date))
    with pytest.raises(TimedOut):
        inbox.wait("subject:code", timeout=0)
    assert inbox.wait("subject:code", timeout=0, since=600).envelope.subject == "Code 5"
    assert inbox.wait("", timeout=0, since=600).envelope.subject == "Code 5"
    found = inbox.arrivals("subject:code", timeout=0, since=3600, count=2)
    assert [each.envelope.subject for each in found] == ["Code 20", "Code 5"]


def _time(seconds: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("long", [300, timedelta(minutes=5), "5m"])
def test_times_are_seconds_or_lengths_or_words(
    sandbox: Sandbox, inbox: Gmail, long: float | timedelta | str
) -> None:
    put(sandbox, "Code")
    assert inbox.wait("subject:code", timeout=long, since=long).envelope.subject == "Code"
    with pytest.raises(TimedOut, match="within 300 seconds"):
        inbox.wait("subject:lunch", timeout=long)
    with pytest.raises(UsageError, match="no length of time"):
        inbox.wait("subject:lunch", timeout="soon")


def test_several_come_one_by_one_and_each_once(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    hours.then = {n: lambda n=n: put(sandbox, f"Code {n}") for n in (1, 2)}  # type: ignore[misc]
    coming = inbox.arrivals("subject:code", count=3, timeout=120)
    assert [next(coming).envelope.subject, next(coming).envelope.subject] == ["Code 1", "Code 2"]
    with pytest.raises(TimedOut, match="Only 2 of 3 messages") as caught:
        next(coming)
    assert caught.value.came == 2


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        *((r"\d{6}", "123456"), (r"code: (\w+)", "123456"), (r"(?i)HELLO", "Hello")),
        *((r"code: (x)?", "code: "), (r"^Sign", "Sign"), (r"(?s)in\b.*code", None)),
    ],
)
def test_a_pattern_finds_its_group_or_all(
    sandbox: Sandbox, inbox: Gmail, hours: Hours, pattern: str, found: str | None
) -> None:
    hours.then = {1: lambda: put(sandbox, "Sign in", "Hello, code: 123456")}
    match = inbox.wait("", extract=pattern).match
    assert match == (found or "in\nHello, code")


def test_a_message_without_what_is_looked_for_does_not_count(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    hours.then = {1: lambda: put(sandbox, "Code", "soon"), 3: lambda: put(sandbox, "Code", "42")}
    assert inbox.wait("subject:code", extract=r"\d+").match == "42"
    hours.then = {len(hours.pauses) + 1: lambda: put(sandbox, "Code", "never")}
    with pytest.raises(TimedOut, match="1 matched without the pattern"):
        inbox.wait("subject:code", extract=r"\d+", timeout=30)


def test_html_is_looked_at_as_text(sandbox: Sandbox, inbox: Gmail, hours: Hours) -> None:
    raw = letter("Code").replace(b"Subject:", b"Content-Type: text/html\r\nSubject:")
    raw = raw.replace(b"Hello", b"<style>#123456{}</style><p>It is <b>654</b>321")
    hours.then = {1: lambda: sandbox.mail.put(ME, raw)}
    assert inbox.wait("", extract=r"\d{6}").match == "654321"


def test_a_pattern_that_would_run_for_ever_is_ended(
    sandbox: Sandbox, inbox: Gmail, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.services.extraction.PATIENCE", 0.5)
    hours.then = {1: lambda: put(sandbox, "Code", "a" * 60)}
    with pytest.raises(UsageError, match="took longer") as caught:
        inbox.wait("", extract="(a+)+$b")
    assert "simpler" in caught.value.hint


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999}", "x" * 1001, "(?P<a"])
def test_what_is_no_pattern_is_said_before_anything_is_waited_for(
    sandbox: Sandbox, inbox: Gmail, hours: Hours, pattern: str
) -> None:
    with pytest.raises(UsageError):
        inbox.arrivals("", extract=pattern)
    assert (sandbox.requests, hours.pauses) == ([], [])


def test_a_count_that_is_not_closed_is_no_pattern_and_is_told_how_it_is_meant() -> None:
    for unclosed in (r"\d{6", r"\d{6,", r"(\d{6,8)"):
        with pytest.raises(UsageError, match="is not closed"):
            Pattern(unclosed)
    for pattern in (r"\d{6}", r"\d{6,}", r"\d{6,8}", r"\{6", "{a"):
        Pattern(pattern)


def test_slips_in_the_search_are_said_at_once(inbox: Gmail, hours: Hours) -> None:
    with pytest.raises(QueryError):
        inbox.arrivals("form:bank")
    with pytest.raises(NotFound):
        inbox.arrivals("label:nowhere")
    with pytest.raises(UsageError):
        inbox.arrivals("", count=0)
    assert hours.pauses == []


def test_a_draft_is_not_mail_that_comes(sandbox: Sandbox, inbox: Gmail, hours: Hours) -> None:
    hours.then = {1: lambda: put(sandbox, "Code", labels=["DRAFT"])}
    with pytest.raises(TimedOut):
        inbox.wait("subject:code", timeout=30)


def test_faults_that_pass_are_waited_out(sandbox: Sandbox, inbox: Gmail, hours: Hours) -> None:
    sandbox.faults.next(500, reason="backendError", method="history.list", times=12)
    hours.then = {1: lambda: put(sandbox, "Code")}
    assert inbox.wait("subject:code", timeout=3600).envelope.subject == "Code"


def test_a_history_that_is_gone_is_made_up_for_by_time(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    def come() -> None:
        put(sandbox, "Code", date=_time(hours.now()))
        sandbox.faults.next(404, reason="notFound", method="history.list", times=1)

    hours.then = {1: come}
    assert inbox.wait("subject:code").envelope.subject == "Code"


def test_what_was_asked_for_once_more_after_the_wait_is_not_missed(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    coming = inbox.arrivals("subject:code")
    put(sandbox, "Code")  # before the first `next`
    assert next(coming).envelope.subject == "Code"
    assert hours.pauses == []
