"""Invitations, read back by Python's mail parser and by icalendar's own."""

from __future__ import annotations

import email
from datetime import UTC, date, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from gmailkit.compose.invite import Invite, calendar, new_uid
from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Mail

BERLIN = ZoneInfo("Europe/Berlin")
ANN = Address("ann@example.com", 'Lee, "Ann"')
MADE = datetime(2026, 3, 1, 8, tzinfo=UTC)


def an_invite(**changed: Any) -> Invite:
    words: dict[str, Any] = {
        "title": "Plänung; Räume, 日本",
        "start": datetime(2026, 3, 29, 9, tzinfo=BERLIN),
        "end": datetime(2026, 3, 29, 10, 30, tzinfo=BERLIN),
        "organiser": Address("me@example.com", "Me"),
        "attendees": (ANN, Address("bob@example.com")),
        "made": MADE,
        "where": "Room 1; left, then up",
        "text": "Bring:\n- a pen\n",
        "uid": "1@example.com",
    }
    return Invite(**{**words, **changed})


def event_of(raw: bytes) -> Event:
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert isinstance(event, Event)
    return event


def part_of(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    (part,) = (each for each in message.walk() if each.get_content_type() == "text/calendar")
    assert isinstance(part, EmailMessage)
    return part


def test_an_invitation_comes_back_as_it_was() -> None:
    raw = build(Mail(to=(ANN,), text="Come.", html="<p>Come.", calendar=calendar(an_invite())))
    part = part_of(raw)
    assert part.get_param("method") == "REQUEST"
    event = event_of(part.get_content().encode())
    assert event["SUMMARY"] == "Plänung; Räume, 日本"
    assert event["LOCATION"] == "Room 1; left, then up"
    assert event["DESCRIPTION"] == "Bring:\n- a pen\n"
    assert event["UID"] == "1@example.com"
    assert event["ORGANIZER"] == "mailto:me@example.com"
    ann, bob = event["ATTENDEE"]
    assert ann == "mailto:ann@example.com"
    assert ann.params["CN"] == "Lee, 'Ann'"
    assert (bob.params["RSVP"], bob.params["PARTSTAT"]) == ("TRUE", "NEEDS-ACTION")
    assert event.start == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert event.end == datetime(2026, 3, 29, 8, 30, tzinfo=UTC)


def test_it_stands_beside_the_text_and_among_the_files() -> None:
    content = calendar(an_invite())
    message = email.message_from_bytes(
        build(Mail(text="a", html="b", calendar=content)), policy=default
    )
    assert isinstance(message, EmailMessage)
    both, file = message.iter_parts()
    kinds = [part.get_content_type() for part in both.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == content
    assert [a.filename for a in parse(build(Mail(text="a", calendar=content))).attachments][
        -1:
    ] == ["invite.ics"]


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (UTC, "DTSTART:20260329T090000Z"),
        (timezone(timedelta(hours=2)), "DTSTART:20260329T070000Z"),
        (ZoneInfo("UTC"), "DTSTART:20260329T090000Z"),
        (BERLIN, "DTSTART;TZID=Europe/Berlin:20260329T090000"),
        (ZoneInfo("Asia/Kolkata"), "DTSTART;TZID=Asia/Kolkata:20260329T090000"),
    ],
)
def test_a_time_stays_in_a_zone_that_has_a_name(zone: Any, shown: str) -> None:
    start = datetime(2026, 3, 29, 9, tzinfo=zone)
    raw = calendar(an_invite(start=start, end=start + timedelta(hours=1)))
    assert shown in raw.decode().split("\r\n")
    assert event_of(raw).start == start.astimezone(UTC)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(
        "Europe/Berlin America/New_York Australia/Lord_Howe Africa/Casablanca Asia/Kathmandu"
        " America/Sao_Paulo Pacific/Apia Europe/Dublin".split()
    ),
)
def test_the_zone_that_is_told_is_right_also_for_who_does_not_know_its_name(
    when: datetime, name: str
) -> None:
    """The zone under another name: then a reader has only what was told."""
    start = when.replace(microsecond=0, tzinfo=UTC).astimezone(ZoneInfo(name))
    raw = calendar(an_invite(start=start, end=start + timedelta(minutes=1)))
    (told,) = Calendar.from_ical(raw.replace(name.encode(), b"Unknown/Zone")).walk("VTIMEZONE")
    changes = sorted(
        (
            each["DTSTART"].dt - each["TZOFFSETFROM"].td,
            each["TZOFFSETTO"].td,
        )
        for each in told.subcomponents
    )
    at = start.astimezone(UTC).replace(tzinfo=None)
    assert [offset for begin, offset in changes if begin <= at][-1] == start.utcoffset()


def test_clocks_change_at_the_time_they_show() -> None:
    told = calendar(an_invite()).decode()
    for change in (
        "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZNAME:CEST\r\n",
        "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZNAME:CET\r\n",
    ):
        assert change in told


def test_whole_days_last_to_the_end_of_the_last() -> None:
    raw = calendar(an_invite(start=date(2026, 5, 1), end=date(2026, 5, 3)))
    assert b"DTSTART;VALUE=DATE:20260501" in raw
    assert b"DTEND;VALUE=DATE:20260504" in raw


def test_an_event_is_called_off_under_its_own_number() -> None:
    raw = calendar(an_invite(sequence=2, cancelled=True))
    assert part_of(build(Mail(text="a", calendar=raw))).get_param("method") == "CANCEL"
    event = event_of(raw)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)


def test_an_event_without_a_uid_gets_one_of_its_own() -> None:
    first, second = (event_of(calendar(an_invite(uid="")))["UID"] for _ in range(2))
    assert first != second != new_uid()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"end": datetime(2026, 3, 29, 9, tzinfo=BERLIN)}, "ends before it begins"),
        # 02:30 on the wall, the second time, is later than 02:45, the first time.
        (
            {
                "start": datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
                "end": datetime(2026, 10, 25, 2, 45, tzinfo=BERLIN),
            },
            "ends before it begins",
        ),
        ({"start": datetime(2026, 3, 29, 9)}, "no time zone"),
        ({"start": date(2026, 3, 29)}, "begins with a time and ends with a day"),
        ({"start": date(2026, 3, 29), "end": date(2026, 3, 28)}, "ends before"),
        ({"made": datetime(2026, 3, 1)}, "no time zone"),
        ({"attendees": ()}, "no attendee"),
        ({"title": " "}, "no title"),
        ({"title": "a\r\nATTENDEE:mailto:eve@example.com"}, "U+000D"),
        ({"title": "a\nb"}, "line break"),
        ({"where": "a\x00b"}, "U+0000"),
        ({"uid": "a\nb"}, "line break"),
        ({"attendees": (Address("ann@example.com", "A\nB"),)}, "line break"),
        ({"attendees": (Address("ann@example.com\nX:1"),)}, "control character"),
        ({"attendees": (Address("ann"),)}, "ann"),
    ],
)
def test_what_no_calendar_could_read_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("+", r"\+")):
        calendar(an_invite(**changed))


@pytest.mark.parametrize("content", [b"BEGIN:VCALENDAR\r\n", b"\xff"])
def test_a_calendar_that_asks_nothing_is_no_invitation(content: bytes) -> None:
    with pytest.raises(UsageError):
        build(Mail(text="a", calendar=content))


def test_gmail_shows_the_invitation_as_a_part(gmail: Gmail) -> None:
    """Sent through the sandbox and read back by its structure."""
    raw = build(
        Mail(to=(Address("bob@example.com"),), text="Come.", calendar=calendar(an_invite()))
    )
    sent = gmail.messages.send(raw)
    back = gmail.messages.get(sent.id, format="full")
    text = str(back.payload)
    assert "text/calendar" in text
    assert "invite.ics" in text
