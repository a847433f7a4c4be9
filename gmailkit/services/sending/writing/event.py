"""An event to invite the recipients of a message to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from gmailkit.compose.when import EXAMPLES, parse_hold, read_when
from gmailkit.errors import UsageError
from gmailkit.model.mail import Address, Mail
from gmailkit.model.outgoing import Invitation

_USUAL = timedelta(hours=1)  # what Gmail's own calendar proposes
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`start` is an aware time, a date for a whole day, or words as of `send_later(at=...)`, which
    are read when the message is composed; so is `end`, the last day included.

    Without `end` it takes `duration` (a timedelta, or "90m"), an hour or a day. Without `title` it
    is called as the subject says. To change or call off an event, send it again with the same `uid`
    and a higher `sequence`. `remarks` are what reading the words had to say.
    """

    start: datetime | date | str
    end: datetime | date | str | None = None
    duration: timedelta | str | None = None
    title: str = ""
    where: str = ""
    uid: str = ""
    sequence: int = 0
    cancelled: bool = False
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("end", self.end)):
            if value is not None and not isinstance(value, date | str):
                raise UsageError(
                    f"The {name} of the event is {value!r}, which is neither a time nor a day.",
                    hint=f"Give a datetime with a zone, a date, or words: {EXAMPLES}.",
                )

    def read(self, now: datetime) -> Event:
        """With times in the place of words, in the zone of `now` or the one that they name.

        Raises UsageError for what is past or not understood.
        """
        start, first = _read(self.start, now)
        end, second = (None, "") if self.end is None else _read(self.end, now)
        long = parse_hold(self.duration) if isinstance(self.duration, str) else self.duration
        remarks = tuple(filter(None, (*self.remarks, first, second)))
        return replace(self, start=start, end=end, duration=long, remarks=remarks)

    @property
    def begins(self) -> datetime | date:
        """UsageError while it is in words that nobody has read."""
        return _settled(self.start)

    @property
    def until(self) -> datetime | date:
        if self.end is not None and self.duration is not None:
            raise UsageError("The event has an end and a duration.", hint="Leave one out.")
        if self.end is not None:
            return _settled(self.end)
        start, long = self.begins, self.duration
        if isinstance(long, str):
            long = parse_hold(long)
        if isinstance(start, datetime):
            return _later(start, long or _USUAL)
        return start + (long or timedelta(days=1)) - timedelta(days=1)

    @property
    def when(self) -> str:
        """In words, for readers without a calendar: "Fri 2026-12-25 09:00 to 10:00 (UTC+01:00)"."""
        start, end = self.begins, self.until
        if not isinstance(start, datetime) or not isinstance(end, datetime):
            day = f"{start:%a %Y-%m-%d}"
            return day if end == start else f"{day} to {end:%a %Y-%m-%d}"
        shown = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %Y-%m-%d %H:%M}"
        return f"{start:%a %Y-%m-%d %H:%M} to {shown} ({_zone(start)})"

    def with_uid(self) -> Event:
        """Itself, named: by its uid it can be changed or called off."""
        if self.uid:
            return self
        from gmailkit.compose.invite import new_uid

        return replace(self, uid=new_uid())

    @property
    def invitation(self) -> Invitation:
        return Invitation(
            uid=self.uid, start=self.begins, end=self.until, when=self.when, where=self.where
        )


def calendar_of(event: Event, mail: Mail, *, organiser: Address, made: datetime) -> bytes:
    """The invitation of everybody in To and Cc, to be sent with `mail`."""
    from gmailkit.compose.invite import Invite, calendar

    return calendar(
        Invite(
            title=event.title or mail.subject,
            start=event.begins,
            end=event.until,
            organiser=organiser,
            attendees=(*mail.to, *mail.cc),
            made=made,
            where=event.where,
            text=mail.text.strip(),
            uid=event.uid,
            sequence=event.sequence,
            cancelled=event.cancelled,
        )
    )


def in_words(event: Event, subject: str) -> str:
    """The text of an invitation to which nobody wrote one."""
    off = "Called off:" if event.cancelled else ""
    lines = (off, event.title or subject, event.when, event.where)
    return "\n".join(filter(None, lines)) + "\n"


def _read(said: datetime | date | str, now: datetime) -> tuple[datetime | date, str]:
    """The moment, or the whole day that a day alone is; and what has to be said about it."""
    if not isinstance(said, str):
        return said, ""
    if not _WHOLE_DAY.fullmatch(said.strip()):
        found = read_when(said, now=now)
        return found.at, found.remark
    try:
        return date.fromisoformat(said.strip()), ""
    except ValueError:
        raise UsageError(f"{said!r} is no day.", hint="Write it like 2026-12-24.") from None


def _settled(said: datetime | date | str) -> datetime | date:
    if isinstance(said, str):
        raise UsageError(f"{said!r} is not read yet.", hint="Event.read(now) reads it.")
    return said


def _later(start: datetime, duration: timedelta) -> datetime:
    """By the clock that runs, whatever daylight saving does to the one on the wall."""
    if start.utcoffset() is None:
        return start + duration
    return (start.astimezone(UTC) + duration).astimezone(start.tzinfo)


def _zone(at: datetime) -> str:
    """The name of the zone where it has one, else the offset."""
    return getattr(at.tzinfo, "key", "") or f"UTC{at.isoformat()[-6:]}"
