"""The error catalogue of the Gmail API, row by row: what Google sends, and what becomes of it.

A row: a name, the method asked, status, body, then class, exit code, whether it is tried again,
and words of the message and of the hint.
"""

# ruff: noqa: E501 - a table, one row a line

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import responses

from fakes import ENDPOINT, FakeCredential
from gmailkit.errors import (
    Conflict,
    DailyLimit,
    GmailKitError,
    MailboxFull,
    NotFound,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    UsageError,
)
from gmailkit.wire.call import Wire

# The clock of these tests stands at 2023-11-14 22:13:20 UTC.
SOON, LATER = "2023-11-14T22:20:00.000Z", "2023-11-15T09:00:00.000Z"
CONSOLE = "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=7"
CALLS: dict[str, dict[str, Any]] = {
    "messages.get": {"id": "18c2f0a1b2c3d4e5"},
    "messages.list": {"q": "is:unread"},
    "messages.modify": {"id": "18c2f0a1b2c3d4e5", "body": {"addLabelIds": ["Work"]}},
    "messages.batchModify": {"body": {"ids": ["18c2f0a1b2c3d4e5"]}},
    "messages.send": {"body": {"raw": ""}},
    "messages.insert": {"media": b"From: me@example.com\r\n\r\n", "body": {}},
    "labels.create": {"body": {"name": "Work"}},
    "labels.update": {"id": "Label_1", "body": {"name": "Work"}},
    "history.list": {"startHistoryId": "5"},
    "settings.filters.create": {"body": {}},
    "settings.delegates.create": {"body": {"delegateEmail": "ann@example.com"}},
    "settings.sendAs.create": {"body": {"sendAsEmail": "ann@example.com"}},
}


def body(code: int, message: str, reason: str = "", status: str = "", detail: str = "") -> Any:
    """Google's error body; what is not given is left out, as Google may."""
    error: dict[str, Any] = {"code": code, "message": message}
    if reason:
        error["errors"] = [{"domain": "global", "reason": reason, "message": message}]
    if status:
        error["status"] = status
    if detail:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": detail, "domain": "googleapis.com"}]
    return {"error": error}


@dataclass(frozen=True)
class Row:
    name: str
    method: str
    answer: Any
    kind: type[GmailKitError]
    exit_code: int
    again: bool
    says: str
    hint: str
    status: int = 0  # where the body tells none

    @property
    def code(self) -> int:
        return self.status or int(self.answer["error"]["code"])


def bad(message: str, reason: str = "invalidArgument") -> Any:
    return body(400, message, reason, "INVALID_ARGUMENT")


def not_now(message: str) -> Any:
    return body(400, message, "failedPrecondition", "FAILED_PRECONDITION")


def forbidden(message: str, reason: str = "forbidden", detail: str = "") -> Any:
    return body(403, message, reason, "PERMISSION_DENIED", detail)


def too_many(message: str, reason: str = "rateLimitExceeded") -> Any:
    return body(429, message, reason, "RESOURCE_EXHAUSTED")


QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    "'gmail.googleapis.com' for consumer 'project_number:7'."
)
BYTES = "Invalid value for ByteString: a+b/"
RAW = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
PLEASE = "please report"

# fmt: off
ROWS = (
    Row("malformed id", "messages.get", bad("Invalid id value"), NotFound, 6, False, "'18c2f0a1b2c3d4e5' is not a Gmail message id", "rfc822msgid:"),
    Row("malformed id, short", "messages.get", body(400, "Invalid id value"), NotFound, 6, False, "not a Gmail message id", "rfc822msgid:"),
    Row("unknown label", "messages.modify", bad("Invalid label: Work"), NotFound, 6, False, "Invalid label: Work", "labels list"),
    Row("unknown label id", "messages.list", bad("labelId not found"), NotFound, 6, False, "labelId not found", "labels list"),
    Row("reserved label name", "labels.create", bad("Invalid label name"), UsageError, 2, False, "refuses that label name", "reserved"),
    Row("page token", "messages.list", bad("Invalid pageToken"), Conflict, 7, False, "this place in the list", "again"),
    Row("To header", "messages.send", bad("Invalid To header"), UsageError, 2, False, "recipients: Invalid To header.", "addresses"),
    Row("Cc header", "messages.send", bad("Invalid Cc header"), UsageError, 2, False, "recipients", "addresses"),
    Row("no recipient", "messages.send", bad("Recipient address required"), UsageError, 2, False, "recipients", "addresses"),
    Row("no raw", "messages.send", bad(RAW), UsageError, 2, False, "did not accept messages.send", PLEASE),
    Row("base64 alphabet", "messages.send", bad(BYTES), UsageError, 2, False, "ByteString", PLEASE),
    Row("base64", "messages.send", bad("Base64 decoding failed for \"a+b/\""), UsageError, 2, False, "Base64", PLEASE),
    Row("no mailbox", "messages.list", not_now("Mail service not enabled"), Refused, 5, False, "no Gmail mailbox", "another account"),
    Row("service account without a user", "messages.list", not_now("Precondition check failed."), Refused, 5, False, "Precondition check failed.", "--subject"),
    Row("system label", "messages.modify", bad("Cannot add DRAFT label to message"), UsageError, 2, False, "that label", "Gmail's own"),
    Row("label of no client", "messages.modify", bad("Unable to modify message labels"), UsageError, 2, False, "that label", "Gmail's own"),
    Row("same filter", "settings.filters.create", bad("Filter already exists"), Conflict, 7, False, "exists already", "Nothing needs"),
    Row("forwarding address", "settings.filters.create", bad("Unrecognized forwarding address"), UsageError, 2, False, "does not forward", "accepted"),
    Row("labels of a filter", "settings.filters.create", bad("Too many user labels"), UsageError, 2, False, "too many labels", "one label"),
    Row("other bad request", "messages.list", bad("Something new"), UsageError, 2, False, "Something new.", PLEASE),
    Row("batch too long", "messages.list", bad("Inner request count exceeds the limit. Received: 101, Limit: 100"), UsageError, 2, False, "Inner request count", PLEASE),
    Row("insufficient scope", "messages.get", forbidden("Request had insufficient authentication scopes.", "insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Refused, 5, False, "does not allow messages.get: it lacks gmail.readonly", "gmailkit login --for read"),
    Row("insufficient scope by detail", "messages.modify", body(403, "Scopes", status="PERMISSION_DENIED", detail="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Refused, 5, False, "it lacks gmail.modify", "gmailkit login"),
    Row("insufficient scope, nobody's", "settings.delegates.create", forbidden("Insufficient Permission", "insufficientPermissions"), Refused, 5, False, "it lacks gmail.settings.sharing", "--service-account"),
    Row("metadata scope and q", "messages.list", forbidden("Metadata scope does not support 'q' parameter"), Refused, 5, False, "gmail.metadata, whose limits win", "revoked"),
    Row("metadata scope and bodies", "messages.get", forbidden("Metadata scope doesn't allow format FULL"), Refused, 5, False, "gmail.metadata, whose limits win", "gmailkit logout"),
    Row("somebody else's mailbox", "messages.list", forbidden("Delegation denied for ann@example.com"), Refused, 5, False, "not the signed-in one", "Sign in as its owner"),
    Row("domain policy", "messages.list", forbidden("The domain administrators have disabled Gmail apps.", "domainPolicy"), Refused, 5, False, "administrator of the domain forbids", "Ask the administrator"),
    Row("API not enabled", "messages.list", forbidden(f"Gmail API has not been used in project 7 before or it is disabled. Enable it by visiting {CONSOLE} then retry.", "accessNotConfigured", "SERVICE_DISABLED"), Refused, 5, False, "not enabled", CONSOLE),
    Row("API not enabled by detail", "messages.list", body(403, "Disabled", detail="SERVICE_DISABLED"), Refused, 5, False, "not enabled", "Cloud console"),
    Row("API not enabled by words", "messages.list", forbidden("Access Not Configured. Please use Google Developers Console."), Refused, 5, False, "not enabled", "Cloud console"),
    Row("project rate", "messages.list", forbidden("Rate Limit Exceeded", "rateLimitExceeded"), TryLater, 8, True, "slow down", "same command"),
    Row("user rate", "messages.list", forbidden("User Rate Limit Exceeded", "userRateLimitExceeded"), TryLater, 8, True, "slow down", "same command"),
    Row("rate by detail", "messages.list", body(403, "Quota", detail="RATE_LIMIT_EXCEEDED"), TryLater, 8, True, "slow down", "same command"),
    Row("day", "messages.list", forbidden("Daily Limit Exceeded", "dailyLimitExceeded"), DailyLimit, 8, False, "daily quota", "midnight Pacific"),
    Row("day's quota", "messages.list", forbidden("Quota", "quotaExceeded"), DailyLimit, 8, False, "daily quota", "midnight Pacific"),
    Row("delegates by a person", "settings.delegates.create", forbidden("Access restricted to service accounts that have been delegated domain-wide authority"), Refused, 5, False, "keeps settings.delegates.create for service accounts", "--for admin"),
    Row("alias by a person", "settings.sendAs.create", forbidden("Access restricted to service accounts that have been delegated domain-wide authority"), Refused, 5, False, "keeps settings.sendAs.create", "gmail.com"),
    Row("suspended", "messages.list", forbidden("Forbidden"), Refused, 5, False, "forbids messages.list", "suspended"),
    Row("gone", "messages.get", body(404, "Requested entity was not found.", "notFound", "NOT_FOUND"), NotFound, 6, False, "nothing under 18c2f0a1b2c3d4e5 (messages.get)", "deleted meanwhile"),
    Row("label gone", "labels.update", body(404, "Requested entity was not found.", "notFound", "NOT_FOUND"), NotFound, 6, False, "nothing under Label_1", "list again"),
    Row("history too old", "history.list", body(404, "Requested entity was not found.", "notFound", "NOT_FOUND"), NotFound, 6, False, "no longer keeps the history", "anew"),
    Row("no room left", "messages.insert", body(403, "The user's storage quota has been exceeded.", "storageQuotaExceeded"), MailboxFull, 8, False, "no room left: The user's storage", "Make room there"),
    Row("no such path", "messages.insert", "Not Found", UsageError, 2, False, "gmail.test is no Gmail service", "GMAILKIT_API_ENDPOINT", 404),
    Row("label exists", "labels.create", body(409, "Label name exists or conflicts", "aborted", "ABORTED"), Conflict, 7, False, "exists already", "labels list"),
    Row("exists", "settings.delegates.create", body(409, "Delegate exists", "alreadyExists", "ALREADY_EXISTS"), Conflict, 7, False, "exists already (settings.delegates.create)", "List"),
    Row("changed meanwhile", "messages.modify", body(409, "Concurrent modification", "aborted", "ABORTED"), Conflict, 7, True, "being changed", "again"),
    Row("condition", "labels.update", body(412, "Precondition", "conditionNotMet"), Conflict, 7, True, "being changed", "again"),
    Row("deleted", "messages.get", body(410, "Gone", "deleted"), NotFound, 6, False, "nothing under", "deleted"),
    Row("too large", "messages.send", body(413, "Request Entity Too Large", "uploadTooLarge"), UsageError, 2, False, "too large", "25 MB"),
    Row("too large, a proxy's page", "messages.send", "<html>413</html>", UsageError, 2, False, "too large", "25 MB", 413),
    Row("too many at once", "messages.get", too_many("Too many concurrent requests for user"), TryLater, 8, True, "at once", "same command"),
    Row("paused for minutes", "messages.send", too_many(f"User-rate limit exceeded.  Retry after {SOON}", "userRateLimitExceeded"), TryLater, 8, True, "paused this account until 2023-11-14 22:20 UTC", "same command"),
    Row("paused for hours", "messages.send", too_many(f"User-rate limit exceeded.  Retry after {LATER}", "userRateLimitExceeded"), TryLater, 8, False, "paused this account until 2023-11-15 09:00 UTC", "goes on where it stopped"),
    Row("units of the minute", "messages.get", body(429, QUOTA, status="RESOURCE_EXHAUSTED"), TryLater, 8, True, "slow down", "same command"),
    Row("sending limit", "messages.send", too_many("Mail sending limit exceeded"), DailyLimit, 8, False, "daily sending limit", "24 hours"),
    Row("sending limit of the user", "messages.send", too_many("Daily user sending limit exceeded."), DailyLimit, 8, False, "daily sending limit", "24 hours"),
    Row("day by 429", "messages.get", too_many("Daily", "dailyLimitExceeded"), DailyLimit, 8, False, "daily quota", "midnight"),
    Row("backend", "messages.get", body(500, "Backend Error", "backendError"), ServerFault, 14, True, "fault of its own: 500 backendError", "in a while"),
    Row("backend of a send", "messages.send", body(500, "Backend Error", "backendError"), ServerFault, 14, False, "fault of its own", "look before"),
    Row("bad gateway", "messages.get", "<html>Bad Gateway</html>", ServerFault, 14, True, "502", "in a while", 502),
    Row("unavailable", "messages.batchModify", body(503, "Service Unavailable", status="UNAVAILABLE"), ServerFault, 14, True, "503 UNAVAILABLE", "in a while"),
    Row("gateway timeout of a send", "messages.send", "", ServerFault, 14, False, "504", "look before", 504),
    Row("cancelled", "messages.get", "", ServerFault, 14, True, "499", "in a while", 499),
    Row("a redirect", "messages.get", "", ServerFault, 14, False, "gave an answer gmailkit does not know: 302", "doctor", 302),
    Row("a teapot", "messages.get", "I'm a teapot", ServerFault, 14, False, "418", "doctor", 418),
)
# fmt: on


@pytest.mark.parametrize("row", ROWS, ids=[row.name.replace(" ", "-") for row in ROWS])
def test_each_refusal_is_said_and_tried_again_as_the_catalogue_has_it(
    wire: Wire, net: responses.RequestsMock, row: Row
) -> None:
    anywhere = re.compile(re.escape(ENDPOINT))
    verbs = (responses.GET, responses.POST, responses.PUT)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        for verb in verbs:
            net.add(verb, anywhere, status=row.code, **as_body(row.answer))
        with pytest.raises(GmailKitError) as caught:
            wire.call(row.method, dict, **CALLS[row.method])
        tries = len(net.calls)
    error = caught.value
    assert (type(error), error.exit_code) == (row.kind, row.exit_code)
    assert (tries > 1) == row.again
    assert row.says in error.message
    assert row.hint in error.hint
    assert (error.status, error.method) == (row.code, row.method)
    assert error.message.endswith(".")


def as_body(answer: Any) -> dict[str, Any]:
    return {"body": answer} if isinstance(answer, str) else {"json": answer}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (body(403, "metadata scope", "rateLimitExceeded", "PERMISSION_DENIED"), TryLater),
        (body(403, "rate limit", detail="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Refused),
        (body(403, "Forbidden", "forbidden", detail="RATE_LIMIT_EXCEEDED"), TryLater),
        (body(400, "Request too fast", "rateLimitExceeded"), UsageError),
    ],
    ids=["reason before words", "detail before words", "detail after a vague reason", "status"],
)
def test_the_status_decides_first_then_reason_then_detail_then_words(
    open_test_wire: Callable[..., Wire], answer: Any, kind: type[GmailKitError]
) -> None:
    with responses.RequestsMock() as net:
        net.get(re.compile(ENDPOINT), status=answer["error"]["code"], json=answer)
        with pytest.raises(GmailKitError) as caught:
            open_test_wire(None).do("messages.list")
    assert type(caught.value) is kind


def test_a_second_401_in_a_row_asks_to_sign_in(
    wire: Wire, net: responses.RequestsMock, credential: FakeCredential
) -> None:
    answer = body(401, "Invalid Credentials", "authError", "UNAUTHENTICATED")
    net.get(re.compile(ENDPOINT), json=answer, status=401)
    with pytest.raises(SignInNeeded, match="nor the one it was renewed to") as caught:
        wire.do("messages.list")
    assert (caught.value.status, caught.value.reason) == (401, "authError")
    assert "gmailkit login" in caught.value.hint
    tokens = [call.request.headers["authorization"] for call in net.calls]
    assert tokens == ["Bearer token-one", "Bearer token-two"]
    assert credential.tokens == ["token-two"]


@pytest.mark.parametrize(
    "reset", [ConnectionResetError(), TimeoutError()], ids=["reset", "timeout"]
)
@pytest.mark.parametrize(("method", "again"), [("messages.get", True), ("messages.send", False)])
def test_a_lost_connection_is_retried_only_where_a_repeat_is_safe(
    wire: Wire, reset: OSError, method: str, again: bool
) -> None:
    import requests

    from gmailkit.errors import Unreachable

    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        for verb in (responses.GET, responses.POST):
            net.add(verb, re.compile(ENDPOINT), body=requests.ConnectionError(reset))
        with pytest.raises(Unreachable) as caught:
            wire.do(method, **CALLS[method])
        assert (len(net.calls) > 1) == again
    assert (caught.value.exit_code, caught.value.sent) == (9, "maybe")
