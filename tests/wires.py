"""A wire of its own, for tests that need no mailbox around it."""

from __future__ import annotations

import weakref

import requests

from gmailkit.auth.credential import Credential
from gmailkit.clock import Clock
from gmailkit.record.spending import Spending
from gmailkit.wire.call import Wire
from gmailkit.wire.quota.ledger import Ledger
from gmailkit.wire.quota.line import Allowance
from gmailkit.wire.quota.meter import Meter
from gmailkit.wire.stack import open_wire


def wire_to(
    endpoint: str,
    credential: Credential,
    *,
    session: requests.Session,
    clock: Clock,
    units_per_minute: int | None = None,
    deadline: float | None = None,
) -> Wire:
    """Unpaced unless said; it shares its quota with nobody."""
    store = Spending(None, clock=clock)
    wire = open_wire(
        endpoint,
        credential,
        session=session,
        clock=clock,
        ledger=Ledger(store, names=lambda: ("me", "us"), clock=clock),
        allowance=Allowance(units_per_minute),
        meter=Meter(),
        deadline=deadline,
    )
    weakref.finalize(wire, store.close)
    return wire
