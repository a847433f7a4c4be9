"""What was said in an SMTP session, line by line, fit to be shown.

What signs in is masked before it gets here, and of the message only its size is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gmailkit.transport.smtp.reply import Reply

MASKED = "[secret]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A connection to `place`; `at` counts in seconds from the moment it was asked for."""

    at: float
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A command of ours, or what we answer to a challenge of the server (then it is masked)."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`to` is the command it answers, "" for the greeting; `took` are seconds since that.

    `together`: several commands were said at once, so its own does not stand right before it.
    """

    at: float
    reply: Reply
    to: str
    took: float
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """From here on nobody else reads along; the certificate was verified."""

    at: float
    version: str  # TLSv1.3
    cipher: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes of the message that left, as counted on the wire, before the dot that ends it."""

    at: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The connection ended; `why` is "" for an end in good order."""

    at: float
    why: str = ""


Event = Opened | Line | Answer | Secured | Content | Closed
Hear = Callable[[Event], None]


@dataclass(slots=True)
class Transcript:
    """Keeps what it hears; `also` hears it too, as it happens."""

    also: Hear | None = None
    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self.also:
            self.also(event)


def as_lines(event: Event) -> Iterable[str]:
    """For people: seconds, who speaks (C is we, S the server), and the words."""
    who, texts = _spoken(event)
    for number, text in enumerate(texts):
        time = f"{event.at:8.3f}" if number == 0 else " " * 8
        yield f"{time}  {who} {text}"


def as_facts(event: Event) -> dict[str, object]:
    """For programs; `event` says which it is."""
    at = round(event.at, 4)
    match event:
        case Opened():
            return {"event": "opened", "at": at, "place": event.place}
        case Line():
            return {"event": "client", "at": at, "line": event.text}
        case Answer():
            reply = event.reply
            facts: dict[str, object] = {"event": "server", "at": at, "code": reply.code}
            facts |= {"enhanced": reply.enhanced} if reply.enhanced else {}
            return facts | {"lines": reply.lines, "to": event.to, "took": round(event.took, 4)}
        case Secured():
            return {"event": "tls", "at": at, "version": event.version, "cipher": event.cipher}
        case Content():
            return {"event": "message", "at": at, "size": event.size}
        case Closed():
            return {"event": "closed", "at": at} | ({"why": event.why} if event.why else {})


def _spoken(event: Event) -> tuple[str, list[str]]:
    match event:
        case Opened():
            return "-", [f"connected to {event.place}"]
        case Line():
            return "C", [event.text]
        case Answer():
            *first, last = _numbered(event.reply)
            return "S", [*first, f"{last}   (to {event.to})" if event.together else last]
        case Secured():
            return "-", [f"{event.version}, {event.cipher}; the certificate is good"]
        case Content():
            return "C", [f"... {event.size:,} bytes of the message"]
        case Closed():
            return "-", [f"closed: {event.why}" if event.why else "closed"]


def _numbered(reply: Reply) -> list[str]:
    """As they came: a code and a minus on each line but the last (RFC 5321 section 4.2.1)."""
    if not reply.code:
        return list(reply.lines) or [""]
    last = len(reply.lines) - 1
    return [f"{reply.code}{' ' if i == last else '-'}{each}" for i, each in enumerate(reply.lines)]
