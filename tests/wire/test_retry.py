"""What is repeated, what never is, and how long it waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from fakes import ENDPOINT, USER, FakeClock, FakeCredential
from gmailkit.errors import GmailKitError, NotFound, Refused, ServerFault, TryLater, Unreachable
from gmailkit.model.label import Label
from gmailkit.model.message import Message
from gmailkit.model.profile import Profile
from gmailkit.wire.call import Wire
from gmailkit.wire.retry import TRIES, TRIES_UNREACHABLE

SEND = f"{ENDPOINT}/upload/gmail/v1/users/me/messages/send"
RATE = {"error": {"code": 429, "message": "slow", "errors": [{"reason": "rateLimitExceeded"}]}}
LOST = requests.ConnectionError(ProtocolError("Connection aborted."))
NEVER = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]
)


def send(wire: Wire) -> Message:
    return wire.call("messages.send", Message, body={}, media=b"To: a@b.c\r\n\r\n")


def test_a_send_is_not_repeated_after_a_lost_answer(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(SEND, body=LOST)
    with pytest.raises(Unreachable) as caught:
        send(wire)
    assert caught.value.sent == "maybe"
    assert len(net.calls) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_send_is_not_repeated_after_a_server_fault(
    wire: Wire, net: responses.RequestsMock, status: int
) -> None:
    net.post(SEND, status=status)
    with pytest.raises(ServerFault):
        send(wire)
    assert len(net.calls) == 1


def test_a_send_that_was_surely_refused_is_repeated(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(SEND, json=RATE, status=429)
    net.post(SEND, body=NEVER)
    net.post(SEND, json={"id": "1"})
    assert send(wire).id == "1"


def test_a_label_is_not_created_twice_after_a_lost_answer(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(f"{USER}/labels", body=LOST)
    with pytest.raises(Unreachable):
        wire.call("labels.create", Label, body=Label(name="A"))
    assert len(net.calls) == 1


@pytest.mark.parametrize(
    ("trouble", "unknown"),
    [
        ({"body": LOST}, True),
        ({"status": 503}, True),
        ({"status": 302}, True),
        ({"body": "<html>Welcome"}, True),
        ({"body": NEVER}, False),
        ({"json": RATE, "status": 429}, False),
    ],
    ids=["break", "503", "302", "unreadable", "never-left", "429"],
)
@pytest.mark.parametrize("name", ["drafts.send", "labels.create"])
def test_what_may_have_been_done_and_must_not_be_done_twice_says_so(
    wire: Wire, net: responses.RequestsMock, name: str, trouble: dict[str, Any], unknown: bool
) -> None:
    net.post(f"{USER}/{'drafts/send' if name == 'drafts.send' else 'labels'}", **trouble)
    with pytest.raises(GmailKitError) as caught:
        wire.call(name, Message, body={})
    assert caught.value.maybe_done is unknown
    assert ("look before another try" in caught.value.hint) is unknown


def test_what_may_be_repeated_is_in_no_doubt(wire: Wire, net: responses.RequestsMock) -> None:
    net.get(f"{USER}/profile", body=LOST)
    with pytest.raises(Unreachable) as caught:
        wire.call("getProfile", Profile)
    assert not caught.value.maybe_done
    assert caught.value.hint == "Run the same command again."


def test_a_read_is_repeated_after_a_lost_answer(wire: Wire, net: responses.RequestsMock) -> None:
    net.get(f"{USER}/profile", body=LOST)
    net.get(f"{USER}/profile", json={"emailAddress": "me@example.com", "historyId": "12"})
    assert wire.call("getProfile", Profile).history_id == 12


def test_the_last_fault_is_raised_when_it_does_not_pass(
    wire: Wire, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(f"{USER}/profile", status=503)
    with pytest.raises(ServerFault, match="503"):
        wire.call("getProfile", Profile)
    assert len(net.calls) == TRIES
    assert len(clock.slept) == TRIES - 1
    assert all(wait <= 2**number for number, wait in enumerate(clock.slept))


def test_a_connection_that_breaks_is_tried_as_often_as_any_fault(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/profile", body=LOST)
    with pytest.raises(Unreachable, match="broke"):
        wire.call("getProfile", Profile)
    assert len(net.calls) == TRIES


def test_a_host_that_is_not_there_is_said_soon(
    wire: Wire, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(f"{USER}/profile", body=NEVER)
    with pytest.raises(Unreachable, match=r"gmail\.test cannot be reached") as caught:
        wire.call("getProfile", Profile)
    assert caught.value.sent == "no"
    assert len(net.calls) == TRIES_UNREACHABLE
    assert sum(clock.slept) <= 7


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Retry-After": "120"}, "slow"),
        ({"Retry-After": "Tue, 14 Nov 2023 22:15:20 GMT"}, "slow"),
        ({}, "User-rate limit exceeded.  Retry after 2023-11-14T22:15:20.000Z"),
    ],
    ids=["seconds", "date", "in-the-message"],
)
def test_the_time_gmail_names_is_waited_for(
    wire: Wire,
    net: responses.RequestsMock,
    clock: FakeClock,
    headers: dict[str, str],
    message: str,
) -> None:
    clock.time = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC, two minutes before
    error = {"error": {"code": 429, "message": message}}
    net.get(f"{USER}/profile", json=error, status=429, headers=headers)
    net.get(f"{USER}/profile", json={"emailAddress": "me@example.com"})
    wire.call("getProfile", Profile)
    assert clock.slept == [120.0]


def test_a_pause_of_hours_is_said_and_not_slept(
    wire: Wire, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(f"{USER}/profile", json=RATE, status=429, headers={"Retry-After": "7200"})
    with pytest.raises(TryLater) as caught:
        wire.call("getProfile", Profile)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at.timestamp() == clock.time + 7200
    assert clock.slept == []


def test_a_stale_token_is_renewed_once_and_the_call_goes_through(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/profile", status=401, json={})
    net.get(f"{USER}/profile", json={"emailAddress": "me@example.com"})
    assert wire.call("getProfile", Profile).email_address == "me@example.com"
    assert net.calls[1].request.headers["authorization"] == "Bearer token-two"


def test_a_scope_that_was_never_granted_costs_no_request(
    wire: Wire, net: responses.RequestsMock, credential: FakeCredential
) -> None:
    credential.granted = frozenset({"https://www.googleapis.com/auth/gmail.readonly"})
    with pytest.raises(Refused) as caught:
        send(wire)
    assert "https://www.googleapis.com/auth/gmail.send" in caught.value.needs
    assert "gmailkit login" in caught.value.hint
    assert len(net.calls) == 0


def test_a_redirect_does_not_carry_the_token_away(wire: Wire, net: responses.RequestsMock) -> None:
    net.get(f"{USER}/profile", status=302, headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(ServerFault):
        wire.call("getProfile", Profile)
    assert [call.request.url for call in net.calls] == [
        f"{USER}/profile?prettyPrint=false&alt=json"
    ]


def test_the_pace_never_exceeds_the_limit_in_any_minute(
    open_test_wire: Callable[[int | None], Wire], net: responses.RequestsMock, clock: FakeClock
) -> None:
    wire = open_test_wire(6000)
    net.get(f"{USER}/messages/x", json={"id": "x"})
    spent: list[float] = []
    for _ in range(700):
        wire.call("messages.get", Message, id="x")
        spent.append(clock.time)
    for first, at in enumerate(spent):
        inside = sum(1 for other in spent[first:] if other < at + 60)
        assert inside * 20 <= 6000
    took = spent[-1] - spent[0]
    assert 700 * 20 / took * 60 >= 0.98 * 6000


def test_a_deletion_that_finds_nothing_on_its_second_try_is_done(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.delete(f"{USER}/messages/x", body=LOST)
    net.delete(f"{USER}/messages/x", status=404)
    wire.do("messages.delete", id="x")
    assert len(net.calls) == 2


def test_a_page_of_a_portal_is_no_success_of_a_deletion(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.delete(f"{USER}/messages/x", body="<html>Please sign in to this network")
    with pytest.raises(ServerFault, match="cannot be read"):
        wire.do("messages.delete", id="x")


def test_a_deletion_that_finds_nothing_on_its_first_try_is_not_done(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.delete(f"{USER}/messages/x", json=RATE, status=429)  # surely without effect
    net.delete(f"{USER}/messages/x", status=404)
    with pytest.raises(NotFound):
        wire.do("messages.delete", id="x")


def test_a_read_that_finds_nothing_on_its_second_try_found_nothing(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/messages/x", body=LOST)
    net.get(f"{USER}/messages/x", status=404)
    with pytest.raises(NotFound):
        wire.call("messages.get", Message, id="x")


def test_a_call_is_over_at_its_deadline(
    open_test_wire: Callable[..., Wire], net: responses.RequestsMock, clock: FakeClock
) -> None:
    begun = clock.time
    wire = open_test_wire(None, deadline=5.0)
    net.get(f"{USER}/profile", status=503)
    with pytest.raises(ServerFault):
        wire.call("getProfile", Profile)
    assert clock.time - begun <= 5


def test_a_deadline_counts_the_wait_for_the_quota(
    open_test_wire: Callable[..., Wire], net: responses.RequestsMock
) -> None:
    wire = open_test_wire(100, deadline=5.0)
    net.get(f"{USER}/messages/x", json={"id": "x"})
    with pytest.raises(TryLater, match="before the deadline"):
        for _ in range(40):
            wire.call("messages.get", Message, id="x")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Retry-After": "9" * 20}, "slow"),
        ({"Retry-After": "253402300800"}, "slow"),
        ({"Retry-After": "soon"}, "slow"),
        ({}, "Retry after 2026-13-45T00:00:00Z"),
    ],
)
def test_a_retry_time_that_is_none_is_as_if_none_was_named(
    wire: Wire, net: responses.RequestsMock, headers: dict[str, str], message: str
) -> None:
    error = {"error": {"code": 429, "message": message}}
    net.get(f"{USER}/profile", json=error, status=429, headers=headers)
    net.get(f"{USER}/profile", json={"emailAddress": "me@example.com"})
    assert wire.call("getProfile", Profile).email_address == "me@example.com"


def test_one_call_does_not_wait_for_ever_in_all(
    wire: Wire, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(f"{USER}/profile", json=RATE, status=429, headers={"Retry-After": "600"})
    with pytest.raises(TryLater):
        wire.call("getProfile", Profile)
    assert sum(clock.slept) <= 15 * 60
    assert len(net.calls) == 2


def test_a_pause_that_people_would_wonder_about_is_said(
    wire: Wire, net: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    net.get(f"{USER}/profile", json=RATE, status=429, headers={"Retry-After": "60"})
    net.get(f"{USER}/profile", json={"emailAddress": "me@example.com"})
    wire.call("getProfile", Profile)
    (record,) = [record for record in caplog.records if "Waiting 60 s" in record.getMessage()]
    assert record.levelname == "WARNING"
