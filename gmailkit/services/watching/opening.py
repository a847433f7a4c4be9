"""Opens the place where a watch looks, and the record of those who look there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from gmailkit.clock import Clock
from gmailkit.config import Settings
from gmailkit.query.context import Context
from gmailkit.query.parse import parse
from gmailkit.record.watches import Watches
from gmailkit.services.connect import Connection, connect
from gmailkit.services.watching.arrivals import Arrivals
from gmailkit.services.watching.watch import ACCOUNTS, Watch, located
from gmailkit.stores.locate import Location
from gmailkit.zones import LOCAL

if TYPE_CHECKING:
    from gmailkit.services.mail_servers import MailServers
    from gmailkit.services.watching.bell import Bell
    from gmailkit.services.watching.folder import ByFolder


class Opening:
    """What it opens is closed with it. `own` is the connection to the account that is meant where
    none is named; nothing is asked of it for other servers.
    """

    def __init__(
        self, settings: Callable[[], Settings], own: Callable[[], Connection], *, clock: Clock
    ) -> None:
        self._settings = settings
        self._own = own
        self._clock = clock
        self._resources = ExitStack()
        self._one_by_one = Lock()
        self._records: dict[str, Watches] = {}
        self._others: dict[str, Connection] = {}

    def __enter__(self) -> Opening:
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def arrivals(self, watch: Watch) -> Arrivals:
        """To be closed before this. Raises UsageError and CannotDo for a store where nobody hears
        of what comes, QueryError for a search that is none, and what connecting raises.
        """
        with self._one_by_one:
            return self._arrivals(watch, located(watch.store))

    def record(self, store: str) -> Watches:
        """Of the watches there."""
        location = located(store)
        if location.scheme in (*ACCOUNTS, "imap+gmail"):
            return self._connection(location).watches
        return self._record_of(location)

    def _arrivals(self, watch: Watch, location: Location) -> Arrivals:
        if location.scheme not in ACCOUNTS:
            return self._folder(watch, location)
        from gmailkit.services.watching.history import ByHistory

        connection = self._connection(location)
        return ByHistory(
            connection, watch.query, every=watch.every, bell=self._bell(watch, location)
        )

    def _folder(self, watch: Watch, location: Location) -> ByFolder:
        from gmailkit.services.watching.folder import ByFolder
        from gmailkit.stores.imap.arriving import Arriving
        from gmailkit.stores.imap.arriving_anywhere import ArrivingAnywhere
        from gmailkit.stores.imap.arriving_in_gmail import ArrivingInGmail

        wanted = parse(watch.query)
        session = self._servers.session(location)
        arriving: Arriving
        try:
            if session.is_gmail and not location.path:
                arriving = ArrivingInGmail(session, wanted)
            else:
                arriving = ArrivingAnywhere(
                    session, location.path or "INBOX", wanted, lambda: self._context(session.user)
                )
        except BaseException:
            session.hang_up()
            raise
        if location.scheme == "imap+gmail":
            connection = self._connection(location)
            account, record = connection.address, connection.watches
        else:
            account, record = session.server.url, self._record_of(location)
        return ByFolder(arriving, account, record, every=watch.every)

    def _context(self, user: str) -> Context:
        return Context(self._clock.now(), me=frozenset([user]), zone=LOCAL)

    def _record_of(self, location: Location) -> Watches:
        """One for each server: its watches have names of their own."""
        folder = self._servers.folder(location)
        if str(folder) not in self._records:
            record = Watches(lambda: folder, clock=self._clock)
            self._resources.callback(record.close)
            self._records[str(folder)] = record
        return self._records[str(folder)]

    def _bell(self, watch: Watch, location: Location) -> Bell | None:
        if not watch.idle:
            return None
        from gmailkit.services.watching.bell import Bell

        imap = Location(scheme="imap+gmail", rest=location.user, user=location.user)
        return Bell(lambda: self._servers.session(imap), every=watch.every, clock=self._clock)

    @cached_property
    def _servers(self) -> MailServers:
        from gmailkit.services.mail_servers import MailServers

        servers = MailServers(self._settings, self._connection, clock=self._clock)
        self._resources.callback(servers.close)
        return servers

    def _connection(self, location: Location) -> Connection:
        """To the account that a name says; the own one where it says none."""
        if location.user in ("", self._own().address):
            return self._own()
        if location.user not in self._others:
            made = connect(self._settings(), location.user, clock=self._clock)
            self._resources.callback(made.close)
            self._others[location.user] = made
        return self._others[location.user]
