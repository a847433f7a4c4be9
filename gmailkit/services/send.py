"""Sending a message made from words and files."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, UsageError
from gmailkit.mime.address import check_address
from gmailkit.mime.build import build
from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.model.message import Message
from gmailkit.record.journal import Journal

ME = "me"  # as a recipient: the own address, as in Google's userId
MOST_BYTES = 36_700_160  # media upload of messages.send (discovery document)

Recipients = str | Address | Iterable[str | Address]
Files = str | Path | Attachment | Iterable[str | Path | Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left: Gmail's ids, everyone it goes to (cc and bcc included), bytes."""

    id: MessageId
    thread_id: ThreadId
    to: tuple[Address, ...]
    size: int


def compose(
    *,
    to: Recipients = (),
    cc: Recipients = (),
    bcc: Recipients = (),
    subject: str = "",
    text: str = "",
    html: str = "",
    attach: Files = (),
    sender: str | Address | None = None,
    reply_to: Recipients = (),
    own_address: Callable[[], str],
    clock: Clock,
) -> Mail:
    """A mail ready to be built. A recipient "me" is `own_address`, which is asked for only then.

    Raises UsageError for a bad address, no recipient, an attachment that is not there or too
    large. Without `sender` Gmail puts the account's own address and name.
    """
    mail = Mail(
        sender=check_address(str(sender)) if sender else None,
        to=_addresses(to, own_address),
        cc=_addresses(cc, own_address),
        bcc=_addresses(bcc, own_address),
        reply_to=_addresses(reply_to, own_address),
        subject=subject,
        date=datetime.fromtimestamp(int(clock.now()), UTC),
        text=text,
        html=html,
        attachments=_read_all(attach),
    )
    if not (mail.to or mail.cc or mail.bcc):
        raise UsageError(
            "The message has no recipient.", hint="Name one, or use --to, --cc, --bcc."
        )
    return mail


def send(client: Client, journal: Journal, mail: Mail, *, own_address: Callable[[], str]) -> Sent:
    """Build, check the size, write down that it leaves, send once.

    A From that is not `own_address` is refused, since Gmail would replace it without a word.
    ServerFault or Unreachable with `maybe_done` when nobody knows whether it left.
    """
    if mail.sender and mail.sender.email.casefold() != own_address().casefold():
        raise UsageError(
            f"{mail.sender.email} is not the address of this account, and Gmail would replace it.",
            hint=f"Leave From out, or use {own_address()}.",
        )
    raw = build(mail)
    if len(raw) > MOST_BYTES:
        raise _too_large(len(raw))
    # The hash, not the mail: enough to tell later whether something like it lies in Sent.
    journal.write(f"send {hashlib.sha256(raw).hexdigest()} {len(raw)} bytes")
    message = _send_once(client, raw)
    return Sent(
        id=message.id,
        thread_id=message.thread_id,
        to=(*mail.to, *mail.cc, *mail.bcc),
        size=len(raw),
    )


def _send_once(client: Client, raw: bytes) -> Message:
    try:
        return client.messages.send(raw)
    except GmailKitError as error:
        if error.maybe_done:
            error.hint = "It may have left: look with `gmailkit search in:sent` before another try."
        raise


def recipient(given: str | Address, own_address: Callable[[], str]) -> Address:
    """The address a person means; UsageError when it is none."""
    return check_address(own_address() if given == ME else str(given))


def _addresses(given: Recipients, own_address: Callable[[], str]) -> tuple[Address, ...]:
    many = (given,) if isinstance(given, str | Address) else given
    return tuple(dict.fromkeys(recipient(each, own_address) for each in many))


def _read_all(attach: Files) -> tuple[Attachment, ...]:
    attachments: list[Attachment] = []
    room = MOST_BYTES
    for each in (attach,) if isinstance(attach, str | Path | Attachment) else attach:
        attachment = each if isinstance(each, Attachment) else _read(Path(each).expanduser(), room)
        room -= attachment.size
        if room < 0:
            raise _too_large(MOST_BYTES - room)
        attachments.append(attachment)
    return tuple(attachments)


def _read(path: Path, room: int) -> Attachment:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", hint="Attach the files in it, or a zip of it.")
        if path.stat().st_size > room:
            raise _too_large(path.stat().st_size, path)
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"Cannot read the attachment {path}: {error.strerror}.", hint="Check the path."
        ) from error
    kind, encoding = mimetypes.guess_type(path.name)
    return Attachment(
        filename=path.name,
        content=content,
        content_type=kind if kind and not encoding else "application/octet-stream",
    )


def _too_large(size: int, path: Path | None = None) -> UsageError:
    what = f"The attachment {path} makes the message" if path else "The message is"
    return UsageError(
        f"{what} too large: {size / 1e6:.1f} MB, and Gmail takes {MOST_BYTES / 1e6:.1f} MB in all.",
        hint="Attachments grow by a third on the way; share a link instead.",
    )
