"""Waiting for something new in a folder: IDLE (RFC 2177), or a look now and then without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmailkit.transport.imap.session import Session
from gmailkit.transport.imap.wire import Wire

# Seconds. RFC 2177 has 29 minutes; Gmail and many routers forget a silent connection earlier.
RENEWED = 300.0
LOOK = 60.0
_SLICE = 0.5
_CAME = "EXISTS"

Pause = Callable[[float], object]


def wait(
    session: Session,
    seconds: float,
    pause: Pause,
    *,
    renewed: float = RENEWED,
    look: float = LOOK,
) -> bool:
    """Whether something came into the folder where the session is since it went there by `examine`,
    at once or within so many seconds. A connection that was lost counts as news: what came
    meanwhile nobody has told.

    `pause` waits; it is called with 0 twice a second while the server is listened to, and may raise
    to end it: the session is to be hung up then. Raises what a session raises.
    """
    until = session.clock.monotonic() + seconds
    while not session.reading("the wait for news", lambda _: _CAME in _told(session)):
        left = until - session.clock.monotonic()
        if left <= 0:
            return False
        if "IDLE" in session.capabilities:
            _listen(session, min(left, renewed), pause)
        else:
            pause(min(left, look))
            session.reading("the look for news", lambda _: _done(session._wire, "NOOP"))
    return True


def _listen(session: Session, seconds: float, pause: Pause) -> None:
    session.reading("the wait for news", lambda _: _idle(session, seconds, pause))


def _told(session: Session) -> dict[str, Any]:
    """What the server has said beside its answers since the folder was entered."""
    return session._wire.untagged_responses


def _idle(session: Session, seconds: float, pause: Pause) -> None:
    """Until something came, or it is time to begin anew."""
    wire, clock = session._wire, session.clock
    if _CAME in wire.untagged_responses:  # by a new connection
        return
    wire.untagged_responses.clear()  # or what happens to other messages would heap up
    until = clock.monotonic() + seconds
    tag = wire._command("IDLE")
    while wire._get_response() is not None:
        if wire.tagged_commands[tag]:
            break
    patience = wire.stream.wait
    try:
        while (left := until - clock.monotonic()) > 0 and not wire.tagged_commands[tag]:
            if _CAME in wire.untagged_responses:  # some tell it before they say that they wait
                break
            wire.stream.wait = min(_SLICE, left)
            try:
                wire._get_response()
                wire._check_bye()
            except TimeoutError:
                pause(0)
    finally:
        wire.stream.wait = patience
    if not wire.tagged_commands[tag]:
        wire.send(b"DONE\r\n")
    _complete(wire, "IDLE", tag)


def _done(wire: Wire, name: str) -> None:
    _complete(wire, name, wire._command(name))


def _complete(wire: Wire, name: str, tag: Any) -> None:
    kind, answer = wire._command_complete(name, tag)
    if kind != "OK":
        raise wire.error(answer[-1])
