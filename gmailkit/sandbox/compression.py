"""gzip for clients that ask twice (guides/performance): in Accept-Encoding and in User-Agent."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace

from gmailkit.sandbox.exchange import Reply, Request

_ACCEPTED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|\Z))", re.IGNORECASE)
_LEVEL = 1  # quick: the other side of the connection is this machine


def compressed(request: Request, reply: Reply) -> Reply:
    """`reply`, compressed where the client takes it so and there is something to compress."""
    wanted = _ACCEPTED.search(request.headers.get("accept-encoding", ""))
    if not wanted or "gzip" not in request.headers.get("user-agent", "") or not reply.body:
        return reply
    if reply.cut is not None:  # counted in bytes of what is there
        return reply
    packed = replace(reply, body=gzip.compress(reply.body, _LEVEL, mtime=0))
    return packed.with_headers({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
