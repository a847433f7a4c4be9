"""The Date header, read tolerantly and written strictly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.date import format_date, parse_date

DATES = [
    ("RFC 5322", "Tue, 02 Jan 2024 03:04:05 +0200", "2024-01-02T03:04:05+02:00"),
    ("no day name", "2 Jan 2024 03:04:05 -0330", "2024-01-02T03:04:05-03:30"),
    ("no seconds", "Fri, 23 Aug 2002 07:26 -0400", "2002-08-23T07:26:00-04:00"),
    ("named zone", "Wed, 18 Feb 2004 13:42:22 EST", "2004-02-18T13:42:22-05:00"),
    ("GMT", "8 Mar 2011 17:04:20 GMT", "2011-03-08T17:04:20+00:00"),
    ("unknown zone", "8 Mar 2011 17:04:20 XYZ", "2011-03-08T17:04:20+00:00"),
    ("no zone", "Wed, 15 Feb 1995 09:38:18", "1995-02-15T09:38:18+00:00"),
    ("comment", "Mon, 2 Sep 2002 11:54:55 +0200 (CEST)", "2002-09-02T11:54:55+02:00"),
    (
        "comment before the zone",
        "Wed, 20 Sep 1995 00:19:00 (EDT) -0400",
        "1995-09-20T00:19:00-04:00",
    ),
    ("two digit year", "Wed, 11 Feb 98 11:51 CST", "1998-02-11T11:51:00-06:00"),
    ("two digit year, new", "Mon, 09 Feb 04 23:17:44 GMT", "2004-02-09T23:17:44+00:00"),
    ("three digit year", "Thu, 22 Aug 102 12:07:35 +0800", "2002-08-22T12:07:35+08:00"),
    ("long month", "Fri, 12 June 2025 23:42:00 +0200", "2025-06-12T23:42:00+02:00"),
    ("year first", "2002 Nov 5 10:00 GMT", "2002-11-05T10:00:00+00:00"),
    ("year 49", "31 Dec 49 10:00 GMT", "2049-12-31T10:00:00+00:00"),
    ("year 50", "31 Dec 50 10:00 GMT", "1950-12-31T10:00:00+00:00"),
    ("dashes", "21-Nov-97 10:00:01 GMT", "1997-11-21T10:00:01+00:00"),
    ("ctime", "Mon Jan  2 09:00:00 2023", "2023-01-02T09:00:00+00:00"),
    ("Takeout", "Tue Aug 08 12:36:29 +0000 2023", "2023-08-08T12:36:29+00:00"),
    ("afternoon", "Wed 29 May 2019 06:09:22 PM EDT", "2019-05-29T18:09:22-04:00"),
    ("midnight", "Wed 29 May 2019 12:09 AM", "2019-05-29T00:09:00+00:00"),
    ("zone in words", "16 May 2016 at 09:30:32  GMT+1", "2016-05-16T09:30:32+01:00"),
    ("ISO 8601", "2012-12-08T00:48:00Z", "2012-12-08T00:48:00+00:00"),
    ("leap second", "31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
    ("dots in the clock", "2 Jan 2024 03.04.05 +0000", "2024-01-02T03:04:05+00:00"),
    ("offset of a day", "2 Jan 2024 03:04:05 +9900", "2024-01-02T03:04:05+00:00"),
]


@pytest.mark.parametrize(("value", "moment"), [d[1:] for d in DATES], ids=[d[0] for d in DATES])
def test_dates(value: str, moment: str) -> None:
    found = parse_date(value)
    assert found is not None
    assert found.isoformat() == moment


ZONE_HOURS = (
    "UT 0 GMT 0 Z 0 EST -5 EDT -4 CST -6 CDT -5 MST -7 MDT -6 PST -8 PDT -7 "
    "AKST -9 AKDT -8 HST -10 AST -4 ADT -3 BST 1 WET 0 WEST 1 CET 1 CEST 2 "
    "MET 1 MEST 2 EET 2 EEST 3 MSK 3 JST 9 KST 9"
).split()


@pytest.mark.parametrize(("zone", "hours"), [*zip(ZONE_HOURS[::2], ZONE_HOURS[1::2], strict=True)])
def test_zones_by_name(zone: str, hours: str) -> None:
    found = parse_date(f"2 Jan 2024 03:04:05 {zone}")
    assert found is not None
    assert found.utcoffset() == timedelta(hours=int(hours))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Whenever",
        "Thu,",
        "12:00",
        "Fri, 31 Feb 2020 10:00:00 +0000",
        "2 Xyz 2024 10:00",
        "2 Jan 2024 25:00:00 +0000",
        "2 Jan 99999 10:00:00 +0000",
        "2 Jan 2024 " + "9" * 5_000 + ":00",
    ],
)
def test_what_is_no_date_is_none(value: str) -> None:
    assert parse_date(value) is None


@given(st.text())
def test_any_value_can_be_parsed(value: str) -> None:
    parse_date(value)
    parse_date(f"2 Jan {value} 10:00 {value}")


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(9998, 1, 1), timezones=ZONES)


@given(MOMENTS)
def test_a_written_date_comes_back_from_our_parser_and_pythons(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(format_date(moment)) == moment
    assert parsedate_to_datetime(format_date(moment)) == moment


def test_a_naive_date_is_written_as_utc() -> None:
    assert format_date(datetime(2024, 1, 2, 3, 4, 5)) == "Tue, 02 Jan 2024 03:04:05 +0000"


def test_an_offset_with_seconds_is_written_as_utc() -> None:
    odd = timezone(timedelta(minutes=53, seconds=28))
    moment = datetime(1890, 1, 1, 12, tzinfo=odd)
    assert parse_date(format_date(moment)) == moment.astimezone(UTC)
