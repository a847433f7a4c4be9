"""Days and moments gone by, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gmailkit.compose.past import read_past
from gmailkit.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 30, 9, 30, tzinfo=BERLIN)  # a Monday


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("yesterday", "2026-11-29"),
        ("Today", "2026-11-30"),
        ("monday", "2026-11-23"),
        ("last mon", "2026-11-23"),
        ("friday", "2026-11-27"),
        ("2 days ago", "2026-11-28"),
        ("2d", "2026-11-28"),
        ("a week ago", "2026-11-23"),
        ("1 march", "2026-03-01"),
        ("dec 24", "2025-12-24"),
        ("24 december 2024", "2024-12-24"),
        ("2026-3-1", "2026-03-01"),
        ("25 october", "2026-10-25"),  # of 25 hours
    ],
)
def test_a_day_counts_whole(text: str, first: str) -> None:
    found = read_past(text, now=NOW)
    begin = datetime.fromisoformat(first).replace(tzinfo=BERLIN)
    assert (found.first, found.last) == (begin, begin + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("yesterday 18:00", "2026-11-29T18:00"),
        ("yesterday at 6pm", "2026-11-29T18:00"),
        ("monday 9:00", "2026-11-30T09:00"),
        ("monday 10:00", "2026-11-23T10:00"),
        ("last monday 9:00", "2026-11-23T09:00"),
        ("9:00", "2026-11-30T09:00"),
        ("18:00", "2026-11-29T18:00"),
        ("3h", "2026-11-30T06:30"),
        ("an hour ago", "2026-11-30T08:30"),
        ("1 hour 30 minutes ago", "2026-11-30T08:00"),
        ("now", "2026-11-30T09:30"),
        ("2026-03-01 18:00", "2026-03-01T18:00"),
        ("2 days ago noon", "2026-11-28T12:00"),
    ],
)
def test_a_moment_is_that_moment(text: str, moment: str) -> None:
    found = read_past(text, now=NOW)
    assert found.first == found.last == datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


def test_yesterday_is_another_day_elsewhere() -> None:
    found = read_past("yesterday Asia/Tokyo", now=datetime(2026, 11, 30, 20, tzinfo=BERLIN))
    assert found.first == datetime(2026, 11, 30, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("tomorrow", "'tomorrow' is still to come", "yesterday"),
        ("2027-01-01", "still to come", "yesterday"),
        ("today 18:00", "still to come", "yesterday"),
        ("yesterdy", "no day or time", 'Did you mean "yesterday"?'),
        ("last year", "no day or time", "2 days ago"),
        ("yesterday monday", "names two times", "One"),
        ("yesterday 2h", "names two times", "One"),
        ("2026-02-30", "There is no day 2026-02-30", "Year, month, day"),
        ("5", "may be an hour or a day", "5:00"),
        ("999999999 weeks ago", "before all days", ""),
        ("999999 days ago", "before all days", ""),
        ("25:00", "no time of day", "18:30"),
        ("", "no day or time", "2 days ago"),
        ("\u4e00", "no day or time", "2 days ago"),
    ],
)
def test_what_cannot_be_is_told(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_past(text, now=NOW)
    assert hint in caught.value.hint
