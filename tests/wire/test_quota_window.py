"""The even pace and the count of the minute, under any interleaving of processes."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.wire.quota.line import Allowance
from gmailkit.wire.quota.window import BURST, LATE, MINUTE, TICKS, Window, leaves, pace
from quota_simulation import Server, Simulation

MIX = ["messages.get", "labels.list", "messages.send", "messages.batchModify", "threads.get"]


@st.composite
def worlds(draw: st.DrawFn) -> Simulation:
    """Processes that come and go, are slow, and are killed; lines as bad as they get."""
    limit = draw(st.sampled_from([1000, 6000, 15_000]))
    chance = random.Random(draw(st.integers(0, 2**32)))
    slowest = draw(st.sampled_from([0.01, 0.5, LATE / 3]))
    server = Server(limit)
    world = Simulation(
        Allowance(limit, 1_200_000), server, delay=lambda: chance.uniform(0, slowest)
    )
    mix = draw(st.lists(st.sampled_from(MIX), min_size=1, max_size=4))
    for number in range(draw(st.integers(1, 5))):
        world.add(
            number,
            lambda n: mix[n % len(mix)],
            in_flight=draw(st.integers(1, 8)),
            at=draw(st.floats(0, 90)),
            until=draw(st.one_of(st.just(float("inf")), st.floats(0, 150))),
        )
    return world


def stays_below(world: Simulation) -> None:
    world.run(150)
    server = world.server
    assert server.rejections == []
    assert server.most_in(60) <= server.limit


@given(world=worlds())
@settings(max_examples=10, deadline=None)
def test_no_minute_ever_exceeds_the_limit(world: Simulation) -> None:
    stays_below(world)


@pytest.mark.soak
@pytest.mark.timeout(900)
@given(world=worlds())
@settings(max_examples=300, deadline=None)
def test_no_minute_ever_exceeds_the_limit_in_many_worlds(world: Simulation) -> None:
    stays_below(world)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize(("prices", "limit"), [("new", 6000), ("old", 6000)])
def test_the_limit_is_used_and_shared_evenly(processes: int, prices: str, limit: int) -> None:
    chance = random.Random(1)
    server = Server(limit)
    allowance = Allowance(limit, 1_200_000, "old" if prices == "old" else "new")
    world = Simulation(allowance, server, delay=lambda: chance.uniform(0.02, 0.06))
    for number in range(processes):
        world.add(number, in_flight=4)
    world.run(180)
    begin, end = world.begun + 60, world.begun + 180
    assert server.rejections == []
    assert server.spent(begin, end) >= 0.98 * limit * 2
    assert server.most_in(1) <= limit / 10
    shares = [server.spent(begin, end, number) for number in range(processes)]
    assert max(shares) <= 1.2 * min(shares)


def test_processes_that_ask_for_different_things_get_turns_not_units() -> None:
    server = Server(6000)
    world = Simulation(Allowance(6000), server)
    world.add(0, lambda n: "messages.get")
    world.add(1, lambda n: "threads.get")
    world.run(120)
    turns = [sum(1 for *_, process in server.log if process == number) for number in (0, 1)]
    assert abs(turns[0] - turns[1]) <= 2


def test_a_killed_process_leaves_a_gap_of_one_request() -> None:
    server = Server(6000)
    world = Simulation(Allowance(6000), server)
    world.add(0, lambda n: "messages.send", until=40.003)
    world.add(1, lambda n: "messages.send")
    world.run(60)
    times = [time - world.begun for time, *_, process in server.log if process == 1]
    gaps = [b - a for a, b in pairwise(times) if b > 39]
    assert max(gaps) <= 3 * 100 / pace(6000) + 0.2


def test_one_user_does_not_wait_for_the_line_of_another() -> None:
    server = Server(1_200_000)
    world = Simulation(Allowance(600, 1_200_000), server)
    world.add(0, user="ann")
    world.add(1, user="ben")
    world.run(120)
    for process in (0, 1):
        assert server.spent(world.begun + 60, world.begun + 120, process) >= 0.95 * 600


def test_all_users_together_stay_below_the_limit_of_the_project() -> None:
    server = Server(3000)
    world = Simulation(Allowance(2000, 3000), server, delay=lambda: 0.01)
    for number, user in enumerate(("ann", "ben", "cat", "dan")):
        world.add(number, user=user, in_flight=1)
    world.run(180)
    assert server.rejections == []
    assert server.spent(world.begun + 60, world.begun + 180) >= 0.98 * 6000


def test_a_request_dearer_than_the_limit_waits_for_an_empty_minute_and_leaves() -> None:
    window = Window()
    tick = window.take({"watch": 100}, at=10.0, now=10.0, rate=pace(60))
    assert window.earliest(100, 200.0, limit=60) == 200.0
    assert window.earliest(100, 20.0, limit=60) == max(tick / TICKS, window.paid_until)


def test_a_request_counts_until_a_minute_after_its_answer() -> None:
    assert leaves(100.0) / TICKS == 100 + MINUTE
    assert leaves(100.01) / TICKS > 100.01 + MINUTE


def test_after_a_lull_no_more_than_the_burst_leaves_at_once() -> None:
    window = Window()
    sent = 0
    while window.earliest(20, 5000.0, limit=6000) == 5000.0:
        window.take({"messages.get": 20}, at=5000.0, now=5000.0, rate=pace(6000))
        sent += 20
    assert sent <= BURST * pace(6000) + 20


@pytest.mark.parametrize("jump", [-2 * 3600.0, -86_400.0, -10 * 365 * 86_400.0])
def test_what_lies_further_ahead_than_possible_is_from_before_a_reboot(jump: float) -> None:
    window = Window()
    now = 400_000_000.0
    for _ in range(300):
        window.take({"messages.get": 20}, at=now, now=now, rate=pace(6000))
    window.clean(now + jump, limit=6000)
    assert window.earliest(20, now + jump, limit=6000) == now + jump


@pytest.mark.parametrize("asleep", [2 * 3600.0, 86_400.0, 10 * 365 * 86_400.0])
def test_after_a_sleep_the_minute_is_empty_and_the_burst_no_larger(asleep: float) -> None:
    window = Window()
    for _ in range(300):
        window.take({"messages.get": 20}, at=1000.0, now=1000.0, rate=pace(6000))
    now = 1000.0 + asleep
    window.clean(now, limit=6000)
    assert window.used(now) == 0
    burst = 0
    while window.earliest(20, now, limit=6000) == now:
        window.take({"messages.get": 20}, at=now, now=now, rate=pace(6000))
        burst += 20
    assert burst <= BURST * pace(6000) + 20


def test_spending_is_told_by_method() -> None:
    window = Window()
    window.take({"messages.get": 20}, at=1.0, now=1.0, rate=100)
    window.take({"messages.list": 5}, at=1.0, now=1.0, rate=100)
    window.add("labels.list", leaves(1.0), 0)
    assert window.by_method(2.0) == {"messages.get": 20, "messages.list": 5}
    assert window.by_method(80.0) == {}
