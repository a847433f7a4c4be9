"""`Gmail`: one mailbox, the verbs of a person. Everything it does is a function in services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Never

from gmailkit.auth.scopes import DEFAULT_PURPOSE
from gmailkit.client.client import Client
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.gmail.keeping import Keeping
from gmailkit.gmail.labelling import Labelling
from gmailkit.gmail.later import Later
from gmailkit.gmail.merging import Merging
from gmailkit.gmail.organising import Organising
from gmailkit.gmail.proving import Proving
from gmailkit.gmail.reading import Reading
from gmailkit.gmail.replying import Replying
from gmailkit.gmail.reporting import Reporting
from gmailkit.gmail.restoring import Restoring
from gmailkit.gmail.ruling import Ruling
from gmailkit.gmail.sending import Sending
from gmailkit.gmail.speaking import Speaking
from gmailkit.gmail.spending import Spending
from gmailkit.gmail.subscribing import Subscribing
from gmailkit.gmail.watching import Watcher
from gmailkit.services.connect import Connection, connect
from gmailkit.services.way_in import acting, check_said

if TYPE_CHECKING:
    import requests

    from gmailkit.services.settings.preferences import Preferences
    from gmailkit.wire.upload import Media

GoogleCallsAre = Literal["recorded", "bare"]


class Gmail(
    Reading,
    Keeping,
    Proving,
    Reporting,
    Restoring,
    Sending,
    Later,
    Replying,
    Merging,
    Speaking,
    Organising,
    Labelling,
    Ruling,
    Subscribing,
    Watcher,
    Spending,
):
    """The mailbox of `account` (address or alias; the default one without).

    Making one touches nothing: no file, no network, until the first call. Safe to use from several
    threads. `close()` it, or use it as a context manager, in programs that make many. A `session`
    of your own carries every call to Gmail (for proxies, certificates, tests). UsageError for words
    that there are not.

    With `service_account` (its key file) it is the mailbox of `subject`, for a `purpose` as of
    `gmailkit login --for`; an administrator must have allowed it (docs/service-accounts.md).

    Google's own calls (`gmail.messages.modify`, `gmail.call`) are written in the journal before
    they are made, as the verbs are, which takes a look at what is there: docs/organising.md names
    the price. `google_calls="bare"` makes them without: nothing of it can be undone then.

    >>> gmail = Gmail()
    >>> for message in gmail.search("from:billing has:attachment", limit=20):
    ...     print(message.date, message.sender, message.subject)
    """

    def __init__(
        self,
        account: str | None = None,
        *,
        service_account: str | Path | None = None,
        subject: str | None = None,
        purpose: str = DEFAULT_PURPOSE,
        settings: Settings | None = None,
        session: requests.Session | None = None,
        clock: Clock = SYSTEM_CLOCK,
        google_calls: GoogleCallsAre = "recorded",
        **others: Never,
    ) -> None:
        check_said(account, settings, others)
        self._account = account
        self._google_calls = google_calls
        self._acting = (service_account, subject, purpose)
        self._settings = settings
        self._session = session
        self._clock = clock

    @cached_property
    def _connection(self) -> Connection:
        return connect(self._said(), self._account, session=self._session, clock=self._clock)

    def _said(self) -> Settings:
        return acting(self._settings or Settings.load(), *self._acting)

    @property
    def _client(self) -> Client:
        client = self._connection.client
        return client if self._google_calls == "recorded" else client.unrecorded

    @property
    def preferences(self) -> Preferences:
        """The same as a person changes them: labels by name, looked at first, recorded."""
        from gmailkit.services.settings.change import Changes
        from gmailkit.services.settings.preferences import Preferences

        c = self._connection
        allowed, clock = c.check_allowed, self._clock
        return Preferences(Changes(c.client, lambda: c.journal, allowed=allowed, clock=clock))

    def recorded_call(
        self,
        method: str,
        *,
        agree: Callable[[], object] = lambda: None,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> dict[str, object]:
        """`call` of a method that changes something, always written in the journal before.

        `agree` may raise to stop it; it is not called when the sign-in cannot allow the method.
        """
        from gmailkit.services import api as api_service

        return api_service.change(
            self._connection, method, agree=agree, body=body, media=media, params=params
        )

    def close(self) -> None:
        """Close connections and files; the object can be used again."""
        if connection := self.__dict__.pop("_connection", None):
            connection.close()

    def __enter__(self) -> Gmail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
