"""The event that a text/calendar part is about (RFC 5545), as far as a reader of mail wants it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gmailkit.model.mail import Mail

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"""([A-Za-z-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)""")
_ZONE = re.compile(r"""TZID="?([^":;]+)"?""", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")
_MOST = 100_000  # characters that are looked at: an event is at the front, pictures are behind


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """`start` and `end` are aware times, or the first and the last whole day; a time without a
    zone, or in one that is known only to its sender, is naive. `when` says both in words.
    """

    uid: str
    start: datetime | date
    end: datetime | date
    when: str
    where: str = ""
    sequence: int = 0
    cancelled: bool = False


def event_of(mail: Mail) -> CalendarEvent | None:
    """The first event of the message; None where there is none, or it has no uid or no time."""
    for each in mail.attachments:
        if each.content_type == "text/calendar":
            return _read(each.content.decode("utf-8", "replace")[:_MOST])
    return None


def _read(text: str) -> CalendarEvent | None:
    _, begin, event = _FOLD.sub("", text).partition("BEGIN:VEVENT")
    found: dict[str, tuple[str, str]] = {}
    for line in event.partition("END:VEVENT")[0].splitlines() if begin else ():
        if said := _LINE.fullmatch(line):
            found.setdefault(said[1].upper(), (said[2], said[3]))
    uid, begins = _text(found, "UID"), found.get("DTSTART")
    start = _moment(*begins) if begins else None
    if not uid or not begins or start is None:
        return None
    end = _end(found, start)
    sequence = _text(found, "SEQUENCE")
    return CalendarEvent(
        uid=uid,
        start=start,
        end=end,
        when=_when(start, end, _zone(begins[0], start)),
        where=_text(found, "LOCATION"),
        sequence=int(sequence) if re.fullmatch(r"[0-9]{1,10}", sequence) else 0,
        cancelled=_text(found, "STATUS").upper() == "CANCELLED",
    )


def _text(found: dict[str, tuple[str, str]], name: str) -> str:
    _, value = found.get(name, ("", ""))
    return _ESCAPE.sub(lambda escape: " " if escape[1] in "nN" else escape[1], value).strip()


def _moment(params: str, value: str) -> datetime | date | None:
    zone = _ZONE.search(params)
    try:
        if re.fullmatch(r"[0-9]{8}", value):
            return date.fromisoformat(value)
        at = datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return None
    if value.endswith("Z"):
        return at.replace(tzinfo=UTC)
    return at.replace(tzinfo=_known(zone[1])) if zone else at


def _known(zone: str) -> ZoneInfo | None:
    """None for one that only its sender knows."""
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return None


def _end(found: dict[str, tuple[str, str]], start: datetime | date) -> datetime | date:
    """The last day where DTEND is the day after it; the start where nothing is said."""
    end = _moment(*found["DTEND"]) if "DTEND" in found else None
    if end is None or isinstance(end, datetime) != isinstance(start, datetime):
        return start
    if isinstance(end, datetime):
        return end
    return max(end - timedelta(days=1), start)


def _zone(params: str, start: datetime | date) -> str:
    if not isinstance(start, datetime):
        return ""
    named = _ZONE.search(params)
    return "UTC" if start.tzinfo is UTC else named[1] if named else ""


def _when(start: datetime | date, end: datetime | date, zone: str) -> str:
    if isinstance(start, datetime):
        clock = "%H:%M" if _day(end) == start.date() else "%a %Y-%m-%d %H:%M"
        return f"{start:%a %Y-%m-%d %H:%M} to {end:{clock}}" + (f" ({zone})" if zone else "")
    return f"{start:%a %Y-%m-%d}" if end == start else f"{start:%a %Y-%m-%d} to {end:%a %Y-%m-%d}"


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
