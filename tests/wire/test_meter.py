"""What a run has spent, and the most it may."""

from __future__ import annotations

import pytest

from gmailkit.errors import BudgetSpent
from gmailkit.wire.quota.meter import Meter, Spent


def test_a_run_stops_before_the_unit_that_would_exceed_its_budget() -> None:
    meter = Meter(45)
    meter.pay("messages.get", 20)
    meter.pay("messages.get", 20)
    with pytest.raises(
        BudgetSpent, match=r"40 of the 45 units .*; the next call, messages\.get, costs 20"
    ) as caught:
        meter.pay("messages.get", 20)
    assert caught.value.spent == 40
    assert caught.value.exit_code == 8
    meter.pay("messages.list", 5)
    assert meter.spent == Spent(calls=3, units=45)


@pytest.mark.parametrize(
    ("spent", "again", "least"), [(0, False, 40), (5, False, 45), (30, True, 70)]
)
def test_the_hint_sends_nobody_in_circles(spent: int, again: bool, least: int) -> None:
    meter = Meter(20 if spent < 30 else 50)
    if spent:
        meter.pay("messages.list", spent)
    with pytest.raises(BudgetSpent) as caught:
        meter.pay("threads.get", 40)
    assert ("Run it again" in caught.value.hint) == again
    assert f"allow at least {least} units" in caught.value.hint


def test_what_never_left_is_given_back() -> None:
    meter = Meter()
    meter.pay("messages.get", 20)
    meter.refund(20)
    assert meter.spent == Spent(calls=0, units=0)


def test_the_calls_of_a_batch_are_paid_for_and_given_back_together() -> None:
    meter = Meter(100)
    meter.pay("batch", 60, calls=3)
    assert meter.spent == Spent(calls=3, units=60)
    meter.refund(60, calls=3)
    assert meter.spent == Spent(calls=0, units=0)
