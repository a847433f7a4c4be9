"""Waiting for something new in a folder: IDLE (RFC 2177), or a look now and then without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gmailkit.transport.imap.session import Session
from gmailkit.transport.imap.wire import Wire

# Seconds. RFC 2177 has 29 minutes; Gmail and many routers forget a silent connection earlier.
RENEWED = 540.0
LOOK = 60.0
_NEWS = re.compile(rb"\* (?:\d+ (?:EXISTS|EXPUNGE|FETCH)\b|VANISHED\b)")


def news(
    session: Session, folder: str, *, renewed: float = RENEWED, look: float = LOOK
) -> Iterator[None]:
    """Yields at once, since something may be new, and then each time that something came, went or
    was marked, and after each lost connection; without end. What it was, a listing tells.

    Raises what a session raises when no connection can be had any more.
    """
    session.examine(folder)
    yield
    while True:
        before = session.connections
        if "IDLE" in session.capabilities:
            came = session.reading("the wait for news", lambda _: _idle(session._wire, renewed))
        else:
            session.clock.sleep(look)
            came = session.reading("the look for news", lambda _: _look(session._wire))
        if came or session.connections != before:
            yield


def _idle(wire: Wire, renewed: float) -> bool:
    """Whether something came before it was time to begin anew."""
    wire.untagged_responses.pop("EXISTS", None)
    tag = wire._command("IDLE")
    while wire._get_response() is not None:
        if wire.tagged_commands[tag]:
            break
    patience, wire.stream.wait = wire.stream.wait, renewed
    came = False
    try:
        while not came:
            came = _NEWS.match(wire._get_response() or b"") is not None
            wire._check_bye()
    except TimeoutError:
        pass
    finally:
        wire.stream.wait = patience
    wire.send(b"DONE\r\n")
    return _done(wire, "IDLE", tag) or came


def _look(wire: Wire) -> bool:
    wire.untagged_responses = {}
    return _done(wire, "NOOP", wire._command("NOOP"))


def _done(wire: Wire, name: str, tag: Any) -> bool:
    """Whether the rest of the answer tells of something."""
    kind, answer = wire._command_complete(name, tag)
    if kind != "OK":
        raise wire.error(answer[-1])
    told = wire.untagged_responses
    return any(each in told for each in ("EXISTS", "EXPUNGE", "FETCH", "VANISHED"))
