"""Whether what an SMTP server was told left, by the copy that Gmail's own keeps in Sent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gmailkit.errors import NotFound
from gmailkit.model.message import MessageRef
from gmailkit.model.service import GOOGLE
from gmailkit.policy.addresses import narrow
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.look import may_read
from gmailkit.transport.smtp.server import Server, read_server

# A copy that is older than the message is another one; two clocks may differ by so much.
SKEW = timedelta(minutes=1)
MOST = 20  # copies that are looked at


def copies(connection: Connection, waiting: Waiting) -> list[MessageRef]:
    """What lies in Sent under its Message-ID. 5 units."""
    query = f"in:sent rfc822msgid:{waiting.message_id}"
    return list(connection.client.messages.list(q=query, limit=MOST))


def own(
    connection: Connection, waiting: Waiting, copies: Iterable[MessageRef]
) -> MessageRef | None:
    """The one that can only be this message: that of no other line, and not there before it. 20
    units for each that is looked at.
    """
    since = datetime.fromtimestamp(waiting.began, UTC) - SKEW
    listed = {each.id: each for each in copies}
    taken = connection.sends.messages_of_others(listed, key=waiting.key)
    for id in [id for id in listed if id not in taken]:
        with suppress(NotFound):
            date = connection.client.messages.get(id, format="minimal").internal_date
            if date is not None and date >= since:
                return listed[id]
    return None


def tells(connection: Connection, waiting: Waiting) -> bool:
    """Whether a look into Sent tells, for all its recipients, if it left."""
    return not waiting.parted and in_own_sent(connection, waiting)


def in_own_sent(connection: Connection, waiting: Waiting) -> bool:
    """Whether it lies in this mailbox's Sent once it left, where one may look."""
    server = read_server(waiting.server)
    if not (waiting.message_id and keeps_ids(connection, server) and may_read(connection)):
        return False
    return not server.user or narrow(server.user) == narrow(connection.address)


def keeps_ids(connection: Connection, server: Server) -> bool:
    """Whether what it takes lies in Sent of a mailbox of the same service, under the Message-ID
    that we gave it.
    """
    return server.is_google and connection.service.endpoint == GOOGLE.endpoint
