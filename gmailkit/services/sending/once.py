"""An `Outgoing` to what was sent: the one gate that all mail leaves by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from gmailkit.errors import GmailKitError
from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address
from gmailkit.model.message import Message
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry, Way
from gmailkit.services.connect import Connection
from gmailkit.services.sending.gate import judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left: Gmail's ids, everyone it goes to (cc and bcc included), bytes.

    `again`: it had left before under the same key, and nothing was sent now. Over a server that is
    not Gmail's there are no ids ("").
    """

    id: MessageId
    thread_id: ThreadId
    to: tuple[Address, ...]
    size: int
    key: str
    way: Way
    at: datetime
    again: bool = False


def send(
    connection: Connection,
    message: Outgoing,
    *,
    key: str | None = None,
    way: Way | None = None,
    batch: str = "",
    row: int | None = None,
) -> Sent:
    """Send it, once: the same `key` again returns the first result and sends nothing.

    Raises Refused when policy.toml forbids it; ServerFault or Unreachable with `maybe_done` when
    nobody knows whether it left.
    """
    judge(connection, message)
    # The hash, not the mail: enough to tell later whether something like it lies in Sent.
    digest = hashlib.sha256(message.raw).hexdigest()
    connection.journal.write(f"send {digest} {message.size} bytes")
    answer = _by_call(connection, message)
    return Sent(
        id=answer.id,
        thread_id=answer.thread_id,
        to=message.recipients,
        size=message.size,
        key=key or uuid4().hex,
        way="fast",
        at=datetime.fromtimestamp(connection.clock.now(), UTC),
    )


def keep(
    connection: Connection,
    message: Outgoing,
    *,
    state: Literal["held", "parked"],
    key: str | None = None,
    due: datetime | None = None,
    error: str = "",
    batch: str = "",
    row: int | None = None,
) -> Entry:
    """Put it into Gmail's drafts, to be sent by `finish`: at `due`, or once it is approved."""
    raise NotImplementedError


def finish(connection: Connection, entry: Entry, message: Outgoing | None = None) -> Sent:
    """Send what is kept, or bring to an end what a crash or a lost answer left unfinished.

    Without the `message` only what stands in Gmail's drafts can be sent.
    """
    raise NotImplementedError


def _by_call(connection: Connection, message: Outgoing) -> Message:
    try:
        return connection.client.messages.send(message.raw, thread_id=message.thread_id)
    except GmailKitError as error:
        if error.maybe_done:
            error.hint = "It may have left: look with `gmailkit search in:sent` before another try."
        raise
