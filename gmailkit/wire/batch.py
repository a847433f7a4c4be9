"""Many calls in one request (Gmail API guide "Batching requests").

It saves round trips, nothing else: each call costs its units, and Gmail runs them side by side, so
that large batches meet its limit on requests at once. Use it for many small answers (the counts of
all labels); single reads in threads are faster for messages, and bounded in memory
(docs/measurements.md).
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, NotFound, ServerFault
from gmailkit.model.shape import Shape
from gmailkit.wire.fault import Again, Fault, Slow, doubt, fault_of
from gmailkit.wire.methods import Method
from gmailkit.wire.request import Request, Response, Sender

BATCH = "batch"  # what a batch is called as a method
MOST = 50  # calls; Gmail takes 100, and refuses some of them
TRIES = 5  # of one call
LONGEST_WAIT = 64.0  # seconds

T = TypeVar("T")


class Call(msgspec.Struct, Generic[T], frozen=True):
    """`Wire.call` for later: method, what its answer becomes, parameters, body."""

    method: str
    into: type[T]
    params: Mapping[str, object] = msgspec.field(default_factory=dict)
    body: Shape | Mapping[str, object] | None = None


class Batches:
    """Sends requests to `endpoint` in batches. `sender` retries a batch that fails as a whole."""

    def __init__(self, sender: Sender, *, endpoint: str, clock: Clock) -> None:
        self._sender = sender
        self._url = f"{endpoint.rstrip('/')}/batch"
        self._clock = clock
        self._size = MOST

    def send(self, requests: Sequence[Request]) -> list[Response | Fault]:
        """The answers in the order of the requests, each for itself.

        What was refused for its speed is sent again, alone and in smaller batches. Where a batch
        had no answer at all, each of its calls has the same Fault: others may have been done.
        """
        outcomes: dict[int, Response | Fault] = {}
        waiting = list(range(len(requests)))
        for tried in range(1, TRIES + 1):
            again: list[int] = []
            while waiting:
                now, waiting = self._next(requests, waiting)
                for n, outcome in self._once({n: requests[n] for n in now}).items():
                    outcomes[n] = _after(outcomes.get(n), outcome)
                again += [n for n in now if _may_repeat(requests[n], outcomes[n])]
            seconds = self._pause([outcomes[n] for n in again], tried)
            if not again or tried == TRIES or seconds > LONGEST_WAIT:
                break
            self._clock.sleep(seconds)
            waiting = again
        return [outcomes[n] for n in range(len(requests))]

    def _next(self, requests: Sequence[Request], waiting: list[int]) -> tuple[list[int], list[int]]:
        """The calls of the next batch, which one scope allows alike, and the others."""
        scopes = requests[waiting[0]].scopes
        now = [n for n in waiting if requests[n].scopes == scopes][: self._size]
        return now, [n for n in waiting if n not in set(now)]

    def _once(self, requests: Mapping[int, Request]) -> dict[int, Response | Fault]:
        whole = self._try(self._whole(requests))
        if isinstance(whole, Fault):
            return dict.fromkeys(requests, _about_batches(whole))
        answers = parts_of(whole)
        return {n: self._judge(request, answers.get(n)) for n, request in requests.items()}

    def _try(self, request: Request) -> Response | Fault:
        try:
            return self._sender.send(request)
        except GmailKitError as error:
            return Fault(error)  # the sender has tried again as often as it makes sense

    def _judge(self, request: Request, answer: Response | None) -> Response | Fault:
        if answer is not None and answer.status == 401:
            return self._try(request)  # alone, so that the token is renewed
        if answer is None:
            error = ServerFault(
                f"{request.host} left {request.method.name} out of its answer to a batch.",
                hint="Run the command again.",
                method=request.method.name,
            )
            doubt(error, request.method)
            return Fault(error, Again.UNKNOWN)
        fault = fault_of(request, answer, now=self._clock.now())
        if fault:
            doubt(fault.error, request.method)
        if fault and fault.slow is Slow.CONCURRENCY:
            self._size = max(1, self._size // 2)
        return fault or answer

    def _whole(self, requests: Mapping[int, Request]) -> Request:
        """One request that costs what its calls cost, and may be repeated if all of them may."""
        first, methods = next(iter(requests.values())), [r.method for r in requests.values()]
        method = Method(
            BATCH,
            old=sum(each.old for each in methods),
            new=sum(each.new for each in methods),
            replayable=all(each.replayable for each in methods),
            calls=tuple(methods),
        )
        mark = f"gmailkit-{secrets.token_hex(16)}"
        parts = b"".join(_part(n, request, mark) for n, request in requests.items())
        return replace(
            first,
            method=method,
            verb="POST",
            url=self._url,
            headers={**first.bare_headers, "content-type": f'multipart/mixed; boundary="{mark}"'},
            body=parts + f"--{mark}--\r\n".encode(),
        )

    def _pause(self, outcomes: Sequence[Response | Fault], tried: int) -> float:
        """Seconds before the next try: full jitter, or until the last time that Gmail named."""
        jitter = random.uniform(0, 2.0**tried)  # noqa: S311 - jitter
        now = self._clock.now()
        return max(jitter, *(each.pause(now) for each in outcomes if isinstance(each, Fault)), 0.0)


def _about_batches(fault: Fault) -> Fault:
    """A 404 for the whole says that there are no batches, not that what its calls name is gone."""
    if not isinstance(fault.error, NotFound):
        return fault
    error = ServerFault(
        "The server knows no batches of calls: it answered 404.",
        hint="Run the command again.",
        status=fault.error.status,
        reason=fault.error.reason,
        method=fault.error.method,
        account=fault.error.account,
    )
    return Fault(error)


def _after(before: Response | Fault | None, outcome: Response | Fault) -> Response | Fault:
    """What a try before may have done, a refusal of the next one does not undo."""
    if isinstance(before, Fault) and isinstance(outcome, Fault):
        outcome.error.unknown |= before.error.unknown
    return outcome


def _may_repeat(request: Request, outcome: Response | Fault) -> bool:
    return isinstance(outcome, Fault) and outcome.may_repeat(request.method)


def _part(number: int, request: Request, mark: str) -> bytes:
    """A call as it would stand on a line to Gmail of its own, without the token."""
    path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
    body = request.body or b""
    lines = [
        f"--{mark}",
        "Content-Type: application/http",
        f"Content-ID: <{number}>",
        "",
        f"{request.verb} {path} HTTP/1.1",
        "Accept: application/json",
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body + b"\r\n"


_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_ID = re.compile(rb"^content-id:\s*<response-(\d+)>", re.IGNORECASE | re.MULTILINE)


def parts_of(response: Response) -> dict[int, Response]:
    """The answers by the numbers of their calls; what is no answer is left out."""
    found = _BOUNDARY.search(response.headers.get("content-type", ""))
    if not found:
        return {}
    mark = b"--" + (found[1] or found[2]).encode()
    answers = {}
    for part in (b"\r\n" + response.body).split(b"\r\n" + mark)[1:]:
        head, _, inner = part.partition(b"\r\n\r\n")
        if number := _ID.search(head):
            answers[int(number[1])] = _answer(inner)
    return {number: answer for number, answer in answers.items() if answer}


def _answer(text: bytes) -> Response | None:
    head, _, body = text.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    words = line.split(None, 2)
    if len(words) < 2 or not words[1].isdecimal():
        return None
    pairs = (each.partition(":") for each in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Response(int(words[1]), headers, body)
