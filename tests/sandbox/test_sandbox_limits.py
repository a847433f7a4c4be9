"""Quotas: what is charged, when it is refused, and in which words (reference/quota)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Limits, Sandbox
from gmailkit.sandbox.limits import Form
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.prices import PRICES, Prices
from gmailkit.sandbox.refusal import Refusal
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

MINUTE = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute"
SEND = {"raw": base64url(letter())}


def call(meter: Meter, address: str = ME, method: str = "messages.get", times: int = 1) -> int:
    """Calls that were answered."""
    answered = 0
    for _ in range(times):
        with suppress(Refusal), meter.call(address, method):
            answered += 1
    return answered


@pytest.fixture
def meter_of(clock: FakeClock) -> Callable[..., Meter]:
    return lambda **limits: Meter(clock, limits=Limits(**limits), latency=0.0)


def test_the_prices_cover_all_methods() -> None:
    assert len(PRICES["new"]) == len(PRICES["old"]) == 79
    dearer = {name for name, price in PRICES["new"].items() if price != PRICES["old"][name]}
    assert dearer == {
        *("messages.get", "messages.attachments.get", "drafts.get"),
        *("threads.get", "messages.trash", "threads.trash"),
    }


@pytest.mark.parametrize(("prices", "answered"), [("new", 300), ("old", 1200)])
def test_a_minute_holds_so_many_reads(
    meter_of: Callable[..., Meter], prices: Prices, answered: int
) -> None:
    meter = meter_of(prices=prices)
    assert call(meter, times=answered + 5) == answered
    assert meter.rejections(ME) == 5


def test_the_minute_rolls(meter_of: Callable[..., Meter], clock: FakeClock) -> None:
    meter = meter_of(units_per_minute=100)
    assert call(meter, times=2) == 2
    clock.sleep(30)
    assert call(meter, times=3) == 3
    clock.sleep(29.9)
    assert call(meter, method="labels.list") == 0
    clock.sleep(0.2)  # the first two fell out, the rejected one did not
    assert call(meter, method="labels.list", times=50) == 39


def test_each_user_has_a_budget_and_the_project_has_one_for_all(
    meter_of: Callable[..., Meter],
) -> None:
    meter = meter_of(units_per_minute=100, project_units_per_minute=160)
    assert call(meter, times=5) == 5
    assert call(meter, ANN, times=3) == 3
    with pytest.raises(Refusal, match="per minute' of service"), meter.call(ANN, "drafts.list"):
        pass


def test_a_stranger_spends_evenly_of_the_same_budget(
    meter_of: Callable[..., Meter], clock: FakeClock
) -> None:
    meter = meter_of(units_per_minute=6000)
    meter.stranger(ME, 40)
    clock.sleep(30)
    assert call(meter, times=300) == (6000 - 30 * 40) // 20
    clock.sleep(61)
    meter.stranger(ME, 10)
    clock.sleep(30)
    assert call(meter, times=300) == (6000 - 30 * 40 - 30 * 10) // 20
    assert meter.units(ANN) == 0


def test_the_stranger_spends_of_the_project_too(
    meter_of: Callable[..., Meter], clock: FakeClock
) -> None:
    meter = meter_of(project_units_per_minute=1000)
    meter.stranger(ME, 100)
    clock.sleep(9)
    assert call(meter, ANN, times=10) == 5


def test_what_was_spent_can_be_read(meter_of: Callable[..., Meter], clock: FakeClock) -> None:
    meter = meter_of(units_per_minute=None)
    for _ in range(4):
        call(meter, times=2)
        clock.sleep(10)
    call(meter, method="labels.list")
    assert (meter.units(ME.upper()), meter.calls(ME), meter.rejections(ME)) == (161, 9, 0)
    assert meter.by_method(ME) == {"messages.get": (8, 160), "labels.list": (1, 1)}
    assert meter.most_in_window(ME, 10) == 40
    assert meter.most_in_window(ME, 10.5) == 80
    assert meter.most_in_window(ME, 60) == 161
    meter.reset(limits=None, latency=0.0)
    assert (meter.units(ME), meter.most_in_window(ME, 60)) == (0, 0)


def test_many_threads_lose_no_unit(meter_of: Callable[..., Meter]) -> None:
    meter = meter_of(units_per_minute=None)
    workers = [threading.Thread(target=call, args=(meter, ME, "stop", 500)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert meter.units(ME) == 8 * 500 * 50


def test_calls_at_the_same_time_are_limited(meter_of: Callable[..., Meter]) -> None:
    meter = meter_of(in_flight=2)
    with meter.call(ME, "stop"), meter.call(ME, "stop"), meter.call(ANN, "stop"):
        with (
            pytest.raises(Refusal, match="Too many concurrent requests for user") as refused,
            meter.call(ME, "stop"),
        ):
            pass
        assert (refused.value.code, refused.value.reason) == (429, "rateLimitExceeded")
    assert call(meter) == 1


def test_latency_is_slept_by_the_clock(clock: FakeClock) -> None:
    meter = Meter(clock, limits=Limits(units_per_minute=10), latency=0.25)
    call(meter)
    assert clock.slept == [0.25], "a rejected call takes its time too"


@contextmanager
def served(**limits: object) -> Iterator[tuple[Sandbox, Caller]]:
    with Sandbox(sample=False, limits=Limits(**limits)) as sandbox:  # type: ignore[arg-type]
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        try:
            yield sandbox, caller
        finally:
            caller.close()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("RESOURCE_EXHAUSTED", (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED")),
        ("rateLimitExceeded", (403, "rateLimitExceeded", "PERMISSION_DENIED")),
        ("userRateLimitExceeded", (403, "userRateLimitExceeded", "PERMISSION_DENIED")),
    ],
)
def test_a_spent_minute_is_refused_in_googles_words(
    form: Form, expected: tuple[int, str, str]
) -> None:
    with served(units_per_minute=2, form=form) as (_, me):
        assert [me.get("profile").status_code for _ in range(2)] == [200, 200]
        *said, message = refusal(me.get("profile"))
        assert tuple(said) == expected
        assert message.startswith(f"{MINUTE} per user' of service 'gmail.googleapis.com'")


def test_failed_calls_are_charged_and_oauth_is_not() -> None:
    with served() as (sandbox, me):
        assert me.get("messages/123456789abcdef0").status_code == 404
        assert me.get("messages", maxResults="many").status_code == 400
        assert me.post("messages/batchDelete", {"ids": []}).status_code == 403
        assert me.session.get(f"{sandbox.url}/tokeninfo", timeout=30).status_code == 400
        assert sandbox.meter.by_method(ME) == {
            "messages.get": (1, 20),
            "messages.list": (1, 5),
            "messages.batchDelete": (1, 50),
        }


def test_an_upload_is_charged_once() -> None:
    with served() as (sandbox, me):
        opened = me.call(
            *("POST", "messages/send?uploadType=resumable"),
            prefix="/upload",
            headers={"X-Upload-Content-Type": "message/rfc822"},
        )
        asked = me.session.put(
            opened.headers["Location"], headers={"Content-Range": "bytes */*"}, timeout=30
        )
        sent = me.session.put(opened.headers["Location"], data=letter(), timeout=30)
        assert (asked.status_code, sent.status_code) == (308, 200)
        assert sandbox.meter.by_method(ME) == {"messages.send": (1, 100)}


def test_an_upload_id_makes_no_other_call_free() -> None:
    with served() as (sandbox, me):
        me.call("POST", "messages/send?uploadType=media&upload_id=x", prefix="/upload")
        me.get("profile", uploadType="resumable", upload_id="x")
        assert sandbox.meter.calls(ME) == 2


def test_too_many_messages_in_a_day_suspend_sending() -> None:
    with served(sends_per_day=2) as (sandbox, me):
        assert me.post("messages/send", {"raw": ""}).status_code == 400  # sends nothing
        assert [me.post("messages/send", SEND).status_code for _ in range(2)] == [200, 200]
        code, reason, status, message = refusal(me.post("messages/send", SEND))
        assert (code, reason, status) == (429, "userRateLimitExceeded", "RESOURCE_EXHAUSTED")
        again = datetime.fromisoformat(message.partition("Retry after ")[2])
        hours = (again.timestamp() - sandbox.clock.now()) / 3600
        assert 23.9 < hours <= 24
        assert me.get("messages").status_code == 200, "only sending is suspended"
        sandbox.clock.advance(hours * 3600 + 1)
        me.session.headers["Authorization"] = f"Bearer {sandbox.issue_token(ME, ['gmail.send'])}"
        assert me.post("messages/send", SEND).status_code == 200


def to(*people: str, **fields: str) -> dict[str, str]:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return {"raw": base64url(f"To: {', '.join(people)}\r\n{head}Subject: x\r\n\r\nx".encode())}


def many(count: int, since: int = 0) -> list[str]:
    return [f"p{n}@elsewhere.test" for n in range(since, since + count)]


def test_recipients_of_a_day_are_counted_over_all_ways_to_send() -> None:
    with served(recipients_per_day=10) as (sandbox, me):
        first = to(*many(3), Cc=ANN, Bcc=f"bob@example.com, {ANN}")  # five, Ann once
        assert me.post("messages/send", first).status_code == 200
        draft = me.post("drafts", {"message": to(*many(3))}).json()["id"]
        assert me.post("drafts/send", {"id": draft}).status_code == 200
        sandbox.clock.advance(3_000)
        code, reason, status, message = refusal(me.post("messages/send", to(*many(3))))
        assert (code, reason, status) == (429, "userRateLimitExceeded", "RESOURCE_EXHAUSTED")
        again = datetime.fromisoformat(message.partition("Retry after ")[2])
        assert 23.1 < (again.timestamp() - sandbox.clock.now()) / 3600 <= 23.2
        assert len(sandbox.sent()) == 2
        assert sandbox.meter.rejections(ME) == 1
        assert refusal(me.post("messages/send", to(ANN)))[0] == 429, "sending is suspended"
        assert me.get("messages").status_code == 200
        sandbox.clock.advance(again.timestamp() - sandbox.clock.now() + 1)
        me.session.headers["Authorization"] = f"Bearer {sandbox.issue_token(ME, ['gmail.send'])}"
        assert me.post("messages/send", to(*many(3))).status_code == 200


def test_a_refused_draft_stays_and_what_is_not_sent_counts_no_recipients() -> None:
    with served(recipients_per_day=2) as (sandbox, me):
        bad = {"raw": base64url(b"To: a@example.com, b@\r\n\r\nx")}
        assert me.post("messages/send", bad).status_code == 400
        draft = me.post("drafts", {"message": to(*many(3))}).json()["id"]
        assert me.post("drafts/send", {"id": draft}).status_code == 429
        assert me.get(f"drafts/{draft}").status_code == 200
        sandbox.clock.advance(3_601)
        me.session.headers["Authorization"] = f"Bearer {sandbox.issue_token(ME, ['gmail.send'])}"
        assert me.post("messages/send", to(*many(2))).status_code == 200


def test_a_consumer_reaches_five_hundred_people_a_day() -> None:
    with served() as (_, me):
        answers = [
            me.post("messages/send", to(*many(n))).status_code for n in (100, 100, 100, 100, 99)
        ]
        assert answers == [200] * 5
        assert me.post("messages/send", to(*many(2))).status_code == 429


def test_the_last_chunk_of_an_upload_counts_its_recipients() -> None:
    raw = f"To: {', '.join(many(3))}\r\n\r\nx".encode()
    with served(recipients_per_day=4) as (_, me):
        answers = []
        for _ in range(2):
            opened = me.call(
                *("POST", "messages/send"),
                prefix="/upload",
                params={"uploadType": "resumable"},
            )
            answers.append(me.session.put(opened.headers["Location"], data=raw).status_code)
        assert answers == [200, 429]


def test_recipients_fall_out_one_message_after_the_other(
    meter_of: Callable[..., Meter], clock: FakeClock
) -> None:
    meter = meter_of(recipients_per_day=10, units_per_minute=None)

    def send(count: int) -> bool:
        with suppress(Refusal), meter.call(ME, "messages.send") as addressed:
            addressed(count)
            return True
        return False

    assert send(4)
    clock.sleep(3 * 3600)
    assert send(6)
    clock.sleep(3600)
    assert not send(5)  # room for four in 20 hours, for ten in 23
    clock.sleep(20 * 3600 + 1)
    assert not send(4)
    clock.sleep(3 * 3600)
    assert send(10)


def test_what_fails_after_its_recipients_were_counted_counts_none(
    meter_of: Callable[..., Meter],
) -> None:
    meter = meter_of(recipients_per_day=10)
    with suppress(ZeroDivisionError), meter.call(ME, "messages.send") as addressed:
        addressed(10)
        raise ZeroDivisionError
    with meter.call(ME, "messages.send") as addressed:
        addressed(10)


def test_units_of_a_moment_are_averaged_where_it_is_asked_for(
    meter_of: Callable[..., Meter], clock: FakeClock
) -> None:
    meter = meter_of(prices="old", units_per_minute=15_000, units_per_second=250)
    assert call(meter, times=251) == 250, "a burst is allowed, of five seconds' worth"
    with (
        pytest.raises(Refusal, match="User Rate Limit Exceeded") as refused,
        meter.call(ME, "messages.get"),
    ):
        pass
    assert (refused.value.code, refused.value.reason) == (403, "userRateLimitExceeded")
    clock.sleep(5.1)
    assert call(meter, times=200) == 200
    meter.stranger(ME, 100)
    clock.sleep(5.1)
    assert call(meter, times=300) == 150
    assert call(meter_of(prices="old", units_per_minute=15_000), times=300) == 300


def test_a_suspension_lasts_an_hour_at_least(
    meter_of: Callable[..., Meter], clock: FakeClock
) -> None:
    meter = meter_of(sends_per_day=1)
    assert call(meter, method="drafts.send") == 1
    clock.sleep(86_390)
    assert call(meter, method="drafts.send") == 0
    clock.sleep(3_590)
    assert call(meter, method="messages.send") == 0
    clock.sleep(11)
    assert call(meter, method="messages.send") == 1


def test_without_limits_it_only_counts(sandbox: Sandbox, me: Caller) -> None:
    sandbox.meter.limits = Limits(units_per_minute=1)
    assert [me.get("profile").status_code for _ in range(2)] == [200, 429]
