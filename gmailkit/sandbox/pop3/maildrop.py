"""What a POP3 session is offered, and what becomes of it when the session ends in order.

Facts: accessWindow says from when on; what was handed out once is not offered again, but to who
signs in as `recent:`; a session serves a few hundred messages, the next one goes on.
"""

from __future__ import annotations

from collections.abc import Collection

from gmailkit.sandbox import headers
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import INBOX, TRASH, UNREAD
from gmailkit.sandbox.state.users import User

CHUNK = 250  # Open: how many Gmail serves; "a few hundred"
RECENT_SECONDS = 30 * 86_400
_DISPOSED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "leaveInInbox": ((), ()),
    "archive": ((), (INBOX,)),
    "trash": ((TRASH,), ()),
    "markRead": ((), (UNREAD,)),
}


class NotOpen(Exception):
    """The user has not enabled POP."""


class Maildrop:
    """`messages` stand at their numbers, from 1; what is marked for deletion stays till the end."""

    def __init__(self, state: State, user: User, *, recent: bool) -> None:
        self._state = state
        self._user = user
        self._recent = recent
        settings = state.settings.find(user.n, "pop") or {}
        window = settings.get("accessWindow", "disabled")
        if window == "disabled":
            raise NotOpen
        self._disposition = str(settings.get("disposition", "leaveInInbox"))
        since = state.pop.opened_from(user.n) if window == "fromNowOn" else 0
        if recent:
            since = round((state.clock.now() - RECENT_SECONDS) * 1000)
        self.messages = state.pop.offered(user.n, since_ms=since, again=recent, limit=CHUNK)

    def raw(self, message: Stored) -> bytes:
        """With CRLF at the end of every line, the last one too."""
        whole = headers.crlf(self._state.messages.raw(message.n))
        return whole if whole.endswith(b"\r\n") else whole + b"\r\n"

    def finish(self, read: Collection[Stored], deleted: Collection[Stored]) -> None:
        """QUIT after a sign-in: the UPDATE state of RFC 1939 section 6."""
        add, remove = _DISPOSED[self._disposition]
        with self._state.database.change():
            if not self._recent:
                self._state.pop.hand_out([*read, *deleted])
            there = [m for m in deleted if self._state.messages.find(self._user.n, m.id)]
            if add or remove:
                self._state.messages.relabel(self._user.n, there, add, remove)
