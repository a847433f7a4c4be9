"""`Mail` to the bytes that are sent (RFC 5322, RFC 2045 to 2047, RFC 2231)."""

from __future__ import annotations

import re
import secrets
from email.message import Message
from itertools import count

from gmailkit.errors import UsageError
from gmailkit.mime.check import check_mail
from gmailkit.mime.date import format_date
from gmailkit.mime.entity import SENT, attached, calendar_entity, multipart, text_entity
from gmailkit.mime.fold import address_field, id_field, text_field
from gmailkit.model.mail import Attachment, Mail

_BOUNDARY = re.compile(r"[\w'()+,./:=?-]{1,60}", re.ASCII)  # RFC 2046 section 5.1.1, no blanks


def build(mail: Mail, *, boundary: str | None = None) -> bytes:
    """The message as bytes: CRLF, no line over 998, 7 bit but for what RFC 6532 needs raw.

    Text beside HTML becomes multipart/alternative, pictures the HTML shows by Content-ID
    multipart/related, other attachments multipart/mixed. An invitation stands beside the text,
    where programs answer it, and among the files. Bcc is written: Gmail delivers by it and strips
    it. What `mail` leaves out (date, message id) is left out. Lines of the text are never wrapped.
    With `boundary` the result depends on `mail` alone.

    UsageError, before anything is made, for a line break or other control character in a header,
    address, name, file name or Content-ID, for a malformed address, and for an extra header that
    belongs to a field of `Mail`.
    """
    if boundary is not None and not _BOUNDARY.fullmatch(boundary):
        raise UsageError(f"{boundary!r} is no MIME boundary.", hint="Use letters and digits.")
    check_mail(mail)
    body = _body(mail, boundary or f"=_{secrets.token_hex(12)}")
    return _header(mail).encode() + b"MIME-Version: 1.0\r\n" + body.as_bytes(policy=SENT)


def _header(mail: Mail) -> str:
    fields = [address_field("From", [mail.sender])] if mail.sender else []
    groups = {"To": mail.to, "Cc": mail.cc, "Bcc": mail.bcc, "Reply-To": mail.reply_to}
    fields += [address_field(name, people) for name, people in groups.items() if people]
    fields += [text_field("Subject", mail.subject)] if mail.subject else []
    fields += [f"Date: {format_date(mail.date)}\r\n"] if mail.date else []
    ids = {
        "Message-ID": (mail.message_id,),
        "In-Reply-To": (mail.in_reply_to,),
        "References": mail.references,
    }
    fields += [id_field(name, some) for name, some in ids.items() if "".join(some).strip()]
    fields += [text_field(name, value) for name, value in mail.headers]
    return "".join(fields)


def _body(mail: Mail, boundary: str) -> Message:
    """From the inside out: what the reader sees, its pictures, the plain text, the files."""
    entity = text_entity("html", mail.html) if mail.html else text_entity("plain", mail.text)
    pictures = [attached(a) for a in mail.attachments if _is_picture(a, mail)]
    files = [attached(a) for a in mail.attachments if not _is_picture(a, mail)]
    before = [text_entity("plain", mail.text)] if mail.html and mail.text else []
    after = [calendar_entity(mail.calendar)] if mail.calendar else []
    if mail.calendar:
        files.append(attached(Attachment("invite.ics", mail.calendar, "application/ics")))
    layers: list[tuple[str, list[Message], list[Message]]] = []
    if pictures:
        layers.append(("related", [], pictures))
    if before or after:
        layers.append(("alternative", before, after))
    if files:
        layers.append(("mixed", [], files))
    for depth, (subtype, before, after) in zip(count(1 - len(layers)), layers, strict=False):
        name = f"{-depth}_{boundary}" if depth else boundary
        entity = multipart(subtype, [*before, entity, *after], name)
    return entity


def _is_picture(attachment: Attachment, mail: Mail) -> bool:
    """Whether it belongs to the HTML, which names it by its Content-ID (RFC 2392)."""
    return bool(mail.html and attachment.inline and attachment.content_id)
