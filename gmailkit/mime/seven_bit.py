"""A message of `build` for a server that takes no byte above 127 (RFC 6152 section 3)."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator

from gmailkit.mime.structure import Part, Structure, read_structure

_EIGHT_BIT = re.compile(rb"^content-transfer-encoding:[ \t]*8bit\r\n", re.I | re.M)
_MESSAGE = re.compile(rb"^content-type:[ \t]*message/rfc822\r\n", re.I | re.M)


def seven_bit(raw: bytes) -> bytes:
    """The same message, where each attached message with such bytes is a file of exactly these.

    Nothing else in what `build` makes has any, but for addresses of other scripts in its header;
    these stay.
    """
    structure = read_structure(raw)
    pieces: list[bytes] = []
    done = 0
    for start, part in _parts(structure, structure.root, 0):
        header, body = raw[start : part.start], structure.body(part)
        if part.children:
            pieces += [raw[done:start], _EIGHT_BIT.sub(b"", header)]
            done = part.start
        elif part.content_type == "message/rfc822" and not body.isascii():
            header = _MESSAGE.sub(b"Content-Type: application/octet-stream\r\n", header)
            header = _EIGHT_BIT.sub(b"Content-Transfer-Encoding: base64\r\n", header)
            encoded = encodebytes(body).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
            pieces += [raw[done:start], header, encoded]
            done = part.end
    return b"".join([*pieces, raw[done:]])


def _parts(structure: Structure, part: Part, start: int) -> Iterator[tuple[int, Part]]:
    """Each part and where its header begins, in the order of the bytes."""
    yield start, part
    line = f"\r\n--{part.parameters.get('boundary', '')}\r\n".encode()
    for child in part.children:
        yield from _parts(structure, child, structure.raw.rfind(line, 0, child.start) + len(line))
