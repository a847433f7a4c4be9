"""Sending later, and what waits until then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal, Unpack

from gmailkit.gmail.connected import Connected
from gmailkit.services import sending
from gmailkit.services.connect import Connection

if TYPE_CHECKING:
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.record.ledger import Entry
    from gmailkit.services.sending.outbox import Read, Result
    from gmailkit.services.sending.words import Words


class Outbox:
    """What waits for its time or for approval. A key may be cut where its beginning is enough."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def waiting(self) -> tuple[Entry, ...]:
        """The next first. Asks Gmail nothing."""
        return sending.outbox.waiting(self._connection)

    def find(self, key: str) -> Entry:
        """One message, whatever became of it; NotFound when there is none of that key."""
        return sending.outbox.find(self._connection, key)

    def with_draft(self, draft_id: str) -> Entry | None:
        """What waits with this draft, or is on its way out with it. Asks Gmail nothing."""
        return sending.outbox.with_draft(self._connection, draft_id)

    def check_editable(self, draft_id: str) -> Entry | None:
        """What waits with this draft; Conflict when it is being sent just now."""
        return sending.outbox.check_editable(self._connection, draft_id)

    def run(self, *, until: datetime | None = None) -> Iterator[Result]:
        """Send what is due, each message once; with `until` go on and wait until then.

        130 units a message.
        """
        return sending.outbox.run(self._connection, until=until)

    def release(self, key: str) -> Result:
        """Send one that is held now, due or not. Raises what concerns every message; Kept where it
        waits on.
        """
        return sending.outbox.let_go(self._connection, self.find(key))

    def cancel(self, key: str) -> Entry:
        """It does not leave; its draft stays in Gmail, its bytes for SMTP go. Conflict when it has
        left, or may have.
        """
        return sending.outbox.cancel(self._connection, key)

    def read(self, key: str) -> Read:
        """A message that waits, as its draft is now. 20 units.

        By SMTP as it will leave, with its `envelope`. Conflict when it waits no more.
        """
        return sending.outbox.read(self._connection, key)

    def read_parked(self, key: str) -> Read:
        """The same for somebody to approve; Conflict when it needs no approval."""
        return sending.outbox.read_parked(self._connection, key)

    def approve(self, key: str, *, digest: str | None = None) -> Result:
        """Let a parked message leave, as its draft is now: at once, or when it is due.

        With the `digest` of what was `read` nothing else leaves: Conflict when it was changed.
        """
        return sending.outbox.approve(self._connection, key, digest=digest)

    def deny(self, key: str) -> Entry:
        """A parked message does not leave; its draft stays in Gmail."""
        return sending.outbox.deny(self._connection, key)


class Later(Connected):
    """Needs gmail.compose; the draft that is read before it leaves needs no more."""

    def send_later(
        self,
        message: Outgoing | None = None,
        /,
        *,
        at: str | datetime | None = None,
        hold: str | timedelta | None = None,
        key: str | None = None,
        way: Literal["draft", "smtp"] = "draft",
        **words: Unpack[Words],
    ) -> Entry:
        """Keep a message in Gmail's drafts until it is due; `outbox.run` sends it then. 10 units.

        `at` is a time as people say it, in the zone of this machine or the one it names, or a
        datetime; `hold` is how long, as "30s" or a timedelta. The state is "parked" when
        policy.toml wants it approved first. By "smtp" it is kept here, and leaves as it is.

        >>> gmail.send_later(to="ann@example.com", subject="Hi", text="…", at="tomorrow 9:00")
        """
        compose = partial(sending.write.write, self._connection)
        outgoing = sending.write.composed(message, words, compose)
        return sending.outbox.later(self._connection, outgoing, at=at, hold=hold, key=key, way=way)

    @property
    def outbox(self) -> Outbox:
        """What waits for its time or for approval."""
        return Outbox(self._connection)
