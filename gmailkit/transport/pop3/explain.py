"""What each command and each answer of a session means, and where it is written.

Sources: RFC 1939 (POP3), 2449 (CAPA), 2595 (STLS), 3206 (codes), 5034 (AUTH).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.transport.transcript import (
    MASKED,
    Closed,
    Event,
    Given,
    Line,
    Opened,
    Said,
    Secured,
)

COMMANDS = {
    "CAPA": "Asks what the server can (RFC 2449).",
    "STLS": "Asks to go on encrypted; what was said before counts no more (RFC 2595).",
    "AUTH": "Signs in; what proves it is masked here (RFC 5034).",
    "USER": "Says who signs in (RFC 1939 section 7); at Gmail with recent: before it for the mail "
    "of 30 days.",
    "PASS": "The password, masked here (RFC 1939 section 7).",
    "LIST": "Asks for numbers and sizes of messages, good for this session (section 5).",
    "UIDL": "Asks for names of messages that last (RFC 1939 section 7).",
    "TOP": "Asks for the header, and so many lines of the text (RFC 1939 section 7).",
    "RETR": "Asks for a message; it stays at the server (RFC 1939 section 5).",
    "DELE": "Marks a message; it goes at QUIT, and only then (RFC 1939 section 5).",
    "QUIT": "Ends the conversation; what was marked is deleted now (RFC 1939 section 6).",
}
CODES = {  # RFC 2449 section 8, RFC 3206
    "AUTH": "user, password or token is wrong",
    "IN-USE": "somebody else reads the mailbox at the moment",
    "LOGIN-DELAY": "one may not sign in so often",
    "SYS/TEMP": "something failed at the server, for the moment",
    "SYS/PERM": "for good, until somebody changes a setting there",
}
_CODE = re.compile(r"-ERR \[([A-Z/-]+)\]")


def explain(event: Event) -> Iterator[str]:
    """Sentences about one event; none where it speaks for itself."""
    match event:
        case Opened():
            yield "The server speaks first."
        case Secured():
            yield "The certificate is one of that host, and an authority we believe vouches for it."
        case Line() if event.text == MASKED:
            yield "What signs in, masked."
        case Line():
            name = (event.text.split() or [""])[0].upper()
            yield COMMANDS.get(name, "No command of POP3 that gmailkit knows.")
        case Said():
            yield from _of_answer(event.text)
        case Given():
            yield "A text up to the line that is a dot alone; a dot in front of a line stood twice."
        case Closed() if event.why:
            yield "Without QUIT: nothing was deleted."
        case _:
            return


def _of_answer(text: str) -> Iterator[str]:
    if text.startswith("+OK"):
        yield "Yes."
    elif text.startswith("-ERR"):
        found = _CODE.match(text)
        code = CODES.get(found[1] if found else "")
        yield f"No{f': {code}' if code else ''}."
    elif text.startswith("+ "):
        yield "It waits for an answer (RFC 5034)."
