"""Content-Transfer-Encoding undone (RFC 2045 section 6)."""

from __future__ import annotations

import binascii
import re

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BETWEEN = b"=\r\n \t"
_NO_DIGIT = bytes(set(range(256)) - set(_DIGITS))
_BLOCKS = 1000  # base64 texts set end to end in one body; beyond that the padding is noise

_AS_IS = frozenset(("", "7bit", "8bit", "binary", "7-bit", "8-bit", "8bits", "7bits", "none"))
_UU = frozenset(("x-uuencode", "uuencode", "x-uue", "uue"))
_LINE = re.compile(rb"[^\n]+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ?[^\n]*\n", re.M)


def decode_transfer(body: bytes, encoding: str) -> tuple[bytes, str]:
    """The content of an encoded body, and what was wrong with it ("" when nothing).

    Never raises: what can be read is read, an unknown encoding leaves the body as it is.
    """
    match encoding:
        case "base64":
            return decode_base64(body), _base64_defect(body)
        case "quoted-printable":
            return binascii.a2b_qp(body), ""
        case _ if encoding in _UU:
            return _decode_uu(body)
        case _ if encoding in _AS_IS:
            return body, ""
    return body, f"unknown transfer encoding {encoding[:40]!r}"


def decode_base64(body: bytes) -> bytes:
    """As much as can be read: alien bytes, missing padding and a cut last group do not matter."""
    first = body.find(b"=")
    if first < 0 or not body[first:].strip(b"=\r\n \t"):
        return _block(body)
    return b"".join(map(_block, body.split(b"=", _BLOCKS)))


def _block(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        digits = body.translate(None, _NO_DIGIT)
        whole = len(digits) - (len(digits) % 4 == 1)
        return binascii.a2b_base64(digits[:whole] + b"=" * (-whole % 4))


def _base64_defect(body: bytes) -> str:
    if body.translate(None, _DIGITS + _BETWEEN):
        return "bytes outside the alphabet in base64"
    blanks = sum(map(body.count, (b"\r", b"\n", b" ", b"\t")))
    return "base64 cut short" if (len(body) - blanks) % 4 else ""


def _decode_uu(body: bytes) -> tuple[bytes, str]:
    begin = _UU_BEGIN.search(body)
    if not begin:
        return body, "uuencoded body without a begin line"
    content = bytearray()
    for found in _LINE.finditer(body, begin.end()):
        if found[0].strip() == b"end":
            return bytes(content), ""
        content += _uu_line(found[0])
    return bytes(content), "uuencoded body without an end line"


def _uu_line(line: bytes) -> bytes:
    """Some encoders pad a line wrongly; then its own length byte says how much counts."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        counted = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        try:
            return binascii.a2b_uu(line[:counted])
        except binascii.Error:
            return b""
