"""Which message of Gmail a message of another store is.

A store tells the id itself (Gmail's IMAP, a Takeout archive), or it stands in the name of a file
(Got-Your-Back's folder, lieer's Maildir): that is believed where the mailbox has such an id, and of
that conversation where one is told too. Else the Message-ID is searched for, and counts where one
message of the mailbox alone bears it.
"""

from __future__ import annotations

import re
from array import array

from gmailkit.client.client import Client
from gmailkit.mime.parse import parse_headers
from gmailkit.model.ids import MessageId, ThreadId, is_id
from gmailkit.model.item import Item, Ref
from gmailkit.model.message import MessageRef
from gmailkit.model.ordered import place_in
from gmailkit.stores.dates import HEADER
from gmailkit.stores.gmail import searched_id

# As a whole ref, or as the name of a file without what follows (flags, an ending).
_ID = re.compile(r"(?:.*/)?([0-9a-f]{14,16})(?:[:.!][^/]*)?", re.DOTALL)


class Mailbox:
    """The ids of a mailbox and their conversations, as it lists them; 16 bytes a message.

    5 units for each 500, and 5 for each Message-ID that is searched for.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        refs = sorted(
            (int(ref.id, 16), int(ref.thread_id, 16))
            for ref in client.messages.list(include_spam_trash=True)
            if is_id(ref.id) and is_id(ref.thread_id)
        )
        self._ids = array("Q", (id for id, _ in refs))
        self._threads = array("Q", (thread for _, thread in refs))

    def __len__(self) -> int:
        return len(self._ids)

    def thread(self, id: str) -> ThreadId | None:
        """The conversation of a message; None for one that is not there."""
        place = place_in(self._ids, int(id, 16))
        return None if place is None else ThreadId(f"{self._threads[place]:x}")

    def recognise(self, ref: Ref, item: Item) -> MessageRef | None:
        """None where it is none of this mailbox, or nobody can tell."""
        if (named := _ID.fullmatch(ref)) and is_id(named[1]):
            id = MessageId(f"{int(named[1], 16):x}")
            thread = self.thread(id)
            if thread and _may_be_of(thread, item.thread):
                return MessageRef(id=id, thread_id=thread)
        return self._by_message_id(item)

    def _by_message_id(self, item: Item) -> MessageRef | None:
        name = searched_id(parse_headers(item.content.part(0, HEADER)).message_id)
        if not name:
            return None
        q = f"rfc822msgid:{name}"
        found = list(self._client.messages.list(q=q, include_spam_trash=True, limit=2))
        if len(found) != 1 or not _may_be_of(found[0].thread_id, item.thread):
            return None
        return found[0]


def _may_be_of(thread: str, told: str) -> bool:
    """Also where the store tells no conversation, or one of its own."""
    return not is_id(told) or int(told, 16) == int(thread, 16)
