"""Sending mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Unpack

from gmailkit.gmail.connected import Connected
from gmailkit.services import sending

if TYPE_CHECKING:
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.record.ledger import Entry, Stage, Way
    from gmailkit.services.sending.once import Sent
    from gmailkit.services.sending.words import Words


class Sending(Connected):
    """gmail.compose sends through drafts, which is exactly once; gmail.send alone is enough too."""

    def compose(self, **words: Unpack[Words]) -> Outgoing:
        """The message that `send` would send with these words; nothing leaves.

        Raises UsageError for bad addresses, line breaks in headers, missing or too large
        attachments.
        """
        return sending.write.write(self._connection, **words)

    def send(
        self,
        message: Outgoing | None = None,
        /,
        *,
        key: str | None = None,
        way: Way | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """Send one message: a composed one, or one of these words (see `Words`). 110 units.

        It leaves through a draft, written down step by step (docs/exactly-once.md): the same `key`
        again returns the first result and sends nothing, after any crash or lost answer. `way`
        "fast" is one call (100 units), at most once; it is taken where the sign-in allows no more.

        Raises UsageError before anything leaves for bad addresses, line breaks in headers, missing
        or too large attachments, and words beside a composed message; Conflict when nobody can tell
        whether the message of this key left.
        """
        outgoing = sending.write.composed(message, words, self.compose)
        return sending.once.send(self._connection, outgoing, key=key, way=way)

    def sent(
        self,
        *,
        states: Iterable[Stage] = (),
        batch: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """What was sent from this machine, and what became of it; what changed last (`updated`)
        first. Asks Gmail nothing.

        `since` is when it was written down. Without `states` all there are.
        """
        return self._connection.sends.latest(states=states, batch=batch, since=since, limit=limit)

    def unfinished(self) -> Iterator[Entry]:
        """Of `sent` what a crash, a lost answer or a refusal for the moment left on its way."""
        return sending.ending.unfinished(self._connection)

    def finish(self, entry: Entry) -> Entry:
        """Bring an unfinished one to an end: sent, or nothing of it left; as it is then.

        Raises Conflict when nobody can tell whether it left, and what Gmail refuses with.
        """
        return sending.ending.end(self._connection, entry)

    def settle(self, key: str, state: Literal["sent", "failed"]) -> Entry:
        """Say what you found out about a message of which nobody could tell whether it left."""
        return sending.ending.settle(self._connection, key, state)
