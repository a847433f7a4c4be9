"""Times before which Gmail wants nothing, whatever the clock does meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from gmailkit.errors import DailyLimit, TryLater
from gmailkit.wire.quota import pause as quota_pause
from gmailkit.wire.quota.pause import Pause, next_day, pacific_day, pause_for, scope_of

NOON = datetime(2026, 11, 25, 20, 0, tzinfo=UTC).timestamp()  # 12:00 in California
DAY = 86_400.0


def test_a_pause_is_over_when_its_time_has_come() -> None:
    pause = Pause(NOON + 100, NOON)
    assert pause.left(NOON) == 100
    assert pause.left(NOON + 100) == 0


@pytest.mark.parametrize("jump", [-DAY, 2 * DAY, 10 * 365 * DAY], ids=["back", "on", "ten-years"])
def test_a_pause_is_not_believed_after_the_clock_has_jumped(jump: float) -> None:
    assert Pause(NOON + 3600, NOON).left(NOON + jump) == 0


def test_a_pause_noted_by_a_clock_ten_years_ahead_is_not_believed() -> None:
    ahead = NOON + 10 * 365 * DAY
    assert Pause(ahead + 60, ahead).left(NOON) == 0


def test_a_small_correction_of_the_clock_does_not_end_a_pause() -> None:
    assert Pause(NOON + 3600, NOON).left(NOON - 2) == 3602


def test_nothing_can_be_paused_longer_than_gmail_does() -> None:
    assert Pause(NOON + 30 * 3600, NOON).left(NOON) == 0


def test_a_named_time_is_kept_to() -> None:
    until = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    error = TryLater("slow", retry_at=until)
    assert pause_for(error, "messages.get", NOON) == Pause(until.timestamp(), NOON)
    assert scope_of(error, "messages.send") == "all"


def test_the_units_of_a_day_come_back_at_midnight_in_california() -> None:
    pause = pause_for(DailyLimit("used up"), "messages.get", NOON)
    assert pause == Pause(datetime(2026, 11, 26, 8, 0, tzinfo=UTC).timestamp(), NOON, daily=True)


def test_the_messages_of_a_day_stop_sending_alone_and_for_an_hour() -> None:
    error = DailyLimit("used up")
    assert pause_for(error, "messages.send", NOON) == Pause(NOON + 3600, NOON, daily=True)
    assert scope_of(error, "messages.send") == "sending"


def test_a_refusal_that_names_no_time_is_no_pause() -> None:
    assert pause_for(TryLater("slow"), "messages.get", NOON) is None


@pytest.mark.parametrize(("daily", "kind"), [(True, DailyLimit), (False, TryLater)])
def test_what_is_not_asked_is_said_with_the_time_and_the_way_out(
    daily: bool, kind: type[TryLater]
) -> None:
    error = Pause(NOON + 7200, NOON, daily).error("messages.get")
    assert type(error) is kind
    assert error.retry_at == datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
    assert "2026-11-25 22:00 UTC" in error.message
    assert "quota --reset" in error.hint


def test_the_day_is_californias() -> None:
    assert pacific_day(datetime(2026, 11, 26, 7, 59, tzinfo=UTC).timestamp()) == "2026-11-25"
    assert pacific_day(datetime(2026, 7, 1, 7, 1, tzinfo=UTC).timestamp()) == "2026-07-01"


def test_the_day_the_clocks_change_has_its_own_length() -> None:
    changing = datetime(2026, 11, 1, 8, 0, tzinfo=UTC).timestamp()  # 1:00, still summer time
    assert next_day(changing) == datetime(2026, 11, 2, 8, 0, tzinfo=UTC).timestamp()


def test_without_a_table_of_zones_it_is_winter_in_california(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(quota_pause, "ZoneInfo", missing)
    assert pacific_day(datetime(2026, 7, 1, 7, 59, tzinfo=UTC).timestamp()) == "2026-06-30"
