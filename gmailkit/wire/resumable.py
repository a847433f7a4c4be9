"""A resumable upload: announced, sent in chunks, and gone on with where the connection broke.

After a broken connection the session is asked what has arrived, so nothing is sent twice and the
outcome of a send that was cut off is learned instead of guessed. Google's library has the protocol
too, but repeats the last chunk without asking, and tells its own errors.

Source: Gmail API guide "Upload attachments", resumable upload.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from urllib.parse import urlsplit

from msgspec import structs

from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, ServerFault, Unreachable, UsageError
from gmailkit.model.content import Content
from gmailkit.wire.fault import doubt, fault_of
from gmailkit.wire.refusal import read_refusal
from gmailkit.wire.request import Request, Response, Sender

CHUNK = 32 * (256 << 10)  # bytes; a multiple of 256 KiB, as Google asks
GO_ON = 308
GONE = (404, 410)  # the session lives for a week
SESSIONS = 3
TRIES = 5  # without a byte of progress
_RANGE = re.compile(r"(?:bytes=?\s*)?0-(\d+)")


class Resumable:
    """Uploads over `sender`, which retries each request by its own rules."""

    def __init__(self, sender: Sender, *, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    def send(self, announced: Request, media: Content) -> Response:
        """The answer to the whole. The first request costs what the method costs, the rest nothing.

        Raises what a single request would raise. Unreachable says in `sent` whether the last byte
        may have arrived: without it Gmail does nothing.
        """
        for left in reversed(range(SESSIONS)):
            upload = _Upload(self._sender, self._clock, announced, media)
            response = upload.run()
            if response.status not in GONE:
                return response
            if upload.may_be_done:  # else to begin anew cannot do it twice
                raise upload.gone()
            if not left or upload.complete:
                self._refuse(announced, response)
            if not left:
                raise upload.gone()
        raise AssertionError("the last session returns or raises")

    def _refuse(self, announced: Request, response: Response) -> None:
        """Raises what Gmail says of the method itself: its draft or its thread is not there.

        Of a session that is gone the servers on the way say no word, or not to the last chunk.
        """
        now = self._clock.now()
        fault = fault_of(announced, response, now=now)
        if fault and read_refusal(announced, response, now=now).reasons:
            raise fault.error


class _Upload:
    """One session."""

    def __init__(self, sender: Sender, clock: Clock, announced: Request, media: Content) -> None:
        self._sender = sender
        self._clock = clock
        self._announced = announced
        self._media = media
        self._lost = False  # the last chunk left, and its answer never came
        self.complete = False  # the last answer is one to the last chunk

    @property
    def may_be_done(self) -> bool:
        """Whether beginning anew might do it twice."""
        return self._lost and not self._announced.method.replayable

    def run(self) -> Response:
        """The answer to the whole, or that the session is gone."""
        session = self._open()
        position = stalled = 0
        while True:
            response = self._chunk(session, position)
            if response.status != GO_ON:
                return response
            reached = _received(response)
            stalled = 0 if reached > position else stalled + 1
            position = reached
            self._lost |= reached >= self._media.size  # all is there, and the answer is not
            if stalled >= TRIES:
                raise self.broken(f"The upload to {self._announced.host} does not get on.")
            if stalled:
                self._clock.sleep(random.uniform(0, 2.0**stalled))  # noqa: S311 - jitter

    def _open(self) -> str:
        """The session's address. One that nobody sends to does nothing, so this may be repeated."""
        harmless = structs.replace(self._announced.method, replayable=True)
        response = self._sender.send(replace(self._announced, method=harmless))
        session = response.headers.get("location", "")
        if not _is_ours(session, self._announced.url):
            raise ServerFault(
                f"{self._announced.host} gave no address to upload to.",
                hint="Is this address a Gmail service? `gmailkit doctor` checks it.",
            )
        return session

    def _chunk(self, session: str, position: int) -> Response:
        """The answer to the chunk, or, when that was lost, what has arrived."""
        if position >= self._media.size:
            return self._ask(session)
        chunk = self._media.part(position, CHUNK)
        end = position + len(chunk)
        if not chunk or (end < self._media.size and len(chunk) < CHUNK):
            raise UsageError("The message became shorter while it was being sent.")
        last = end == self._media.size
        place = f"bytes {position}-{end - 1}/{self._media.size}"
        try:
            response = self._sender.send(self._put(session, place, chunk, replayable=False))
            self.complete = last
            return response
        except (Unreachable, ServerFault):
            self._lost |= last
        return self._ask(session)

    def _ask(self, session: str) -> Response:
        """What has arrived, or the answer to the whole if all has."""
        place = f"bytes */{self._media.size}"
        try:
            response = self._sender.send(self._put(session, place, b"", replayable=True))
        except GmailKitError as error:
            if self.may_be_done:
                raise self.broken(f"Nobody could say what became of it: {error.message}") from error
            error.unknown = self._lost
            if isinstance(error, Unreachable):
                error.sent = "maybe" if self._lost else "no"
            raise
        self._lost = response.status in GONE and self._lost  # else it is known now
        return response

    def _put(self, session: str, place: str, chunk: bytes, *, replayable: bool) -> Request:
        free = structs.replace(self._announced.method, old=0, new=0, replayable=replayable)
        return replace(
            self._announced,
            method=free,
            verb="PUT",
            url=session,
            headers={**self._announced.bare_headers, "content-range": place},
            body=chunk,
            answers=frozenset({GO_ON, *GONE}),
        )

    def gone(self) -> Unreachable:
        return self.broken(f"{self._announced.host} no longer knows the upload.")

    def broken(self, message: str) -> Unreachable:
        error = Unreachable(
            message,
            hint="Run the same command again.",
            method=self._announced.method.name,
            sent="maybe" if self._lost else "no",
        )
        doubt(error, self._announced.method)
        return error


def _received(response: Response) -> int:
    """Bytes that have arrived; without the header none have."""
    found = _RANGE.fullmatch(response.headers.get("range", ""))
    return int(found[1]) + 1 if found else 0


def _is_ours(session: str, announced: str) -> bool:
    """The token goes along to the session's address, so that must be where it went before."""
    there, here = urlsplit(session), urlsplit(announced)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)
