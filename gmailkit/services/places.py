"""Stores by their names: every place where mail lives, opened for reading or for adding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.place import url_of
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotDo
from gmailkit.stores.locate import FILES, SCHEMES, SERVERS, Location, locate
from gmailkit.stores.recognizing import recognized

if TYPE_CHECKING:
    from gmailkit.config import Settings
    from gmailkit.model.item import Can, Ref
    from gmailkit.record.additions import Additions
    from gmailkit.services.connect import Connection
    from gmailkit.services.mail_servers import MailServers
    from gmailkit.stores.plugged import Kind
    from gmailkit.stores.protocol import Source, Store, Target
    from gmailkit.transport.transcript import Hear
    from gmailkit.wire.quota.meter import Meter

_ON_SERVERS = (*SERVERS, "imap+gmail")
_REMEMBERING = ("pop3:", "pop3s:")  # what was taken of them

S = TypeVar("S", bound="Store")


def _settings() -> Settings:
    from gmailkit.config import Settings

    return Settings.load()


class Places:
    """Opens what is named, and closes all of it with itself. `settings` are asked for where an
    account or a server is meant: files need none. `identity` opens backups that are encrypted;
    `hear` hears every line that is said to servers of IMAP and POP3.
    """

    def __init__(
        self,
        settings: Callable[[], Settings] = _settings,
        *,
        identity: Identity = None,
        hear: Hear | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._identity = identity
        self._settings = settings
        self._clock = clock
        self._resources = ExitStack()
        self._connections: dict[str, Connection] = {}
        self._meter: Meter | None = None
        self._sources: dict[tuple[str, datetime | None], Source] = {}
        self._hear = hear

    @cached_property
    def _servers(self) -> MailServers:
        from gmailkit.services.mail_servers import MailServers

        servers = MailServers(self._settings, self.connection, hear=self._hear, clock=self._clock)
        self._resources.callback(servers.close)
        return servers

    def __enter__(self) -> Places:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._resources.close()

    def locate(self, text: str, *, to_make: bool = False) -> Location:
        """Which place is meant, its kind recognised where only a path is given, unless it is one
        `to_make`. Raises UsageError and NotFound.
        """
        location = locate(text, more=_schemes_of_others(text))
        path = Path(location.path).expanduser()
        if location.scheme or (to_make and not path.exists()):
            return location
        return replace(location, scheme=recognized(path))

    def source(self, location: Location, *, as_of: datetime | None = None) -> Source:
        """For reading; the same one each time. Raises what opening such a store raises; CannotDo
        for `as_of` of what tells no past.
        """
        key = str(location), as_of
        if key not in self._sources:
            self._sources[key] = self._kept(self.anew(location, as_of=as_of))
        return self._sources[key]

    def anew(self, location: Location, *, as_of: datetime | None = None) -> Source:
        """The same as it is now, to be closed by the caller."""
        if not location.scheme or location.scheme in FILES:
            from gmailkit.stores.opening import source_at

            return source_at(location, as_of=as_of, identity=self._identity)
        if as_of:
            raise CannotDo(f"{location} is as it is; only a backup tells how mail once was.")
        if location.scheme == "gmail":
            from gmailkit.stores.gmail import GmailSource

            connection = self.connection(location)
            return GmailSource(connection.client, connection.address)
        if location.scheme in _ON_SERVERS:
            return self._servers.source(location)
        return _plugged(location).source(location)

    def target(self, location: Location) -> Target:
        """For adding, to be closed by the caller; a mailbox of Gmail is none of these: mail gets
        into it by a plan of its own (`services.copying.into_gmail`).
        """
        if not location.scheme or location.scheme in FILES:
            from gmailkit.stores.opening import target_at

            return target_at(location, identity=self._identity)
        if location.scheme in _ON_SERVERS:
            return self._servers.target(location)
        from gmailkit.model.item import Can

        if Can.WRITE not in self.abilities(location):
            raise CannotDo(f"{location.scheme}: is only read; nothing can be copied into it.")
        return _plugged(location).target(location)

    def abilities(self, target: Location) -> Can:
        """What a store that is no files keeps and can, as far as that is known without it."""
        if target.scheme == "gmail":
            from gmailkit.stores.gmail import GmailTarget

            return GmailTarget.can
        if target.scheme in _ON_SERVERS:
            return self._servers.abilities(target)
        from gmailkit.stores.plugged import abilities

        return abilities(_plugged(target))

    def connection(self, location: Location) -> Connection:
        """To the account of a gmail: name, the default one where it names none; one for each."""
        if location.user not in self._connections:
            from gmailkit.services.connect import connect

            settings = self._settings()
            made = connect(settings, location.user or settings.account, clock=self._clock)
            self._resources.callback(made.close)
            self._meter = made.meter = self._meter or made.meter  # what a run may spend, in all
            self._connections[location.user] = made
        return self._connections[location.user]

    @property
    def spent(self) -> int:
        """Units of the quota by now, of all accounts together."""
        return self._meter.spent.units if self._meter else 0

    def named(self, location: Location) -> str:
        """The same for one and the same place, however it is written."""
        if location.scheme == "gmail":
            return f"gmail:{self.connection(location).address}"
        if location.scheme in FILES and not url_of(location.path):
            return f"{location.scheme}:{Path(location.path).expanduser().resolve()}"
        if location.scheme in SERVERS:
            return f"{self._servers.url(location)}/{location.path}".rstrip("/")
        return str(location)

    def additions(self, store: Store) -> Additions:
        """What copies added to a store that is no mailbox of Gmail."""
        from gmailkit.record.additions import Additions

        return Additions(self._settings().home.state / "added", store.name, clock=self._clock)

    def give_back(self, source: str, target: Location, refs: Iterable[Ref]) -> None:
        """What was copied from the store of that name was taken out of the target again."""
        if source.startswith(_REMEMBERING):
            self._servers.give_back(locate(source), self.named(target), refs)

    def _kept(self, store: S) -> S:
        self._resources.enter_context(store)
        return store


def _schemes_of_others(text: str) -> tuple[str, ...]:
    """Those of other packages; none are looked for where the name is a path or of our own kinds."""
    scheme, colon, _ = text.partition(":")
    if not colon or scheme.lower() in SCHEMES:
        return ()
    from gmailkit.stores import plugged

    return plugged.schemes()


def _plugged(location: Location) -> Kind:
    from gmailkit.stores import plugged

    if location.scheme not in plugged.schemes():
        raise CannotDo(
            f"{location.scheme}: is a kind of store that this gmailkit does not open yet.",
            hint="Copy its mail to a Maildir or an mbox file by another program, and name that.",
        )
    return plugged.kind(location.scheme)
