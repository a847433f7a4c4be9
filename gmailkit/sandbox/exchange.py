"""One HTTP request and its reply, apart from sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from gmailkit.sandbox.refusal import Refusal, invalid


@dataclass(frozen=True)
class Request:
    """`target` is path and query as sent; header names are lower case."""

    verb: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def meant(self) -> Request:
        """A POST may stand for another verb, and carry the query of a long GET as its form
        (X-HTTP-Method-Override; Google's own clients do so beyond 2,048 characters).
        """
        verb = self.headers.get("x-http-method-override", "").upper()
        if self.verb != "POST" or not verb:
            return self
        if verb != "GET" or self.content_type != "application/x-www-form-urlencoded":
            return replace(self, verb=verb)
        query = self.body.decode("ascii", "replace")
        return Request(verb, f"{self.path}?{query}", self.headers)

    @cached_property
    def path(self) -> str:
        """Without the query, still percent-encoded."""
        return urlsplit(self.target).path

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(unquote(segment) for segment in self.path.split("/")[1:])

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        return tuple(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """A posted form; the last value of each name."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def content_type(self) -> str:
        """Lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> dict[str, object]:
        """The body as an object; nothing counts as an empty one. Refuses 400."""
        if not self.body:
            return {}
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            raise invalid("Invalid JSON payload received. Unexpected token.") from None
        if not isinstance(read, dict):
            raise invalid("Invalid JSON payload received. Root element must be a message.")
        return read


@dataclass(frozen=True, slots=True)
class Reply:
    """`drop` closes the connection unanswered, `reset` tears it down so (TCP RST); `cut` sends so
    many bytes of the body and stops; `drip` sends so many in a tenth of a second.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    reset: bool = False
    cut: int | None = None
    drip: int | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Reply:
        return replace(self, headers={**self.headers, **headers})


DROPPED = Reply(0, drop=True)
RESET = Reply(0, reset=True)
NO_CONTENT = Reply(204)


def as_json(content: object, *, status: int = 200, pretty: bool = True) -> Reply:
    """With indentations and line breaks, as Google writes unless asked not to.

    Open: which characters Google writes as escapes. Here those of HTML.
    """
    if pretty:
        text = json.dumps(content, ensure_ascii=False, indent=2)
    else:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return Reply(
        status,
        {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "no-store"},
        text.encode("utf-8", "replace"),
    )


def as_html(page: str, *, status: int = 200) -> Reply:
    return Reply(
        status,
        {
            "Content-Type": "text/html; charset=UTF-8",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "frame-ancestors 'none'",
        },
        page.encode(),
    )


def as_refusal(refusal: Refusal) -> Reply:
    return as_json(refusal.body(), status=refusal.code).with_headers(refusal.headers)


def redirect(location: str) -> Reply:
    return Reply(302, {"Location": location, "Cache-Control": "no-store"})
