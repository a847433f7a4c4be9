"""An event to invite the recipients of a message to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from gmailkit.errors import UsageError
from gmailkit.model.mail import Address, Mail
from gmailkit.model.outgoing import Invitation

_USUAL = timedelta(hours=1)  # what Gmail's own calendar proposes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`start` is an aware time, or a date for a whole day; so is `end`, the last day included.

    Without `end` it takes `duration`, an hour or a day. Without `title` it is called as the subject
    says. To change or call off an event, send it again with the same `uid` and a higher `sequence`.
    """

    start: datetime | date
    end: datetime | date | None = None
    duration: timedelta | None = None
    title: str = ""
    where: str = ""
    uid: str = ""
    sequence: int = 0
    cancelled: bool = False

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("end", self.end)):
            if value is not None and not isinstance(value, date):
                raise UsageError(
                    f"The {name} of the event is {value!r}, which is neither a time nor a day.",
                    hint="Give a datetime with a zone, as "
                    'datetime(2026, 12, 24, 18, tzinfo=ZoneInfo("Europe/Berlin")), or a date.',
                )

    @property
    def until(self) -> datetime | date:
        if self.end is not None and self.duration is not None:
            raise UsageError("The event has an end and a duration.", hint="Leave one out.")
        if self.end is not None:
            return self.end
        if isinstance(self.start, datetime):
            return _later(self.start, self.duration or _USUAL)
        return self.start + (self.duration or timedelta(days=1)) - timedelta(days=1)

    @property
    def when(self) -> str:
        """In words, for readers without a calendar: "Fri 2026-12-25 09:00 to 10:00 (UTC+01:00)"."""
        start, end = self.start, self.until
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
            uid=self.uid, start=self.start, end=self.until, when=self.when, where=self.where
        )


def calendar_of(event: Event, mail: Mail, *, organiser: Address, made: datetime) -> bytes:
    """The invitation of everybody in To and Cc, to be sent with `mail`."""
    from gmailkit.compose.invite import Invite, calendar

    return calendar(
        Invite(
            title=event.title or mail.subject,
            start=event.start,
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


def _later(start: datetime, duration: timedelta) -> datetime:
    """By the clock that runs, whatever daylight saving does to the one on the wall."""
    if start.utcoffset() is None:
        return start + duration
    return (start.astimezone(UTC) + duration).astimezone(start.tzinfo)


def _zone(at: datetime) -> str:
    """The name of the zone where it has one, else the offset."""
    return getattr(at.tzinfo, "key", "") or f"UTC{at.isoformat()[-6:]}"
