"""The wrappers of the wire in their order: Retry(Pace(Bearer(Http)))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.auth.credential import Credential
from gmailkit.clock import Clock
from gmailkit.wire.bearer import Bearer
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Wire
from gmailkit.wire.http import Http
from gmailkit.wire.pace import Pace
from gmailkit.wire.request import Sender
from gmailkit.wire.retry import Retry

if TYPE_CHECKING:
    import requests


def open_wire(
    endpoint: str,
    credential: Credential,
    *,
    session: requests.Session,
    clock: Clock,
    units_per_minute: int | None,
) -> Wire:
    """A wire to `endpoint`. Pace sits inside Retry: a second try pays again, as Gmail counts it."""
    sender: Sender = Bearer(Http(session), credential)
    if units_per_minute is not None:
        sender = Pace(sender, units_per_minute=units_per_minute, clock=clock)
    return Wire(Builder(endpoint), Retry(sender, clock=clock))
