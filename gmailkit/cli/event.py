"""An event, as options say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from datetime import date, datetime

    from gmailkit.cli.letter import Given
    from gmailkit.services.sending.writing.event import Event

_SINCE = 1_577_836_800  # 2020: calendars hold 31 bits
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d")


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
    from gmailkit.compose.when import parse_hold
    from gmailkit.services.sending.writing.event import Event

    return Event(
        start=_moment(state, given.invite),
        end=_moment(state, given.until) if given.until else None,
        duration=parse_hold(given.duration) if given.duration else None,
        where=given.place or "",
        uid=given.uid or "",
        sequence=_sequence(state) if given.uid else 0,
        cancelled=given.call_off,
    )


def _sequence(state: State) -> int:
    """Higher than that of whatever was sent of the event before: the time in seconds is."""
    return int(state.clock.now()) - _SINCE


def _needs_invite(option: str, value: str | None) -> None:
    if value is not None:
        raise UsageError(f"--{option} is for an event.", hint="Give its beginning with --invite.")


def _moment(state: State, text: str) -> datetime | date:
    """A day alone is the whole day."""
    from datetime import date, datetime

    from gmailkit.compose.when import read_when
    from gmailkit.zones import LOCAL

    if _WHOLE_DAY.fullmatch(text.strip()):
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise UsageError(f"{text!r} is no day.", hint="Write it like 2026-12-24.") from None
    found = read_when(text, now=datetime.fromtimestamp(state.clock.now(), LOCAL))
    if found.remark:
        state.out.say(found.remark)
    return found.at
