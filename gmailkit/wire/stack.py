"""The wrappers of the wire in their order: Retry(Bearer(Quota(Http)))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.auth.credential import Credential
from gmailkit.clock import Clock
from gmailkit.wire.ahead import Ahead
from gmailkit.wire.bearer import Bearer
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Guard, Recorder, Wire, free, nobody
from gmailkit.wire.http import READ_TIMEOUT, Http
from gmailkit.wire.owner import Owner
from gmailkit.wire.quota.scheduler import Quota
from gmailkit.wire.retry import Retry

if TYPE_CHECKING:
    import requests

    from gmailkit.wire.quota.ledger import Ledger
    from gmailkit.wire.quota.line import Allowance
    from gmailkit.wire.quota.meter import Meter


def open_wire(
    endpoint: str,
    credential: Credential,
    *,
    session: requests.Session,
    clock: Clock,
    ledger: Ledger,
    allowance: Allowance,
    meter: Meter,
    ahead: Ahead | None = None,
    deadline: float | None = None,
    timeout: float | None = None,
    guard: Guard = free,
    recorder: Recorder = nobody,
) -> Wire:
    """A wire to `endpoint`. Quota sits inside Retry and Bearer: a second try pays again, as Gmail
    counts it, and nothing slow (a new token) comes between the promise of units and the request.
    """
    http = Http(session, clock=clock, read_timeout=timeout or READ_TIMEOUT, ahead=ahead)
    quota = Quota(http, allowance=allowance, ledger=ledger, meter=meter, clock=clock)
    retry = Retry(Bearer(quota, credential), clock=clock, deadline=deadline)
    owner = Owner(credential)
    return Wire(Builder(endpoint), retry, clock=clock, guard=guard, recorder=recorder, owner=owner)
