"""From settings to a connected mailbox: which account, which service, which token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gmailkit.auth.credential import Credential, credential_for
from gmailkit.auth.given_token import GivenToken
from gmailkit.auth.scopes import FULL
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.config import Settings
from gmailkit.errors import Refused, Unreachable, UsageError
from gmailkit.model.content import Content
from gmailkit.model.service import Service
from gmailkit.record.ledger import LEDGER, SendLedger
from gmailkit.record.spending import Spending
from gmailkit.secret import Secret
from gmailkit.services.sending.guard.leaving import LEAVING
from gmailkit.services.way_in import check_one_way_in
from gmailkit.wire.ahead import Ahead
from gmailkit.wire.bearer import check_scope
from gmailkit.wire.call import Asked, Outcome
from gmailkit.wire.discovery import described
from gmailkit.wire.http import new_session
from gmailkit.wire.quota.ledger import Ledger
from gmailkit.wire.quota.line import Allowance
from gmailkit.wire.quota.meter import Meter
from gmailkit.wire.stack import open_wire

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from gmailkit.record.copies import Copies
    from gmailkit.record.departures import Departures
    from gmailkit.record.envelopes import EnvelopeCache
    from gmailkit.record.journal import Journal
    from gmailkit.record.merges import MergeMarks
    from gmailkit.record.snapshots import Snapshots
    from gmailkit.record.watches import Watches

_UNKNOWN = "unknown"  # in the place of an address that the token may not tell
_LEDGER = LEDGER.name


class Connection:
    """What the verbs need of one mailbox. Opens nothing by itself."""

    def __init__(
        self,
        settings: Settings,
        credential: Credential,
        *,
        session: requests.Session | None,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self._credential = credential
        self.clock = clock
        self._session = session or new_session()
        self.meter = Meter(settings.budget)
        self.ahead = Ahead()

    @property
    def allowance(self) -> Allowance:
        said = self.settings
        return Allowance(said.units_per_minute, said.project_units_per_minute, said.prices)

    @cached_property
    def ledger(self) -> Ledger:
        store = Spending(self.settings.home.state / "quota.sqlite3", clock=self.clock)
        return Ledger(store, names=self._budgets, clock=self.clock)

    @cached_property
    def client(self) -> Client:
        wire = open_wire(
            self._credential.service.endpoint,
            self._credential,
            session=self._session,
            clock=self.clock,
            ledger=self.ledger,
            allowance=self.allowance,
            meter=self.meter,
            ahead=self.ahead,
            guard=self._guard,
            recorder=self._recorder,
            deadline=self.settings.deadline,
            timeout=self.settings.timeout,
        )
        return Client(wire, clock=self.clock, prices=self.settings.prices)

    def _guard(
        self,
        method: str,
        params: Mapping[str, Any],
        body: Mapping[str, Any],
        media: Content | None,
    ) -> AbstractContextManager[object]:
        """Whatever makes mail leave asks policy.toml, by whichever way it comes."""
        if method not in LEAVING:
            return nullcontext()
        from gmailkit.services.sending.guard.door import passing  # it needs what is defined here

        return passing(self, method, params, body, media)

    def _recorder(
        self, asked: Sequence[Asked]
    ) -> AbstractContextManager[Callable[[Sequence[Outcome]], None]]:
        """Whatever changes the mailbox is written down before, by whichever way it comes; what the
        sign-in cannot allow is refused before anybody looks.
        """
        for each in asked:
            self.check_allowed(each.method)
        from gmailkit.services.changes.recording import recorded  # it needs what is defined here

        return recorded(self.client, self.journal, asked)

    @cached_property
    def address(self) -> str:
        """Known from sign-in; asked of Gmail (1 unit) for a token that came from outside."""
        return self._credential.address or self.client.get_profile().email_address

    def check_allowed(self, method: str) -> None:
        """Raises Refused when the sign-in cannot allow a method; asks nobody."""
        check_scope(self._credential, method, frozenset(described(method)["scopes"]))

    def mail_token(self, protocol: str = "SMTP") -> Secret:
        """An access token for SMTP and IMAP. Raises Refused when the sign-in lacks the full scope,
        which alone opens them.
        """
        check_scope(self._credential, protocol, frozenset({FULL}))
        return self._credential.bearer()

    @property
    def service(self) -> Service:
        """Whose token it holds."""
        return self._credential.service

    @property
    def state_folder(self) -> Path:
        """Where what is being done for this mailbox is kept."""
        return self.settings.home.account_state(self._name, self._endpoint)

    @cached_property
    def cache(self) -> EnvelopeCache:
        from gmailkit.record.envelopes import EnvelopeCache

        home = self.settings.home
        return EnvelopeCache(lambda: home.account_cache(self._name, self._endpoint))

    @cached_property
    def journal(self) -> Journal:
        from gmailkit.record.journal import Journal

        return Journal(lambda: self.state_folder, clock=self.clock, by=self.settings.by)

    @cached_property
    def departures(self) -> Departures:
        from gmailkit.record.departures import Departures

        return Departures(lambda: self.state_folder, clock=self.clock)

    @cached_property
    def watches(self) -> Watches:
        from gmailkit.record.watches import Watches

        return Watches(lambda: self.state_folder, clock=self.clock)

    @cached_property
    def snapshots(self) -> Snapshots:
        from gmailkit.record.snapshots import Snapshots

        return Snapshots(lambda: self.state_folder, clock=self.clock)

    @cached_property
    def sends(self) -> SendLedger:
        home = self.settings.home
        return SendLedger(lambda: home.account_state(self._name, self._endpoint), clock=self.clock)

    def copies(self) -> Copies:
        """What was copied into this mailbox; to be closed."""
        from gmailkit.record.copies import Copies

        return Copies(lambda: self.state_folder, clock=self.clock)

    @cached_property
    def merges(self) -> MergeMarks:
        from gmailkit.record.merges import MergeMarks

        home = self.settings.home
        return MergeMarks(lambda: home.account_state(self._name, self._endpoint))

    @cached_property
    def _name(self) -> str:
        """The address; a stand-in for a token that may only send and not tell whose it is.

        Any other refusal is raised: what was sent must not be looked for in another folder.
        """
        try:
            return self.address
        except Refused as error:
            answered = error.status is not None and self._credential.granted is not None
            if answered or not error.needs:
                raise
            return self._stand_in()

    def _stand_in(self) -> str:
        """For each such token's person or client one. Ledgers that an earlier gmailkit began in
        common stay in common: a key that it used must not be free again. So while nobody can tell
        whose it is, no ledger is taken beside another one that may be its own.
        """
        whose = self._credential.whose if isinstance(self._credential, GivenToken) else ""
        common = self.settings.home.account_state(_UNKNOWN, self._endpoint)
        if not whose and any(_ledgers_beside(common)):
            raise Unreachable(
                "Nobody can tell whose access token this is, so what it sent cannot be looked up.",
                hint="Try again in a moment; nothing was sent.",
            )
        if (common / _LEDGER).exists():
            return _UNKNOWN
        return f"{_UNKNOWN} {whose}".rstrip()

    def _budgets(self) -> tuple[str, str]:
        """The names of the user's and the project's quota. Open: which project a token from the
        environment belongs to is not known; all such tokens for one service count as one.
        """
        project = f"{self._credential.client_id or 'any client'} at {self._endpoint}"
        return f"{(self._credential.address or 'anybody').casefold()} by {project}", project

    @property
    def _endpoint(self) -> str:
        return self.settings.kept_under(self._credential.service)

    def close(self) -> None:
        for name in ("cache", "ledger", "sends", "journal", "snapshots", "departures", "watches"):
            if opened := self.__dict__.pop(name, None):
                opened.close()
        self._session.close()


def _ledgers_beside(common: Path) -> Iterator[Path]:
    """Those of other mailboxes of the same service."""
    service = common.name.removeprefix(_UNKNOWN)  # "" for Google's
    for each in common.parent.glob(f"*/{_LEDGER}"):
        name = each.parent.name
        if name != common.name and (name.endswith(service) if service else " at " not in name):
            yield each


def connect(
    settings: Settings,
    account: str | None,
    *,
    session: requests.Session | None = None,
    clock: Clock,
) -> Connection:
    """The mailbox that `account` or the settings name.

    Raises SignInNeeded or UsageError when there is none of that name, and UsageError when a token
    or a service account is given as well as the name of an account: they might disagree.
    """
    if account:
        settings = replace(settings, account=account)
    check_one_way_in(settings)
    credential = credential_for(settings, clock=clock)
    service = credential.service
    if settings.endpoint and settings.endpoint != service.endpoint:
        raise UsageError(
            f"{credential.address} is signed in at {service.endpoint}, "
            f"but GMAILKIT_API_ENDPOINT says {settings.endpoint}.",
            hint="Unset it, or sign in there: gmailkit login.",
        )
    return Connection(settings, credential, session=session, clock=clock)
