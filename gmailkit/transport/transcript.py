"""What was said in a session of IMAP or POP3, line by line, fit to be shown: as SMTP's, without
secrets, and of messages only their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
_LONGEST_SHOWN = 400  # characters of a line
_SHORTEST = 4  # characters of a secret that a server may repeat; shorter ones are in many words


class Masking:
    """Of a connection that shows its lines: nothing of what signs in."""

    _masked = False
    _secrets: tuple[str, ...] = ()

    @contextmanager
    def masked(self, *secrets: str) -> Iterator[None]:
        """What is said meanwhile signs in: only the command's name is shown. `secrets` are hidden
        from then on in all that the server says, who may repeat them.
        """
        self._masked = True
        self._secrets = tuple(each for each in secrets if len(each) >= _SHORTEST)
        try:
            yield
        finally:
            self._masked = False

    def hidden(self, line: bytes | str) -> str:
        """What the server said, without what it was told in secret."""
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        for each in self._secrets:
            text = text.replace(each, MASKED)
        return text.strip()


def shown(line: bytes | str) -> str:
    """A line as a terminal may have it; the beginning of a long one."""
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    text = text.rstrip("\r\n")
    text = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


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
