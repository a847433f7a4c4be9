"""What refusals teach, and that it is forgotten again."""

from __future__ import annotations

import random

import pytest

from gmailkit.wire.quota.lesson import AGAIN, HOLD, LEAST, Lesson, learn, pace_under
from gmailkit.wire.quota.line import Allowance
from quota_simulation import Server, Simulation


def beside_a_stranger(begins: float, *, processes: int) -> Simulation:
    """Three minutes beside somebody who takes 40 % of 6,000 units a minute from `begins` on."""
    chance = random.Random(begins)

    def stranger(now: float) -> float:
        return 40 * max(0, min(60, now - 10_000 - begins))

    server = Server(6000, stranger)
    world = Simulation(Allowance(6000), server, delay=lambda: chance.uniform(0.02, 0.05))
    for number in range(processes):
        world.add(number, in_flight=4)
    world.run(180)
    return world


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("begins", [-100, 0, 60], ids=["before-us", "with-us", "after-us"])
def test_beside_a_stranger_the_rest_is_used_with_few_refusals(
    begins: float, processes: int
) -> None:
    world = beside_a_stranger(begins, processes=processes)
    server = world.server
    refused = len(server.rejections)
    used = server.spent(world.begun + 60, world.begun + 180) - 20 * refused
    assert used >= 0.9 * 0.6 * 6000 * 2
    assert refused < 0.005 * len(server.log)


def test_a_first_refusal_leaves_a_little_less_than_what_was_sent() -> None:
    lesson = learn(None, now=100.0, sent=4000, span=60.0, full=6000)
    assert lesson.limit == pytest.approx(3880)
    assert lesson.others == 2000


def test_a_second_refusal_takes_it_that_the_stranger_began_with_us() -> None:
    first = learn(None, now=100.0, sent=4500, span=30.0, full=6000)
    again = learn(first, now=118.0, sent=4300, span=48.0, full=6000)
    assert again.limit == pytest.approx(0.97 * 3000)


def test_a_second_refusal_takes_it_that_the_stranger_goes_on_as_since_the_first() -> None:
    first = learn(None, now=100.0, sent=6000, span=60.0, full=6000)
    again = learn(first, now=110.0, sent=5600, span=60.0, full=6000)
    assert again.limit == pytest.approx(0.97 * 3600)


def test_further_refusals_are_trusted_less() -> None:
    first = learn(None, now=100.0, sent=6000, span=60.0, full=6000)
    second = learn(first, now=110.0, sent=5600, span=60.0, full=6000)
    third = learn(second, now=120.0, sent=3400, span=60.0, full=6000)
    assert third.limit > 0.97 * (6000 - 60 * 2600 / 20)


def test_a_refusal_long_after_begins_anew() -> None:
    first = learn(None, now=100.0, sent=4500, span=30.0, full=6000)
    later = learn(first, now=100.0 + AGAIN, sent=4300, span=48.0, full=6000)
    assert later.limit == pytest.approx(0.97 * 4300)
    assert later.first_at == 100.0 + AGAIN


def test_a_lesson_from_the_future_begins_anew() -> None:
    first = learn(None, now=5000.0, sent=4500, span=30.0, full=6000)
    assert learn(first, now=10.0, sent=4300, span=10.0, full=6000).first_at == 10.0


def test_a_little_is_always_dared() -> None:
    lesson = learn(None, now=100.0, sent=0, span=1.0, full=6000)
    assert lesson.limit == LEAST * 6000


def test_the_limit_is_held_for_a_while_and_then_raised_faster_and_faster() -> None:
    lesson = Lesson(3000, 6000, at=100.0, first_at=100.0, others=3000, span=60.0)
    assert lesson.limit_at(100.0 + HOLD) == 3000
    assert lesson.limit_at(160.0 + HOLD) == pytest.approx(3120)
    assert lesson.limit_at(220.0 + HOLD) == pytest.approx(3360)
    assert lesson.limit_at(100.0 + HOLD + 600) > 6000
    assert lesson.limit_at(0.0) == 3000  # before it was learned: a reboot


def test_the_pace_below_the_limit_may_catch_up_but_never_exceeds_the_full_one() -> None:
    assert pace_under(1000, 6000) == pytest.approx(2 * 1000 / 60)
    assert pace_under(5900, 6000) == pytest.approx(6000 / 60.3)
