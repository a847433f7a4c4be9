"""The catalogue of Gmail's refusals: how each is known, and what it is called here.

Sources: Gmail API guide "Resolve errors" and what public projects report. Of one HTTP status the
first row that fits counts. Rows known by a reason stand before rows known by words alone, since
words change; a row with both is a finer case of the one below it.

In `message` and `hint`: {method}, {said} (Gmail's own sentence), {target} (the id in the path),
{host}, {status}, {until}, {permission} (the scope that lacks), {allow} (how
to be granted it), {console}.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from gmailkit.auth.scopes import ONLY_BY_SERVICE_ACCOUNT
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
from gmailkit.wire.refusal import Refusal


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


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Fits a refusal with one of `reasons` and one of `words` (lower case) if it asks for any."""

    kind: type[GmailKitError]
    message: str
    hint: str
    reasons: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    when: Callable[[Refusal], bool] | None = None
    again: Again = Again.NO
    slow: Slow = Slow.NO

    def fits(self, refusal: Refusal) -> bool:
        return (
            (not self.reasons or not self.reasons.isdisjoint(refusal.reasons))
            and (not self.words or refusal.said(self.words))
            and (self.when is None or self.when(refusal))
        )


def row_for(refusal: Refusal) -> Row:
    """The row that explains `refusal`; there is one for everything."""
    if 400 <= refusal.status != 401 and _FULL.fits(refusal):
        return _FULL
    found = next((row for row in _ROWS.get(refusal.status, ()) if row.fits(refusal)), None)
    if found is None:
        return _SERVER_FAULT if refusal.status == 499 or refusal.status >= 500 else _UNKNOWN
    return found


def _reasons(*names: str) -> frozenset[str]:
    return frozenset(names)


def _without_body(refusal: Refusal) -> bool:
    """An upload or batch path that Google's own error format does not answer for."""
    path = urlsplit(refusal.request.url).path
    return not refusal.reasons and ("/upload/" in path or path.startswith("/batch"))


_OURS = "If the input looks right, this is a fault of gmailkit: please report it."
_LATER = "Run the same command again later; it goes on where it stopped."

# Open: how Gmail refuses mail for an account whose storage is used up. Its documents do not say; by
# these words people are told so elsewhere (Drive, SMTP), and whatever the status, they mean this.
_FULL = Row(
    kind=MailboxFull,
    words=("storage quota", "out of storage", "storage is full", "insufficient storage"),
    message="The account has no room left: {said}",
    hint="Make room there, or buy some (https://one.google.com/storage), and run the same command "
    "again: it goes on.",
)
_BAD_REQUEST = (
    Row(
        kind=Refused,
        words=("mail service not enabled",),
        message="This account has no Gmail mailbox.",
        hint="Its licence may lack Gmail, or it is suspended: sign in with another account.",
    ),
    Row(
        kind=UsageError,
        words=("cannot add draft", "cannot add sent", "cannot remove sent", "unable to modify"),
        message="Gmail does not let anybody set or take away that label: {said}",
        hint="Labels such as SENT and DRAFT are Gmail's own.",
    ),
    Row(
        kind=Refused,
        reasons=_reasons("failedPrecondition", "FAILED_PRECONDITION"),
        message="Gmail refused {method}: {said}",
        hint="A service account needs a user to act for (--subject) and domain-wide delegation; "
        "some settings need an administrator.",
    ),
    Row(
        kind=NotFound,
        words=("invalid id value",),
        message="{target!r} is not a Gmail message id.",
        hint="Ids are hexadecimal, as `gmailkit search --ids` prints them; "
        "find a Message-ID header with the query rfc822msgid:.",
    ),
    Row(
        kind=UsageError,
        words=("invalid label name",),
        message="Gmail refuses that label name.",
        hint="It is reserved, or has characters that nobody sees; use another.",
    ),
    Row(
        kind=NotFound,
        words=("invalid label", "labelid not found"),
        message="Gmail does not know a label: {said}",
        hint="`gmailkit labels list` shows the labels there are.",
    ),
    Row(
        kind=Conflict,
        words=("invalid pagetoken",),
        message="Gmail no longer knows this place in the list.",
        hint="Run the command again.",
    ),
    Row(
        kind=UsageError,
        words=("invalid to header", "invalid cc header", "invalid bcc header", "recipient address"),
        message="Gmail refuses the recipients: {said}",
        hint="Check the addresses.",
    ),
    Row(
        kind=Conflict,
        words=("filter already exists",),
        message="A filter just like that exists already.",
        hint="Nothing needs to be done; the list of filters shows it.",
    ),
    Row(
        kind=UsageError,
        words=("unrecognized forwarding address",),
        message="Gmail does not forward to that address: {said}",
        hint="It must be among the account's forwarding addresses, and accepted by its owner.",
    ),
    Row(
        kind=UsageError,
        words=("too many user label", "more than one user label", "too many labels"),
        message="That filter sets too many labels: {said}",
        hint="A filter may add one label of your own.",
    ),
    Row(
        kind=UsageError,
        message="Gmail did not accept {method}: {said}",
        hint=_OURS,
    ),
)

_UNAUTHORIZED = (
    Row(
        kind=SignInNeeded,
        message="Gmail does not accept the access token, nor the one it was renewed to.",
        hint="Sign in again: gmailkit login",
    ),
)

_TOO_FAST = Row(
    kind=TryLater,
    message="Gmail asks to slow down{until}.",
    hint=_LATER,
    again=Again.REFUSED,
    slow=Slow.RATE,
)
_DAY_IS_OVER = Row(
    kind=DailyLimit,
    reasons=_reasons("dailyLimitExceeded", "quotaExceeded"),
    message="The daily quota of the Google Cloud project is used up.",
    hint="It comes back at midnight Pacific time; a higher one is asked for in the Cloud console.",
)

_FORBIDDEN = (
    Row(
        kind=TryLater,
        reasons=_reasons("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"),
        message=_TOO_FAST.message,
        hint=_LATER,
        again=Again.REFUSED,
        slow=Slow.RATE,
    ),
    _DAY_IS_OVER,
    Row(
        kind=Refused,
        reasons=_reasons("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        message="This sign-in does not allow {method}: it lacks {permission}.",
        hint="{allow}",
    ),
    Row(
        kind=Refused,
        reasons=_reasons("domainPolicy"),
        message="The administrator of the domain forbids this app.",
        hint="Ask the administrator to allow it (Admin console, API controls).",
    ),
    Row(
        kind=Refused,
        reasons=_reasons("accessNotConfigured", "SERVICE_DISABLED"),
        message="The Gmail API is not enabled in the Google Cloud project of the client.",
        hint="Enable it ({console}); that takes effect within minutes.",
    ),
    Row(
        kind=Refused,
        words=("metadata scope",),
        message="The token carries gmail.metadata, whose limits win over every other scope in it.",
        hint="gmailkit logout, then gmailkit login: it must be revoked, or it comes back with "
        "the next consent.",
    ),
    Row(
        kind=Refused,
        words=("delegation denied",),
        message="That mailbox is not the signed-in one.",
        hint="Sign in as its owner; Gmail's web delegation does not reach the API.",
    ),
    Row(
        kind=Refused,
        words=("access restricted to service accounts",),
        message="Gmail keeps {method} for service accounts with domain-wide delegation.",
        hint=ONLY_BY_SERVICE_ACCOUNT,
    ),
    Row(
        kind=Refused,
        words=("access not configured", "has not been used in project"),
        message="The Gmail API is not enabled in the Google Cloud project of the client.",
        hint="Enable it ({console}); that takes effect within minutes.",
    ),
    Row(
        kind=Refused,
        message="Gmail forbids {method}: {said}",
        hint="The account may be suspended, or its administrator forbids it.",
    ),
)

_GONE = Row(
    kind=NotFound,
    message="Gmail has nothing under {target} ({method}).",
    hint="Mistyped, of another account, or deleted meanwhile; list again.",
)
_NOT_FOUND = (
    Row(
        kind=NotFound,
        when=lambda refusal: refusal.request.method.name == "history.list",
        message="Gmail no longer keeps the history since the last time.",
        hint="Read the mailbox anew, from the beginning.",
    ),
    Row(
        kind=UsageError,
        when=_without_body,
        message="{host} is no Gmail service: it has nothing at that path ({method}).",
        hint="Check GMAILKIT_API_ENDPOINT and the client file: gmailkit doctor",
    ),
    _GONE,
)

_CONFLICT = (
    Row(
        kind=Conflict,
        words=("label name exists",),
        message="A label of that name exists already.",
        hint="Names differ by more than case; see `gmailkit labels list`.",
    ),
    Row(
        kind=Conflict,
        reasons=_reasons("alreadyExists", "duplicate", "ALREADY_EXISTS"),
        message="It exists already ({method}).",
        hint="List what there is.",
    ),
    Row(
        kind=Conflict,
        message="The mailbox was being changed by someone else.",
        hint="Run it again.",
        again=Again.REFUSED,
    ),
)

_TOO_LARGE = (
    Row(
        kind=UsageError,
        message="Gmail refuses the message as too large.",
        hint="About 25 MB of attachments is the most; share a link instead.",
    ),
)

_TOO_MANY = (
    Row(
        kind=DailyLimit,
        words=("mail sending limit", "daily user sending limit", "daily sending"),
        message="The daily sending limit of this account is reached.",
        hint="It comes back within 24 hours.",
    ),
    _DAY_IS_OVER,
    Row(
        kind=DailyLimit,
        words=("daily",),
        message=_DAY_IS_OVER.message,
        hint=_DAY_IS_OVER.hint,
    ),
    Row(
        kind=TryLater,
        words=("retry after",),
        message="Gmail paused this account{until}.",
        hint=_LATER,
        again=Again.REFUSED,
        slow=Slow.RATE,
    ),
    Row(
        kind=TryLater,
        words=("concurrent",),
        message="Too many requests at once on this mailbox, those of other programs included.",
        hint=_LATER,
        again=Again.REFUSED,
        slow=Slow.CONCURRENCY,
    ),
    _TOO_FAST,
)

_ROWS: dict[int, tuple[Row, ...]] = {
    400: _BAD_REQUEST,
    401: _UNAUTHORIZED,
    403: _FORBIDDEN,
    404: _NOT_FOUND,
    409: _CONFLICT,
    410: (_GONE,),
    412: _CONFLICT,
    413: _TOO_LARGE,
    429: _TOO_MANY,
}
_SERVER_FAULT = Row(
    kind=ServerFault,
    message="{host} had a fault of its own: {status}.",
    hint="Run the same command again in a while.",
    again=Again.UNKNOWN,
)
_UNKNOWN = Row(
    kind=ServerFault,
    message="{host} gave an answer gmailkit does not know: {status}.",
    hint="Is this address a Gmail service? `gmailkit doctor` checks it.",
)
