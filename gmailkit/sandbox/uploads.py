"""Google's three upload protocols: media, multipart, resumable (guides/uploads)."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gmailkit.clock import Clock
from gmailkit.sandbox.exchange import Reply, Request
from gmailkit.sandbox.multipart import media_type, parts
from gmailkit.sandbox.parameters import wrong_media
from gmailkit.sandbox.refusal import Refusal, invalid, not_found

LIFE_SECONDS = 7 * 86_400
CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Upload:
    """A whole message and what was said about it; `metadata` is JSON, maybe empty."""

    media: bytes
    metadata: bytes = b""


def media(request: Request) -> Upload:
    _check_type(request.content_type)
    return Upload(request.body)


def multipart(request: Request) -> Upload:
    """multipart/related of two parts, JSON and message, the message byte for byte."""
    if request.content_type != "multipart/related":
        raise wrong_media(request.content_type)
    found = parts(request)
    if len(found) != 2:
        raise invalid("Malformed multipart body.")
    metadata, message = found
    if media_type(metadata) != "application/json":
        raise invalid("Malformed multipart body: the first part must be application/json.")
    _check_type(media_type(message))
    return Upload(message.body, metadata.body)


@dataclass
class Session:
    """A resumable upload under way. `target` is the path it was opened at; `reply` the answer that
    was given when it was whole, for a client that did not hear it.
    """

    target: str
    owner: int
    metadata: bytes
    total: int | None
    made: float
    received: bytearray = field(default_factory=bytearray)
    reply: Reply | None = None
    busy: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}

    def start(self, request: Request, owner: int, most: int) -> str:
        """A new session's id. Refuses a media type or a size Gmail would not take."""
        _check_type(request.headers.get("x-upload-content-type", "message/rfc822").lower())
        length = request.headers.get("x-upload-content-length")
        if length is not None and (not length.isdecimal() or int(length) > most):
            raise Refusal(413, "Request Entity Too Large")
        total = int(length) if length else None
        id = secrets.token_urlsafe(48)
        self._open[id] = Session(request.path, owner, request.body, total, self._clock.now())
        return id

    def put(
        self, id: str, request: Request, owner: int, most: int, act: Callable[[Upload], Reply]
    ) -> Reply:
        """Take a chunk; with the last one, `act` once on the whole.

        Refuses 404 a session that is gone, or somebody else's.
        """
        session = self._open.get(id)
        if session is None or (session.target, session.owner) != (request.path, owner):
            raise not_found()
        # In both directions: a clock that was set back makes no session immortal.
        if abs(self._clock.now() - session.made) >= LIFE_SECONDS:
            raise not_found()
        with session.busy:
            if session.reply is not None:
                return session.reply
            start, total = _place(request)
            if start is not None:
                _append(session, start, request.body, total)
            if len(session.received) > most:
                raise Refusal(413, "Request Entity Too Large")
            if session.total is None or len(session.received) < session.total:
                return _incomplete(session)
            session.reply = act(Upload(bytes(session.received), session.metadata))
            session.received.clear()
            return session.reply


def _place(request: Request) -> tuple[int | None, int | None]:
    """Where the body belongs (None: it only asks) and how long the whole will be, if known."""
    said = request.headers.get("content-range")
    if said is None:  # everything at once
        return 0, len(request.body)
    found = _RANGE.fullmatch(said.strip())
    if not found:
        raise invalid("Failed to parse Content-Range header.")
    total = None if found[3] == "*" else int(found[3])
    if found[1] is None:
        return None, total
    first, last = int(found[1]), int(found[2])
    if last - first + 1 != len(request.body):
        raise invalid("Content-Range does not match the length of the body.")
    return first, total


def _append(session: Session, start: int, body: bytes, total: int | None) -> None:
    if start > len(session.received):
        raise invalid("Content-Range begins behind what was received.")
    if session.total is not None and total not in (None, session.total):
        raise invalid("The total size of the upload changed.")
    end = start + len(body)
    if session.total is not None and end > session.total:
        raise invalid("Content-Range goes beyond the total size.")
    last = end == (total if total is not None else session.total)
    if not last and len(body) % CHUNK:
        raise invalid("Chunks must be multiples of 256 KiB.")
    session.total = total if total is not None else session.total
    session.received[start:] = body


def _incomplete(session: Session) -> Reply:
    headers: Mapping[str, str] = {}
    if session.received:
        headers = {"Range": f"bytes=0-{len(session.received) - 1}"}
    return Reply(308, headers)


def _check_type(content_type: str) -> None:
    if not content_type.partition(";")[0].strip().startswith("message/"):
        raise wrong_media(content_type)
