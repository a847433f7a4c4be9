"""What Gmail makes of a message that is sent through its API, before anybody receives it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, formataddr, parsedate_to_datetime

from gmailkit.mime.address import parse_addresses
from gmailkit.model.mail import Address
from gmailkit.sandbox import addresses, headers, tree
from gmailkit.sandbox.headers import Field, Message
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.state.users import User

# Open: 100 or 500 recipients per message, by the version of Google's page.
MAX_RECIPIENTS = 100
MAX_ATTACHMENTS = 500
MAX_HEADER = 500_000  # bytes
# Open: what else Gmail finds wrong with one; facts name a domain without a dot, and two @.
_GOOD_ID = re.compile(r"<[^<>@\s]+@[^<>@\s.]+(?:\.[^<>@\s.]+)+>")
_RECIPIENT_FIELDS = ("To", "Cc", "Bcc")
_ADDRESS_FIELDS = ("from", "to", "cc", "bcc", "reply-to", "sender")
# Executables, which Gmail does not carry (support.google.com/mail/answer/6590, in part).
_BLOCKED = frozenset(
    "ade adp apk appx bat cab chm cmd com cpl dll exe hta ins isp iso jar js jse lib lnk mde msc "
    "msi msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vxd wsc wsf wsh".split()
)


def recipients(message: Message) -> list[Address]:
    """Everybody in To, Cc and Bcc, each address once. Refuses 400 what cannot be mailed to."""
    if sum(len(field.raw) for field in message.fields) > MAX_HEADER:
        raise invalid("Invalid message: its header is too large")
    found: dict[str, Address] = {}
    for name in _RECIPIENT_FIELDS:
        for value in message.values(name.lower()):
            for address in addresses.strict(name, value):
                found.setdefault(address.email.lower(), address)
    if not found:
        raise invalid("Recipient address required")
    if len(found) > MAX_RECIPIENTS:
        raise invalid(f"Too many recipients: {len(found)}, at most {MAX_RECIPIENTS}")
    return list(found.values())


def check_attachments(raw: bytes) -> None:
    """Open: Gmail refuses or bounces executable attachments. Refused here."""
    files = [part for part in tree.read(raw).walk() if part.filename]
    if len(files) > MAX_ATTACHMENTS:
        raise invalid(f"Too many attachments: {len(files)}, at most {MAX_ATTACHMENTS}")
    for part in files:
        ending = part.filename.rpartition(".")[2].lower().strip()
        if "." in part.filename and ending in _BLOCKED:
            raise invalid(f"Message blocked: attachments of type .{ending} are not allowed")


def rewrite(message: Message, user: User, own: Mapping[str, str], *, now: float) -> Message:
    """The sender's own copy: From, Message-ID and Date as Gmail leaves them; Bcc is kept.

    `own` are the lower-case addresses the user may send from, with the name of each.
    """
    fields: list[Field] = [_legacy(field) for field in message.fields]
    if any(not value.isascii() for name in _ADDRESS_FIELDS for value in message.values(name)):
        fields = list(message.fields)  # an internationalised message (RFC 6532) is UTF-8
    changed = Message(tuple(fields), message.blank, message.body)
    changed = _with_from(changed, user, own)
    return _dated(_replaced(changed, "Message-ID", new_message_id()), now)


def submitted(message: Message, user: User, own: Mapping[str, str], *, now: float) -> Message:
    """The same of what comes by SMTP: a good Message-ID stays, and no encoding is guessed."""
    changed = _with_from(message, user, own)
    said = message.value("message-id")
    if not _GOOD_ID.fullmatch(said):
        changed = _replaced(changed, "Message-ID", new_message_id())
        if said:
            was = headers.field("X-Google-Original-Message-ID", said)
            changed = Message((*changed.fields, was), changed.blank, changed.body)
    return _dated(changed, now)


def new_message_id() -> str:
    """Gmail's own; what the client chose is not kept anywhere."""
    return f"<CA{secrets.token_urlsafe(36)}@mail.gmail.com>"


def _dated(message: Message, now: float) -> Message:
    if _valid_date(message.value("date")):
        return message
    return _replaced(message, "Date", format_datetime(datetime.fromtimestamp(now, UTC)))


def _with_from(message: Message, user: User, own: Mapping[str, str]) -> Message:
    """Anybody else's address is silently replaced by the primary one."""
    said = next(iter(parse_addresses(message.value("from"))), None)
    if said is not None and said.email.lower() in own:
        name = own[said.email.lower()]
        if said.name or not name:
            return message
        return _replaced(message, "From", formataddr((name, said.email)))
    name = said.name if said is not None and said.name else own[user.address.lower()]
    changed = _replaced(message, "From", formataddr((name, user.address)))
    if said is None:
        return changed
    was = formataddr((said.name, said.email)) if said.email.isascii() else str(said)
    original = headers.field("X-Google-Original-From", was)
    return Message((*changed.fields, original), changed.blank, changed.body)


def _replaced(message: Message, name: str, value: str) -> Message:
    """In the place of the first field of that name, else at the top; further ones go."""
    new = headers.field(name, value)
    fields: list[Field] = []
    placed = False
    for field in message.fields:
        if field.name.lower() != name.lower():
            fields.append(field)
        elif not placed:
            fields.append(new)
            placed = True
    return Message(tuple(fields if placed else [new, *fields]), message.blank, message.body)


def _legacy(field: Field) -> Field:
    """Raw bytes beyond ASCII are taken for Latin-1: UTF-8 comes out as mojibake."""
    if field.raw.isascii() or not field.name:
        return field
    from email.header import Header

    text = field.raw.partition(b":")[2].decode("latin-1").replace("\r\n", "").strip()
    return headers.field(field.name, Header(text, "utf-8", maxlinelen=998).encode())


def _valid_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True
