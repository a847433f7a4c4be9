"""One call of a wrapper: what must leave, and what its answer must become."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gmailkit.client.client import Client

RAW = "From: ann@example.com\r\nSubject: gr\xfcn\r\n\r\n\xe4\r\n".encode("latin-1")


@dataclass(frozen=True, kw_only=True)
class Call:
    """`sends` is "VERB /path" below the user; `upload` says that RAW goes beside the body."""

    method: str
    does: Callable[[Client], object]
    sends: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    body: object = None
    upload: bool = False
    answer: object = None
    gives: object = None

    @property
    def verb(self) -> str:
        return self.sends.split(" ")[0]

    @property
    def path(self) -> str:
        root = "/upload/gmail/v1" if self.upload else "/gmail/v1"
        return f"{root}/users/me{self.sends.split(' ')[1]}"


def call(method: str, does: Callable[[Client], object], sends: str, **rest: Any) -> Call:
    """A row of a table."""
    return Call(method=method, does=does, sends=sends, **rest)


def query_of(url: str) -> dict[str, list[str]]:
    """Without what the library always adds."""
    asked = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return {
        name: values
        for name, values in asked.items()
        if name not in ("alt", "prettyPrint", "uploadType")
    }


def body_of(content: bytes, kind: str) -> tuple[object, bytes | None]:
    """The JSON of a request, and the message of an upload."""
    if kind == "message/rfc822":  # nothing beside it
        return None, content
    if not kind.startswith("multipart/"):
        return (json.loads(content) if content else None), None
    boundary = kind.split('boundary="')[1].rstrip('"').encode()
    first, second = content.split(b"--" + boundary)[1:3]
    message = second.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    return json.loads(first.partition(b"\r\n\r\n")[2]), message
