from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gmailkit.mime.event import event_of
from gmailkit.model.mail import Attachment, Mail


def mail(*lines: str) -> Mail:
    text = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"))
    return Mail(attachments=(Attachment("a.ics", text.encode(), "text/calendar"),))


def test_what_an_invitation_says_is_read() -> None:
    event = event_of(
        mail(
            *("UID:long-", " er@x", "DTSTART;TZID=Europe/Berlin:20991224T123000"),
            *("DTEND;TZID=Europe/Berlin:20991224T133000", "LOCATION:Cafe\\, upstairs"),
            *("SEQUENCE:7", "STATUS:CANCELLED", "BEGIN:VALARM", "UID:other", "END:VALARM"),
        )
    )
    assert event is not None
    assert (event.uid, event.where, event.sequence) == ("long-er@x", "Cafe, upstairs", 7)
    assert event.when == "Thu 2099-12-24 12:30 to 13:30 (Europe/Berlin)"
    assert event.start == datetime(2099, 12, 24, 11, 30, tzinfo=UTC)
    assert event.cancelled


def test_the_last_day_of_whole_days_is_one_of_them() -> None:
    event = event_of(mail("UID:a", "DTSTART;VALUE=DATE:20991224", "DTEND;VALUE=DATE:20991226"))
    assert event is not None
    assert (event.start, event.end) == (date(2099, 12, 24), date(2099, 12, 25))


def test_a_zone_that_only_its_sender_knows_is_named_and_not_guessed() -> None:
    event = event_of(mail("UID:a", "DTSTART;TZID=W. Europe Standard Time:20991224T123000"))
    assert event is not None
    assert event.start == datetime(2099, 12, 24, 12, 30)
    assert event.when.endswith("(W. Europe Standard Time)")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["UID:a"],
        ["DTSTART:20991224T123000Z"],
        ["UID:a", "DTSTART:20991399T123000Z"],
        ["UID:a", "DTSTART:tomorrow"],
        ["UID", ":::", "DTSTART"],
    ],
)
def test_what_is_no_event_is_none(lines: list[str]) -> None:
    assert event_of(mail(*lines)) is None


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/passwd", "", "\0", "x" * 5000])
def test_a_hostile_zone_is_only_a_name(zone: str) -> None:
    event = event_of(mail("UID:a", f"DTSTART;TZID={zone}:20991224T123000"))
    assert event is not None


def test_mail_without_a_calendar_has_no_event() -> None:
    assert event_of(Mail()) is None
