"""How many may be in flight, after Gmail said that there were too many."""

from __future__ import annotations

from threading import Thread

from gmailkit.wire.quota.gate import OPEN, STEP, Gate, Throttle, halve


def test_a_refusal_halves_what_was_in_flight() -> None:
    assert halve(None, in_flight=9, now=100.0).most == 4


def test_one_refusal_of_a_burst_counts() -> None:
    first = halve(None, in_flight=9, now=100.0)
    assert halve(first, in_flight=8, now=100.4) == first
    assert halve(first, in_flight=4, now=101.5).most == 2


def test_one_may_always_fly() -> None:
    assert halve(Throttle(1, 100.0), in_flight=1, now=105.0).most == 1


def test_what_was_learned_bounds_the_next_halving() -> None:
    assert halve(Throttle(4, 100.0), in_flight=16, now=105.0).most == 2


def test_the_gate_opens_slowly_until_nobody_counts() -> None:
    throttle = Throttle(2, 100.0)
    assert throttle.most_at(100.0 + STEP - 0.1) == 2
    assert throttle.most_at(100.0 + 3 * STEP) == 5
    assert throttle.most_at(100.0 + OPEN * STEP) is None
    assert throttle.most_at(0.0) == 2  # learned before a reboot
    assert halve(throttle, in_flight=30, now=100.0 + OPEN * STEP).most == 15


def test_a_thread_waits_at_the_gate_until_another_leaves() -> None:
    gate = Gate()
    gate.allow(1)
    assert gate.enter()
    assert not gate.enter(patience=0.0)
    waiting = Thread(target=gate.enter)
    waiting.start()
    gate.leave()
    waiting.join(10)
    assert not waiting.is_alive()
    assert gate.in_flight == 1


def test_a_wider_gate_lets_those_through_who_wait() -> None:
    gate = Gate()
    gate.allow(1)
    gate.enter()
    waiting = Thread(target=gate.enter)
    waiting.start()
    gate.allow(None)
    waiting.join(10)
    assert gate.in_flight == 2
