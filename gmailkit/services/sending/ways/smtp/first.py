"""The bytes that will be sent, this time and each further time, and to whom."""

from __future__ import annotations

from uuid import uuid4

from gmailkit.errors import CannotWrite
from gmailkit.mime.date import format_date
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting, WaitingMail
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.smtp.how import how
from gmailkit.services.sending.ways.smtp.submission import server_for
from gmailkit.transport.smtp.letter import letter_of


def waiting_mail(connection: Connection) -> WaitingMail:
    """Where they lie."""
    return WaitingMail(lambda: connection.state_folder)


def write_down(connection: Connection, entry: Entry, message: Outgoing) -> tuple[Waiting, bytes]:
    """On the disk. What was said of the way (`how`) is in it, and counts from now on."""
    said, own = how(), connection.address
    sender = message.mail.sender.email if message.mail.sender else own
    letter = letter_of(
        message.raw,
        sender=own,
        date=format_date(connection.sends.now()),
        message_id=f"<{uuid4()}@{own.rpartition('@')[2]}>",
    )
    waiting = Waiting(
        key=entry.key,
        server=server_for(connection, said.server).url,
        sender=sender if said.mail_from is None else said.mail_from,
        recipients=tuple(each.email for each in message.recipients),
        notify=said.notify,
        returns=said.returns or "",
        message_id=letter.message_id,
        composed=not message.finished,
        began=connection.sends.now().timestamp(),
    )
    waiting_mail(connection).put(waiting, letter.content)
    return waiting, letter.content


def forget(connection: Connection, key: str) -> None:
    """Its bytes, before other ones take their place; CannotWrite when they remain."""
    mail = waiting_mail(connection)
    mail.drop(key)
    if mail.get(key) is not None:
        folder = connection.state_folder
        raise CannotWrite(
            f"Old bytes of the message of {key} cannot be removed from {folder}.",
            path=folder,
            hint="Nothing was sent. Make the folder writable.",
        )
