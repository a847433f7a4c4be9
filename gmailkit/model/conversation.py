"""What a list shows of a conversation."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in a line. `date` and `newest` are of its newest message, `subject` of its oldest,
    `people` who wrote in it, in the order they began to; `labels` are names, those of any of its
    messages. What lies in Trash or Spam is left out, unless all does.

    All of it holds for as long as the thread's `history_id` stays what it is.
    """

    id: ThreadId
    history_id: int
    date: datetime
    newest: MessageId
    count: int
    people: tuple[Address, ...] = ()
    subject: str = ""
    unread: bool = False
    labels: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        return self.date.astimezone(UTC).date().isoformat()
