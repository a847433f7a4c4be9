"""Gmail's refusals as our exceptions, with what they mean for trying again and for our speed."""

from __future__ import annotations

import re

import msgspec

from gmailkit.auth.scopes import hint_for, permission_for
from gmailkit.errors import Answer, GmailKitError, Refused, ServerFault, TryLater, Unreachable
from gmailkit.wire.catalogue import Again as Again
from gmailkit.wire.catalogue import Row, row_for
from gmailkit.wire.catalogue import Slow as Slow
from gmailkit.wire.methods import Method
from gmailkit.wire.refusal import Refusal, read_refusal
from gmailkit.wire.request import Request, Response


class Fault(msgspec.Struct, frozen=True):
    error: GmailKitError
    again: Again = Again.NO
    slow: Slow = Slow.NO

    def may_repeat(self, method: Method) -> bool:
        """Whether the same request may be sent once more without doing anything twice."""
        unknown = self.again is Again.UNKNOWN and method.replayable
        return self.again is Again.REFUSED or unknown

    def pause(self, now: float) -> float:
        """Seconds until the time that Gmail named; 0 when it named none."""
        if isinstance(self.error, TryLater) and self.error.retry_at is not None:
            return max(0.0, self.error.retry_at.timestamp() - now)
        return 0.0


def fault_of(request: Request, response: Response, *, now: float) -> Fault | None:
    """What is wrong with `response`, or None when it is an answer (2xx, `answers`)."""
    if 200 <= response.status < 300 or response.status in request.answers:
        return None
    refusal = read_refusal(request, response, now=now)
    row = row_for(refusal)
    slow = Slow.PAUSE if row.slow is not Slow.NO and refusal.retry_at else row.slow
    return Fault(_error(row, refusal), row.again, slow)


def doubt(error: GmailKitError, method: Method) -> None:
    """Marks an error after which nobody knows whether something was done, or even whether that
    would be done twice.
    """
    lost = isinstance(error, Unreachable) and error.sent == "maybe"
    if not (lost or isinstance(error, ServerFault)):
        return
    error.unknown = True
    if not method.replayable:
        error.maybe_done = True
        error.hint = "It may have been done: look before another try."


def _error(row: Row, refusal: Refusal) -> GmailKitError:
    words = _words(refusal)
    message = row.message.format_map(words)
    answer: Answer = {
        "hint": row.hint.format_map(words),
        "status": refusal.status,
        "reason": refusal.reason,
        "method": refusal.request.method.name,
    }
    if issubclass(row.kind, TryLater):
        return row.kind(message, retry_at=refusal.retry_at, **answer)
    if row.kind is Refused and "{allow}" in row.hint:
        return Refused(message, needs=sorted(refusal.request.scopes), **answer)
    return row.kind(message, **answer)


def _words(refusal: Refusal) -> dict[str, str]:
    """What a row's sentences may speak of."""
    said = refusal.message or "no reason"
    return {
        "method": refusal.request.method.name,
        "said": said if said.endswith(".") else f"{said}.",
        "target": refusal.target,
        "host": refusal.request.host,
        "status": f"{refusal.status} {refusal.reason}".strip(),
        "until": f" until {refusal.retry_at:%Y-%m-%d %H:%M} UTC" if refusal.retry_at else "",
        "permission": permission_for(refusal.request.scopes),
        "allow": hint_for(refusal.request.scopes),
        "console": _console(refusal.message),
    }


_CONSOLE = re.compile(r"https://console\.(?:developers|cloud)\.google\.com/[\w./?=&%-]*\w")


def _console(message: str) -> str:
    """Google's own link to the switch, where the message holds one."""
    found = _CONSOLE.search(message)
    return found[0] if found else "Cloud console, APIs & Services"
