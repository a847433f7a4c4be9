"""An invitation to an event, as calendars read it (RFC 5545, RFC 5546 section 3.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from gmailkit.compose.calendar_zone import timezone_of
from gmailkit.compose.extra import needed_for
from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.model.mail import Address

if TYPE_CHECKING:
    from icalendar import Event, vCalAddress

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """`start` and `end` are aware times, or two dates for whole days, the last one included.

    A time with a named zone (ZoneInfo) stays in it, also when its rules change; any other becomes
    UTC. An update has the same `uid` and a higher `sequence`, and so has a call-off (`cancelled`).
    `made` is when it was written; whoever sends it knows.
    """

    title: str
    start: datetime | date
    end: datetime | date
    organiser: Address
    attendees: tuple[Address, ...]
    made: datetime
    where: str = ""
    text: str = ""
    uid: str = ""
    sequence: int = 0
    cancelled: bool = False


def new_uid() -> str:
    """For an event that has none: keep it to be able to change or call off the event."""
    return f"{uuid4()}@gmailkit"


def calendar(invite: Invite) -> bytes:
    """The invitation as text/calendar with its METHOD, for `Mail.calendar`; CRLF, UTF-8.

    UsageError for an event that ends before it begins, times without a zone, no attendee, bad
    addresses, control characters, and without the extra.
    """
    _check(invite)
    with needed_for("An invitation"):
        from icalendar import Calendar
    made = Calendar()
    made.add("prodid", "-//gmailkit//EN")
    made.add("version", "2.0")
    made.add("method", "CANCEL" if invite.cancelled else "REQUEST")
    for zone, first, last in _zones(invite):
        made.add_component(timezone_of(zone, first, last))
    made.add_component(_event(invite))
    return bytes(made.to_ical())


def _event(invite: Invite) -> Event:
    from icalendar import Event, vCalAddress

    event = Event()
    event.add("uid", invite.uid or new_uid())
    event.add("sequence", invite.sequence)
    event.add("dtstamp", invite.made.astimezone(UTC))
    for name, at in (("dtstart", invite.start), ("dtend", _end(invite))):
        event.add(name, _settled(at))
    event.add("summary", invite.title)
    for name, text in (("location", invite.where), ("description", invite.text)):
        if text:
            event.add(name, _LINE_END.sub("\n", text))
    event.add("status", "CANCELLED" if invite.cancelled else "CONFIRMED")
    event.add("organizer", _person(vCalAddress, invite.organiser), encode=False)
    for attendee in invite.attendees:
        event.add("attendee", _attendee(vCalAddress, attendee), encode=False)
    return event


def _end(invite: Invite) -> datetime | date:
    """DTEND is the first moment, or day, after it."""
    if isinstance(invite.end, datetime):
        return invite.end
    return date.fromordinal(invite.end.toordinal() + 1)


def _settled(at: datetime | date) -> datetime | date:
    if isinstance(at, datetime) and _named(at.tzinfo) is None:
        return at.astimezone(UTC)
    return at


def _zones(invite: Invite) -> Iterator[tuple[ZoneInfo, datetime, datetime]]:
    """Each zone the times are in, with the first and the last time in it."""
    times = [at for at in (invite.start, invite.end) if isinstance(at, datetime)]
    zones = {zone.key: zone for at in times if (zone := _named(at.tzinfo))}
    for zone in zones.values():
        inside = [at for at in times if _named(at.tzinfo) == zone]
        yield zone, inside[0], inside[-1]


def _named(zone: tzinfo | None) -> ZoneInfo | None:
    """The zone, if calendars elsewhere know it: Europe/Berlin, neither UTC nor this machine's."""
    if isinstance(zone, ZoneInfo) and "/" in (zone.key or ""):
        return ZoneInfo(zone.key)  # the same object for the same name
    return None


def _person(kind: type[vCalAddress], address: Address) -> vCalAddress:
    person = kind(f"mailto:{address.email}")
    if address.name:
        person.params["CN"] = address.name.replace('"', "'")  # RFC 5545 section 3.2
    return person


def _attendee(kind: type[vCalAddress], address: Address) -> vCalAddress:
    attendee = _person(kind, address)
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    attendee.params["RSVP"] = "TRUE"
    return attendee


def _check(invite: Invite) -> None:
    for what, text in _texts(invite):
        if found := _CONTROL.search(_LINE_END.sub("\n", text) if what == "text" else text):
            raise UsageError(f"The {what} of the event holds the character U+{ord(found[0]):04X}.")
        if "\n" in text and what != "text":
            raise UsageError(f"The {what} of the event holds a line break.")
    if not invite.attendees:
        raise UsageError("The event has no attendee.", hint="Name whom to invite.")
    for person in (invite.organiser, *invite.attendees):
        check_address(person.email)
    if not invite.title.strip():
        raise UsageError("The event has no title.")
    _check_times(invite)


def _check_times(invite: Invite) -> None:
    start, end = invite.start, invite.end
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start.utcoffset() is None or end.utcoffset() is None:
            raise UsageError(
                "The times of the event are in no time zone.", hint="Use aware datetimes."
            )
        # In UTC: Python compares two times of one zone by their walls.
        if end.astimezone(UTC) <= start.astimezone(UTC):
            raise UsageError("The event ends before it begins.")
    elif isinstance(start, datetime) or isinstance(end, datetime):
        raise UsageError("The event begins with a time and ends with a day, or the other way.")
    elif end < start:
        raise UsageError("The event ends before it begins.")
    if invite.made.utcoffset() is None:
        raise UsageError("The time the invitation was made is in no time zone.")


def _texts(invite: Invite) -> Iterator[tuple[str, str]]:
    yield from (("title", invite.title), ("where", invite.where), ("text", invite.text))
    yield "uid", invite.uid
    for person in (invite.organiser, *invite.attendees):
        yield "names", person.name
