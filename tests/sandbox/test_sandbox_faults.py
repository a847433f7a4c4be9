"""Troubles on order."""

from __future__ import annotations

import pytest
import requests

from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.faults import When
from sandbox_caller import ME, Caller, base64url, letter, refusal

SEND = {"raw": base64url(letter())}


def test_before_answers_and_does_nothing(sandbox: Sandbox, me: Caller, ann: Caller) -> None:
    sandbox.faults.next(503)
    code, reason, status, _ = refusal(me.post("messages/send", SEND))
    assert (code, reason, status) == (503, "backendError", "UNAVAILABLE")
    assert ann.listed() == []
    assert me.post("messages/send", SEND).status_code == 200


@pytest.mark.parametrize(("when", "effect"), [("after", 1), ("drop", 0)])
def test_the_connection_drops_with_and_without_the_effect(
    sandbox: Sandbox, me: Caller, ann: Caller, when: When, effect: int
) -> None:
    sandbox.faults.next(503, when=when)
    with pytest.raises(requests.ConnectionError):
        me.post("messages/send", SEND)
    assert len(ann.listed()) == effect


def test_late_does_it_and_then_answers_the_status(
    sandbox: Sandbox, me: Caller, ann: Caller
) -> None:
    sandbox.faults.next(500, when="late")
    assert me.post("messages/send", SEND).status_code == 500
    assert len(ann.listed()) == 1


def test_truncate_breaks_off_in_the_middle_of_the_answer(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(0, when="truncate")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        me.get("profile")
    assert me.get("profile").status_code == 200


def test_reason_message_and_retry_after(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(
        429, reason="userRateLimitExceeded", message="User-rate limit exceeded.", retry_after=7
    )
    response = me.get("profile")
    assert refusal(response) == (
        *(429, "userRateLimitExceeded", "RESOURCE_EXHAUSTED", "User-rate limit exceeded."),
    )
    assert response.headers["Retry-After"] == "7"


def test_a_page_of_a_proxy(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(502, body=b"<html>Bad Gateway</html>")
    response = me.get("profile")
    assert (response.status_code, response.text) == (502, "<html>Bad Gateway</html>")
    assert response.headers["Content-Type"].startswith("text/html")


def test_times_and_order(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(500, times=2)
    sandbox.faults.next(503)
    assert sandbox.faults.waiting == 3
    statuses = [me.get("profile").status_code for _ in range(4)]
    assert statuses == [500, 500, 503, 200]
    assert sandbox.faults.waiting == 0


@pytest.mark.parametrize("method", ["messages.list", "gmail.users.messages.list"])
def test_a_fault_waits_for_its_method(sandbox: Sandbox, me: Caller, method: str) -> None:
    sandbox.faults.next(500, method=method)
    assert me.get("profile").status_code == 200
    assert me.get("messages").status_code == 500
    assert me.get("messages").status_code == 200


@pytest.mark.parametrize(
    ("method", "verb", "path"),
    [
        ("token", "POST", "/token"),
        ("revoke", "POST", "/revoke"),
        ("tokeninfo", "GET", "/tokeninfo"),
        ("authorize", "GET", "/o/oauth2/v2/auth"),
    ],
)
def test_oauth_can_fail_too(sandbox: Sandbox, method: str, verb: str, path: str) -> None:
    sandbox.faults.next(503, method=method)
    assert requests.request(verb, sandbox.url + path, timeout=30).status_code == 503


def test_faults_can_be_called_off(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(500)
    sandbox.faults.clear()
    assert me.said("profile")["emailAddress"] == ME


def test_a_401_fault_looks_like_an_expired_token(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next(401)
    assert refusal(me.get("profile"))[:3] == (401, "authError", "UNAUTHENTICATED")
