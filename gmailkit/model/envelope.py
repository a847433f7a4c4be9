"""What a list shows of a message: facts that never change, so they may be cached for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Header facts of one message (the ENVELOPE of RFC 9051 section 7.5.2, plus Gmail's ids).

    `date` is when Gmail received or sent it (internalDate), `size` bytes (approximate, as Gmail
    estimates), `list_id` what List-Id names, in lower case ("" for what no search could hold).
    Labels are not here: they change.
    """

    id: MessageId
    thread_id: ThreadId
    date: datetime
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    message_id: str = ""
    list_id: str = ""
    size: int = 0
    snippet: str = ""

    @property
    def day(self) -> str:
        return self.date.astimezone(UTC).date().isoformat()
