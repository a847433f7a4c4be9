"""Hears over Gmail's IMAP that something came, so that its history is looked at only then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf

from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError
from gmailkit.services.arriving import LAG
from gmailkit.services.watching.arrivals import Sleep
from gmailkit.stores.imap.gmail import all_mail
from gmailkit.transport.imap.idle import RENEWED, wait
from gmailkit.transport.imap.session import Session

_AGAIN = 900.0  # seconds after which IMAP is tried again, where it could not be had
_log = logging.getLogger(__name__)


class Bell:
    """`open_` opens a session with Gmail's IMAP. Where none can be had one waits `every` so many
    seconds, as without it, and that is said once.
    """

    def __init__(self, open_: Callable[[], Session], *, every: float, clock: Clock) -> None:
        self._open = open_
        self._every = every
        self._clock = clock
        self._session: Session | None = None
        self._folder = ""
        self._rang = -inf
        self._tried = -inf
        self._said = False

    def wait(self, seconds: float, sleep: Sleep) -> None:
        """Until it rings, so many seconds at most. For a minute after it rang it is looked at
        `every` so often too: Gmail's history may know of it later.
        """
        now = self._clock.monotonic()
        if self._session is None and now - self._tried < _AGAIN:
            sleep(min(seconds, self._every))
            return
        lately = now - self._rang < LAG
        try:
            if self._session is None:
                self._begin()  # and look: nobody has listened until now
            elif wait(self._session, min(seconds, self._every if lately else RENEWED), sleep):
                self._rang = self._clock.monotonic()
                self._session.examine(self._folder)
            self._said = False
        except GmailKitError as error:
            self._give_up(error)

    def close(self) -> None:
        if self._session is not None:
            self._session.hang_up()
            self._session = None

    def _begin(self) -> None:
        self._tried = self._clock.monotonic()
        session = self._open()
        try:
            self._folder = all_mail(session)
            session.examine(self._folder)
        except BaseException:
            session.hang_up()
            raise
        self._session = session

    def _give_up(self, error: GmailKitError) -> None:
        self.close()
        self._tried = self._clock.monotonic()
        if not self._said:
            then = f"So the watch looks every {self._every:g} s instead."
            how = f" To have it idle: {error.hint}" if error.hint else ""
            _log.warning("%s %s%s", error.message, then, how)
        self._said = True
