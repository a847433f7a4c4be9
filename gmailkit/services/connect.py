"""From settings to a connected mailbox: which account, which service, which token."""

from __future__ import annotations

from functools import cached_property

from gmailkit.auth.accounts import Accounts
from gmailkit.auth.credential import Credential, GivenToken, StoredCredential
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE, Service
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.record.journal import Journal
from gmailkit.wire.http import new_session
from gmailkit.wire.stack import open_wire


class Connection:
    """What the verbs need of one mailbox. Opens nothing by itself."""

    def __init__(
        self, settings: Settings, credential: Credential, service: Service, *, clock: Clock
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._service = service
        self._clock = clock
        self._session = new_session()

    @cached_property
    def client(self) -> Client:
        wire = open_wire(
            (self._settings.service or self._service).endpoint,
            self._credential,
            session=self._session,
            clock=self._clock,
            units_per_minute=self._settings.units_per_minute,
        )
        return Client(wire)

    @cached_property
    def address(self) -> str:
        """Known from sign-in; asked of Gmail (1 unit) for a token that came from outside."""
        return self._credential.address or self.client.get_profile().email_address

    @cached_property
    def cache(self) -> EnvelopeCache:
        home = self._settings.home
        return EnvelopeCache(home.account_cache(self.address, self._service.endpoint))

    @cached_property
    def journal(self) -> Journal:
        home = self._settings.home
        folder = home.account_state(self.address, self._service.endpoint)
        return Journal(folder, clock=self._clock)

    def close(self) -> None:
        if cache := self.__dict__.pop("cache", None):
            cache.close()
        self._session.close()


def connect(settings: Settings, account: str | None, *, clock: Clock) -> Connection:
    """The mailbox that `account` or the settings name.

    Raises SignInNeeded or UsageError when there is none of that name, and UsageError when a token
    from the environment and the name of an account are both given: they might disagree.
    """
    name = account or settings.account
    if settings.access_token is not None:
        if name:
            raise UsageError(
                f"GMAILKIT_ACCESS_TOKEN is set, so {name} cannot be chosen.",
                hint="Unset one: the token belongs to one mailbox.",
            )
        service = Service.at(settings.endpoint) if settings.endpoint else GOOGLE
        given = GivenToken(settings.access_token, service)
        return Connection(settings, given, service, clock=clock)
    found = Accounts(settings.home).find(name)
    if settings.endpoint and settings.endpoint != found.service.endpoint:
        raise UsageError(
            f"{found.address} is signed in at {found.service.endpoint}, "
            f"but GMAILKIT_API_ENDPOINT says {settings.endpoint}.",
            hint="Unset it, or sign in there: gmailkit login.",
        )
    stored = StoredCredential(found, settings, clock=clock)
    return Connection(settings, stored, found.service, clock=clock)
