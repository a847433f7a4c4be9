"""Gmail's refusals in our words. The only place that knows Google's.

Decided, in this order, by: HTTP status, `errors[0].reason`, `details[].reason`, `status`, and at
last a piece of the message (Gmail API guide "Resolve errors").
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypedDict
from urllib.parse import unquote, urlsplit

import msgspec

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
from gmailkit.wire.request import Request, Response


class Again(enum.Enum):
    """Whether the same request may be sent once more."""

    NO = "no"
    REFUSED = "the first one surely had no effect"
    UNKNOWN = "the first one may have had its effect"


class Slow(enum.Enum):
    """What a refusal says about our speed."""

    NO = "nothing"
    RATE = "too many units: lower the pace"
    CONCURRENCY = "too many at once: keep fewer in flight"
    PAUSE = "nothing before the time in `error.retry_at`"


@dataclass(frozen=True, slots=True)
class Fault:
    error: GmailKitError
    again: Again = Again.NO
    slow: Slow = Slow.NO


@dataclass(frozen=True, slots=True)
class Answer:
    """The error body, whatever of it there was."""

    request: Request
    status: int
    reason: str
    message: str
    retry_at: datetime | None

    def said(self, *words: str) -> bool:
        return any(word.lower() in self.message.lower() for word in words)


def fault_of(request: Request, response: Response, *, now: float) -> Fault | None:
    """What is wrong with `response`, or None when it is an answer (2xx)."""
    if 200 <= response.status < 300:
        return None
    answer = _read(request, response, now)
    if response.status in _BY_STATUS:
        return _BY_STATUS[response.status](answer)
    if response.status == 499 or response.status >= 500:
        return _server_fault(answer)
    return Fault(
        ServerFault(
            f"{request.host} gave an answer gmailkit does not know: {_status(answer)}.",
            hint="Is this address a Gmail service? `gmailkit doctor` checks it.",
            **_facts(answer),
        )
    )


class _Item(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    errors: list[_Item] = []
    details: list[_Item] = []


class _Body(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


def _read(request: Request, response: Response, now: float) -> Answer:
    try:
        error = msgspec.json.decode(response.body, type=_Body).error
    except msgspec.MsgspecError:  # a proxy's page, or the token endpoint's other shape
        error = _Error()
    reasons = [item.reason for item in (*error.errors, *error.details) if item.reason]
    return Answer(
        request=request,
        status=response.status,
        reason=reasons[0] if reasons else error.status,
        message=error.message,
        retry_at=_retry_at(response, error.message, now),
    )


_STAMP = re.compile(r"retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)", re.IGNORECASE)


def _retry_at(response: Response, message: str, now: float) -> datetime | None:
    """The time Gmail named: the header, else the RFC 3339 time inside the message."""
    header = response.headers.get("retry-after", "")
    stamp = _STAMP.search(message)
    try:
        if header.isdecimal():
            return datetime.fromtimestamp(now + int(header), UTC)
        if header:
            return parsedate_to_datetime(header).astimezone(UTC)
        return datetime.fromisoformat(stamp[1]) if stamp else None
    except (ValueError, OverflowError, OSError):  # a date that is none: as if none was named
        return None


def _bad_request(answer: Answer) -> Fault:
    facts = _facts(answer)
    if answer.said("mail service not enabled"):
        error: GmailKitError = Refused(
            "This account has no Gmail mailbox.", hint="Sign in with another account.", **facts
        )
    elif answer.reason == "failedPrecondition":
        error = Refused(
            f"Gmail refused {_method(answer)}: {_message(answer)}",
            hint="A service account needs a user to act for; some settings need an administrator.",
            **facts,
        )
    elif answer.said("invalid id value"):
        error = NotFound(
            f"{_last_word(answer.request)!r} is not a Gmail message id.",
            hint="Ids are hexadecimal, as `gmailkit search --ids` prints them; "
            "find a Message-ID header with the query rfc822msgid:.",
            **facts,
        )
    elif answer.said("invalid label:", "labelid not found"):
        error = NotFound(
            f"Gmail does not know a label: {_message(answer)}",
            hint="`gmailkit labels list` shows the labels there are.",
            **facts,
        )
    elif answer.said("invalid label name"):
        error = UsageError("Gmail refuses that label name.", hint="It is reserved; use another.")
    elif answer.said("invalid pagetoken"):
        error = Conflict(
            "Gmail no longer knows this place in the list.", hint="Run the command again.", **facts
        )
    elif answer.said("invalid to header", "invalid cc header", "recipient address required"):
        error = UsageError(f"Gmail refuses the recipients: {_message(answer)}")
    else:
        error = UsageError(
            f"Gmail did not accept {_method(answer)}: {_message(answer)}",
            hint="If the input looks right, this is a fault of gmailkit: please report it.",
        )
    return Fault(error)


def _unauthorized(answer: Answer) -> Fault:
    return Fault(SignInNeeded("Gmail does not accept the access token.", hint="gmailkit login"))


def _forbidden(answer: Answer) -> Fault:
    facts = _facts(answer)
    match answer.reason:
        case "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED":
            return _rate_limit(answer)
        case "dailyLimitExceeded" | "quotaExceeded":
            return _daily_limit(answer)
        case "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
            return Fault(
                Refused(
                    f"This sign-in does not allow {_method(answer)}.",
                    hint="Sign in again and allow more: gmailkit login.",
                    needs=sorted(answer.request.scopes),
                    **facts,
                )
            )
        case "domainPolicy":
            message, hint = "The administrator forbids this app.", "Ask the administrator."
        case "accessNotConfigured" | "SERVICE_DISABLED":
            message = "The Gmail API is not enabled in the Google Cloud project of the client file."
            hint = "Enable it in the Cloud console (APIs & Services), and wait some minutes."
        case _ if answer.said("metadata scope"):
            message = "The token carries gmail.metadata, whose limits win over every other scope."
            hint = "gmailkit logout, then gmailkit login: the metadata scope must be gone."
        case _ if answer.said("delegation denied"):
            message = "That mailbox is not the signed-in one."
            hint = "Sign in as its owner; Gmail's web delegation does not reach the API."
        case _:
            message, hint = f"Gmail forbids {_method(answer)}: {_message(answer)}", ""
    return Fault(Refused(message, hint=hint, **facts))


def _not_found(answer: Answer) -> Fault:
    if "/upload/" in answer.request.url and not answer.reason:
        return _server_fault(answer)
    return Fault(
        NotFound(
            f"Gmail has nothing under {_last_word(answer.request)} ({_method(answer)}).",
            hint="Mistyped, of another account, or deleted meanwhile; list again.",
            **_facts(answer),
        )
    )


def _last_word(request: Request) -> str:
    """The id at the end of the path, before what is done to it."""
    path = urlsplit(request.url).path.removesuffix(f"/{request.method.name.rpartition('.')[2]}")
    return unquote(path.rpartition("/")[2])


def _conflict(answer: Answer) -> Fault:
    if answer.said("label name exists"):
        error = Conflict(
            "A label of that name exists already.",
            hint="Names differ by more than case; see `gmailkit labels list`.",
            **_facts(answer),
        )
        return Fault(error)
    error = Conflict(
        "The mailbox was being changed by someone else.", hint="Run it again.", **_facts(answer)
    )
    return Fault(error, Again.REFUSED)


def _too_large(answer: Answer) -> Fault:
    return Fault(
        UsageError(
            "Gmail refuses the message as too large.",
            hint="About 25 MB of attachments is the most; share a link instead.",
        )
    )


def _too_many(answer: Answer) -> Fault:
    if answer.said("mail sending limit", "daily") or answer.reason == "dailyLimitExceeded":
        return _daily_limit(answer)
    return _rate_limit(answer)


def _rate_limit(answer: Answer) -> Fault:
    until = f" until {answer.retry_at:%Y-%m-%d %H:%M} UTC" if answer.retry_at else ""
    error = TryLater(
        f"Gmail paused this account{until}." if until else "Gmail asks to slow down.",
        hint="Run the same command again later; it goes on where it stopped.",
        retry_at=answer.retry_at,
        **_facts(answer),
    )
    return Fault(error, Again.REFUSED, _slow(answer))


def _slow(answer: Answer) -> Slow:
    if answer.retry_at:
        return Slow.PAUSE
    return Slow.CONCURRENCY if answer.said("concurrent") else Slow.RATE


def _daily_limit(answer: Answer) -> Fault:
    error = DailyLimit(
        "The daily limit of this account or Cloud project is used up.",
        hint="It comes back at midnight Pacific time, a sending limit after 24 hours.",
        retry_at=answer.retry_at,
        **_facts(answer),
    )
    return Fault(error)


def _server_fault(answer: Answer) -> Fault:
    error = ServerFault(
        f"{answer.request.host} had a fault of its own: {_status(answer)}.",
        hint="Run the same command again in a while.",
        **_facts(answer),
    )
    return Fault(error, Again.UNKNOWN)


_BY_STATUS: dict[int, Callable[[Answer], Fault]] = {
    400: _bad_request,
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    410: _not_found,
    412: _conflict,
    413: _too_large,
    429: _too_many,
}


class _Facts(TypedDict):
    status: int
    reason: str
    method: str


def _facts(answer: Answer) -> _Facts:
    return {"status": answer.status, "reason": answer.reason, "method": _method(answer)}


def _method(answer: Answer) -> str:
    return answer.request.method.name


def _message(answer: Answer) -> str:
    return answer.message if answer.message.endswith(".") else f"{answer.message or 'no reason'}."


def _status(answer: Answer) -> str:
    return f"{answer.status} {answer.reason}".strip()
