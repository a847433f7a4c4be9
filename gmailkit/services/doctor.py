"""Is everything well, and if not, what to do: versions, files, accounts, tokens, clock, server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.client_file import ClientFile, find
from gmailkit.auth.credential import credential_for, credential_of, service_of
from gmailkit.auth.keep import keep_for
from gmailkit.auth.key_file import KeyFile
from gmailkit.auth.refusal import PUBLISH, coming_death, dead_grant
from gmailkit.auth.scopes import (
    DEFAULT_PURPOSE,
    METADATA,
    abilities,
    login_command,
    may,
    short,
)
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError
from gmailkit.services.machine import Check, machine_checks
from gmailkit.services.policies import policies
from gmailkit.services.reach import Reach, reach

SKEW_WARN, SKEW_FAIL = 60, 300  # seconds

__all__ = ["Check", "doctor"]


def doctor(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Iterator[Check]:
    """One check after the other; those that need the network come last, and fail with a sentence.

    Raises nothing that gmailkit raises elsewhere. It may renew tokens and changes nothing else.
    """
    yield from machine_checks(settings.home)
    yield _guarded("policy", partial(_policy, settings))
    accounts, check = _accounts(settings)
    yield check
    if not _only_service_accounts(settings, accounts):
        yield _guarded("client file", partial(_client_file, settings, needed=not accounts))
    for account in accounts:
        held = "key" if account.key_file else "token"
        yield _guarded(f"{held} of {account.address}", partial(_held, settings, account, clock))
        yield _scopes(account.address, _granted(settings, account))
    yield from _network(settings, accounts, clock)


def _network(settings: Settings, accounts: Collection[Account], clock: Clock) -> Iterator[Check]:
    reached: dict[str, Reach] = {}
    for endpoint in _endpoints(settings, accounts):
        reached[endpoint] = reach(endpoint, clock)
        yield _endpoint(endpoint, reached[endpoint])
        yield _clock(endpoint, reached[endpoint])
    if settings.access_token:
        yield _guarded("access token", partial(_access_token, settings))
    elif settings.service_account:
        yield _guarded("service account", partial(_service_account, settings, clock))
    for account in accounts:
        if reached[_endpoint_of(settings, account)].problem:
            name = f"renewal for {account.address}"
            yield Check(name, "fail", "not tried: its server does not answer", "See above.")
        else:
            yield _guarded(
                f"renewal for {account.address}", partial(_renewal, settings, account, clock)
            )


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except GmailKitError as error:
        return Check(name, "fail", error.message, error.hint)


def _policy(settings: Settings) -> Check:
    """The rules for sending: one line, whatever they are."""
    told = [f"{policy.general.source} ({policy.summary})" for policy in policies(settings)]
    return Check("policy", "ok", "; ".join(told) or "none: what is sent leaves")


def _accounts(settings: Settings) -> tuple[tuple[Account, ...], Check]:
    """Who is signed in, and whether commands know whom to act as."""
    name, accounts = "accounts", Accounts(settings.home)
    signed_in: tuple[Account, ...] = ()
    try:
        signed_in, default = accounts.all(), accounts.default
        given = "GMAILKIT_ACCESS_TOKEN" if settings.access_token else "GMAILKIT_SERVICE_ACCOUNT"
        if not signed_in and (settings.access_token or settings.service_account):
            return (), Check(name, "ok", f"none; {given} is used")
        used = accounts.find(settings.account).address if settings.account else default
    except GmailKitError as error:
        return signed_in, Check(name, "fail", error.message, error.hint)
    listed = ", ".join(a.address for a in signed_in)
    if not signed_in:
        return (), Check(name, "fail", "nobody is signed in", "gmailkit login")
    if used is None:
        fix = "Name one with --account each time."
        return signed_in, Check(name, "warn", f"{listed}; none is the default", fix)
    return signed_in, Check(name, "ok", f"{listed}; default {used}")


def _only_service_accounts(settings: Settings, accounts: Collection[Account]) -> bool:
    """They need no client file."""
    if not accounts:
        return bool(settings.service_account) and not settings.access_token
    return all(account.key_file for account in accounts)


def _client_file(settings: Settings, *, needed: bool) -> Check:
    try:
        path = find(settings)
        client = ClientFile.load(path)
    except GmailKitError as error:
        # Whoever is signed in, or has a token, gets along without until the next sign-in.
        idle = not needed or settings.access_token is not None
        return Check("client file", "warn" if idle else "fail", error.message, error.hint)
    return Check("client file", "ok", f"{path}, client {client.client_id}")


def _held(settings: Settings, account: Account, clock: Clock) -> Check:
    """What opens the mailbox: the key of a service account, or the token of a person."""
    if not account.key_file:
        return _token(settings, account, clock.now())
    key = KeyFile.load(Path(account.key_file))
    return Check(f"key of {account.address}", "ok", f"{key.path}, of {key.email}")


def _token(settings: Settings, account: Account, now: float) -> Check:
    name, again = f"token of {account.address}", f"gmailkit login {account.address}"
    token = keep_for(account.keep, settings.home).load(account.address)
    if token is None:
        return Check(name, "fail", f"there is none in the {account.keep}", again)
    if token.dead:
        error = dead_grant(account.address, token.dead)
        return Check(name, "fail", error.message, error.hint)
    if not token.refresh_token:
        return Check(name, "warn", "it cannot be renewed when it expires", again)
    if death := coming_death(token, now):
        return Check(name, "warn", death, f"{PUBLISH}, then sign in again: {again}")
    where = "in the keyring" if account.keep == "keyring" else "in a file only you can read"
    return Check(name, "ok", where)


def _granted(settings: Settings, account: Account) -> tuple[str, ...]:
    """What the token's last renewal said, else what the sign-in did."""
    try:
        token = keep_for(account.keep, settings.home).load(account.address)
    except GmailKitError:
        token = None
    return token.scopes if token else account.scopes


def _scopes(address: str, granted: tuple[str, ...]) -> Check:
    name = f"scopes of {address}"
    listed = ", ".join(map(short, granted)) or "none"
    if METADATA in granted:
        return Check(
            name,
            "fail",
            f"{listed}: gmail.metadata forbids search and bodies, whatever else is granted",
            f"gmailkit logout {address}, then gmailkit login",
        )
    if not abilities(granted):
        fix = login_command(DEFAULT_PURPOSE, address=address)
        return Check(name, "fail", f"{listed}: nothing can be done with these", fix)
    return Check(name, "ok", f"{listed} ({may(granted)})")


def _endpoints(settings: Settings, accounts: Collection[Account]) -> list[str]:
    """Every server that matters, once each; the one a token from the environment goes to first."""
    here = service_of(settings).endpoint
    first = [here] if settings.access_token or not accounts else []
    return list(dict.fromkeys([*first, *(_endpoint_of(settings, a) for a in accounts)]))


def _endpoint_of(settings: Settings, account: Account) -> str:
    return (settings.service or account.service).endpoint


def _endpoint(endpoint: str, reached: Reach) -> Check:
    if reached.problem:
        return Check(
            f"endpoint {endpoint}", "fail", reached.problem, "Check the network and any proxy."
        )
    return Check(f"endpoint {endpoint}", "ok", f"answers in {reached.milliseconds:.0f} ms")


def _clock(endpoint: str, reached: Reach) -> Check:
    name = "clock"
    if reached.skew is None:
        return Check(
            name, "warn", f"{endpoint} told no time to compare with", "Check it by hand: date"
        )
    detail = f"{abs(reached.skew):.0f} s {'ahead' if reached.skew > 0 else 'behind'}"
    fix = "Set the clock; let the system keep it by network time (NTP)."
    if abs(reached.skew) > SKEW_FAIL:
        return Check(name, "fail", f"{detail} of the server: tokens seem fresh or dead", fix)
    if abs(reached.skew) > SKEW_WARN:
        return Check(name, "warn", f"{detail} of the server", fix)
    return Check(name, "ok", "agrees with the server")


def _access_token(settings: Settings) -> Check:
    from gmailkit.auth.oauth import tokeninfo
    from gmailkit.auth.session import open_session

    name, given = "access token", settings.access_token
    assert given is not None  # noqa: S101 - the caller has looked
    with open_session() as session:
        info = tokeninfo(service_of(settings), given, session)
    listed = ", ".join(map(short, sorted(info.scopes)))
    left = "" if info.expires_in is None else f", {info.expires_in // 60} minutes left"
    if not abilities(info.scopes):
        return Check(name, "fail", f"{listed or 'no scopes'}: useless here", "Get another one.")
    return Check(name, "ok", f"{listed}{left}")


def _service_account(settings: Settings, clock: Clock) -> Check:
    """The one of the environment: it gets a token."""
    credential = credential_for(settings, clock=clock)
    credential.bearer()
    listed = ", ".join(map(short, sorted(credential.granted or ())))
    return Check("service account", "ok", f"acts for {credential.address}: {listed}")


def _renewal(settings: Settings, account: Account, clock: Clock) -> Check:
    """The real thing: a token is renewed and stored, or got for a service account."""
    name = f"renewal for {account.address}"
    credential = credential_of(account, settings, clock=clock)
    credential.renew(credential.bearer())
    return Check(name, "ok", "works")
