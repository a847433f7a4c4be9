"""Token, service account or signed-in account: which one opens the mailbox is said once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from gmailkit.config import Settings
from gmailkit.errors import UsageError

_KNOWN = "account service_account subject purpose settings session clock google_calls".split()
_PRACTICE = (
    "with Sandbox() as sandbox, Gmail(settings=Settings.load(sandbox.environment())) as gmail:"
)
_TOKEN = "A ready token stands in the environment, as GMAILKIT_ACCESS_TOKEN."
_SIGN_IN = "Sign in once (gmailkit login --client FILE), then it is Gmail()."
_ADDRESS = 'Write it like Gmail("ann@example.com"), or Gmail() for the default account.'
_MEANT = {
    **dict.fromkeys(("sandbox", "practice", "test", "demo"), f"Write it like this: {_PRACTICE}"),
    **dict.fromkeys(("token", "access_token", "creds"), _TOKEN),
    **dict.fromkeys(("credentials", "client", "client_file", "client_secret", "scopes"), _SIGN_IN),
    **dict.fromkeys(("user", "email", "address", "user_id", "name", "login"), _ADDRESS),
    **dict.fromkeys(("delegate", "impersonate", "user_to_impersonate"), "Did you mean subject?"),
}


def check_said(account: object, settings: object, others: Iterable[str]) -> None:
    """UsageError, with the right way, for what `Gmail(...)` does not take."""
    for word in others:
        near = get_close_matches(word, _KNOWN, n=1)
        usual = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_KNOWN)}."
        raise UsageError(f"Gmail(...) takes no {word!r}.", hint=_MEANT.get(word, usual))
    if account is not None and not isinstance(account, str):
        raise UsageError(f"{account!r:.60} is no account: it is named by a text.", hint=_ADDRESS)
    if settings is not None and not isinstance(settings, Settings):
        raise UsageError(
            f"{settings!r:.60} is no Settings.", hint="Write it like settings=Settings.load()."
        )


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
