"""The schedule of retries on clocks that jump: late at worst, never twice, never given up early."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes import FakeClock
from gmailkit.errors import Kept, TryLater, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.record.ledger import Entry
from gmailkit.services.sending.outbox import Result
from gmailkit.services.sending.ways.smtp import trace
from gmailkit.transport.smtp.sink import Sink

Open = Callable[..., Gmail]
ANN = "ann@example.com"
DAY = 86_400


def entry(gmail: Gmail) -> Entry:
    (found,) = gmail._connection.sends.entries()
    return found


def run(gmail: Gmail) -> list[Result]:
    return list(gmail.outbox.run())


def held(mailbox: Open, sink: Sink) -> Gmail:
    gmail = mailbox(sink.url)
    with pytest.raises(Kept):
        gmail.smtp(to=ANN, text="x", key="k")
    return gmail


def test_a_clock_that_is_put_back_makes_no_pause_longer(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="full:1")
    gmail = held(mailbox, sink)
    clock.time -= 365 * DAY
    assert [each.entry.state for each in run(gmail)] == ["sent"]
    assert len(sink.messages) == 1


def test_a_clock_that_is_put_back_a_little_keeps_the_pause(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    gmail = held(mailbox, sink_with(troubles="full:1"))
    clock.time -= 30
    assert run(gmail) == []


def test_after_a_jump_of_years_it_is_still_tried_as_often_as_it_should_be(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    """As when a machine is switched on after a holiday."""
    sink = sink_with(troubles="full:3")
    gmail = held(mailbox, sink)
    clock.time += 3_650 * DAY
    assert [each.entry.state for each in run(gmail)] == ["held"]
    clock.time += 3_600
    assert [each.entry.state for each in run(gmail)] == ["held"]
    clock.time += 3_600
    assert [each.entry.state for each in run(gmail)] == ["sent"]
    assert len(sink.messages) == 1


@pytest.mark.parametrize("jump", [3_600, 3_650 * DAY])
def test_a_clock_that_is_put_forward_behind_a_lost_answer_sends_nothing_twice(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    jump: int,
) -> None:
    """Gmail shows the copy a moment later; by the clock that is an hour, or ten years."""
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: True)
    sink = sink_with(troubles="drop-after:1")
    gmail = mailbox(sink.url)
    with pytest.raises(Unreachable):
        gmail.smtp(to=ANN, text="x", key="k")
    clock.time += jump
    (result,) = run(gmail)
    assert isinstance(result.error, TryLater)
    content = sink.messages[0].content
    id = gmail._connection.client.messages.insert(content, label_ids=["SENT"]).id
    assert run(gmail) == []
    clock.time += 901
    run(gmail)
    assert (entry(gmail).state, entry(gmail).message_id) == ("sent", id)
    assert len(sink.messages) == 1


def test_a_clock_that_is_put_back_behind_a_lost_answer_sends_nothing_twice(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: True)
    sink = sink_with(troubles="drop-after:1")
    gmail = mailbox(sink.url)
    with pytest.raises(Unreachable):
        gmail.smtp(to=ANN, text="x", key="k")
    clock.time -= 365 * DAY
    assert run(gmail) == []
    with pytest.raises(TryLater, match="Nobody can tell yet"):
        gmail.smtp(to=ANN, text="x", key="k")
    assert (entry(gmail).state, len(sink.messages)) == ("unknown", 1)
