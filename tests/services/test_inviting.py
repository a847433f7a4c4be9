"""An event: everybody in To and Cc is invited, and who has no calendar can read it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending import once
from gmailkit.services.sending.words import Words
from gmailkit.services.sending.writing.event import Event
from gmailkit.zones import LOCAL

pytest.importorskip("icalendar")
ME = "me@example.com"
ANN, BOB, CARLA = (f"{name}@example.com" for name in ("ann", "bob", "carla"))
NOON = datetime(2027, 1, 4, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def calendar_of(raw: bytes) -> str:
    """The invitation as the file that goes along, unfolded."""
    (file,) = [each for each in parse(raw).attachments if each.filename == "invite.ics"]
    return file.content.decode().replace("\r\n ", "")


def test_an_event_takes_the_words_that_at_takes(gmail: Gmail) -> None:
    """In the zone that they name, which the text of the invitation and its calendar say too."""
    message = gmail.compose(
        to=ANN,
        subject="Lunch",
        invite=Event(start="24 Dec 2030 12:30 Europe/Berlin", duration="90m"),
    )
    assert message.mail.text == "Lunch\nTue 2030-12-24 12:30 to 14:00 (Europe/Berlin)\n"
    assert "DTSTART;TZID=Europe/Berlin:20301224T123000\r\n" in calendar_of(message.raw)
    alone = gmail.compose(to=ANN, subject="x", invite="24 Dec 2030 12:30 UTC").invitation
    assert alone
    assert alone.when == "Tue 2030-12-24 12:30 to 13:30 (UTC+00:00)"
    long = Event(start="24 Dec 2030 12:30 UTC", end="2030-12-24 18:00 UTC")
    invitation = gmail.compose(to=ANN, subject="x", invite=long).invitation
    assert invitation
    assert invitation.end == datetime(2030, 12, 24, 18, tzinfo=UTC)


def test_a_day_in_words_is_the_whole_day(gmail: Gmail) -> None:
    invitation = gmail.compose(to=ANN, subject="x", invite=Event(start="2030-12-24")).invitation
    assert invitation
    assert (invitation.start, invitation.when) == (date(2030, 12, 24), "Tue 2030-12-24")


def test_words_without_a_zone_are_in_that_of_this_machine(gmail: Gmail) -> None:
    now = datetime.now(LOCAL)
    invitation = gmail.compose(to=ANN, subject="x", invite=Event(start="tomorrow 9:00")).invitation
    assert invitation
    assert isinstance(invitation.start, datetime)
    assert invitation.start.time() == time(9)
    assert invitation.start.date() in (now.date() + timedelta(days=1), now.date() + timedelta(2))
    assert invitation.when.endswith(f"(UTC{invitation.start.isoformat()[-6:]})")


def test_an_hour_that_the_clocks_skip_is_moved_and_said(gmail: Gmail) -> None:
    """In Berlin the clocks are put forward from 2:00 to 3:00 on 31 March 2030."""
    invite = Event(start="2030-03-31 2:30 Europe/Berlin")
    message = gmail.compose(to=ANN, subject="x", text="x", invite=invite)
    assert message.invitation
    assert message.invitation.when == "Sun 2030-03-31 03:30 to 04:30 (Europe/Berlin)"
    assert "02:30 does not come on 2030-03-31 in Europe/Berlin" in " ".join(message.warnings)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"start": "yesterday 9:00"}, "is past"),
        ({"start": "1/2"}, "is no word for a time|is no time"),
        ({"start": "2030-02-30"}, "is no day"),
        ({"start": "2030-12-24 9:00", "end": "2030-12-24 8:00"}, "ends before it begins"),
        ({"start": "2030-12-24 9:00", "duration": "long"}, "is no length of time"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_words_that_are_no_time(gmail: Gmail, words: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        gmail.compose(to=ANN, subject="x", invite=Event(**words))  # type: ignore[arg-type]


def test_what_is_no_time_at_all_is_refused_when_it_is_said() -> None:
    with pytest.raises(UsageError, match="neither a time nor a day") as caught:
        Event(start=1_900_000_000)  # type: ignore[arg-type]
    assert "tomorrow 9:00" in caught.value.hint


def test_an_event_invites_to_and_cc_and_tells_it_in_words(gmail: Gmail) -> None:
    message = gmail.compose(
        to=f"Ann Lee <{ANN}>",
        cc=BOB,
        bcc=CARLA,
        subject="Lunch",
        invite=Event(start=NOON, where="Café Nord", uid="lunch@example.com"),
    )
    calendar = calendar_of(message.raw)
    assert "METHOD:REQUEST\r\n" in calendar
    assert "SUMMARY:Lunch\r\n" in calendar
    assert "UID:lunch@example.com\r\n" in calendar
    assert "DTSTART;TZID=Europe/Berlin:20270104T120000\r\n" in calendar
    assert "DTEND;TZID=Europe/Berlin:20270104T130000\r\n" in calendar
    assert "ORGANIZER:mailto:me@example.com" in calendar
    assert [address in calendar for address in (ANN, BOB, CARLA)] == [True, True, False]
    assert b"method=REQUEST" in message.raw
    assert (
        parse(message.raw).text
        == "Lunch\nMon 2027-01-04 12:00 to 13:00 (Europe/Berlin)\nCafé Nord\n"
    )


def test_an_event_that_is_called_off(gmail: Gmail) -> None:
    off = Event(start=NOON, title="Lunch", uid="lunch@example.com", sequence=1, cancelled=True)
    message = gmail.compose(to=ANN, text="Sorry!", invite=off)
    calendar = calendar_of(message.raw)
    assert "METHOD:CANCEL\r\n" in calendar
    assert "SEQUENCE:1\r\n" in calendar
    assert message.mail.subject == "Lunch"


def test_an_event_without_a_uid_gets_one_that_the_message_tells(gmail: Gmail) -> None:
    first, second = (gmail.compose(to=ANN, subject="x", invite=Event(start=NOON)) for _ in "ab")
    assert first.invitation
    assert second.invitation
    assert first.invitation.uid != second.invitation.uid
    assert f"UID:{first.invitation.uid}\r\n" in calendar_of(first.raw)
    assert (first.invitation.start, first.invitation.end) == (NOON, NOON + timedelta(hours=1))
    assert gmail.compose(to=ANN, text="x").invitation is None


@pytest.mark.parametrize(
    ("event", "when"),
    [
        (Event(start=NOON, duration=timedelta(minutes=90)), "12:00 to 13:30 (Europe/Berlin)"),
        (Event(start=NOON.astimezone(UTC)), "11:00 to 12:00 (UTC+00:00)"),
        (Event(start=NOON, duration=timedelta(hours=13)), "12:00 to Tue 2027-01-05 01:00 "),
        (Event(start=date(2027, 1, 4)), "Mon 2027-01-04"),
        (Event(start=date(2027, 1, 4), end=date(2027, 1, 5)), "Mon 2027-01-04 to Tue 2027-01-05"),
        (Event(start=date(2027, 1, 4), duration=timedelta(days=2)), "to Tue 2027-01-05"),
    ],
    ids=["minutes", "utc", "overnight", "a day", "two days", "for two days"],
)
def test_when_it_is_in_words(event: Event, when: str) -> None:
    assert when in event.when


def test_an_hour_across_the_change_of_clocks_is_an_hour() -> None:
    """In Berlin the clocks are put back from 3:00 to 2:00 on 31 October 2027."""
    start = datetime(2027, 10, 31, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    end = Event(start=start, duration=timedelta(hours=3)).until
    assert isinstance(end, datetime)
    assert (end.hour, end.minute) == (3, 30)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Event(start=NOON, end=NOON), "ends before it begins"),
        (Event(start=NOON, end=NOON, duration=timedelta(1)), "an end and a duration"),
        (Event(start=NOON.replace(tzinfo=None)), "no time zone"),
        (Event(start=NOON, end=date(2027, 1, 5)), "begins with a time and ends with a day"),
        (Event(start=NOON, where="a\r\nATTENDEE:mailto:eve@example.org"), "where of the event"),
        (Event(start=NOON, title="a\nb"), "title of the event"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_event_that_cannot_be(gmail: Gmail, event: Event, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        gmail.compose(to=ANN, subject="Lunch", invite=event)


def test_the_same_key_again_says_that_the_first_invitation_stands(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    words: Words = {"to": ANN, "subject": "Lunch", "invite": Event(start=NOON)}
    first = gmail.send(**words, key="lunch")
    again = gmail.send(**words, key="lunch")
    assert (again.id, again.again) == (first.id, True)
    assert again.remarks == (once.OTHER_EVENT,)
    assert sum("SENT" in sandbox.mail.labels_of(ME, id) for id in sandbox.mail.ids(ME)) == 1
