"""Mailboxes on servers of IMAP and POP3, opened by their names and with the right secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gmailkit.auth.passwords import Passwords
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import CannotDo, SignInNeeded, UsageError, to_type
from gmailkit.model.item import Can
from gmailkit.model.service import is_loopback
from gmailkit.paths import folder_name
from gmailkit.record.bandwidth import Allowance, Way
from gmailkit.record.digests import Digests
from gmailkit.record.taken import Taken
from gmailkit.secret import Secret
from gmailkit.stores.locate import Location
from gmailkit.stores.protocol import Source, Target
from gmailkit.transport.mail_server import GMAIL_IMAP, MailServer
from gmailkit.transport.meter import UNMETERED, Meter
from gmailkit.transport.sasl import Login
from gmailkit.transport.stream import How
from gmailkit.transport.transcript import Hear

if TYPE_CHECKING:
    from ssl import SSLContext

    from gmailkit.services.connect import Connection
    from gmailkit.stores.imap import GmailImapStore
    from gmailkit.transport.imap.session import Session

WORD = "GMAILKIT_MAIL_PASSWORD"
RECENT = "recent"  # in pop3s://pop.gmail.com?recent: the mail of 30 days, whoever took it already


class MailServers:
    """Opens what they name; each store is closed by whoever opened it, what they share with this.

    `connect` gives the account whose token Gmail's own server is shown; `hear` hears every line.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        connect: Callable[[Location], Connection],
        *,
        hear: Hear | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._hear = hear
        self._clock = clock
        self._given_to = ""  # the server that the password of the environment is for
        self._resources = ExitStack()

    def close(self) -> None:
        self._resources.close()

    def source(self, location: Location) -> Source:
        """Connected and signed in. Raises what a session raises, SignInNeeded where no password
        is known.
        """
        if location.scheme == "imap+gmail":
            return self.gmail(location)
        if location.scheme.startswith("pop3"):
            return self._pop3(location)
        return self._imap(location)

    def target(self, location: Location) -> Target:
        """The same, for adding; waits for another run that adds there. Raises CannotDo for what
        only gives.
        """
        if location.scheme.startswith("pop3"):
            raise CannotDo("A POP3 server only gives mail.", hint="Name it by imaps://.")
        if location.scheme == "imap+gmail":
            raise _not_into_gmail(location)
        from gmailkit.stores.imap import ImapStore

        _check_whole(location)
        server = _server(location)
        digests = Digests(lambda: self._folder(server))
        self._resources.callback(digests.close)
        with ExitStack() as held:
            held.enter_context(digests.alone())
            session = self.session(location)
            if session.is_gmail:
                session.__exit__(None, None, None)
                raise _not_into_gmail(location)
            return ImapStore(session, digests=digests, resources=held.pop_all())

    def abilities(self, location: Location) -> Can:
        """Of a target; nothing is connected to. Raises CannotDo for one folder of a server."""
        from gmailkit.stores.imap import GmailImapStore, ImapStore
        from gmailkit.stores.pop3 import Pop3Store

        if location.scheme == "imap+gmail":
            return GmailImapStore.can
        if location.scheme.startswith("pop3"):
            return Pop3Store.can
        _check_whole(location)
        return ImapStore.can

    def session(self, location: Location) -> Session:
        """With a server of IMAP: connected and signed in. Raises as `source` does."""
        if location.scheme == "imap+gmail":
            return self._gmail_session(location)
        server = _server(location)
        return self._imap_session(server, self._login(server)).__enter__()

    def url(self, location: Location) -> str:
        """The same however it was written, with the port."""
        return _server(location).url

    def folder(self, location: Location) -> Path:
        """Where what is known of a server is kept."""
        return self._folder(_server(location))

    def give_back(self, location: Location, target: str, names: Iterable[str]) -> None:
        """What was taken of a server of POP3 for that target is not there any more, so that it is
        not deleted on the server for it. Nobody is connected to.
        """
        server = _server(location)
        with closing(Taken(lambda: self._folder(server), clock=self._clock)) as taken:
            taken.give_back(server.url, target, names)

    def _imap_session(
        self, server: MailServer, login: Login, trust: SSLContext | None = None
    ) -> Session:
        from gmailkit.transport.imap.session import Session

        how = self._how(server, "imap")
        how["context"] = trust
        return Session(server, login, **how)

    def _imap(self, location: Location) -> Source:
        from gmailkit.stores.imap import GmailImapStore, ImapStore

        session = self.session(location)
        if session.is_gmail and not location.path:
            return GmailImapStore(session)
        return ImapStore(session, [location.path] if location.path else [])

    def gmail(self, location: Location) -> GmailImapStore:
        """Gmail's IMAP by the sign-in of that account. Raises as `source`, and Refused where it was
        not allowed IMAP.
        """
        from gmailkit.stores.imap import GmailImapStore

        return GmailImapStore(self._gmail_session(location))

    def _gmail_session(self, location: Location) -> Session:
        connection = self._connect(location)
        token = partial(connection.mail_token, "IMAP")
        login = Login(user=connection.address, kind="token", secret=token)
        outside = connection.settings.outside
        if outside and outside.gmail_imap:
            token()  # refused before a server is begun for nothing
            port, trust = outside.gmail_imap()
            server = MailServer.of("imaps", "localhost", port, connection.address)
            return self._imap_session(server, login, trust).__enter__()
        if is_loopback(urlsplit(connection.service.endpoint).hostname):
            raise CannotDo(
                "The IMAP of a practice mailbox is reached by its address.",
                hint="gmailkit sandbox --imap-port 1993, then "
                f"imaps://{connection.address}@localhost:1993",
            )
        server = replace(GMAIL_IMAP, user=connection.address)
        return self._imap_session(server, login).__enter__()

    def _pop3(self, location: Location) -> Source:
        from gmailkit.stores.pop3 import Pop3Store
        from gmailkit.stores.pop3.store import RECENT as MODE
        from gmailkit.transport.pop3.session import Session

        server = _server(location)
        login = self._login(server)
        if location.query == RECENT:
            login = replace(login, user=f"{MODE}{login.user}")
        elif location.query:
            raise UsageError(
                f"?{location.query} says nothing about a POP3 server.", hint=f"?{RECENT}"
            )
        taken = Taken(lambda: self._folder(server), clock=self._clock)
        self._resources.callback(taken.close)
        session = Session(
            server,
            login,
            **self._how(server, "pop3"),
        )
        return Pop3Store(session.__enter__(), taken=taken)

    def _login(self, server: MailServer) -> Login:
        if not server.user:
            raise UsageError(
                f"{server.url} names no user.", hint=server.url.replace("://", "://USER@", 1)
            )
        password = self._password(server)
        return Login(user=server.user, kind="password", secret=lambda: password)

    def _password(self, server: MailServer) -> Secret:
        """The kept one; else that of the environment, which is for one server of a run."""
        settings = self._settings()
        if kept := Passwords(settings.home).load(server.url):
            return kept
        if settings.mail_password and self._given_to in ("", server.url):
            self._given_to = server.url
            return settings.mail_password
        words = f"There is no password for {server.user} at {server.place}."
        if settings.mail_password:
            words = f"{WORD} is for {self._given_to}; the password of {server.url} is not known."
        raise SignInNeeded(words, hint=f"{to_type('password', server.url)}, or set {WORD}.")

    def _how(self, server: MailServer, way: Way) -> How:
        timeout = self._settings().timeout
        meter = self._meter(server, way)
        return How(hear=self._hear, timeout=timeout, clock=self._clock, meter=meter)

    def _meter(self, server: MailServer, way: Way) -> Meter:
        """Google's servers give so much a day."""
        if not server.is_google:
            return UNMETERED
        allowance = Allowance(lambda: self._folder(server), way, clock=self._clock)
        self._resources.callback(allowance.close)
        return allowance

    def _folder(self, server: MailServer) -> Path:
        return self._settings().home.state / "servers" / folder_name(server.url)


def _server(location: Location) -> MailServer:
    return MailServer.of(location.scheme, location.host, location.port, location.user)


def _check_whole(target: Location) -> None:
    """What is there is looked for where it is put: in one folder alone it would not be found."""
    if target.path:
        raise CannotDo(
            "Labels say into which folders of a server mail is put, so one folder is no target.",
            hint=f"Name the server alone, {_server(target).url}, and the folder by a rule: "
            f"--map '*={target.path}/*'",
        )


def _not_into_gmail(location: Location) -> CannotDo:
    return CannotDo(
        "Mail gets into Gmail by its API, which takes it as it is.",
        hint=f"Name the account in place of the server: gmail:{location.user}",
    )
