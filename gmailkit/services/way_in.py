"""Token, service account or signed-in account: which one opens the mailbox is said once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gmailkit.config import Settings
from gmailkit.errors import UsageError


def acting(
    settings: Settings, service_account: str | Path | None, subject: str | None, purpose: str
) -> Settings:
    """`settings` with what a program says of a service account; it wins over the environment."""
    if service_account is None and subject is None:
        return settings
    return replace(
        settings,
        account=None,
        access_token=None,
        service_account=Path(service_account) if service_account else settings.service_account,
        subject=subject or settings.subject,
        purpose=purpose,
    )


def check_one_way_in(settings: Settings) -> None:
    """Raises UsageError where two ways in are given, for they might disagree, or half a one."""
    ways = {
        "GMAILKIT_ACCESS_TOKEN": settings.access_token,
        "a service account": settings.service_account,
        f"the account {settings.account}": settings.account,
    }
    given = [name for name, way in ways.items() if way]
    if len(given) > 1:
        raise UsageError(
            f"Both {given[0]} and {given[1]} are given: they might be different mailboxes.",
            hint="Unset one of them.",
        )
    if settings.subject and not settings.service_account:
        raise UsageError(
            f"{settings.subject} is named to act for, but no service account that does.",
            hint="Set GMAILKIT_SERVICE_ACCOUNT (or service_account= in Python) to its key file.",
        )
