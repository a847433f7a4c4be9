"""The way over SMTP: an `Outgoing` to a server, as an entry of the ledger."""

from __future__ import annotations

from gmailkit.errors import CannotDo
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection


def deliver(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """Send it and return its entry as it is then; every step is in the ledger before it is made."""
    raise CannotDo("Sending over SMTP is not there yet.", hint="Leave --via out.")
