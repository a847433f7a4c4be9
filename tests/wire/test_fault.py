"""The error catalogue of Gmail, row by row: body as Google sends it, exception as we raise it."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from fakes import USER
from gmailkit.errors import (
    Conflict,
    DailyLimit,
    GmailKitError,
    NotFound,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    UsageError,
)
from gmailkit.model.message import Message
from gmailkit.wire.call import Wire


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


LATER = "2023-11-15T09:00:00.000Z"
CATALOGUE = [
    (
        400,
        body(400, "Invalid id value", "invalidArgument"),
        NotFound,
        "'x' is not a Gmail message id",
    ),
    (400, body(400, "Invalid label: Work", "invalidArgument"), NotFound, "Invalid label: Work"),
    (400, body(400, "labelId not found", "invalidArgument"), NotFound, "labelId not found"),
    (400, body(400, "Invalid label name", "invalidArgument"), UsageError, "refuses that label"),
    (400, body(400, "Invalid pageToken", "invalidArgument"), Conflict, "place in the list"),
    (400, body(400, "Invalid To header", "invalidArgument"), UsageError, "recipients"),
    (400, body(400, "Recipient address required", "invalidArgument"), UsageError, "recipients"),
    (400, body(400, "Mail service not enabled", "failedPrecondition"), Refused, "no Gmail mailbox"),
    (400, body(400, "Precondition check failed.", "failedPrecondition"), Refused, "refused"),
    (400, body(400, "Invalid value for ByteString", "invalidArgument"), UsageError, "ByteString"),
    (403, body(403, "Insufficient", "insufficientPermissions"), Refused, "does not allow"),
    (
        403,
        body(403, "Scopes", status="PERMISSION_DENIED", detail="ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        Refused,
        "does not allow messages.get",
    ),
    (
        403,
        body(403, "Metadata scope does not support 'q' parameter", "forbidden"),
        Refused,
        "gmail.metadata",
    ),
    (403, body(403, "Delegation denied for a@b.c", "forbidden"), Refused, "not the signed-in one"),
    (403, body(403, "Policy", "domainPolicy"), Refused, "administrator forbids"),
    (403, body(403, "Not used before", "accessNotConfigured"), Refused, "not enabled"),
    (403, body(403, "Disabled", detail="SERVICE_DISABLED"), Refused, "not enabled"),
    (403, body(403, "Daily", "dailyLimitExceeded"), DailyLimit, "daily limit"),
    (403, body(403, "Quota", "quotaExceeded"), DailyLimit, "daily limit"),
    (403, body(403, "Access restricted to service accounts", "forbidden"), Refused, "forbids"),
    (
        404,
        body(404, "Requested entity was not found.", "notFound"),
        NotFound,
        "nothing under x (messages.get)",
    ),
    (409, body(409, "Label name exists or conflicts", "aborted"), Conflict, "exists already"),
    (413, body(413, "Request Entity Too Large", "uploadTooLarge"), UsageError, "too large"),
    (429, body(429, "Mail sending limit exceeded", "rateLimitExceeded"), DailyLimit, "daily"),
    (
        429,
        body(429, f"User-rate limit exceeded.  Retry after {LATER}", "userRateLimitExceeded"),
        TryLater,
        "until 2023-11-15 09:00 UTC",
    ),
    (302, "", ServerFault, "gmail.test gave an answer gmailkit does not know: 302"),
    (418, "I'm a teapot", ServerFault, "418"),
]


@pytest.mark.parametrize(
    ("status", "answer", "kind", "says"),
    CATALOGUE,
    ids=[f"{row[0]}-{row[3]}".replace(" ", "-") for row in CATALOGUE],
)
def test_each_refusal_becomes_its_exception_at_once(
    wire: Wire,
    net: responses.RequestsMock,
    status: int,
    answer: Any,
    kind: type[GmailKitError],
    says: str,
) -> None:
    net.get(f"{USER}/messages/x", **_as(answer), status=status)
    with pytest.raises(GmailKitError) as caught:
        wire.call("messages.get", Message, id="x")
    assert type(caught.value) is kind
    assert says in caught.value.message
    assert caught.value.hint or kind is UsageError or says == "forbids"
    assert len(net.calls) == 1


def _as(answer: Any) -> dict[str, Any]:
    return {"body": answer} if isinstance(answer, str) else {"json": answer}


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, body(403, "Rate Limit Exceeded", "rateLimitExceeded")),
        (403, body(403, "User Rate Limit Exceeded", "userRateLimitExceeded")),
        (429, body(429, "Too many concurrent requests for user", "rateLimitExceeded")),
        (429, body(429, "Quota exceeded for metric", status="RESOURCE_EXHAUSTED")),
        (409, body(409, "Concurrent modification", "aborted")),
        (412, body(412, "Precondition", "conditionNotMet")),
        (500, body(500, "Internal", "backendError")),
        (502, "<html>Bad Gateway</html>"),
        (503, ""),
        (504, "<html>"),
        (499, ""),
    ],
    ids=str,
)
def test_what_passes_by_itself_is_tried_again(
    wire: Wire, net: responses.RequestsMock, status: int, answer: Any
) -> None:
    net.get(f"{USER}/messages/x", **_as(answer), status=status)
    net.get(f"{USER}/messages/x", json={"id": "x"})
    assert wire.call("messages.get", Message, id="x").id == "x"


def test_a_second_401_in_a_row_asks_to_sign_in(wire: Wire, net: responses.RequestsMock) -> None:
    answer = body(401, "Invalid Credentials", "authError")
    net.get(f"{USER}/messages/x", json=answer, status=401)
    with pytest.raises(SignInNeeded):
        wire.call("messages.get", Message, id="x")
    tokens = [call.request.headers["authorization"] for call in net.calls]
    assert tokens == ["Bearer token-one", "Bearer token-two"]


@pytest.mark.parametrize("answer", ["<html>hello</html>", '{"id": "x"', "[]", ""])
def test_an_answer_that_cannot_be_read_is_a_server_fault(
    wire: Wire, net: responses.RequestsMock, answer: str
) -> None:
    net.get(f"{USER}/messages/x", body=answer)
    with pytest.raises(ServerFault, match="cannot be read"):
        wire.call("messages.get", Message, id="x")
