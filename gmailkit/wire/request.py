"""The one seam of the wire: `send(request) -> response`. Bearer, quota and retry wrap it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from gmailkit.model.content import Content
from gmailkit.wire.methods import Method


class Large(msgspec.Struct, frozen=True):
    """The answer's field `key` is base64url of a length that is not worth holding: it is decoded
    while it arrives, beyond `in_memory` bytes to disk."""

    key: str
    in_memory: int


@dataclass(frozen=True, slots=True)
class Request:
    """A call ready for HTTP; `scopes` are those of which one suffices.

    `give_up` is the deadline by `Clock.monotonic`, None for none. `answers` are statuses
    beyond 2xx that the caller understands: no faults.
    """

    method: Method
    verb: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # holds the bearer token once it is set
    body: bytes | None = field(default=None, repr=False)
    scopes: frozenset[str] = frozenset()
    large: Large | None = None
    give_up: float | None = None
    answers: frozenset[int] = frozenset()

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def bare_headers(self) -> dict[str, str]:
        """Those that say nothing about the body: for a request of ours that carries this one."""
        kept = ("accept", "accept-encoding", "user-agent")
        return {name: self.headers[name] for name in kept if name in self.headers}

    def with_headers(self, **headers: str) -> Request:
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names are lower case. `content` is what `Request.large` asked for,
    and `body` then has "" in its place."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    content: Content | None = field(default=None, repr=False)


class Sender(Protocol):
    """Sends a request and gives the response whatever its status.

    Raises Unreachable when there is no response.
    """

    def send(self, request: Request) -> Response: ...
