"""`Mail` to the bytes that are sent."""

from __future__ import annotations

import re
from dataclasses import astuple
from email.headerregistry import Address as StdAddress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from gmailkit.errors import UsageError
from gmailkit.model.mail import Address, Attachment, Mail

_BREAKS = re.compile(r"[\r\n\x00\x0b\x0c\x85\u2028\u2029]")


def build(mail: Mail, *, boundary: str | None = None) -> bytes:
    """The message as bytes with CRLF; UsageError when a header field holds a line break or NUL."""
    _refuse_breaks(mail)
    people = (
        *mail.to,
        *mail.cc,
        *mail.bcc,
        *mail.reply_to,
        *([mail.sender] if mail.sender else []),
    )
    ascii_only = all(a.email.isascii() for a in people)
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    _head(message, mail)
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        _attach(message, attachment)
    if boundary and message.is_multipart():
        message.set_boundary(boundary)
    return message.as_bytes()


def _refuse_breaks(mail: Mail) -> None:
    people = (
        *mail.to,
        *mail.cc,
        *mail.bcc,
        *mail.reply_to,
        *([mail.sender] if mail.sender else []),
    )
    words = [mail.subject, mail.message_id, mail.in_reply_to, *mail.references]
    words += [w for a in people for w in astuple(a)]
    words += [w for pair in mail.headers for w in pair]
    for a in mail.attachments:
        words += [a.filename, a.content_type, a.content_id]
    for word in words:
        if _BREAKS.search(word):
            raise UsageError(f"{word!r} holds a line break", hint="Write it on one line.")


def _head(message: EmailMessage, mail: Mail) -> None:
    if mail.sender:
        message["From"] = _address(mail.sender)
    for name, people in (("To", mail.to), ("Cc", mail.cc), ("Bcc", mail.bcc)):
        if people:
            message[name] = [_address(a) for a in people]
    if mail.reply_to:
        message["Reply-To"] = [_address(a) for a in mail.reply_to]
    message["Subject"] = mail.subject
    if mail.date:
        message["Date"] = format_datetime(mail.date)
    for name, value in (("Message-ID", mail.message_id), ("In-Reply-To", mail.in_reply_to)):
        if value:
            message[name] = value
    if mail.references:
        message["References"] = " ".join(mail.references)
    for name, value in mail.headers:
        message[name] = value


def _address(address: Address) -> StdAddress:
    return StdAddress(display_name=address.name, addr_spec=address.email)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.content_type.partition("/")
    if main in ("message", "multipart", "text"):
        main, sub = "application", "octet-stream"
    message.add_attachment(
        attachment.content,
        maintype=main,
        subtype=sub,
        filename=attachment.filename or None,
        disposition="inline" if attachment.inline else "attachment",
        cid=f"<{attachment.content_id}>" if attachment.content_id else None,
    )
