"""Signing in and out, and who is signed in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from gmailkit.auth.accounts import Account, Accounts, check_alias
from gmailkit.auth.client_file import FILE_NAME, ClientFile, find
from gmailkit.auth.credential import (
    Credential,
    at_endpoint,
    credential_for,
    service_of,
)
from gmailkit.auth.given_token import GivenToken
from gmailkit.auth.keep import keep_for
from gmailkit.auth.register import forget, remember
from gmailkit.auth.scopes import (
    DEFAULT_PURPOSE,
    ONLY_BY_SERVICE_ACCOUNT,
    SHARING,
    losses,
    purpose_of,
    scopes_of,
)
from gmailkit.auth.token import Token
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, Refused, Unreachable
from gmailkit.model.service import is_loopback
from gmailkit.paths import write_private
from gmailkit.secret import Secret
from gmailkit.services.replaced import Agree, agree_first


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`lost`: what will not work, a sentence each. `client_file`: where a copy was put, if so.

    `replaced` says what other sign-in of the address is gone: at another server or of another kind.
    """

    account: Account
    lost: tuple[str, ...] = ()
    client_file: Path | None = None
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """`revoked`: whether the server confirmed that the grant is void.

    `key_file`: of a service account, which has no grant to revoke; it opens the mailbox still.
    """

    address: str
    revoked: bool
    key_file: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who commands act as; `address` is "" and `scopes` empty where nobody could tell.

    `source` is "account", "service account" or "environment"; `expires_in` are seconds of the
    present access token.
    """

    address: str
    alias: str
    scopes: tuple[str, ...]
    purpose: str
    endpoint: str
    source: str
    expires_in: int | None


def open_in_browser(address: str) -> bool:
    """Show `address` in the user's browser; False when there is none.

    Browsers write to standard output when they like; ours is for data, so they get the other one.
    """
    import webbrowser

    with _standard_output_is_standard_error():
        return webbrowser.open(address)


def login(
    settings: Settings,
    *,
    client_file: Path | None = None,
    purpose: str = DEFAULT_PURPOSE,
    alias: str = "",
    default: bool = False,
    address: str | None = None,
    open_browser: Callable[[str], object] | None = open_in_browser,
    paste: Callable[[str], str] | None = None,
    timeout: float = 300,
    agree: Agree | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SignedIn:
    """Sign somebody in through the browser and remember it; the first one becomes the default.

    `address` suggests an account to the server; when somebody else signs in, nothing is kept.
    Signing in again replaces the token. Where a service account acts for the address, `agree`
    hears in a sentence what is replaced, and raises to stop it. Raises UsageError (client file,
    purpose, alias), Refused (consent, or the wrong account), SignInNeeded (time is up), Conflict
    (the address is signed in at another service, or by a service account and there is no
    `agree`), Unreachable, CannotWrite; then nothing is stored.
    """
    from gmailkit.auth.flow import sign_in
    from gmailkit.auth.oauth import address_of
    from gmailkit.auth.session import open_session

    scopes = _consentable(purpose)
    check_alias(alias)
    path = find(settings, client_file)
    client = ClientFile.load(path)
    client = replace(client, service=at_endpoint(client.service, settings))
    accounts = Accounts(settings.home)
    known = _agree_before(accounts, address, alias, client, agree)
    token = sign_in(
        client,
        scopes,
        open_browser=open_browser,
        paste=paste,
        login_hint=address,
        timeout=timeout,
        clock=clock,
    )
    with open_session() as session:
        who = address_of(client.service, token.access_token, session)
    _expect(address, who)
    account = Account(
        address=who,
        alias=alias,
        service=client.service,
        scopes=token.scopes,
        signed_in=token.granted_at,
    )
    replaced = agree_first(accounts.get(who), account, agree, known=known)
    account = remember(settings.home, account, token, default=default)
    kept = _keep_client_file(settings, path, client)
    return SignedIn(account, losses(scopes, token.scopes), kept, replaced)


def logout(settings: Settings, name: str | None = None) -> SignedOut:
    """Revoke the grant (best effort), then forget everything of the account on this machine.

    Google revokes what the client was ever granted by this user, on other machines too. Raises
    SignInNeeded, UsageError (unknown name), CannotWrite.
    """
    from gmailkit.auth.oauth import revoke
    from gmailkit.auth.session import open_session

    account = Accounts(settings.home).find(name or settings.account)
    secret = _any_secret(settings, account)
    revoked = False
    if secret:
        with open_session() as session:
            revoked = revoke(settings.service or account.service, secret, session)
    forget(settings.home, account, settings.kept_under(account.service))
    return SignedOut(account.address, revoked, account.key_file)


def whoami(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Identity:
    """Who commands act as. No network, but one question for a token from the environment."""
    if settings.access_token:
        return _from_environment(settings, settings.access_token)
    if settings.service_account:
        return _acting(credential_for(settings, clock=clock))
    account = Accounts(settings.home).find(settings.account)
    token = keep_for(account.keep, settings.home).load(account.address)
    scopes = token.scopes if token else account.scopes
    return Identity(
        address=account.address,
        alias=account.alias,
        scopes=tuple(scopes),
        purpose=purpose_of(scopes),
        endpoint=(settings.service or account.service).endpoint,
        source="service account" if account.key_file else "account",
        expires_in=_seconds_left(token, clock.now()),
    )


def _agree_before(
    accounts: Accounts, address: str | None, alias: str, client: ClientFile, agree: Agree | None
) -> str:
    """What is agreed to before a browser opens: whose sign-in it will be may be known already."""
    if address is None:
        return ""
    person = Account(address=address, alias=alias, service=client.service, scopes=(), signed_in=0.0)
    return agree_first(accounts.get(address), person, agree)


def _expect(asked: str | None, came: str) -> None:
    """Refuse an account that was not asked for: later commands would work on the wrong mailbox."""
    if asked and _canonical(asked) != _canonical(came):
        raise Refused(
            f"You asked for {asked}, but {came} signed in; nothing was kept.",
            hint=f"Choose the right account in the browser, or: gmailkit login {came}",
        )


def _canonical(address: str) -> str:
    """Gmail ignores case, dots and +tags in its own addresses, and knows an old name of itself."""
    local, _, domain = address.casefold().rpartition("@")
    if domain in ("gmail.com", "googlemail.com"):
        return local.partition("+")[0].replace(".", "") + "@gmail.com"
    return f"{local}@{domain}"


def _consentable(purpose: str) -> tuple[str, ...]:
    """The scopes of a purpose that a person can consent to."""
    scopes = scopes_of(purpose)
    if SHARING in scopes:
        raise Refused(
            f"No person's sign-in can be for {purpose}: Gmail keeps aliases, forwarding addresses "
            "and delegates for service accounts.",
            hint=ONLY_BY_SERVICE_ACCOUNT,
            needs=[SHARING],
        )
    return scopes


def _keep_client_file(settings: Settings, path: Path, client: ClientFile) -> Path | None:
    """A copy in the config folder when there is none, so that the next login finds it.

    Not of a server on this machine: its port will be another's tomorrow.
    """
    kept = settings.home.config / FILE_NAME
    if kept.exists() or is_loopback(urlsplit(client.service.token_uri).hostname):
        return None
    write_private(kept, path.read_bytes())
    return kept


def _any_secret(settings: Settings, account: Account) -> Secret | None:
    """What a revocation can be asked with; None when there is nothing (readable) left."""
    try:
        token = keep_for(account.keep, settings.home).load(account.address)
    except GmailKitError:
        return None
    return (token.refresh_token or token.access_token or None) if token else None


def _from_environment(settings: Settings, access_token: Secret) -> Identity:
    given = GivenToken(access_token, service_of(settings))
    scopes = given.granted or frozenset()
    return Identity(
        address=given.address or _from_profile(given, access_token),
        alias="",
        scopes=tuple(sorted(scopes)),
        purpose=purpose_of(scopes),
        endpoint=given.service.endpoint,
        source="environment",
        expires_in=given.expires_in,
    )


def _acting(credential: Credential) -> Identity:
    """A service account of the environment; what it may do is what it will ask for."""
    scopes = credential.granted or frozenset()
    return Identity(
        address=credential.address or "",
        alias="",
        scopes=tuple(sorted(scopes)),
        purpose=purpose_of(scopes),
        endpoint=credential.service.endpoint,
        source="environment",
        expires_in=None,
    )


def _from_profile(given: GivenToken, access_token: Secret) -> str:
    """The address when tokeninfo may not tell it; "" when the profile may not either.

    Raises Unreachable or SignInNeeded when neither has said that the token is good.
    """
    from gmailkit.auth.oauth import address_of
    from gmailkit.auth.session import open_session

    try:
        with open_session() as session:
            return address_of(given.service, access_token, session)
    except GmailKitError as error:
        if given.granted is not None:
            return ""
        if isinstance(error, Unreachable):
            said = f"The token could not be checked. {error.message}"
            raise Unreachable(said, hint=error.hint, sent="no") from error
        if error.status in (400, 401):
            given.renew(access_token)  # says that it is not accepted, and what to do
        return ""


def _seconds_left(token: Token | None, now: float) -> int | None:
    return max(0, int(token.expiry - now)) if token and token.expiry is not None else None


@contextmanager
def _standard_output_is_standard_error() -> Iterator[None]:
    try:
        ours = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # closed, as in a service without a terminal
        yield
        return
    try:
        yield
    finally:
        os.dup2(ours, 1)
        os.close(ours)
