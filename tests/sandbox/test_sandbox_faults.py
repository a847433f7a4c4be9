"""Troubles on order."""

from __future__ import annotations

import pytest
import requests

from fakes import FakeClock
from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.faults import Faults, When
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


@pytest.mark.parametrize(("fault", "effect"), [("reset-before", 0), ("reset-after", 1)])
def test_the_connection_is_reset_with_and_without_the_effect(
    sandbox: Sandbox, me: Caller, ann: Caller, fault: str, effect: int
) -> None:
    sandbox.faults.next(fault)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        me.post("messages/send", SEND)
    assert len(ann.listed()) == effect


def test_drip_sends_a_few_bytes_at_a_time(timed: Sandbox, clock: FakeClock) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    whole = caller.get("profile").content
    timed.faults.next("drip", drip=10)
    assert caller.get("profile").content == whole
    assert clock.slept == [0.1] * ((len(whole) - 1) // 10)
    caller.close()


@pytest.mark.parametrize(
    ("fault", "status", "reason", "words"),
    [
        ("400-failedPrecondition", 400, "failedPrecondition", "Precondition check failed."),
        ("403-accessNotConfigured", 403, "accessNotConfigured", "has not been used in project"),
        ("403-domainPolicy", 403, "domainPolicy", "administrators"),
        ("403-rateLimitExceeded", 403, "rateLimitExceeded", "Rate Limit Exceeded"),
        ("403-userRateLimitExceeded", 403, "userRateLimitExceeded", "User Rate Limit"),
        ("403-dailyLimitExceeded", 403, "dailyLimitExceeded", "Daily Limit"),
        ("403-quotaExceeded", 403, "quotaExceeded", "Quota exceeded"),
        ("403-insufficientPermissions", 403, "insufficientPermissions", "insufficient auth"),
        ("403-forbidden", 403, "forbidden", "Forbidden"),
        ("409", 409, "aborted", "Concurrent modification"),
        ("429", 429, "rateLimitExceeded", "Queries per minute per user"),
        ("429-concurrent", 429, "rateLimitExceeded", "Too many concurrent requests for user"),
        ("429-dailyLimit", 429, "dailyLimitExceeded", "Mail sending limit exceeded"),
        ("429-userRateLimitExceeded", 429, "userRateLimitExceeded", "Retry after 20"),
        ("504", 504, "backendError", "told to fail"),
        ("late-500", 500, "backendError", "told to fail"),
    ],
)
def test_documented_refusals_have_names(
    sandbox: Sandbox, me: Caller, fault: str, status: int, reason: str, words: str
) -> None:
    sandbox.faults.next(fault)
    code, said, _, message = refusal(me.get("profile"))
    assert (code, said) == (status, reason)
    assert words in message


def test_a_line_orders_several_faults(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.add("503:messages.get:2, html-502:getProfile,500:labels.list:100%")
    assert sandbox.faults.orders == [
        *("503:messages.get:2", "html-502:getProfile:1", "500:labels.list:100%"),
    ]
    page = me.get("profile")
    assert (page.status_code, page.headers["Content-Type"][:9]) == (502, "text/html")
    assert [me.get("labels").status_code for _ in range(3)] == [500] * 3
    assert [me.get("messages/1234").status_code for _ in range(3)] == [503, 503, 404]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("5O3", "There is no fault '5O3'"),
        ("503:message.get", "no method 'message.get'"),
        ("503:messages.get:often", "'503:messages.get:often' is no order"),
        ("503:messages.get:0", "is no order"),
        ("503::120%", "more than all requests"),
        ("drop:token", "There is no fault 'drop'"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_whole(
    sandbox: Sandbox, line: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        sandbox.faults.add(f"503:getProfile,{line}")
    assert sandbox.faults.waiting == 0


def test_a_rate_spoils_about_its_share_and_the_same_seed_the_same_requests() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults()
        faults.rate(0.2, seed=seed, kinds=["503", "drop-after"])
        taken = [faults.take("messages.get") for _ in range(1000)]
        return [fault.kind if fault else "" for fault in taken]

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(drawn(1)) == {"", "503", "drop-after"}
    assert 150 < sum(map(bool, drawn(1))) < 250


def test_a_rate_leaves_oauth_alone_unless_it_is_named(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.rate(1)
    assert requests.post(f"{sandbox.url}/token", timeout=30).status_code != 503
    sandbox.faults.clear()
    sandbox.faults.rate(1, kinds=["503"], method="token")
    assert requests.post(f"{sandbox.url}/token", timeout=30).status_code == 503
    assert me.get("profile").status_code == 200


def test_what_fired_is_counted(sandbox: Sandbox, me: Caller) -> None:
    sandbox.faults.next("503", times=2)
    sandbox.faults.next(403, reason="forbidden", method="messages.list")
    me.get("profile")
    me.get("labels")
    assert sandbox.faults.fired == {"503:getProfile": 1, "503:labels.list": 1}
    sandbox.faults.clear()
    assert sandbox.faults.fired.total() == 2
    sandbox.faults.reset()
    assert not sandbox.faults.fired
