"""Waiting for news in a folder of a server of IMAP."""

from __future__ import annotations

import threading

import pytest

import dovecot
from fakes import FakeClock, ImpatientClock
from gmailkit.errors import TryLater
from gmailkit.transport.imap.idle import LOOK, wait
from gmailkit.transport.transcript import Event, Line
from scripted_imap import HANG, HANG_UP, OPEN, SELECTED, ScriptedImap

RAW = b"Subject: x\r\n\r\nx\r\n"
IDLES = b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK\r\n"
IDLING = (*OPEN[:3], IDLES, SELECTED)
LONG = 60.0


def keep_waiting(seconds: float) -> None: ...


def test_what_arrives_is_told_at_once_and_the_wait_is_begun_anew_in_time() -> None:
    events: list[Event] = []
    with (
        dovecot.session("imap", "idle", hear=events.append) as session,
        dovecot.session("imap", "idle") as other,
    ):
        session.examine("INBOX")
        assert not wait(session, 0.3, keep_waiting, renewed=0.1)
        for _ in range(2):
            session.examine("INBOX")
            timer = threading.Timer(0.35, lambda: other.append("INBOX", [RAW], len(RAW)))
            timer.start()
            assert wait(session, LONG, keep_waiting, renewed=0.1)
            timer.join()
        assert len(session.uids()) == 2  # it is at the end of a command again
    said = [each.text.split(" ")[-1] for each in events if isinstance(each, Line)]
    assert said.count("IDLE") == said.count("DONE") > 4


def test_what_was_told_with_the_answer_to_another_command_is_news() -> None:
    script = [*IDLING, b"* 4 EXISTS\r\n* SEARCH 1 2 3\r\nTAG OK\r\n"]
    with ScriptedImap(script) as server:
        session = server.opened(timeout=2)
        session.examine("INBOX")
        assert session.uids() == [1, 2, 3]
        assert wait(session, LONG, keep_waiting)


def test_what_is_told_before_the_server_says_that_it_waits_is_news() -> None:
    looks: list[float] = []
    with ScriptedImap([*IDLING, b"* 4 EXISTS\r\n+ waiting\r\n", b"TAG OK\r\n"]) as server:
        session = server.opened(timeout=2)
        session.examine("INBOX")
        assert wait(session, 3.0, looks.append)
    assert not looks


def test_other_messages_marked_or_gone_are_no_news() -> None:
    told = b"+ waiting\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n* OK Still here\r\n"
    with ScriptedImap([*IDLING, told, b"TAG OK\r\n"]) as server:
        session = server.opened(timeout=2)
        session.examine("INBOX")
        assert not wait(session, 0.2, keep_waiting)


@pytest.mark.parametrize(
    "end",
    [
        [b"+ waiting\r\n" + HANG_UP],
        [b"+ waiting\r\n* BYE Shutting down\r\n" + HANG_UP],
        [b"+ waiting\r\n", HANG],  # says nothing to DONE
        [HANG],
        [b"+ waiting\r\nwhat?\r\n"],
    ],
    ids=["drops", "parts", "hangs", "hangs at once", "talks nonsense"],
)
def test_a_connection_lost_while_waiting_comes_back_and_counts_as_news(end: list[bytes]) -> None:
    with ScriptedImap([*IDLING, *end], [*IDLING, b"+ waiting\r\n"]) as server:
        session = server.opened(clock=ImpatientClock(), timeout=0.5)
        session.examine("INBOX")
        assert wait(session, LONG, keep_waiting, renewed=0.1)
        assert session.connections == 2


def test_a_server_that_will_not_have_it_is_told_of_and_the_next_wait_goes_on() -> None:
    refusing = [*IDLING, b"TAG NO [UNAVAILABLE] Try again later\r\n", b"TAG OK\r\n"]
    with ScriptedImap(refusing) as server:
        session = server.opened(timeout=2)
        session.examine("INBOX")
        with pytest.raises(TryLater):
            wait(session, LONG, keep_waiting)


def test_who_waits_can_be_stopped() -> None:
    class Over(BaseException):
        pass

    def stop(seconds: float) -> None:
        raise Over

    with ScriptedImap([*IDLING, b"+ waiting\r\n"]) as server:
        session = server.opened(timeout=2)
        session.examine("INBOX")
        with pytest.raises(Over):
            wait(session, LONG, stop)


def test_a_server_without_idle_is_looked_at_now_and_then() -> None:
    script = [*OPEN, SELECTED, b"TAG OK\r\n", b"* 4 EXISTS\r\nTAG OK\r\n"]
    clock = FakeClock()
    with ScriptedImap(script) as server:
        session = server.opened(clock=clock, timeout=2)
        session.examine("INBOX")
        assert wait(session, 10 * LOOK, clock.sleep)
        assert clock.slept == [LOOK, LOOK]
