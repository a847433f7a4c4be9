"""`users.messages.attachments` of the Gmail API."""

from __future__ import annotations

from gmailkit.model.message import PartBody
from gmailkit.wire import base64url
from gmailkit.wire.call import Wire


class Attachments:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def get(self, message_id: str, id: str) -> bytes:
        """The content of one part.

        `id` is short-lived: take it from a fresh `messages.get`. To save several parts of one
        message, `messages.get_raw` has them all for the same price.
        20 units (old: 5); gmail.readonly.
        """
        body = self._wire.call("messages.attachments.get", PartBody, message_id=message_id, id=id)
        return base64url.decode(body.data)
