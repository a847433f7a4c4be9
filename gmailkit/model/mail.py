"""A message as people think of it: who, what, when, and what is attached (RFC 5322, RFC 2045)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: display name (decoded, may be empty) and addr-spec."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is kept as bytes; `filename` is as the sender wrote it, never a safe path."""

    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    content_id: str = ""  # without angle brackets
    inline: bool = False

    @property
    def size(self) -> int:
        """Bytes after transfer decoding."""
        return len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What was read from a message's bytes, or what will become one.

    Header values are decoded, unfolded and free of control characters. `defects` says what a
    strict parser would have complained about; broken mail is still mail.
    """

    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None  # of the Date header; aware
    message_id: str = ""  # with angle brackets, as written
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # all of them when read; extra ones when composed
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    calendar: bytes = field(default=b"", repr=False)  # an invitation; when read, an attachment
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first header of that name (any case), or ""."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")
