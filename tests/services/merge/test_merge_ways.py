"""A merge in one call a message, and over SMTP: never a second message, whatever gets lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import Refused, ServerFault, TryLater, Unreachable, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.merge.options import MergeOptions
from gmailkit.services.sending.merge.receipts import read_receipts
from gmailkit.transport.smtp.sink import Sink
from gmailkit.transport.smtp.trouble import Troubles

Write = Callable[..., Path]


def got(sink: Sink) -> list[str]:
    """Whom the server took something for, in order."""
    return sorted(to for message in sink.messages for to in message.to)


def everybody(count: int) -> list[str]:
    return [f"p{n}@example.net" for n in range(1, count + 1)]


@pytest.fixture
def receipts(tmp_path: Path) -> Path:
    return tmp_path / "receipts.csv"


def last(receipts: Path) -> dict[int, str]:
    return {each.row: each.status for each in read_receipts(receipts)}


# In one call


def test_fast_is_one_call_a_message_at_its_price(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    options = MergeOptions(way="fast")
    plan = gmail.plan_merge(letter(), people(), options=options)
    assert plan.units == 300
    assert any("one call" in note for note in plan.notes)
    assert gmail.run_merge(plan).sent == 3
    assert [path for _, path in sandbox.requests if "drafts" in path] == []
    assert {entry.way for entry in gmail.sent()} == {"fast"}
    assert gmail.plan_merge(letter(), people(), options=options).to_send == 0


def test_time_is_estimated_by_the_price_of_the_way(
    settings_for: Callable[..., Settings], letter: Write, people: Write
) -> None:
    with Gmail(settings=replace(settings_for(), units_per_minute=6_000)) as gmail:
        seconds = {
            way: gmail.plan_merge(letter(), people(), options=MergeOptions(way=way)).seconds
            for way in ("draft", "fast")
        }
    assert seconds["draft"] and seconds["fast"]
    assert seconds["draft"] / seconds["fast"] == pytest.approx(110 / 100)


@pytest.mark.parametrize("fault", ["drop-after:messages.send:1", "late-503:messages.send:1"])
def test_a_lost_answer_that_lies_in_sent_counts_as_sent(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, receipts: Path, fault: str
) -> None:
    sandbox.faults.add(fault)
    options = MergeOptions(way="fast", receipts=receipts)
    assert gmail.merge(letter(), people(), options=options).sent == 3
    assert sorted(m.to[0].email for m in sandbox.sent()) == everybody(3)
    assert set(last(receipts).values()) == {"sent"}


@pytest.fixture
def blind(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """The same mailbox, signed in to send alone: it cannot look what became of a message."""
    with Gmail(settings=settings_for(purpose="send"), clock=ImpatientClock()) as gmail:
        yield gmail


def test_what_nobody_can_tell_is_unknown_in_the_receipts_and_never_sent_again_by_any_way(
    sandbox: Sandbox, blind: Gmail, letter: Write, people: Write, receipts: Path
) -> None:
    sandbox.faults.add("drop-after:messages.send:1")
    result = blind.merge(letter(), people(), options=MergeOptions(way="fast", receipts=receipts))
    assert (result.sent, result.bad) == (2, 1)
    assert sorted(last(receipts).values()) == ["sent", "sent", "unknown"]
    for options in (
        MergeOptions(way="fast", receipts=receipts),
        MergeOptions(receipts=receipts),
        MergeOptions(receipts=receipts, only_failed=True),
    ):
        plan = blind.plan_merge(letter(), people(), options=options)
        assert "1 of them may have left before" in " ".join(plan.notes)
        result = blind.run_merge(plan)
        assert (result.sent, result.bad) == (0, 1)
        assert sorted(m.to[0].email for m in sandbox.sent()) == everybody(3)
        assert sorted(last(receipts).values()) == ["sent", "sent", "unknown"]


def test_what_was_settled_by_hand_is_over(
    sandbox: Sandbox, blind: Gmail, letter: Write, people: Write
) -> None:
    sandbox.faults.add("drop-after:messages.send:1")
    blind.merge(letter(), people(), options=MergeOptions(way="fast"))
    (doubtful,) = blind.sent(states=("unknown",))
    blind.settle(doubtful.key, "sent")
    assert blind.merge(letter(), people()).before == 3
    assert len(sandbox.sent()) == 3


# Over SMTP


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def by_smtp(settings_for: Callable[..., Settings], sink: Sink) -> Iterator[Gmail]:
    settings = replace(settings_for(), smtp=sink.url)
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        yield gmail


@pytest.fixture
def options(receipts: Path) -> MergeOptions:
    return MergeOptions(way="smtp", receipts=receipts)


def test_over_smtp_each_gets_one_and_no_units_are_spent(
    sandbox: Sandbox,
    by_smtp: Gmail,
    sink: Sink,
    letter: Write,
    people: Write,
    options: MergeOptions,
) -> None:
    plan = by_smtp.plan_merge(letter(), people(), options=options)
    assert (plan.units, plan.seconds) == (0, None)
    assert any(sink.url.rpartition("/")[2] in note for note in plan.notes)
    assert by_smtp.run_merge(plan).sent == 3
    assert got(sink) == everybody(3)
    assert sandbox.sent() == []
    assert by_smtp.merge(letter(), people(), options=options).before == 3
    assert by_smtp.merge(letter(), people()).before == 3  # by whichever way
    assert got(sink) == everybody(3)
    assert options.receipts and last(options.receipts) == {2: "sent", 3: "sent", 4: "sent"}


def test_a_rate_is_the_estimate_where_there_is_no_quota(
    by_smtp: Gmail, letter: Write, people: Write
) -> None:
    options = MergeOptions(way="smtp", rate=60)
    assert by_smtp.plan_merge(letter(), people(), options=options).seconds == pytest.approx(3.0)


def test_a_trial_goes_by_the_same_way(
    sandbox: Sandbox,
    by_smtp: Gmail,
    sink: Sink,
    letter: Write,
    people: Write,
    options: MergeOptions,
) -> None:
    by_smtp.try_merge(by_smtp.plan_merge(letter(), people(), options=options), "me")
    assert got(sink) == ["me@example.com"]
    assert sandbox.sent() == []


def test_a_recipient_that_the_server_refuses_fails_alone_and_is_tried_by_only_failed(
    by_smtp: Gmail, sink: Sink, letter: Write, people: Write, receipts: Path, options: MergeOptions
) -> None:
    sink.troubles = Troubles("refuse:p2@example.net")
    result = by_smtp.merge(letter(), people(), options=options)
    assert (result.sent, result.bad, result.held) == (2, 1, 0)
    assert last(receipts) == {2: "sent", 3: "failed", 4: "sent"}
    sink.troubles = Troubles("")
    again = replace(options, only_failed=True)
    assert by_smtp.merge(letter(), people(), options=again).sent == 1
    assert got(sink) == everybody(3)


def test_a_recipient_for_later_waits_in_the_outbox_and_is_no_more_the_merge_s(
    by_smtp: Gmail, sink: Sink, letter: Write, people: Write, receipts: Path, options: MergeOptions
) -> None:
    sink.troubles = Troubles("later:p2@example.net")
    result = by_smtp.merge(letter(), people(), options=options)
    assert (result.sent, result.bad, result.held) == (2, 1, 1)
    assert last(receipts) == {2: "sent", 3: "held", 4: "sent"}
    sink.troubles = Troubles("")
    plan = by_smtp.plan_merge(letter(), people(), options=options)
    assert (plan.to_send, plan.closed) == (0, 1)
    plan = by_smtp.plan_merge(letter(), people(), options=replace(options, only_failed=True))
    assert plan.to_send == 0
    assert got(sink) == ["p1@example.net", "p3@example.net"]
    clock = ImpatientClock()
    clock.sleep(3600)
    by_smtp._connection.clock = clock
    (entry,) = by_smtp.outbox.waiting()
    by_smtp.outbox.release(entry.key)
    assert got(sink) == everybody(3)
    assert by_smtp.merge(letter(), people(), options=options).before == 3
    assert last(receipts)[3] == "sent"


def test_a_server_that_is_gone_ends_the_run_and_the_rest_is_left(
    settings_for: Callable[..., Settings], letter: Write, people: Write, options: MergeOptions
) -> None:
    with Sink() as gone:
        settings = replace(settings_for(), smtp=gone.url)
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        with pytest.raises(Unreachable):
            gmail.merge(letter(), people(20), options=options)
        begun = list(gmail.sent())
        assert {entry.state for entry in begun} == {"held"}
        assert len(begun) < 10
        plan = gmail.plan_merge(letter(), people(20), options=options)
        assert (plan.to_send, plan.closed) == (20 - len(begun), len(begun))
    assert options.receipts
    assert sorted(last(options.receipts).values()) == ["held"] * len(begun)


def test_a_server_that_takes_nobody_now_ends_the_run_after_five(
    by_smtp: Gmail, sink: Sink, letter: Write, people: Write, options: MergeOptions
) -> None:
    sink.troubles = Troubles(",".join(f"later:{each}" for each in everybody(30)))
    plan = by_smtp.plan_merge(letter(), people(30), options=options)
    with pytest.raises(TryLater, match="takes no recipient at the moment"):
        by_smtp.run_merge(plan)
    assert 5 <= len(list(by_smtp.sent())) <= 8
    assert got(sink) == []


def test_an_answer_lost_behind_the_dot_is_unknown_and_never_a_second_message(
    by_smtp: Gmail, sink: Sink, letter: Write, people: Write, receipts: Path, options: MergeOptions
) -> None:
    sink.troubles = Troubles("drop-after:1")
    result = by_smtp.merge(letter(), people(), options=options)
    assert (result.sent, result.bad, result.held) == (2, 1, 0)
    assert sorted(last(receipts).values()) == ["sent", "sent", "unknown"]
    for again in (options, replace(options, only_failed=True), replace(options, way=None)):
        assert by_smtp.merge(letter(), people(), options=again).bad == 1
    assert got(sink) == everybody(3)
    assert sorted(last(receipts).values()) == ["sent", "sent", "unknown"]


def test_a_row_of_which_some_have_it_is_sent_and_says_who_has_not(
    by_smtp: Gmail, sink: Sink, letter: Write, people: Write, receipts: Path, options: MergeOptions
) -> None:
    sink.troubles = Troubles("refuse:bob@example.net")
    table = people(['Both,"ann@example.net, bob@example.net"'])
    result = by_smtp.merge(letter(), table, options=options)
    assert (result.sent, result.bad) == (1, 1)
    (receipt,) = read_receipts(receipts)
    assert receipt.status == "sent"
    assert "1 of 2 recipients" in receipt.error
    assert by_smtp.merge(letter(), table, options=options).before == 1
    assert got(sink) == ["ann@example.net"]


def test_what_another_way_began_is_ended_by_that_one(
    sandbox: Sandbox,
    by_smtp: Gmail,
    sink: Sink,
    letter: Write,
    people: Write,
    options: MergeOptions,
) -> None:
    sandbox.faults.add("503:drafts.send:99")
    with pytest.raises(ServerFault):
        by_smtp.merge(letter(), people(20))
    begun = len(list(by_smtp.sent()))
    sandbox.faults.clear()
    assert begun
    by_smtp.merge(letter(), people(20), options=options)
    sent = [m.to[0].email for m in sandbox.sent()]
    assert len(sent) == begun
    assert sorted([*sent, *got(sink)]) == sorted(everybody(20))


def test_a_practice_mailbox_without_a_server_is_told_before_anything_is_planned(
    gmail: Gmail, letter: Write, people: Write, options: MergeOptions
) -> None:
    with pytest.raises(UsageError, match="no SMTP server of its own"):
        gmail.plan_merge(letter(), people(), options=options)


def test_a_password_that_is_missing_is_told_before_anything_is_planned(
    settings_for: Callable[..., Settings], sink: Sink, letter: Write, people: Write
) -> None:
    url = sink.url.replace("//", "//ann@")
    with (
        Gmail(settings=replace(settings_for(), smtp=url)) as gmail,
        pytest.raises((UsageError, Refused)),
    ):
        gmail.plan_merge(letter(), people(), options=MergeOptions(way="smtp"))
    assert sink.messages == []


def test_over_smtp_too_what_wants_approval_waits_for_it(
    settings_for: Callable[..., Settings],
    sink: Sink,
    letter: Write,
    people: Write,
    tmp_path: Path,
    options: MergeOptions,
) -> None:
    rules = tmp_path / "policy.toml"
    rules.write_text('approval = ["p2@example.net"]\n')
    settings = replace(settings_for(), smtp=sink.url, policies=(rules,))
    with Gmail(settings=settings) as gmail:
        result = gmail.merge(letter(), people(), options=options)
        assert (result.sent, result.parked, result.bad) == (2, 1, 0)
        assert gmail.plan_merge(letter(), people(), options=options).closed == 1
        (entry,) = gmail.outbox.waiting()
        gmail.outbox.approve(entry.key, digest=gmail.outbox.read(entry.key).digest)
        assert got(sink) == everybody(3)
        assert gmail.merge(letter(), people(), options=options).before == 3
    assert got(sink) == everybody(3)
