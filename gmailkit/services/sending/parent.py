"""The message that is answered, and who answers it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmailkit.compose.reply import is_own, mailbox_of
from gmailkit.errors import Refused, UsageError
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.parse import parse
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.mail import Address, Mail
from gmailkit.model.message import Message
from gmailkit.services.connect import Connection
from gmailkit.services.conversations import in_view

_DRAFT, _TRASH = LabelId("DRAFT"), LabelId("TRASH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """`own` are the addresses of whoever answers; `sender` the alias that the message was written
    to or from, None where that is the account's own address, which Gmail puts by itself.
    """

    mail: Mail
    raw: bytes = field(repr=False)
    thread_id: ThreadId
    own: tuple[str, ...]
    sender: str | None = None
    trashed: bool = False


def read_parent(connection: Connection, id: str) -> Parent:
    """Its bytes as they are stored (20 units) and the own addresses (1 unit).

    Raises NotFound when it is gone, UsageError for a draft: nobody has got it yet.
    """
    message, content = connection.client.messages.get_raw(id)
    with content:
        raw = content.bytes
    if _DRAFT in message.label_ids:
        raise UsageError(
            f"The message {id} is a draft, which nobody has got yet.",
            hint="Edit it: gmailkit drafts",
        )
    mail = parse(raw)
    own = own_addresses(connection)
    return Parent(
        mail=mail,
        raw=raw,
        thread_id=message.thread_id,
        own=own,
        sender=_addressed(mail, own),
        trashed=_TRASH in message.label_ids,
    )


def to_answer(connection: Connection, thread: str) -> MessageId:
    """The message that an answer to a conversation answers: the newest that somebody else wrote, or
    one's own newest where nobody did. 40 units, and 1 for the own addresses.

    Drafts do not count, nor does what lies in Trash or Spam. Raises NotFound when it is gone.
    """
    found = connection.client.threads.get(thread, format="metadata", metadata_headers=("From",))
    there = [each for each in in_view(found.messages) if _DRAFT not in each.label_ids]
    if not there:
        raise UsageError(
            "That conversation is a draft, which nobody has got yet.",
            hint="Edit it: gmailkit drafts",
        )
    own = own_addresses(connection)
    others = [each for each in there if not _is_from(each, own)]
    return max(others or there, key=lambda each: each.date).id


def _is_from(message: Message, own: tuple[str, ...]) -> bool:
    senders = parse_addresses(message.header("From"))
    return bool(senders) and is_own(senders[0], own)


def own_addresses(connection: Connection) -> tuple[str, ...]:
    """The account's first; its aliases where the sign-in may see them."""
    try:
        connection.check_allowed("settings.sendAs.list")
        there = connection.client.settings.send_as.list()
    except Refused:
        return (connection.address,)
    aliases = (e.send_as_email for e in there if e.verification_status in (None, "accepted"))
    return tuple(dict.fromkeys((connection.address, *aliases)))


def _addressed(mail: Mail, own: tuple[str, ...]) -> str | None:
    """Which of the own addresses it was written to; to one of one's own, which it is from."""
    if is_own(mail.sender, own):
        named: tuple[Address | None, ...] = (mail.sender,)
    else:
        delivered = parse_addresses(mail.header("Delivered-To"))
        named = (*mail.to, *mail.cc, *mail.bcc, *delivered)
    mailboxes = [mailbox_of(each.email) for each in named if each]
    found = next((each for box in mailboxes for each in own if mailbox_of(each) == box), None)
    return None if found == own[0] else found
