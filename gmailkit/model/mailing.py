"""What a message says of the list or sender that it came by: facts that never change."""

from __future__ import annotations

from datetime import datetime

import msgspec

from gmailkit.model.ids import MessageId
from gmailkit.model.mail import Address


class Mailing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message, for lists of senders.

    `date` is when Gmail received it, `size` bytes (approximate). `list_id` in lower case, "" where
    there is none that is sound. `ways` are the URIs of List-Unsubscribe; `one_click` says whether
    the sender takes a POST there, `vouched` is the domain whose valid signature covers both fields,
    `signer` the one whose covers List-Unsubscribe, or "". `to` are addresses that it was written or
    delivered to. `bulk`: it is mail to many, as it says itself.
    """

    id: MessageId
    date: datetime
    size: int = 0
    sender: Address | None = None
    subject: str = ""
    list_id: str = ""
    list_name: str = ""
    ways: tuple[str, ...] = ()
    one_click: bool = False
    vouched: str = ""
    signer: str = ""
    to: tuple[str, ...] = ()
    bulk: bool = False
