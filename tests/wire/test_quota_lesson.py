"""What refusals teach, and that it is forgotten again."""

from __future__ import annotations

import random

import pytest
from msgspec import structs

from gmailkit.wire.quota.lesson import AGAIN, CLIMB, EDGE, HOLD, LEAST, learn, pace_under
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
@pytest.mark.parametrize(
    "begins", [-100, -6, -2, 0, 2], ids="long-before before just with after".split()
)
def test_beside_a_stranger_who_is_there_or_begins_with_us_the_rest_is_used_with_few_refusals(
    begins: float, processes: int
) -> None:
    world = beside_a_stranger(begins, processes=processes)
    assert used_of_the_rest(world) > 0.98
    assert len(world.server.rejections) < 0.005 * len(world.server.log)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("begins", [5, 10, 20, 40, 60, 80])
def test_beside_a_stranger_who_begins_later_the_rest_is_used_with_three_refusals_at_most(
    begins: float, processes: int
) -> None:
    world = beside_a_stranger(begins, processes=processes)
    assert used_of_the_rest(world) > 0.9
    assert len(world.server.rejections) <= 3


def used_of_the_rest(world: Simulation) -> float:
    """Of what the stranger leaves in the second and the third minute."""
    refused = len(world.server.rejections)
    used = world.server.spent(world.begun + 60, world.begun + 180) - 20 * refused
    return used / (0.6 * 6000 * 2)


def test_a_first_refusal_leaves_a_little_less_than_what_was_sent() -> None:
    lesson = learn(None, now=100.0, sent=4000, span=60.0, full=6000)
    assert lesson.limit == lesson.most == pytest.approx(3880)
    assert lesson.others == lesson.begun == 2000


def test_in_our_first_minute_the_limit_climbs_from_the_cautious_guess_to_the_bold_one() -> None:
    lesson = learn(None, now=100.0, sent=4500, span=30.0, full=6000)
    assert lesson.limit_at(130.0) == pytest.approx(0.97 * 3000)  # not tried yet
    lesson = structs.replace(lesson, tried=130.0)
    assert lesson.limit_at(130.0) == pytest.approx(0.97 * 3000)
    assert lesson.limit_at(130.0 + CLIMB / 2) == pytest.approx(0.97 * 3750)
    assert lesson.limit_at(130.0 + CLIMB) == pytest.approx(0.97 * 4500)


@pytest.mark.parametrize(("now", "sent"), [(125.0, 3050), (125.0, 4450), (170.0, 4000)])
def test_a_refusal_on_the_way_up_is_the_edge(now: float, sent: int) -> None:
    """Others spend as they did, or as if they had begun with us, or have been at it a minute."""
    first = structs.replace(learn(None, now=100.0, sent=4500, span=30.0, full=6000), tried=110.0)
    again = learn(first, now=now, sent=sent, span=60.0, full=6000)
    assert again.limit == again.most == pytest.approx(EDGE * sent)


def test_one_between_the_guesses_within_a_minute_leaves_the_cautious_one() -> None:
    first = structs.replace(learn(None, now=100.0, sent=4500, span=30.0, full=6000), tried=110.0)
    again = learn(first, now=125.0, sent=4000, span=60.0, full=6000)
    assert again.limit == again.most == pytest.approx(0.97 * 3000)


def test_a_refusal_at_once_takes_it_that_the_others_go_on_as_since_the_first() -> None:
    first = learn(None, now=100.0, sent=6000, span=60.0, full=6000)
    again = learn(first, now=110.0, sent=5600, span=60.0, full=6000)
    assert again.limit == pytest.approx(0.97 * 3600)
    assert again.most == pytest.approx(0.97 * 5600)


def test_further_refusals_are_trusted_less() -> None:
    first = learn(None, now=100.0, sent=6000, span=60.0, full=6000)
    second = learn(first, now=110.0, sent=5600, span=60.0, full=6000)
    third = learn(second, now=120.0, sent=3400, span=60.0, full=6000)
    assert third.limit > 0.97 * (6000 - 60 * 2600 / 20)


def test_a_refusal_long_after_begins_anew() -> None:
    first = learn(None, now=100.0, sent=4500, span=30.0, full=6000)
    later = learn(first, now=100.0 + AGAIN, sent=4300, span=60.0, full=6000)
    assert later.limit == pytest.approx(0.97 * 4300)
    assert later.first_at == 100.0 + AGAIN


def test_a_lesson_from_the_future_begins_anew() -> None:
    first = learn(None, now=5000.0, sent=4500, span=30.0, full=6000)
    assert learn(first, now=10.0, sent=4300, span=10.0, full=6000).first_at == 10.0


def test_a_little_is_always_dared() -> None:
    lesson = learn(None, now=100.0, sent=0, span=1.0, full=6000)
    assert lesson.limit == LEAST * 6000


def test_the_limit_is_held_for_a_while_and_then_raised_faster_and_faster() -> None:
    lesson = learn(None, now=100.0, sent=3000, span=60.0, full=6000)
    assert lesson.limit_at(100.0 + HOLD) == 2910
    assert lesson.limit_at(160.0 + HOLD) == pytest.approx(3030)
    assert lesson.limit_at(220.0 + HOLD) == pytest.approx(3270)
    assert lesson.limit_at(100.0 + HOLD + 600) > 6000
    assert lesson.limit_at(0.0) == 2910  # before it was learned: a reboot


def test_the_pace_below_the_limit_may_catch_up_but_never_exceeds_the_full_one() -> None:
    assert pace_under(1000, 6000) == pytest.approx(2 * 1000 / 60)
    assert pace_under(5900, 6000) == pytest.approx(6000 / 60.3)
