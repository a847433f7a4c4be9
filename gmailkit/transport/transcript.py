"""What was said in a session of IMAP or POP3, line by line, fit to be shown: as SMTP's, without
secrets, and of messages only their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gmailkit.transport.smtp import transcript as smtp
from gmailkit.transport.smtp.transcript import MASKED as MASKED
from gmailkit.transport.smtp.transcript import Closed as Closed
from gmailkit.transport.smtp.transcript import Content as Content
from gmailkit.transport.smtp.transcript import Line as Line
from gmailkit.transport.smtp.transcript import Opened as Opened
from gmailkit.transport.smtp.transcript import Secured as Secured


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line of the server; `at` counts in seconds from the moment it was asked for."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """So many bytes of mail that the server gave us."""

    at: float
    size: int


Event = smtp.Event | Said | Given
Hear = Callable[[Event], None]


def as_lines(event: Event) -> Iterable[str]:
    """For people: seconds, who speaks (C is we, S the server), and the words."""
    match event:
        case Said():
            return [f"{event.at:8.3f}  S {event.text}"]
        case Given():
            return [f"{event.at:8.3f}  S ... {event.size:,} bytes of mail"]
        case _:
            return smtp.as_lines(event)


def as_facts(event: Event) -> dict[str, object]:
    """For programs; `event` says which it is."""
    match event:
        case Said():
            return {"event": "server", "at": round(event.at, 4), "line": event.text}
        case Given():
            return {"event": "mail", "at": round(event.at, 4), "size": event.size}
        case _:
            return smtp.as_facts(event)
