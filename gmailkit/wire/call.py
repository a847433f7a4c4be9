"""`call("messages.get", Message, id=...)`: one typed call, from parameters to struct."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from copy import copy
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar, cast

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import ServerFault
from gmailkit.model.content import Content
from gmailkit.model.shape import Shape, read, to_json
from gmailkit.wire.batch import Batches, Call
from gmailkit.wire.builder import Builder
from gmailkit.wire.fault import Fault, doubt
from gmailkit.wire.owner import Owner
from gmailkit.wire.request import Large, Request, Response, Sender
from gmailkit.wire.resumable import Resumable
from gmailkit.wire.upload import Media, form_of, opened

T = TypeVar("T")
_BUILDING = Lock()
# Entered around every call with its method, parameters, body and message; it may raise to stop it.
Guard = Callable[
    [str, Mapping[str, Any], Mapping[str, Any], Content | None], AbstractContextManager[object]
]


class Asked(msgspec.Struct, frozen=True):
    """A call that writes: parameters and fields of the body by Google's names, and its message."""

    method: str
    params: Mapping[str, Any]
    body: Mapping[str, Any]
    media: Content | None = None


Outcome = Response | Fault
# Entered around the calls of one request that writes, once they may be made: so that what they
# change is written down before. It is told what became of each; it may raise to stop them.
Recorder = Callable[[Sequence[Asked]], AbstractContextManager[Callable[[Sequence[Outcome]], None]]]


def free(*_: object) -> AbstractContextManager[object]:
    return nullcontext()


def nobody(_: object) -> AbstractContextManager[Callable[[Sequence[Outcome]], None]]:
    """Writes nothing down."""
    return nullcontext(lambda outcomes: None)


class Wire:
    """Builds, sends and decodes. Safe to share between threads once a first call was made."""

    def __init__(
        self,
        builder: Builder,
        sender: Sender,
        *,
        clock: Clock = SYSTEM_CLOCK,
        guard: Guard = free,
        recorder: Recorder = nobody,
        owner: Owner | None = None,
    ) -> None:
        self._builder = builder
        self._sender = sender
        self._clock = clock
        self._guard = guard
        self._recorder = recorder
        self._owner = owner or Owner()

    def unrecorded(self) -> Wire:
        """The same wire for whoever writes down himself what he does."""
        wire = copy(self)
        wire._recorder = nobody
        return wire

    def call(
        self,
        method: str,
        into: type[T],
        *,
        body: Shape | Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> T:
        """The answer as `into`; parameters that are None are left out.

        `media` is a whole message (RFC 5322): bytes, the path of a file, a file open for bytes.
        Raises what `wire.fault` makes of a refusal, Unreachable, and ServerFault for an answer
        that cannot be read.
        """
        return self._read(into, *self._send(method, body, media, params))

    def content(
        self, method: str, into: type[T], *, key: str, in_memory: int, **params: object
    ) -> tuple[T, Content]:
        """The answer, and the bytes its field `key` stands for, which is "" in the answer then.

        Beyond `in_memory` bytes they lie on disk; neither they nor the answer is ever held whole.
        Raises as `call` does, and CannotWrite when the disk refuses.
        """
        request, response = self._send(method, None, None, params, Large(key, in_memory))
        answer = self._read(into, request, response)
        return answer, response.content or Content.of(b"")

    def do(
        self, method: str, *, body: Shape | Mapping[str, object] | None = None, **params: object
    ) -> None:
        """A call whose answer is empty. What a portal on the way puts there is not taken for it.

        Raises as `call` does.
        """
        request, response = self._send(method, body, None, params)
        if response.body:
            self._read(dict, request, response)

    def json(
        self,
        method: str,
        *,
        body: Shape | Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> dict[str, object]:
        """The answer as Gmail wrote it; {} for an empty one. Raises as `call` does."""
        request, response = self._send(method, body, media, params)
        return self._read(dict, request, response) if response.body else {}

    def request(
        self,
        method: str,
        *,
        body: Shape | Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> Request:
        """What `json` would send first, without a token; nothing is sent."""
        if media is None:
            return self._builder.build(method, _named(params), body=_plain(body))
        with opened(media) as content:
            return self._builder.build(method, _named(params), body=_plain(body), media=content)

    def batch(self, calls: Sequence[Call[T]]) -> list[T | Fault]:
        """Several calls in few requests; each has its answer, or its Fault, in its place.

        No uploads. Each call costs its units, all of a request's at once. Raises UsageError for a
        call that cannot be built; nothing was sent then.
        """
        requests = [
            self._builder.build(call.method, _named(call.params), body=_plain(call.body))
            for call in calls
        ]
        batches = Batches(self._sender, endpoint=self._builder.endpoint, clock=self._clock)
        found: list[T | Fault] = []
        asked = [_asked(each.method, _named(each.params), _plain(each.body)) for each in calls]
        with self._owner, ExitStack() as guards:
            for each in asked:
                guards.enter_context(self._guard(each.method, each.params, each.body, None))
            with self._recorded(asked, requests) as told:
                outcomes = batches.send(requests)
                told(outcomes)
        for call, request, outcome in zip(calls, requests, outcomes, strict=True):
            answer = _answer(call, request, outcome)
            if isinstance(answer, Fault):
                self._owner.mark(answer.error)
            found.append(answer)
        return found

    def _send(
        self,
        method: str,
        body: Shape | Mapping[str, object] | None,
        media: Media | None,
        params: Mapping[str, object],
        large: Large | None = None,
    ) -> tuple[Request, Response]:
        named, plain = _named(params), _plain(body)
        if media is not None:
            return self._upload(method, named, plain, media)
        request = self._builder.build(method, named, body=plain)
        request = replace(request, large=large) if large else request
        asked = _asked(method, named, plain)
        with (
            self._owner,
            self._guard(method, named, asked.body, None),
            self._recorded([asked], [request]) as told,
        ):
            response = self._sender.send(request)
            told([response])
            return request, response

    def _upload(
        self, method: str, params: Mapping[str, object], body: object, media: Media
    ) -> tuple[Request, Response]:
        with opened(media) as content:
            request = self._builder.build(method, params, body=body, media=content)
            asked = _asked(method, params, body, content)
            guard = self._guard(method, params, asked.body, content)
            with self._owner, guard, self._recorded([asked], [request]) as told:
                if form_of(content.size, body) != "resumable":
                    response = self._sender.send(request)
                else:
                    uploads = Resumable(self._sender, clock=self._clock)
                    response = uploads.send(request, content)
                told([response])
                return request, response

    def _recorded(
        self, asked: Sequence[Asked], requests: Sequence[Request]
    ) -> AbstractContextManager[Callable[[Sequence[Outcome]], None]]:
        writes = any(request.verb != "GET" for request in requests)
        return self._recorder(asked) if writes else nobody(asked)

    def _read(self, into: type[T], request: Request, response: Response) -> T:
        with self._owner:
            return _decoded(into, request, response)


def _decoded(into: type[T], request: Request, response: Response) -> T:
    try:
        answer: T = _decoder(cast(Any, into)).decode(response.body)
    except msgspec.MsgspecError as error:
        raise _unreadable(request, response) from error
    return answer


@lru_cache
def _decoder(into: Any) -> msgspec.json.Decoder[Any]:
    with _BUILDING:  # two threads that build it for one shape end the process (msgspec 0.22)
        # strict=False: Gmail writes 64-bit integers as strings.
        return msgspec.json.Decoder(into, strict=False, dec_hook=read)


def _answer(call: Call[T], request: Request, outcome: Response | Fault) -> T | Fault:
    if isinstance(outcome, Fault):
        return outcome
    try:
        return _decoded(call.into, request, outcome)
    except ServerFault as error:
        return Fault(error)


def _asked(
    method: str, params: Mapping[str, object], body: object, media: Content | None = None
) -> Asked:
    return Asked(method, params, cast(Mapping[str, Any], body or {}), media)


def _named(params: Mapping[str, object]) -> dict[str, object]:
    """By Google's names, without those that are None."""
    return {_camel(name): value for name, value in params.items() if value is not None}


def _plain(body: Shape | Mapping[str, object] | None) -> object:
    return None if body is None else to_json(body)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _unreadable(request: Request, response: Response) -> ServerFault:
    error = ServerFault(
        f"The answer to {request.method.name} cannot be read.",
        hint="Is there a proxy in between? Run the command again.",
        status=response.status,
        method=request.method.name,
    )
    doubt(error, request.method)
    return error
