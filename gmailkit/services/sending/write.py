"""Words to a message that is ready to leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Unpack

from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.mime.build import build
from gmailkit.model.mail import Address, Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection
from gmailkit.services.sending.files import MOST_BYTES, read_all, too_large
from gmailkit.services.sending.words import ME, Recipients, Words


def write(connection: Connection, **words: Unpack[Words]) -> Outgoing:
    """Nothing leaves. Raises UsageError for a bad address, no recipient, an attachment that is not
    there, a message too large, and a sender that is not the own address, since Gmail would replace
    it without a word.
    """
    mail = Mail(
        sender=_sender(connection, words.get("sender")),
        to=_addresses(connection, words.get("to", ())),
        cc=_addresses(connection, words.get("cc", ())),
        bcc=_addresses(connection, words.get("bcc", ())),
        reply_to=_addresses(connection, words.get("reply_to", ())),
        subject=words.get("subject", ""),
        date=datetime.fromtimestamp(int(connection.clock.now()), UTC),
        text=words.get("text", ""),
        html=words.get("html", ""),
        in_reply_to=words.get("in_reply_to", ""),
        references=tuple(words.get("references", ())),
        attachments=read_all(words.get("attach", ())),
    )
    if not (mail.to or mail.cc or mail.bcc):
        raise UsageError(
            "The message has no recipient.", hint="Name one, or use --to, --cc, --bcc."
        )
    raw = build(mail)
    if len(raw) > MOST_BYTES:
        raise too_large(len(raw))
    return Outgoing(mail=mail, raw=raw, thread_id=words.get("thread_id"))


def recipient(connection: Connection, given: str | Address) -> Address:
    """The address a person means; UsageError when it is none."""
    return check_address(connection.address if given == ME else str(given))


def _addresses(connection: Connection, given: Recipients) -> tuple[Address, ...]:
    many = (given,) if isinstance(given, str | Address) else given
    return tuple(dict.fromkeys(recipient(connection, each) for each in many))


def _sender(connection: Connection, given: str | Address | None) -> Address | None:
    sender = check_address(str(given)) if given else None
    if sender and sender.email.casefold() != connection.address.casefold():
        raise UsageError(
            f"{sender.email} is not the address of this account, and Gmail would replace it.",
            hint=f"Leave From out, or use {connection.address}.",
        )
    return sender
