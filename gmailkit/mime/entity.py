"""MIME entities as they are sent: text, attachments, multiparts (RFC 2045, RFC 2046, RFC 2387)."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Sequence
from email.message import Message
from email.policy import Compat32
from quopri import encodestring

from gmailkit.mime.fold import disposition_value
from gmailkit.model.mail import Attachment

MAX_LINE = 998  # RFC 5322 section 2.1.1, without the CRLF

CALENDAR_METHOD = re.compile(rb"^METHOD:([A-Z]+)\r?$", re.MULTILINE)

_LINE_END = re.compile(r"\r\n?|\n")
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (MAX_LINE + 2))
_NOT_7BIT = re.compile(rb"[^\t\r\n -~]")


class _Folded(Compat32):
    """Writes header values as they stand: folded here, and UTF-8 where RFC 6532 wants it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}\r\n".encode()


SENT = _Folded(linesep="\r\n")


class _AsItIs(Message):
    """An entity whose body, with CRLF already, is written byte for byte.

    The generator writes a body of type "message" in one piece, but takes it for ASCII; one of any
    other type line by line, at three times the cost.
    """

    def get_content_maintype(self) -> str:
        return "message" if str(self.get_payload()).isascii() else "application"


def text_entity(subtype: str, text: str, parameters: str = "") -> Message:
    """`text` as text/plain or text/html in UTF-8; its last line is ended, none is wrapped."""
    raw = _LINE_END.sub("\r\n", text).encode()
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    return _leaf(f"text/{subtype}; charset=utf-8{parameters}", *_encoded(raw))


def calendar_entity(content: bytes) -> Message:
    """An invitation as text/calendar; by its METHOD mail programs know what to ask the reader.

    RFC 6047 section 2.4 wants the method of the content in the header as well.
    """
    method = CALENDAR_METHOD.search(content)
    said = f"; method={method[1].decode()}" if method else ""
    return text_entity("calendar", content.decode(), said)


def attached(attachment: Attachment) -> Message:
    """An attachment, its bytes exact: base64, but for a message that can stand as it is."""
    content_type, content = attachment.content_type.lower(), attachment.content
    if content_type == "message/rfc822" and (body := _as_message(content)) is not None:
        part = _leaf(content_type, "7bit" if body.isascii() else "8bit", body)
    else:
        if content_type.startswith(("message/", "multipart/")):
            content_type = "application/octet-stream"  # RFC 2046 allows these no base64
        if content_type.startswith("text/") and _is_utf8(content):
            content_type += "; charset=utf-8"
        part = _leaf(content_type, "base64", _base64(content))
    disposition = "inline" if attachment.inline else "attachment"
    part["Content-Disposition"] = disposition_value(disposition, attachment.filename)
    if attachment.content_id:
        part["Content-ID"] = f"<{attachment.content_id}>"
    return part


def multipart(subtype: str, parts: Sequence[Message], boundary: str) -> Message:
    """The entities in one; `boundary` is lengthened should it occur in one of them."""
    texts = [_line_or_body(inner) for part in parts for inner in part.walk()]
    while any(f"--{boundary}" in text for text in texts):
        boundary = f"x{boundary}"
    entity = Message()
    related = '; type="text/html"' if subtype == "related" else ""
    entity["Content-Type"] = f'multipart/{subtype}; boundary="{boundary}"{related}'
    if any(part["Content-Transfer-Encoding"] == "8bit" for part in parts):
        entity["Content-Transfer-Encoding"] = "8bit"
    for part in parts:
        entity.attach(part)
    return entity


def _line_or_body(part: Message) -> str:
    return f"--{part.get_boundary()}" if part.is_multipart() else str(part.get_payload())


def _leaf(content_type: str, encoding: str, body: bytes) -> Message:
    part = _AsItIs()
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(body.decode("ascii", "surrogateescape"))
    return part


def _encoded(raw: bytes) -> tuple[str, bytes]:
    """7bit where nothing speaks against it, else quoted-printable where most stays readable."""
    if not _NOT_7BIT.search(raw) and not _LONG_LINE.search(raw):
        return "7bit", raw
    quoted, base64 = encodestring(raw), _base64(raw)
    if len(quoted) <= len(base64) * 1.5:
        return "quoted-printable", quoted
    return "base64", base64


def _base64(content: bytes) -> bytes:
    return encodebytes(content).replace(b"\n", b"\r\n")


def _as_message(content: bytes) -> bytes | None:
    """The content with CRLF if it may stand unencoded, as RFC 2046 section 5.2.1 demands."""
    body = content if b"\r\n" in content else content.replace(b"\n", b"\r\n")
    stray = body.count(b"\r") - body.count(b"\r\n") or body.count(b"\n") - body.count(b"\r\n")
    if not body or stray or b"\0" in body or _LONG_LINE.search(body):
        return None
    return body


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
