"""How long a backup takes by each way, counted from speeds and sizes; and which is picked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gmailkit.services.backup.ways import ApiSpeed, ImapSpeed, Listing, picked, solved, ways

API = ApiSpeed(units=20, pace=100.0, latency=0.05)  # five messages a second
IMAP = ImapSpeed(message=0.05, byte=0.000_001, listing=Listing(200, 2.0))


def test_the_api_goes_by_its_quota_and_where_there_is_none_by_its_answers() -> None:
    (alone,) = ways([1_000] * 600, API, None)
    assert (alone.seconds, alone.units) == (120.0, 12_000)
    (unpaced,) = ways([1_000] * 600, replace(API, pace=None, latency=0.8), None)
    assert unpaced.seconds == pytest.approx(600 * (0.8 / 8 + 0.002))


def test_both_meet_where_they_are_done_at_the_same_time() -> None:
    alone, imap, both = ways([50_000] * 600, API, IMAP)
    assert imap.seconds == pytest.approx(2 + 600 * 0.1)  # 0.05 for it and 0.05 for its bytes
    assert (imap.by_imap, imap.bytes, imap.units) == (600, 30_000_000, 200)
    assert both.by_imap == 400  # 40 seconds by each
    assert both.seconds == pytest.approx(2 + 40)
    assert both.units == 200 + 200 * 20
    assert picked((alone, imap, both), None) is both


def test_large_old_mail_is_weighed_by_its_bytes() -> None:
    """IMAP begins with the oldest: while it reads one of them, the API reads many."""
    *_, both = ways([5_000_000] * 10 + [1_000] * 90, API, IMAP)
    assert both.by_imap < 10


def test_imap_stops_where_the_bytes_of_a_day_are_spent() -> None:
    limited = replace(IMAP, left=5_000_000, daily=20_000_000)
    _, imap, both = ways([50_000] * 600, API, limited)
    assert (both.by_imap, both.bytes) == (100, 5_000_000)
    assert both.seconds == pytest.approx(2 + 500 * 0.2)  # the API reads the rest
    assert imap.seconds == pytest.approx(2 + 60 + 2 * 86_400)  # 25 MB more are two more days


def test_what_imap_does_not_show_is_read_by_the_api_in_any_case() -> None:
    _, imap, both = ways([50_000] * 100, API, IMAP, unseen=50)
    assert imap.seconds == pytest.approx(2 + 10 + 10)
    assert imap.units == both.units == 200 + 50 * 20
    assert both.seconds == pytest.approx(2 + 10)


def test_the_api_is_enough_for_a_minute_unless_the_fastest_is_asked_for() -> None:
    found = ways([1_000] * 250, API, IMAP)
    assert picked(found, None).name == "api"
    assert picked(found, "fastest").name == "both"
    assert picked(found, "imap").name == "imap"


def test_a_closed_way_is_never_picked() -> None:
    alone, *others = ways([1_000] * 6_000, API, IMAP)
    closed = (alone, *(replace(way, closed="No.", hint="Sign in anew.") for way in others))
    assert picked(closed, None) is picked(closed, "fastest") is alone


def test_speed_is_told_by_how_long_small_ones_and_large_ones_took() -> None:
    assert solved((50, 50_000, 1.05), (2, 2_000_000, 2.04)) == pytest.approx((0.02, 0.000_001))
    assert solved((10, 1_000, 1.0), (10, 1_000, 1.0)) == (0.1, 0.0)  # all alike
    assert solved((10, 1_000, 5.0), (10, 2_000, 1.0)) == (
        0.3,
        0.0,
    )  # the line was busy for a moment
    assert solved((1, 1_000, 0.0), (1, 3_000, 4.0)) == (0.0, 0.001)
