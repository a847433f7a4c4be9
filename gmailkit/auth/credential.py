"""A bearer token for every request: fresh enough, renewed by one process for all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.given_token import GivenToken
from gmailkit.auth.keep import Keep, keep_for, only_us
from gmailkit.auth.key_file import KeyFile
from gmailkit.auth.refusal import (
    cause_of_death,
    dead_grant,
    died_at_a_week,
    renewal_error,
    started_anew,
)
from gmailkit.auth.scopes import hint_for, normalize
from gmailkit.auth.service_account import ServiceAccountCredential, delegated_scopes
from gmailkit.auth.token import Token
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite, SignInNeeded, UsageError
from gmailkit.model.service import GOOGLE, Service, is_loopback
from gmailkit.paths import Home
from gmailkit.secret import Secret

_log = logging.getLogger(__name__)


class Credential(Protocol):
    """Where the wire gets its bearer token. `granted` None means that nobody could tell."""

    @property
    def address(self) -> str | None: ...

    @property
    def granted(self) -> frozenset[str] | None: ...

    @property
    def service(self) -> Service: ...

    @property
    def client_id(self) -> str | None:
        """The OAuth client, whose Cloud project pays; None when nobody could tell."""
        ...

    def how_to_allow(self, accepted: frozenset[str]) -> str:
        """What the user can do to be allowed one of the scopes `accepted`."""
        ...

    def bearer(self) -> Secret:
        """A token that is good for the next minutes. Raises SignInNeeded, Unreachable, ..."""
        ...

    def renew(self, stale: Secret) -> Secret:
        """Another token than `stale`, which got a 401. Raises SignInNeeded when there is none."""
        ...


class StoredCredential:
    """The token of a signed-in account, shared by all threads and processes of this machine."""

    def __init__(
        self,
        account: Account,
        keep: Keep,
        *,
        home: Home,
        service: Service | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._account = account
        self._keep = keep
        self._home = home
        self._service = service or account.service
        self._clock = clock
        self._token: Token | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return self._account.address

    @property
    def service(self) -> Service:
        return self._service

    @property
    def client_id(self) -> str:
        with self._lock:
            self._token = self._token or self._load()
            return self._token.client_id

    @property
    def granted(self) -> frozenset[str]:
        return normalize(self._token.scopes if self._token else self._account.scopes)

    def how_to_allow(self, accepted: frozenset[str]) -> str:
        return hint_for(accepted, granted=self.granted, address=self.address)

    def bearer(self) -> Secret:
        with self._lock:
            token = self._token or self._load()
            if not token.is_fresh(self._clock.now()):
                token = self._renewed(lambda stored: stored.is_fresh(self._clock.now()))
            self._token = token
            return token.access_token

    def renew(self, stale: Secret) -> Secret:
        with self._lock:
            if self._token is None or self._token.access_token == stale:
                self._token = self._renewed(
                    lambda stored: (
                        stored.access_token != stale and stored.is_fresh(self._clock.now())
                    )
                )
            return self._token.access_token

    def _load(self) -> Token:
        token = self._keep.load(self.address)
        if token is None:
            raise SignInNeeded(
                f"There is no token for {self.address}.", hint=f"gmailkit login {self.address}"
            )
        if token.dead:
            raise dead_grant(self.address, token.dead)
        return token

    def _renewed(self, good: Callable[[Token], bool]) -> Token:
        """The token that another process has stored meanwhile, if `good`, else a new one.

        One process renews, the others wait for the lock and then find it done.
        """
        with only_us(self._home, self.address):
            token = self._load()
            return token if good(token) else self._refresh(token)

    def _refresh(self, token: Token) -> Token:
        from gmailkit.auth.renewal import Declined, renewed

        now = self._clock.now()
        if not token.refresh_token:
            raise SignInNeeded(
                f"The access token of {self.address} has expired and cannot be renewed.",
                hint=f"gmailkit login {self.address}",
            )
        try:
            fresh = renewed(token, self._service, clock=self._clock)
        except Declined as declined:
            server = urlsplit(self._service.token_uri)
            if declined.refusal.error == "invalid_client" and is_loopback(server.hostname):
                raise started_anew(server.netloc, self.address) from declined
            error = renewal_error(declined.refusal, address=self.address, token=token, now=now)
            if isinstance(error, SignInNeeded):
                # Not deleted: its dates explain the death next time too, without asking again
                # (never repeat an invalid_grant). Its secrets are worthless, so they do go.
                why = cause_of_death(declined.refusal, token, now)
                weekly = died_at_a_week(token, now)
                self._keep.save(self.address, token.died(why, weekly=weekly))
            raise error from declined
        self._store(fresh, token)
        return fresh

    def _store(self, fresh: Token, old: Token) -> None:
        """On a full or read-only disk go on with what we hold, unless the old one is void now."""
        try:
            self._keep.save(self.address, fresh)
        except CannotWrite:
            if fresh.refresh_token != old.refresh_token:
                raise
            _log.warning("The renewed token of %s could not be stored.", self.address)


def credential_for(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Credential:
    """The token or the service account that was given, else the named or default account's.

    Touches the network no sooner than it is used. Raises SignInNeeded, UsageError.
    """
    if settings.access_token:
        return GivenToken(settings.access_token, service_of(settings))
    if settings.service_account:
        return _acting(settings, settings.service_account, clock)
    return credential_of(Accounts(settings.home).find(settings.account), settings, clock=clock)


def credential_of(account: Account, settings: Settings, *, clock: Clock) -> Credential:
    """The credential of a signed-in account."""
    if account.key_file:
        return ServiceAccountCredential(
            Path(account.key_file),
            subject=account.address,
            scopes=account.scopes,
            service=settings.service or account.service,
            stored=True,
            clock=clock,
        )
    keep = keep_for(account.keep, settings.home)
    return StoredCredential(
        account, keep, home=settings.home, service=settings.service, clock=clock
    )


def _acting(settings: Settings, path: Path, clock: Clock) -> Credential:
    """A service account that nobody signed in: given by the environment or by the program."""
    if not settings.subject:
        raise UsageError(
            f"The service account key {path} is given, but not whom to act for.",
            hint="Set GMAILKIT_SUBJECT (or subject= in Python) to an address.",
        )
    return ServiceAccountCredential(
        path,
        subject=settings.subject,
        scopes=delegated_scopes(settings.purpose),
        service=settings.service or at_endpoint(KeyFile.load(path).service, settings),
        clock=clock,
    )


def at_endpoint(service: Service, settings: Settings) -> Service:
    """`service` with its calls sent to the endpoint of the settings, where they name one."""
    return msgspec.structs.replace(service, endpoint=settings.endpoint or service.endpoint)


def service_of(settings: Settings) -> Service:
    """Where a token from the environment is used: the given endpoint's service, or Google's."""
    endpoint = settings.endpoint
    if settings.service:
        return settings.service
    return GOOGLE if endpoint in (None, GOOGLE.endpoint) else Service.at(str(endpoint))
