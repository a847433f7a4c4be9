"""An event, as options say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.letter import Given
    from gmailkit.services.sending.writing.event import Event

_SINCE = 1_577_836_800  # 2020: calendars hold 31 bits


def event_of(state: State, given: Given) -> Event | None:
    """None without --invite. UsageError for a time that is past or not understood."""
    if given.invite is None:
        for option, value in (("until", given.until), ("duration", given.duration)):
            _needs_invite(option, value)
        _needs_invite("place", given.place)
        _needs_invite("uid", given.uid)
    if given.call_off and not given.uid:
        raise UsageError(
            "--call-off needs the --uid of the event.", hint="It stands in: gmailkit show ID"
        )
    if given.invite is None:
        return None
    from datetime import datetime

    from gmailkit.services.sending.writing.event import Event
    from gmailkit.zones import LOCAL

    return Event(
        start=given.invite,
        end=given.until or None,
        duration=given.duration or None,
        where=given.place or "",
        uid=given.uid or "",
        sequence=_sequence(state) if given.uid else 0,
        cancelled=given.call_off,
    ).read(datetime.fromtimestamp(state.clock.now(), LOCAL))


def _sequence(state: State) -> int:
    """Higher than that of whatever was sent of the event before: the time in seconds is."""
    return int(state.clock.now()) - _SINCE


def _needs_invite(option: str, value: str | None) -> None:
    if value is not None:
        raise UsageError(f"--{option} is for an event.", hint="Give its beginning with --invite.")
