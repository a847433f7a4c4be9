"""One trouble: how a request is spoilt. Known by words such as "503", "403-domainPolicy",
"drop-after" or "truncate".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from gmailkit.errors import UsageError
from gmailkit.sandbox import limits
from gmailkit.sandbox.exchange import DROPPED, RESET, Reply, as_refusal
from gmailkit.sandbox.refusal import Refusal, precondition, scope_insufficient, unauthenticated

When = Literal["before", "late", "drop", "after", "reset", "reset-after", "truncate", "drip"]

DRIP = 64  # bytes in a tenth of a second
_PAUSED_HOURS = 3
_PAGE = b"<!doctype html><title>Error</title><h1>Sorry, something went wrong.</h1>\n"
TOLD = "The sandbox was told to fail."

# Beside three digits and an optional reason. "after": its effect happens and nobody is told.
_WORDS: dict[str, When] = {
    "drop-before": "drop",
    "drop-after": "after",
    "reset-before": "reset",
    "reset-after": "reset-after",
    "truncate": "truncate",
    "drip": "drip",
}
_STATUS = re.compile(r"(?:(late|html)-)?([1-5]\d\d)(?:-([A-Za-z]+))?")

_NOT_ENABLED = (
    "Gmail API has not been used in project 407408718192 before or it is disabled. Enable it by "
    "visiting https://console.developers.google.com/apis/api/gmail.googleapis.com/overview then "
    "retry."
)
# The refusals of "Resolve errors" that carry more than status and reason.
_DOCUMENTED: dict[str, Callable[[float], Refusal]] = {
    "400-failedPrecondition": lambda _: precondition("Precondition check failed."),
    "401": lambda _: unauthenticated(),
    "403-insufficientPermissions": lambda _: scope_insufficient("Any"),
    "403-accessNotConfigured": lambda _: _usage(403, "accessNotConfigured", _NOT_ENABLED),
    "403-domainPolicy": lambda _: Refusal(
        403, "The domain administrators have disabled Gmail apps.", reason="domainPolicy"
    ),
    "403-rateLimitExceeded": lambda _: _usage(403, "rateLimitExceeded", "Rate Limit Exceeded"),
    "403-userRateLimitExceeded": lambda _: _usage(
        403, "userRateLimitExceeded", "User Rate Limit Exceeded"
    ),
    "403-dailyLimitExceeded": lambda _: _usage(403, "dailyLimitExceeded", "Daily Limit Exceeded"),
    "403-quotaExceeded": lambda _: _usage(403, "quotaExceeded", "Quota exceeded"),
    "403-forbidden": lambda _: Refusal(403, "Forbidden"),
    "409": lambda _: Refusal(409, "Concurrent modification"),
    "429": lambda _: limits.minute_spent("RESOURCE_EXHAUSTED", of_user=True),
    "429-concurrent": lambda _: limits.too_many_at_once(),
    "429-dailyLimit": lambda _: _usage(429, "dailyLimitExceeded", "Mail sending limit exceeded."),
    "429-userRateLimitExceeded": lambda now: limits.sending_paused(now + _PAUSED_HOURS * 3600),
}

# Every fault with a meaning of its own, and one of each status that has none.
KINDS = (*_WORDS, *_DOCUMENTED, "400", "404", "500", "503", "late-503", "html-200", "html-502")


def _usage(code: int, reason: str, message: str) -> Refusal:
    return Refusal(code, message, reason=reason, domain="usageLimits")


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` is the word it is known by; `answer` makes the spoilt reply, given the time."""

    kind: str
    when: When
    answer: Callable[[float], Reply]
    drip: int = DRIP
    method: str | None = None
    times: int = 1

    def around(self, act: Callable[[], Reply], now: float) -> Reply:
        """What the caller gets instead of `act()`, and whether `act` happens at all."""
        match self.when:
            case "before":
                return self.answer(now)
            case "drop":
                return DROPPED
            case "reset":
                return RESET
        done = act()
        match self.when:
            case "late":
                return self.answer(now)
            case "after":
                return DROPPED
            case "reset-after":
                return RESET
            case "truncate":
                return replace(done, cut=len(done.body) // 2)
        return replace(done, drip=self.drip)


def of_kind(text: str) -> Fault:
    """The fault of that name. Raises UsageError."""
    if text in _WORDS:
        return Fault(text, _WORDS[text], lambda _: DROPPED)
    found = _STATUS.fullmatch(text)
    if found is None:
        raise UsageError(
            f"There is no fault {text!r}.",
            hint="A status such as 503, late-503, html-502 or 403-domainPolicy, or one of "
            f"{', '.join(_WORDS)}.",
        )
    form, status, reason = found[1], int(found[2]), found[3] or ""
    if form == "html":
        return Fault(text, "before", lambda _: page(status, _PAGE))
    make = _DOCUMENTED.get(text.removeprefix("late-"))
    told = make or (lambda _: Refusal(status, TOLD, reason=reason))
    return Fault(text, "late" if form else "before", lambda now: as_refusal(told(now)))


def page(status: int, body: bytes) -> Reply:
    """What a proxy on the way answers."""
    return Reply(status, {"Content-Type": "text/html; charset=UTF-8"}, body)


def by_hand(refusal: Refusal, when: When, *, retry_after: int | None, body: bytes | None) -> Fault:
    reply = as_refusal(refusal) if body is None else page(refusal.code, body)
    if retry_after is not None:
        reply = reply.with_headers({"Retry-After": str(retry_after)})
    status = f"{refusal.code}-{refusal.reason}"
    words = {"before": status, "late": f"late-{status}"}
    words |= {form: word for word, form in _WORDS.items()}
    return Fault(words[when], when, lambda _: reply)
