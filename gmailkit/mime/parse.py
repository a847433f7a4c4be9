"""A message's bytes to `Mail`; broken mail is still mail."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from gmailkit.mime.address import parse_addresses
from gmailkit.mime.charset import decode_text
from gmailkit.mime.header import decode
from gmailkit.model.mail import Attachment, Mail


def parse(raw: bytes) -> Mail:
    """What `raw` says; never raises. What a strict parser would refuse is in `.defects`."""
    try:
        root: Message = BytesParser().parsebytes(raw)
    except RecursionError:
        root = BytesParser().parsebytes(raw, headersonly=True)
    texts: list[str] = []
    htmls: list[str] = []
    kept: list[Attachment] = []
    for part in root.walk():
        if not part.is_multipart():
            _sort(part, texts, htmls, kept)
    return _mail(root, "\n".join(texts), "\n".join(htmls), tuple(kept))


def parse_headers(raw: bytes) -> Mail:
    """The header of `raw` alone: no text, no attachments."""
    return _mail(BytesParser().parsebytes(raw, headersonly=True), "", "", ())


def _sort(part: Message, texts: list[str], htmls: list[str], kept: list[Attachment]) -> None:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    kind = part.get_content_type()
    name = decode(str(part.get_filename("")))
    if kind in ("text/plain", "text/html") and not name:
        text = decode_text(content, str(part.get_param("charset", "")))
        (texts if kind == "text/plain" else htmls).append(text.replace("\r\n", "\n"))
        return
    cid = str(part.get("Content-ID", "")).strip("<> ")
    inline = part.get_content_disposition() == "inline" or bool(cid)
    kept.append(Attachment(name, content, kind, cid, inline))


def _mail(root: Message, text: str, html: str, attachments: tuple[Attachment, ...]) -> Mail:
    def raw(name: str) -> str:
        return str(root.get(name, ""))

    senders = parse_addresses(raw("From"))
    return Mail(
        sender=senders[0] if senders else None,
        to=parse_addresses(raw("To")),
        cc=parse_addresses(raw("Cc")),
        bcc=parse_addresses(raw("Bcc")),
        reply_to=parse_addresses(raw("Reply-To")),
        subject=decode(raw("Subject")),
        date=_date(raw("Date")),
        message_id=decode(raw("Message-ID")),
        in_reply_to=decode(raw("In-Reply-To")),
        references=tuple(decode(raw("References")).split()),
        headers=tuple((n, decode(str(v))) for n, v in root.items()),
        text=text,
        html=html,
        attachments=attachments,
    )


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
