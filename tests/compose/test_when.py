"""When a message shall leave, as people say it; clocks that are put forward and back."""

from __future__ import annotations

import os
import time as system_time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.compose.when import LONGEST, parse_hold, parse_when, read_when
from gmailkit.errors import UsageError
from gmailkit.zones import LOCAL, instant

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 29, 18, 0, tzinfo=BERLIN)  # a Sunday


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow 9:00", "2026-11-30T09:00+01:00"),
        ("9:00 tomorrow", "2026-11-30T09:00+01:00"),
        ("Tomorrow at 9am", "2026-11-30T09:00+01:00"),
        ("tomorrow 9:00 p.m.", "2026-11-30T21:00+01:00"),
        ("9:00", "2026-11-30T09:00+01:00"),  # 9:00 has passed today
        ("19:30", "2026-11-29T19:30+01:00"),
        ("today 19:30:15", "2026-11-29T19:30:15+01:00"),
        ("12am", "2026-11-30T00:00+01:00"),
        ("12pm", "2026-11-30T12:00+01:00"),
        ("noon", "2026-11-30T12:00+01:00"),
        ("midnight", "2026-11-30T00:00+01:00"),
        ("in 2 hours", "2026-11-29T20:00+01:00"),
        ("in 1h30m", "2026-11-29T19:30+01:00"),
        ("in 1.5 hours", "2026-11-29T19:30+01:00"),
        ("in half an hour", "2026-11-29T18:30+01:00"),
        ("in a minute", "2026-11-29T18:01+01:00"),
        ("in 3 days", "2026-12-02T18:00+01:00"),
        ("in 2 weeks", "2026-12-13T18:00+01:00"),
        ("monday 8am", "2026-11-30T08:00+01:00"),
        ("Mon morning", "2026-11-30T08:00+01:00"),
        ("sunday 19:00", "2026-11-29T19:00+01:00"),
        ("sunday 17:00", "2026-12-06T17:00+01:00"),
        ("next sunday 19:00", "2026-12-06T19:00+01:00"),
        ("2026-12-24 18:00", "2026-12-24T18:00+01:00"),
        ("2026-12-24T18:00+02:00", "2026-12-24T18:00+02:00"),
        ("2026-12-24T18:00:00.5-0500", "2026-12-24T18:00-05:00"),
        ("2026-12-24T18:00Z", "2026-12-24T18:00+00:00"),
        ("24 Dec 18:00", "2026-12-24T18:00+01:00"),
        ("Dec 24, 2027 6pm", "2027-12-24T18:00+01:00"),
        ("24 Nov 18:00", "2027-11-24T18:00+01:00"),  # this year's has passed
        ("Mon, 30 Nov 2026 09:00 +0100", "2026-11-30T09:00+01:00"),
        ("tomorrow 9:00 America/New_York", "2026-11-30T09:00-05:00"),
        ("tomorrow 9:00 asia/tokyo", "2026-12-01T09:00+09:00"),  # it is tomorrow there already
        ("tomorrow 9:00 UTC", "2026-11-30T09:00+00:00"),
        ("tomorrow 9:00 CET", "2026-11-30T09:00+01:00"),
        ("2027-07-01 9:00", "2027-07-01T09:00+02:00"),
    ],
)
def test_what_people_say_is_understood(text: str, meant: str) -> None:
    found = read_when(text, now=NOW)
    assert found.at.isoformat() == datetime.fromisoformat(meant).isoformat()
    assert found.remark == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no time"),
        ("tomorrow", "names a day and no time"),
        ("today", "names a day and no time"),
        ("in 5", "no time"),
        ("9", "may be an hour or a day"),
        ("tomorrow 9", "may be an hour or a day"),
        ("toomorrow 9:00", "toomorrow"),
        ("24/12/2026 9:00", "24/12/2026"),
        ("24.12.2026 9:00", "24.12.2026"),
        ("tomorrow 25:00", "no time of day"),
        ("13pm", "no time of day"),
        ("0am", "no time of day"),
        ("2026-02-30 9:00", "no day 2026-02-30"),
        ("tuesday 2026-11-30 9:00", "is a Monday"),
        ("tomorrow midnight", "before that day or after"),
        ("9:00 10:00", "two times"),
        ("today tomorrow 9:00", "two times"),
        ("tomorrow 9:00 Nowhere/Land", "no time zone"),
        ("tomorrow 9:00 +25:00", "no offset"),
        ("today 9:00", "is past"),
        ("2025-01-01 9:00", "is past"),
        ("in 0 minutes", "is past"),
        ("2037-01-01 9:00", "ten years"),
        ("in 99999999 days", "ten years"),
        ("in 999999999 weeks", "ten years"),
        ("tomorrow 9:00\nBcc: x@example.com", "no word"),
    ],
)
def test_what_is_past_or_nothing_is_refused_with_an_example(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word) as refused:
        parse_when(text, now=NOW)
    assert refused.value.hint


def test_an_hour_that_is_skipped_is_moved_forward_and_said() -> None:
    found = read_when("2027-03-28 2:30", now=NOW)
    assert found.at.isoformat() == "2027-03-28T03:30:00+02:00"
    assert "03:30 it is" in found.remark


def test_an_hour_that_comes_twice_is_the_first_and_said() -> None:
    found = read_when("2027-10-31 2:30", now=NOW)
    assert found.at.isoformat() == "2027-10-31T02:30:00+02:00"
    assert "the first is meant" in found.remark
    assert read_when("2027-10-31 2:30 +01:00", now=NOW).at.isoformat()[-6:] == "+01:00"


def test_the_second_one_is_meant_once_the_first_has_passed() -> None:
    between = datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN)  # the first 2:40
    found = read_when("2:30", now=between)
    assert found.at.isoformat() == "2026-10-25T02:30:00+01:00"
    assert "the second is meant" in found.remark
    with pytest.raises(UsageError, match="is past"):
        read_when("today 2:30", now=between.replace(fold=1))


def test_hours_pass_and_days_keep_the_hour() -> None:
    before = datetime(2027, 3, 27, 12, 0, tzinfo=BERLIN)  # clocks go forward in the night
    assert parse_when("in 24 hours", now=before).isoformat() == "2027-03-28T13:00:00+02:00"
    assert parse_when("in 1 day", now=before).isoformat() == "2027-03-28T12:00:00+02:00"
    night = datetime(2027, 3, 27, 2, 30, tzinfo=BERLIN)
    moved = read_when("in 1 day", now=night)
    assert moved.at.isoformat() == "2027-03-28T03:30:00+02:00"
    assert moved.remark


@pytest.mark.parametrize(
    ("zone", "text", "meant"),
    [
        ("Australia/Lord_Howe", "2027-10-03 2:15", "2027-10-03T02:45:00+11:00"),  # half an hour
        ("Pacific/Apia", "2011-12-30 9:00", "2011-12-31T09:00:00+14:00"),  # a day that never was
        ("America/Sao_Paulo", "2018-11-04 0:30", "2018-11-04T01:30:00-02:00"),  # at midnight
        ("Asia/Kathmandu", "2027-01-01 9:00", "2027-01-01T09:00:00+05:45"),
    ],
)
def test_clocks_of_other_countries(zone: str, text: str, meant: str) -> None:
    day = datetime.fromisoformat(meant) - timedelta(days=20)
    assert parse_when(text, now=day.astimezone(ZoneInfo(zone))).isoformat() == meant


MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])


@given(MOMENTS, ZONES, st.integers(0, 23), st.integers(0, 59))
def test_a_time_alone_is_the_next_time_a_clock_shows_it(
    moment: datetime, zone: str, hour: int, minute: int
) -> None:
    now = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    found = read_when(f"{hour}:{minute:02}", now=now)
    ahead = instant(found.at) - instant(now)
    assert timedelta() < ahead <= timedelta(hours=25)
    if "does not come" not in found.remark:
        assert (found.at.hour, found.at.minute) == (hour, minute)


@given(MOMENTS, ZONES, MOMENTS)
def test_a_moment_written_out_comes_back(moment: datetime, zone: str, wanted: datetime) -> None:
    """With its offset it is the same moment, whatever the zone of the machine."""
    now = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    aware = wanted.replace(microsecond=0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    ahead = aware - instant(now)
    if timedelta() < ahead <= LONGEST:
        assert parse_when(aware.isoformat(), now=now) == aware
    else:
        with pytest.raises(UsageError):
            parse_when(aware.isoformat(), now=now)


@given(st.text(max_size=40))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        found = parse_when(text, now=NOW)
    except UsageError as error:
        assert error.hint
    else:
        assert instant(found) > instant(NOW)


@pytest.fixture
def zone_of_the_machine() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    system_time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    system_time.tzset()


@pytest.mark.usefixtures("zone_of_the_machine")
@pytest.mark.parametrize("month", range(1, 13))
def test_the_machines_zone_is_that_of_the_c_library(month: int) -> None:
    """Each half hour of days on which clocks change, and of others."""
    for day in (1, 25, 28, 29):
        begin = datetime(2026, month, min(day, 28), tzinfo=UTC)
        for half_hours in range(96):
            moment = begin + timedelta(minutes=30 * half_hours)
            ours, theirs = moment.astimezone(LOCAL), moment.astimezone(BERLIN)
            assert ours.isoformat() == theirs.isoformat()
            assert instant(ours) == moment


@pytest.mark.usefixtures("zone_of_the_machine")
def test_gaps_and_folds_of_the_machines_zone() -> None:
    now = NOW.astimezone(LOCAL)
    assert parse_when("2027-03-28 2:30", now=now).isoformat() == "2027-03-28T03:30:00+02:00"
    assert parse_when("2027-10-31 2:30", now=now).isoformat() == "2027-10-31T02:30:00+02:00"
    assert parse_when("tomorrow 9:00", now=now).isoformat() == "2026-11-30T09:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), (" 90 min ", 5400)],
)
def test_how_long_a_message_is_held(text: str, seconds: int) -> None:
    assert parse_hold(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "s", "0s", "-5m", "5 fortnights", "5m x", "99999999w"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_hold(text)
    assert refused.value.hint
