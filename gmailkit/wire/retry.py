"""Trying again: only what may be repeated, with full jitter, within a time limit."""

from __future__ import annotations

import logging
import random
from dataclasses import replace

from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, NotFound, Unreachable
from gmailkit.wire.fault import Again, Fault, doubt, fault_of
from gmailkit.wire.request import Request, Response, Sender

log = logging.getLogger(__name__)

TRIES = 7
TRIES_UNREACHABLE = 4  # a host that is not there is said soon
FIRST_WAIT = 1.0
LONGEST_WAIT = 64.0
# Gmail names a time when it wants a long pause. Beyond this, in all, we stop and say the time.
LONGEST_PAUSE = 15 * 60.0
WORTH_SAYING = 5.0  # seconds; a shorter pause nobody wonders about


class Retry:
    """Sends until there is an answer; raises the last fault when there will be none.

    What surely had no effect (429, rate 403, never connected) is sent again whatever it is. After
    a 5xx or a broken connection only a replayable method is: nobody knows if the first one arrived.
    A repeated DELETE that finds nothing has found its own work done. One call waits LONGEST_PAUSE
    in all at most, and is over, whatever it waits for, `deadline` seconds after it began.
    """

    def __init__(
        self,
        inner: Sender,
        *,
        clock: Clock,
        deadline: float | None = None,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._deadline = deadline

    def send(self, request: Request) -> Response:
        begun = self._clock.monotonic()
        give_up = begun + LONGEST_PAUSE
        if self._deadline is not None:
            give_up = min(give_up, begun + self._deadline)
            request = replace(request, give_up=begun + self._deadline)
        maybe_done = False
        tried = 0
        while True:
            tried += 1
            try:
                outcome = self._once(request)
            except GmailKitError as error:  # no token, no budget: but for a try before, not sent
                error.unknown |= maybe_done
                raise
            if isinstance(outcome, Response):
                return outcome
            if maybe_done and request.verb == "DELETE" and isinstance(outcome.error, NotFound):
                return Response(204, {}, b"")
            maybe_done = maybe_done or outcome.again is Again.UNKNOWN
            most = TRIES_UNREACHABLE if _is_not_there(outcome.error) else TRIES
            seconds = self._pause(outcome, tried)
            over = tried >= most or self._clock.monotonic() + seconds > give_up
            if over or not outcome.may_repeat(request.method):
                doubt(outcome.error, request.method)
                outcome.error.unknown |= maybe_done
                raise outcome.error
            level = logging.WARNING if seconds > WORTH_SAYING else logging.INFO
            log.log(level, "%s: %s Waiting %.0f s.", request.method.name, outcome.error, seconds)
            self._clock.sleep(seconds)

    def _once(self, request: Request) -> Response | Fault:
        try:
            response = self._inner.send(request)
        except Unreachable as error:
            return Fault(error, Again.REFUSED if error.sent == "no" else Again.UNKNOWN)
        return fault_of(request, response, now=self._clock.now()) or response

    def _pause(self, fault: Fault, tried: int) -> float:
        """Seconds: full jitter, or until the time that Gmail named."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (tried - 1))
        jitter = random.uniform(0, longest)  # noqa: S311 - no secret
        return max(jitter, fault.pause(self._clock.now()))


def _is_not_there(error: GmailKitError) -> bool:
    """Not so a connection that broke: somebody took it."""
    return isinstance(error, Unreachable) and error.sent == "no"
