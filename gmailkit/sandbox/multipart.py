"""A multipart body taken apart (RFC 2046 section 5.1), every byte of a part kept."""

from __future__ import annotations

import re
from itertools import pairwise

from gmailkit.sandbox import headers
from gmailkit.sandbox.exchange import Request
from gmailkit.sandbox.headers import Message

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)


def parts(request: Request) -> list[Message]:
    """Header and content of each part; none where the body is not what its type says."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if not found:
        return []
    split = [headers.read(part) for part in _split(request.body, (found[1] or found[2]).encode())]
    return split if all(part.blank for part in split) else []


def media_type(part: Message) -> str:
    """Lower case, without parameters; "" where none is said."""
    return part.value("content-type").partition(";")[0].strip().lower()


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts between delimiter lines; lines may end in LF, as Google's own library writes."""
    delimiter = re.compile(rb"(\r?\n|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(\r?\n|\Z)")
    marks = list(delimiter.finditer(body))
    line_end = marks[0][3] if marks else b"\n"
    found = []
    for mark, following in pairwise(marks):
        end = following.start()
        if line_end == b"\n" and following[1] == b"\r\n":
            end += 1  # the CR is the message's own
        found.append(body[mark.end() : end])
        if following[2]:
            break
    return found
