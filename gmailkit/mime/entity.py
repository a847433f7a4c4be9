"""MIME entities as they are sent: text, attachments, multiparts (RFC 2045, RFC 2046, RFC 2387)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from gmailkit.mime.fold import parameter_field
from gmailkit.mime.transfer import encode_base64, encode_quoted_printable
from gmailkit.model.mail import Attachment

MAX_LINE = 998  # RFC 5322 section 2.1.1, without the CRLF

_LINE_END = re.compile(r"\r\n?|\n")
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (MAX_LINE + 2))
_NOT_7BIT = re.compile(rb"[^\t\r\n -~]")


@dataclass(frozen=True, slots=True)
class Entity:
    """Header lines (each with its CRLF) and body; `raw_8bit` when the body is not 7 bit."""

    header: str
    body: bytes = field(repr=False)
    raw_8bit: bool = False

    def to_bytes(self) -> bytes:
        return self.header.encode() + b"\r\n" + self.body


def text_entity(subtype: str, text: str) -> Entity:
    """`text` as text/plain or text/html in UTF-8; its last line is ended, none is wrapped."""
    raw = _LINE_END.sub("\r\n", text).encode()
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    encoding, body = _encoded(raw)
    return _entity(f"text/{subtype}", {"charset": "utf-8"}, encoding, body)


def attached(attachment: Attachment) -> Entity:
    """An attachment, its bytes exact: base64, but for a message that can stand as it is."""
    content_type, parameters = attachment.content_type.lower(), {}
    if content_type == "message/rfc822" and (body := _as_message(attachment.content)) is not None:
        encoding = "7bit" if body.isascii() else "8bit"
        return _entity(content_type, {}, encoding, body, _naming(attachment))
    if content_type.startswith(("message/", "multipart/")):
        content_type = "application/octet-stream"  # RFC 2046 allows these no base64
    if content_type.startswith("text/") and _is_utf8(attachment.content):
        parameters = {"charset": "utf-8"}
    body = encode_base64(attachment.content)
    return _entity(content_type, parameters, "base64", body, _naming(attachment))


def multipart(subtype: str, entities: Sequence[Entity], boundary: str) -> Entity:
    """The entities in one; `boundary` is lengthened should it occur in one of them."""
    parts = [entity.to_bytes() for entity in entities]
    while any(b"--" + boundary.encode() in part for part in parts):
        boundary = f"x{boundary}"
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    parameters = {"boundary": boundary}
    if subtype == "related":
        parameters["type"] = "text/html"
    raw_8bit = any(entity.raw_8bit for entity in entities)
    return _entity(f"multipart/{subtype}", parameters, "8bit" if raw_8bit else "", body)


def _entity(
    content_type: str, parameters: dict[str, str], encoding: str, body: bytes, naming: str = ""
) -> Entity:
    header = parameter_field("Content-Type", content_type, parameters)
    if encoding:
        header += f"Content-Transfer-Encoding: {encoding}\r\n"
    return Entity(header + naming, body, raw_8bit=encoding == "8bit")


def _naming(attachment: Attachment) -> str:
    name = {"filename": attachment.filename} if attachment.filename else {}
    disposition = "inline" if attachment.inline else "attachment"
    header = parameter_field("Content-Disposition", disposition, name)
    if attachment.content_id:
        header += f"Content-ID: <{attachment.content_id}>\r\n"
    return header


def _encoded(raw: bytes) -> tuple[str, bytes]:
    """7bit where nothing speaks against it, else quoted-printable where most stays readable."""
    if not _NOT_7BIT.search(raw) and not _LONG_LINE.search(raw):
        return "7bit", raw
    quoted, base64 = encode_quoted_printable(raw), encode_base64(raw)
    if len(quoted) <= len(base64) * 1.5:
        return "quoted-printable", quoted
    return "base64", base64


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
