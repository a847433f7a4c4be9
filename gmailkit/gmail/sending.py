"""Sending mail."""

from __future__ import annotations

from typing import Unpack

from gmailkit.gmail.connected import Connected
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Way
from gmailkit.services.sending.once import Sent, send
from gmailkit.services.sending.words import Words
from gmailkit.services.sending.write import write


class Sending(Connected):
    """gmail.send is enough."""

    def compose(self, **words: Unpack[Words]) -> Outgoing:
        """The message that `send` would send with these words; nothing leaves.

        Raises UsageError for bad addresses, line breaks in headers, missing or too large
        attachments.
        """
        return write(self._connection, **words)

    def send(
        self,
        message: Outgoing | None = None,
        /,
        *,
        key: str | None = None,
        way: Way | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """Send one message: a composed one, or one of these words (see `Words`). 100 units.

        Raises UsageError before anything leaves for bad addresses, line breaks in headers,
        missing or too large attachments.
        """
        return send(self._connection, message or self.compose(**words), key=key, way=way)
