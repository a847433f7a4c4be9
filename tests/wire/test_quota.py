"""The scheduler itself: waits, pays, sends, learns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from fakes import ENDPOINT, FakeClock, ImpatientClock
from gmailkit.clock import Clock
from gmailkit.errors import BudgetSpent, DailyLimit, TryLater, Unreachable
from gmailkit.record.spending import Spending
from gmailkit.wire.methods import METHODS, Method, find
from gmailkit.wire.quota.ledger import Ledger, Moment, Store
from gmailkit.wire.quota.lesson import PROBE
from gmailkit.wire.quota.line import Allowance
from gmailkit.wire.quota.meter import Meter, Spent
from gmailkit.wire.quota.scheduler import NAP, Quota
from gmailkit.wire.request import Request, Response
from quota_simulation import Shelf

GOOD = Response(200, {}, b"{}")
RATE = Response(429, {}, b'{"error":{"code":429,"errors":[{"reason":"rateLimitExceeded"}]}}')
MANY = Response(429, {}, b'{"error":{"message":"Too many concurrent requests for user"}}')
DAILY = Response(403, {}, b'{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}')


def paused(seconds: int) -> Response:
    return Response(429, {"retry-after": str(seconds)}, RATE.body)


@dataclass
class Gmail:
    """Answers what it is told, else 200; notes when."""

    clock: Clock
    coming: list[Response | Exception] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def send(self, request: Request) -> Response:
        self.times.append(self.clock.monotonic())
        answer = self.coming.pop(0) if self.coming else GOOD
        if isinstance(answer, Exception):
            raise answer
        return answer


def call(name: str = "messages.get", *, give_up: float | None = None) -> Request:
    return Request(find(name), "GET", f"{ENDPOINT}/x", {}, give_up=give_up)


Make = Callable[..., Quota]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Gmail:
    return Gmail(clock)


@pytest.fixture
def make(clock: FakeClock, server: Gmail) -> Make:
    """A process; all of them share one shelf of books."""
    shelf = Shelf()

    def made(
        units: int | None = 6000,
        project: int | None = None,
        *,
        meter: Meter | None = None,
        clock: Clock = clock,
        store: Store = shelf,
    ) -> Quota:
        return Quota(
            server,
            allowance=Allowance(units, project),
            ledger=Ledger(store, names=lambda: ("me", "us"), clock=clock),
            meter=meter or Meter(),
            clock=clock,
        )

    return made


def test_requests_leave_at_the_pace_of_the_limit(make: Make, server: Gmail) -> None:
    quota = make(6000)
    for _ in range(600):
        quota.send(call())
    took = server.times[-1] - server.times[0]
    assert 0.98 * 6000 <= 600 * 20 / took * 60 <= 1.02 * 6000


def test_without_a_limit_nobody_waits(make: Make, clock: FakeClock) -> None:
    quota = make(None)
    for _ in range(1000):
        quota.send(call("messages.send"))
    assert clock.slept == []


def test_units_and_calls_are_counted_with_those_that_failed(make: Make, server: Gmail) -> None:
    meter = Meter()
    quota = make(meter=meter)
    server.coming = [RATE, Unreachable("gone", sent="maybe")]
    quota.send(call())
    with pytest.raises(Unreachable):
        quota.send(call("messages.list"))
    assert meter.spent == Spent(2, 25)


def test_a_spent_budget_stops_before_anything_is_sent(make: Make, server: Gmail) -> None:
    quota = make(meter=Meter(30))
    quota.send(call())
    with pytest.raises(BudgetSpent):
        quota.send(call())
    assert len(server.times) == 1


def test_a_refusal_slows_every_process_down_at_once(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    one, other = make(6000), make(6000)
    for _ in range(50):
        one.send(call())
    server.coming = [RATE]
    one.send(call())
    at = clock.time
    other.send(call())
    assert clock.time - at > 30  # 1,000 units were sent; now no more than 970 a minute are


def test_a_call_refused_inside_a_batch_slows_down_too(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    part = b"--b\r\nContent-ID: <response-0>\r\n\r\nHTTP/1.1 429 x\r\n\r\n" + RATE.body
    head = {"content-type": "multipart/mixed; boundary=b"}
    server.coming = [GOOD, Response(200, head, part + b"\r\n--b--")]
    quota = make(None)
    quota.send(call("messages.send"))
    quota.send(replace(call(), method=Method("batch", 50, 50, True)))
    begun = clock.time
    for _ in range(10):
        quota.send(call("messages.send"))
    assert clock.time - begun > 50


def a_batch(*names: str) -> Request:
    """Of calls of these methods."""
    methods = tuple(METHODS[name] for name in names)
    units = sum(each.new for each in methods)
    return replace(call(), method=Method("batch", units, units, True, calls=methods))


def test_the_calls_of_a_batch_are_spending_of_their_own_methods(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    meter = Meter()
    store = Spending(None, clock=clock)
    quota = make(6000, meter=meter, store=store)
    books: list[dict[str, int]] = []

    def answer(request: Request) -> Response:
        books.append(quota._ledger.visit(lambda m: m.user.window.by_method(m.now)))
        return GOOD

    server.send = answer  # type: ignore[method-assign]
    quota.send(a_batch("messages.get", "threads.get", "messages.get"))
    after = quota._ledger.visit(lambda m: m.user.window.by_method(m.now))
    assert books == [after] == [{"messages.get": 40, "threads.get": 40}]
    counted = [row[2:] for row in quota._ledger.counts()]
    assert sorted(counted) == [("messages.get", 2, 40), ("threads.get", 1, 40)]
    assert meter.spent == Spent(calls=3, units=80)
    store.close()


def test_a_batch_stands_in_line_once_and_pays_for_all_its_calls(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    visits = 0
    quota = make(6000)
    visit = quota._ledger.visit

    def counting(*args: object, **options: object) -> object:
        nonlocal visits
        visits += 1
        return visit(*args, **options)  # type: ignore[arg-type]

    quota._ledger.visit = counting  # type: ignore[assignment, method-assign]
    quota.send(a_batch(*["messages.get"] * 50))
    assert visits == 1
    begun = clock.time
    quota.send(call())
    assert clock.time - begun > 9  # 1,000 units at 6,000 a minute


def test_a_batch_that_a_budget_cannot_pay_counts_nothing(make: Make, server: Gmail) -> None:
    meter = Meter(59)
    with pytest.raises(BudgetSpent):
        make(meter=meter).send(a_batch(*["messages.get"] * 3))
    assert meter.spent == Spent(0, 0)
    assert server.times == []


def test_a_batch_whose_promise_became_void_gives_all_its_units_back(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    one, other = make(6000), make(6000)
    one.send(a_batch(*["messages.get"] * 50))
    slept = clock.sleep

    def refused_meanwhile(seconds: float) -> None:
        clock.sleep = slept  # type: ignore[method-assign]
        slept(seconds)
        one._ledger.visit(void)

    def void(m: Moment) -> None:
        m.user.version += 1

    clock.sleep = refused_meanwhile  # type: ignore[method-assign]
    other.send(a_batch("messages.get", "threads.get"))
    spent = other._ledger.visit(lambda m: m.user.window.by_method(m.now))
    assert spent == {"messages.get": 1020, "threads.get": 40}


def test_what_costs_nothing_does_not_wait_and_is_not_counted(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    meter = Meter()
    quota = make(60, meter=meter)
    for _ in range(10):
        quota.send(replace(call(), method=Method("messages.send", 0, 0, False)))
    assert clock.slept == []
    assert meter.spent == Spent(0, 0)


def test_refusals_of_one_burst_teach_once(make: Make, server: Gmail) -> None:
    one, other = make(6000), make(6000)
    answers = [RATE, RATE]

    def answer(request: Request) -> Response:
        mine = answers.pop()
        if answers:  # the other one's request is refused while this one is in flight
            other.send(call())
        return mine

    server.send = answer  # type: ignore[method-assign]
    one.send(call())
    assert one._ledger.visit(lambda m: m.user.version) == 1


def test_without_a_limit_a_refusal_teaches_one(make: Make, server: Gmail, clock: FakeClock) -> None:
    quota = make(None)
    for _ in range(400):
        quota.send(call())
        clock.sleep(0.1)
    server.coming = [RATE]
    for _ in range(600):
        quota.send(call())
    for first, time in enumerate(server.times):
        assert sum(20 for other in server.times[first:] if other < time + 60) <= 8020


def test_a_lesson_is_forgotten_after_quiet_minutes(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    quota = make(None)
    quota.send(call())
    server.coming = [RATE]
    quota.send(call())
    clock.sleep(3600)
    quota.send(call())
    before = clock.time
    for _ in range(100):
        quota.send(call())
    assert clock.time == before


def test_a_time_that_gmail_names_holds_for_every_process(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    one, other = make(None), make(6000)
    server.coming = [paused(120)]
    one.send(call())
    begun = clock.time
    other.send(call())
    assert clock.time - begun == pytest.approx(120)
    assert max(clock.slept) <= NAP
    one.send(call())
    assert clock.time - begun == pytest.approx(120)


def test_a_pause_of_hours_is_said_without_a_request(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    server.coming = [paused(7200)]
    make().send(call())
    meter = Meter()
    with pytest.raises(TryLater, match="nothing is asked before") as caught:
        make(meter=meter).send(call())
    assert caught.value.retry_at == datetime.fromtimestamp(clock.time + 7200, UTC)
    assert len(server.times) == 1
    assert meter.spent == Spent(0, 0)


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0, 10 * 365 * 86_400.0])
def test_after_a_jump_of_the_clock_gmail_is_asked_again(
    make: Make, server: Gmail, clock: FakeClock, jump: float
) -> None:
    server.coming = [paused(7200)]
    make().send(call())
    clock.time += jump
    make().send(call())
    assert len(server.times) == 2


def test_a_used_up_day_stops_all_but_used_up_sending_only_sending(
    make: Make, server: Gmail
) -> None:
    server.coming = [DAILY]
    make().send(call("messages.send"))
    make().send(call())
    with pytest.raises(DailyLimit):
        make().send(call("messages.send"))
    server.coming = [DAILY]
    make().send(call())
    with pytest.raises(DailyLimit):
        make().send(call())


def test_nobody_waits_for_ever_where_sleeping_takes_no_time(server: Gmail, make: Make) -> None:
    quota = make(6000, clock=ImpatientClock())
    server.coming = [paused(100), *[GOOD] * 200, RATE]
    for _ in range(210):
        quota.send(call())
    assert len(server.times) == 210


def test_a_deadline_that_the_line_cannot_keep_is_said_at_once(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    quota = make(600)
    meter = Meter()
    hasty = make(600, meter=meter)
    for _ in range(5):
        quota.send(call())
    begun = clock.time
    with pytest.raises(TryLater, match=r"no room for messages\.send before the deadline"):
        hasty.send(call("messages.send", give_up=clock.time + 1))
    assert clock.time == begun
    assert meter.spent == Spent(0, 0)


def test_a_deadline_before_the_end_of_a_pause_is_said_with_its_time(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    server.coming = [paused(100)]
    make().send(call())
    with pytest.raises(TryLater) as caught:
        make().send(call(give_up=clock.time + 50))
    assert caught.value.retry_at is not None


def test_too_many_at_once_narrows_the_gate_and_not_the_pace(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    quota = make(None)
    server.coming = [MANY]
    quota.send(call())
    for _ in range(10):
        quota.send(call())
    assert clock.slept == []
    with pytest.raises(TryLater, match="no room"):
        held(quota, server, clock)


def held(quota: Quota, server: Gmail, clock: FakeClock) -> None:
    """A second request, while a first is in flight."""
    arrived, answer = threading.Event(), threading.Event()
    first = True

    def send(request: Request) -> Response:
        nonlocal first
        if first:
            first = False
            arrived.set()
            answer.wait(10)
        return GOOD

    server.send = send  # type: ignore[method-assign]
    flying = threading.Thread(target=quota.send, args=(call(),))
    flying.start()
    try:
        arrived.wait(10)
        quota.send(call(give_up=clock.time))
    finally:
        answer.set()
        flying.join(10)


def test_a_process_stands_in_line_once(make: Make, clock: FakeClock) -> None:
    quota = make(6000)
    quota._one_ahead.acquire()
    with pytest.raises(TryLater, match="no room"):
        quota.send(call(give_up=clock.time))
    quota._one_ahead.release()
    quota.send(call(give_up=clock.time))


def test_a_promise_is_void_after_a_refusal_in_between(
    make: Make, server: Gmail, clock: FakeClock
) -> None:
    one, other = make(600), make(600)
    for _ in range(4):
        one.send(call())
    sleep = clock.sleep

    def refused_meanwhile(seconds: float) -> None:
        clock.sleep = sleep  # type: ignore[method-assign]
        server.coming = [RATE]
        other.send(call())
        sleep(seconds)

    clock.sleep = refused_meanwhile  # type: ignore[method-assign]
    one.send(call())
    assert server.times[-1] - server.times[-2] > 30


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert not set(threading.enumerate()) - before  # those of other tests may end meanwhile


def test_machines_that_share_a_home_do_not_share_books(
    make: Make, server: Gmail, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.coming = [paused(7200)]
    make().send(call())
    monkeypatch.setattr("gmailkit.wire.quota.ledger.since", lambda: "another boot")
    make().send(call())
    assert len(server.times) == 2


def test_the_first_request_under_a_new_limit_is_alone(make: Make, server: Gmail) -> None:
    quota = make(6000)
    server.coming = [GOOD] * 250 + [RATE]
    for _ in range(254):
        quota.send(call())
    gaps = [after - before for before, after in pairwise(server.times[-3:])]
    assert gaps[0] >= PROBE
    assert gaps[1] < PROBE
