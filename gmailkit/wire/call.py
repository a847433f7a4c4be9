"""`call("messages.get", Message, id=...)`: one typed call, from parameters to struct."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

from gmailkit.errors import ServerFault
from gmailkit.model.shape import Shape, read, to_json
from gmailkit.wire.builder import Builder
from gmailkit.wire.request import Request, Response, Sender

T = TypeVar("T")


class Wire:
    """Builds, sends and decodes. Safe to share between threads once a first call was made."""

    def __init__(self, builder: Builder, sender: Sender) -> None:
        self._builder = builder
        self._sender = sender

    def call(
        self,
        method: str,
        into: type[T],
        *,
        body: Shape | Mapping[str, object] | None = None,
        media: bytes | None = None,
        **params: object,
    ) -> T:
        """The answer as `into`; parameters that are None are left out.

        Raises what `wire.fault` makes of a refusal, Unreachable, and ServerFault for an answer
        that cannot be read.
        """
        request, response = self._send(method, body, media, params)
        try:
            answer: T = _decoder(cast(Any, into)).decode(response.body)
        except msgspec.MsgspecError as error:
            raise _unreadable(request, response) from error
        return answer

    def do(
        self, method: str, *, body: Shape | Mapping[str, object] | None = None, **params: object
    ) -> None:
        """A call whose answer is empty."""
        self._send(method, body, None, params)

    def json(
        self,
        method: str,
        *,
        body: Shape | Mapping[str, object] | None = None,
        media: bytes | None = None,
        **params: object,
    ) -> dict[str, object]:
        """The answer as Gmail wrote it; {} for an empty one. Raises as `call` does."""
        request, response = self._send(method, body, media, params)
        if not response.body:
            return {}
        try:
            answer: dict[str, object] = _decoder(dict[str, object]).decode(response.body)
        except msgspec.MsgspecError as error:
            raise _unreadable(request, response) from error
        return answer

    def _send(
        self,
        method: str,
        body: Shape | Mapping[str, object] | None,
        media: bytes | None,
        params: Mapping[str, object],
    ) -> tuple[Request, Response]:
        named = {_camel(name): value for name, value in params.items() if value is not None}
        plain = None if body is None else to_json(body)
        request = self._builder.build(method, named, body=plain, media=media)
        return request, self._sender.send(request)


@lru_cache
def _decoder(into: Any) -> msgspec.json.Decoder[Any]:
    # strict=False: Gmail writes 64-bit integers as strings.
    return msgspec.json.Decoder(into, strict=False, dec_hook=read)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _unreadable(request: Request, response: Response) -> ServerFault:
    return ServerFault(
        f"The answer to {request.method.name} cannot be read.",
        hint="Is there a proxy in between? Run the command again.",
        status=response.status,
        method=request.method.name,
    )
