"""What a user and a project may spend, and how Gmail says that it was too much (guide: quota)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gmailkit.sandbox.prices import Prices
from gmailkit.sandbox.refusal import Refusal

Form = Literal["RESOURCE_EXHAUSTED", "rateLimitExceeded", "userRateLimitExceeded"]

_QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit '{limit}' of service "
    "'gmail.googleapis.com' for consumer 'project_number:407408718192'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Units per rolling minute, calls of a user at the same time, messages sent and recipients of
    them all per rolling day: those of a consumer's account.

    None lifts a limit. `units_per_second` is what Google's page said before the limits by the
    minute, 250 as a moving average; no new project has it. `form` is how a spent minute is
    refused: 429 RESOURCE_EXHAUSTED, or 403 with one of the two reasons Google has used for it.
    Bytes by IMAP and POP3 in a rolling day, and IMAP sessions at the same time, are a user's.
    """

    prices: Prices = "new"
    units_per_minute: int | None = 6000
    project_units_per_minute: int | None = 1_200_000
    in_flight: int | None = None
    sends_per_day: int | None = None
    recipients_per_day: int | None = 500
    units_per_second: int | None = None
    form: Form = "RESOURCE_EXHAUSTED"
    imap_sessions: int | None = 15
    imap_download_per_day: int | None = 2_500_000_000
    imap_upload_per_day: int | None = 500_000_000
    pop3_download_per_day: int | None = 1_250_000_000


NO_LIMITS = Limits(
    units_per_minute=None,
    project_units_per_minute=None,
    recipients_per_day=None,
    imap_download_per_day=None,
    imap_upload_per_day=None,
    pop3_download_per_day=None,
)


def minute_spent(form: Form, *, of_user: bool) -> Refusal:
    message = _QUOTA.format(limit=f"Queries per minute{' per user' if of_user else ''}")
    if form == "RESOURCE_EXHAUSTED":
        return Refusal(429, message)
    return Refusal(403, message, reason=form, domain="usageLimits")


def seconds_spent() -> Refusal:
    """The per-user limit in the words of its time (guide: resolve errors)."""
    return Refusal(
        403, "User Rate Limit Exceeded", reason="userRateLimitExceeded", domain="usageLimits"
    )


def too_many_at_once() -> Refusal:
    return Refusal(429, "Too many concurrent requests for user")


def sending_paused(until: float) -> Refusal:
    """`until` in seconds since the epoch."""
    time = datetime.fromtimestamp(until, UTC).isoformat(timespec="milliseconds")
    stamp = time.replace("+00:00", "Z")
    return Refusal(
        429,
        f"User-rate limit exceeded.  Retry after {stamp}",
        reason="userRateLimitExceeded",
        domain="usageLimits",
    )
