"""`users.messages` and `users.messages.attachments` of the Gmail API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from gmailkit.client import base64url
from gmailkit.errors import ServerFault
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.message import Message, MessagePage, MessageRef, PartBody
from gmailkit.wire.call import Wire

Format = Literal["minimal", "metadata", "full", "raw"]
PAGE = 500  # the most Gmail gives, at the same price as one
BATCH = 1000  # ids in one batchModify

# A field mask trims traffic, never the price.
_REF_FIELDS = "messages(id,threadId),nextPageToken"


class Messages:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.attachments = Attachments(wire)

    def list(
        self,
        *,
        q: str = "",
        label_ids: Iterable[LabelId] = (),
        include_spam_trash: bool = False,
        max_results: int = PAGE,
    ) -> Iterator[MessageRef]:
        """Messages that match `q` and carry all of `label_ids`, newest first, page by page.

        5 units a page of `max_results`. Paging is no snapshot: mail that arrives meanwhile shifts
        the pages, so an id that was given already is left out.
        """
        token: str | None = None
        given: set[MessageId] = set()
        while True:
            page = self._wire.call(
                "messages.list",
                MessagePage,
                q=q or None,
                label_ids=list(label_ids) or None,
                include_spam_trash=include_spam_trash or None,
                max_results=max_results,
                page_token=token,
                fields=_REF_FIELDS,
            )
            for ref in page.messages:
                if ref.id not in given:
                    given.add(ref.id)
                    yield ref
            token = page.next_page_token
            if not token:
                return

    def get(
        self, id: str, *, format: Format = "full", metadata_headers: Iterable[str] = ()
    ) -> Message:
        """One message; 5 units by the old price, 20 by the new, whatever the format.

        NotFound when it is gone.
        """
        return self._wire.call(
            "messages.get",
            Message,
            id=id,
            format=format,
            metadata_headers=list(metadata_headers) or None,
        )

    def get_raw(self, id: str) -> tuple[Message, bytes]:
        """The exact bytes (RFC 5322) and, without them, the message: labels, thread, date."""
        message = self.get(id, format="raw")
        if message.id != id or not message.raw:
            raise ServerFault(f"Gmail answered for {id} with something else, or with no bytes.")
        return msgspec.structs.replace(message, raw=""), base64url.decode(message.raw)

    def send(self, raw: bytes, *, thread_id: str | None = None) -> Message:
        """Send the bytes to those in To, Cc and Bcc. 100 units. Never repeated blindly.

        Gmail replaces the Message-ID, and a From that is neither the address nor an alias of the
        account. Unreachable with `sent == "maybe"` means: look into Sent before trying again.
        """
        body = {"threadId": ThreadId(thread_id)} if thread_id else {}
        return self._wire.call("messages.send", Message, body=body, media=raw)

    def modify(
        self, id: str, *, add: Iterable[LabelId] = (), remove: Iterable[LabelId] = ()
    ) -> Message:
        """Change the labels of one message. 5 units."""
        return self._wire.call("messages.modify", Message, id=id, body=_labels(add, remove))

    def batch_modify(
        self, ids: Iterable[str], *, add: Iterable[LabelId] = (), remove: Iterable[LabelId] = ()
    ) -> None:
        """Change the labels of at most 1,000 messages. 50 units; ids that are gone are ignored."""
        self._wire.do("messages.batchModify", body={"ids": list(ids), **_labels(add, remove)})

    def trash(self, id: str) -> Message:
        """Move to Trash, where Gmail deletes it after 30 days. 5 units old, 20 new."""
        return self._wire.call("messages.trash", Message, id=id)

    def untrash(self, id: str) -> Message:
        """Take out of Trash; INBOX does not come back by itself. 5 units."""
        return self._wire.call("messages.untrash", Message, id=id)


class Attachments:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def get(self, message_id: str, id: str) -> bytes:
        """The content of one part. `id` is short-lived: take it from a fresh `messages.get`."""
        body = self._wire.call("messages.attachments.get", PartBody, message_id=message_id, id=id)
        return base64url.decode(body.data)


def _labels(add: Iterable[LabelId], remove: Iterable[LabelId]) -> dict[str, list[LabelId]]:
    return {"addLabelIds": list(add), "removeLabelIds": list(remove)}
