"""What a message says, before it is written down as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from gmailkit.model.mail import Address, Attachment
from gmailkit.sandbox.sample.people import ME
from gmailkit.sandbox.sample.producers import ROBOT, Producer


def token(key: str, length: int = 16) -> str:
    """Hexadecimal digits (up to 64) that look random and depend on `key` alone."""
    return sha256(key.encode()).hexdigest()[:length]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message of the sample; the defaults are those of automatic mail to me@example.com.

    `key` is unique in the mailbox, the seed of Message-ID and boundaries; its part before a slash
    names the conversation. `refs` are the Message-IDs of what it answers, oldest first.
    """

    key: str
    date: datetime  # aware, UTC: when it was accepted
    sender: Address
    subject: str
    to: tuple[Address, ...] = (ME,)
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    text: str = ""  # lines end in \n
    html: str = ""
    files: tuple[Attachment, ...] = ()
    labels: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    producer: Producer = ROBOT
    charset: str = "utf-8"
    zone: float = 0  # hours east of UTC, for the Date header
    written: datetime | None = None  # the Date header, where the sender's clock says otherwise
    delivered_to: str = ME.email
    as_is: bytes = b""  # the whole message, for mail no program would write

    @property
    def thread(self) -> str:
        return self.key.partition("/")[0]

    @property
    def message_id(self) -> str:
        """With angle brackets, in the manner of the program that wrote it."""
        digits = token("id " + self.key, 32)
        domain = self.sender.email.rpartition("@")[2]
        return f"<{self.producer.message_id.format(digits=digits, domain=domain)}>"

    @property
    def own(self) -> bool:
        """Written by me@example.com, so that no server has stamped it on the way in."""
        return self.sender.email == ME.email
