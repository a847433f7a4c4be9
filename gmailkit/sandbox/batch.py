"""The batch endpoint: many calls in one request, each answered as if it had come alone.

Guides/batch. Google says nothing about the order in which the calls happen. Here they happen, and
are answered, in an order that is not that of the request, but the same each time.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import responses

from gmailkit.sandbox import api, headers, multipart
from gmailkit.sandbox.exchange import Reply, Request, as_refusal
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.refusal import invalid, not_found

PATHS = ("/batch", "/batch/gmail/v1")
MAX_CALLS = 100

Call = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Inner:
    content_id: str
    request: Request


def answer(request: Request, call: Call, *, at_once: bool) -> Reply:
    """Always 200, whatever the parts say. `at_once` runs them side by side.

    Refuses 400 what is no batch, and one of more than a hundred calls.
    """
    inners = _read(request)
    order = sorted(
        range(len(inners)), key=lambda n: zlib.crc32(f"{n}{inners[n].request.target}".encode())
    )
    shuffled = [inners[place] for place in order]
    with ThreadPoolExecutor(len(inners) if at_once else 1) as pool:
        replies = list(pool.map(lambda inner: _call(inner.request, call), shuffled))
    return _spoilt(_whole(shuffled, replies), replies)


def _read(request: Request) -> list[Inner]:
    parts = multipart.parts(request) if request.content_type == "multipart/mixed" else []
    if not parts:
        raise invalid("Failed to parse batch request, error: 0 items.")
    if len(parts) > MAX_CALLS:
        raise invalid(
            f"Inner request count exceeds the limit. Received: {len(parts)}, Limit: {MAX_CALLS}"
        )
    return [_inner(part, request.headers.get("authorization")) for part in parts]


def _inner(part: Message, authorization: str | None) -> Inner:
    line, _, rest = part.body.partition(b"\n")
    words = line.decode("latin-1").split()
    # Method, path and query; a whole address is none.
    if multipart.media_type(part) != "application/http" or not 2 <= len(words) <= 3:
        raise invalid("Failed to parse batch request, error: a part is no HTTP request.")
    if not words[1].startswith("/"):
        raise invalid("Failed to parse batch request, error: a part names no path.")
    message = headers.read(rest)
    said = {field.name.lower(): field.value for field in message.fields if field.name}
    if authorization is not None:
        said.setdefault("authorization", authorization)
    length = said.get("content-length", "")
    body = message.body[: int(length)] if length.isdecimal() else message.body
    return Inner(part.value("content-id"), Request(words[0], words[1], said, body))


def _call(request: Request, call: Call) -> Reply:
    """Only methods of the API, and no uploads."""
    found = api.find(request)
    if found is None:
        return as_refusal(not_found())
    if found.upload:
        return as_refusal(invalid("Media upload is not supported in a batch."))
    return call(request)


def _whole(inners: Sequence[Inner], replies: Sequence[Reply]) -> Reply:
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    parts = [_part(boundary, inner, reply) for inner, reply in zip(inners, replies, strict=True)]
    return Reply(
        200,
        {"Content-Type": f"multipart/mixed; boundary={boundary}", "Cache-Control": "no-store"},
        b"".join(parts) + f"--{boundary}--\r\n".encode(),
    )


def _part(boundary: str, inner: Inner, reply: Reply) -> bytes:
    lines = [f"--{boundary}", "Content-Type: application/http"]
    if inner.content_id:
        lines.append(f"Content-ID: <response-{inner.content_id.strip('<>')}>")
    lines += ["", f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
    said = {**reply.headers, "Content-Length": str(len(reply.body))}
    lines += [f"{name}: {value}" for name, value in said.items()]
    return "\r\n".join([*lines, "", ""]).encode() + reply.body + b"\r\n"


def _spoilt(whole: Reply, replies: Sequence[Reply]) -> Reply:
    """A fault of the connection that was meant for a part hits all: they share one."""
    for reply in replies:
        if reply.drop or reply.reset:
            return reply
    if any(reply.cut is not None for reply in replies):
        whole = replace(whole, cut=len(whole.body) // 2)
    drips = [reply.drip for reply in replies if reply.drip is not None]
    return replace(whole, drip=min(drips)) if drips else whole
