"""The one seam of the wire: `send(request) -> response`. Bearer, pace and retry wrap it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from gmailkit.wire.methods import Method


@dataclass(frozen=True, slots=True)
class Request:
    """A call ready for HTTP; `scopes` are those of which one suffices."""

    method: Method
    verb: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # holds the bearer token once it is set
    body: bytes | None = field(default=None, repr=False)
    scopes: frozenset[str] = frozenset()

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def with_headers(self, **headers: str) -> Request:
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Sender(Protocol):
    """Sends a request and gives the response whatever its status.

    Raises Unreachable when there is no response.
    """

    def send(self, request: Request) -> Response: ...
