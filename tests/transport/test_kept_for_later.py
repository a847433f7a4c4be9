"""What leaves later by SMTP: as the bytes it was written as, when it is due."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes import FakeClock
from gmailkit.errors import CannotWrite, Conflict, Refused, TryLater, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.record.ledger import Entry
from gmailkit.services.sending.outbox import Result, release
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.sink import Sink

Open = Callable[..., Gmail]
ANN = "ann@example.com"
DAY = 86_400


def keep(gmail: Gmail, at: str = "in 30 days") -> Entry:
    return gmail.send_later(to=ANN, subject="Hi", text="x", key="k", at=at, way="smtp")


def files(gmail: Gmail) -> list[Path]:
    return sorted((gmail._connection.state_folder / "smtp").glob("*"))


def run(gmail: Gmail) -> list[Result]:
    return list(gmail.outbox.run())


def test_it_waits_here_and_leaves_when_it_is_due(
    mailbox: Open, sink: Sink, clock: FakeClock
) -> None:
    gmail = mailbox(sink.url)
    assert (keep(gmail).state, keep(gmail).way) == ("held", "smtp")
    assert list(gmail._connection.client.drafts.list()) == []
    content = files(gmail)[0].read_bytes().partition(b"\n")[2]
    clock.time += 29 * DAY
    assert (run(gmail), sink.lines) == ([], [])
    clock.time += 2 * DAY
    (result,) = run(gmail)
    assert (result.entry.state, "late" in result.remark) == ("sent", True)
    assert [each.content for each in sink.messages] == [content]
    assert (run(gmail), files(gmail)) == ([], [])


def test_a_clock_that_is_put_back_does_not_let_it_leave_before_its_time(
    mailbox: Open, sink: Sink, clock: FakeClock
) -> None:
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time -= 365 * DAY
    assert (run(gmail), sink.lines) == ([], [])


def test_one_that_is_damaged_stops_no_other(mailbox: Open, sink: Sink, clock: FakeClock) -> None:
    gmail = mailbox(sink.url)
    keep(gmail)
    files(gmail)[0].write_bytes(b"{}\nTo: evil@example.com\r\n\r\n")
    gmail.send_later(to=ANN, text="x", key="l", at="in 30 days", way="smtp")
    clock.time -= 365 * DAY
    (damaged,) = run(gmail)
    assert isinstance(damaged.error, CannotWrite)
    clock.time += 400 * DAY
    assert {each.entry.key: each.sent is not None for each in run(gmail)} == {"k": False, "l": True}
    assert len(sink.messages) == 1


def test_four_days_of_tries_begin_when_it_is_due(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="full:11")
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    for _ in range(11):
        (result,) = run(gmail)
        assert isinstance(result.error, TryLater)
        assert result.entry.due
        clock.time = result.entry.due.timestamp()
    assert [each.entry.state for each in run(gmail)] == ["sent"]
    assert len(sink.messages) == 1


def test_what_the_server_refuses_for_good_waits_for_a_person_and_is_not_lost(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="reject:1")
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    (result,) = run(gmail)
    assert isinstance(result.error, Refused)
    assert "outbox approve k" in result.error.hint
    assert (result.entry.state, len(files(gmail))) == ("parked", 1)
    assert "554 5.7.1" in result.entry.error
    assert run(gmail) == []
    assert gmail.outbox.approve("k").entry.state == "sent"
    assert len(sink.messages) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_what_left_meanwhile_counts_up_to_the_last_moment(
    mailbox: Open,
    sink: Sink,
    clock: FakeClock,
    policy: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: bool,
) -> None:
    """Two see room for one more; the other one is a moment earlier."""
    policy.write_text("[caps]\nmessages_per_hour = 1\n")
    gmail = mailbox(sink.url)
    real = Session._data

    def overtaken(session: Session, *given: Any) -> None:
        real(session, *given)
        sends, now = gmail._connection.sends, gmail._connection.sends.now()
        mine = sends.find("k")
        assert mine
        other = {"key": "other", "state": "sent", "created": now, "updated": now}
        sends.put(msgspec.structs.replace(mine, **other))

    with monkeypatch.context() as patch:
        patch.setattr(Session, "_data", overtaken)
        if kept:
            keep(gmail)
            clock.time += 30 * DAY + 1
            (result,) = run(gmail)
            assert isinstance(result.error, Refused)
        else:
            with pytest.raises(Refused, match="caps"):
                gmail.send(to=ANN, text="x", key="k", way="smtp")
    mine = gmail.outbox.find("k")
    assert (mine.state, sink.messages) == ("held" if kept else "failed", [])
    clock.time += 3_601
    assert len(run(gmail)) == kept
    assert len(sink.messages) == kept


def test_without_a_network_it_waits_on(
    mailbox: Open, sink: Sink, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some resolvers say then that there is no such host."""

    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    with monkeypatch.context() as patch:
        patch.setattr("gmailkit.transport.smtp.dialogue.socket.create_connection", nowhere)
        (result,) = run(gmail)
    assert isinstance(result.error, Unreachable)
    clock.time += 301
    assert [each.entry.state for each in run(gmail)] == ["sent"]


def test_it_is_taken_back_or_let_go_before(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    keep(gmail)
    assert gmail.outbox.cancel("k").state == "cancelled"
    assert files(gmail) == []
    with pytest.raises(Conflict):
        keep(gmail)
    gmail.send_later(to=ANN, text="x", key="l", at="in 30 days", way="smtp")
    assert gmail.outbox.release("l").entry.state == "sent"
    assert len(sink.messages) == 1


def test_what_another_run_let_go_meanwhile_is_told_as_it_is(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    seen = keep(gmail)
    gmail.outbox.release("k")
    assert release(gmail._connection, seen).entry.state == "sent"
    assert len(sink.messages) == 1


def test_what_another_run_tried_meanwhile_is_not_tried_again_at_once(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="full:1")
    gmail = mailbox(sink.url)
    seen = keep(gmail)
    clock.time += 30 * DAY + 1
    (result,) = run(gmail)
    assert isinstance(result.error, TryLater)
    assert release(gmail._connection, seen) == Result(entry=result.entry)
    assert sink.messages == []


def test_approved_it_still_waits_for_its_time(
    mailbox: Open, sink: Sink, clock: FakeClock, policy: Path
) -> None:
    policy.write_text('approval = "all"\n')
    gmail = mailbox(sink.url)
    assert keep(gmail).state == "parked"
    result = gmail.outbox.approve("k")
    assert (result.entry.state, result.sent, sink.lines) == ("held", None, [])
    clock.time += 30 * DAY + 1
    assert [each.entry.state for each in run(gmail)] == ["sent"]
    assert len(sink.messages) == 1


def test_what_nobody_could_tell_and_did_not_leave_is_not_lost(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="drop-after:1")
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    (result,) = run(gmail)
    assert result.entry.state == "unknown"
    clock.time += 30 * DAY
    assert (run(gmail), len(files(gmail))) == ([], 1)
    assert gmail.settle("k", "failed").state == "parked"
    assert gmail.outbox.approve("k").entry.state == "sent"
    assert len(sink.messages) == 2  # the sink had taken it: the person was wrong
    assert files(gmail) == []


def test_what_others_have_is_not_parked_for_one_whom_the_server_refuses(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="later:bob@example.org:1")
    gmail = mailbox(sink.url)
    gmail.send_later(to=[ANN, "bob@example.org"], text="x", key="k", at="in 30 days", way="smtp")
    for seconds, state in ((30 * DAY + 1, "held"), (301, "sent")):
        clock.time += seconds
        assert [each.entry.state for each in run(gmail)] == [state]
        sink.troubles.add("refuse:bob@example.org")
    assert "550 5.1.1" in gmail.outbox.find("k").error
    assert ([each.to for each in sink.messages], files(gmail)) == ([(ANN,)], [])


def test_what_a_rule_forbids_by_then_waits_for_a_person(
    mailbox: Open, sink: Sink, clock: FakeClock, policy: Path
) -> None:
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    policy.write_text('[recipients]\ndeny = ["example.com"]\n')
    (result,) = run(gmail)
    assert isinstance(result.error, Refused)
    assert (result.entry.state, "recipients.deny" in result.entry.error) == ("parked", True)
    with pytest.raises(Refused, match=r"recipients\.deny"):
        raise gmail.outbox.approve("k").error or AssertionError
    policy.write_text("")
    clock.time += DAY
    assert run(gmail) == []
    assert gmail.outbox.approve("k").entry.state == "sent"
    assert len(sink.messages) == 1


def test_what_sending_being_switched_off_stops_waits_on(
    mailbox: Open, sink: Sink, clock: FakeClock, policy: Path
) -> None:
    gmail = mailbox(sink.url)
    keep(gmail)
    clock.time += 30 * DAY + 1
    policy.write_text('sending = "off"\n')
    assert [each.entry.state for each in run(gmail)] == ["held"]
    policy.write_text("")
    clock.time += 3_601
    assert [each.entry.state for each in run(gmail)] == ["sent"]
