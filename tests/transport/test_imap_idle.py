"""Waiting for news in a folder of a server of IMAP."""

from __future__ import annotations

import threading

import dovecot
from fakes import FakeClock, ImpatientClock
from gmailkit.transport.imap.idle import LOOK, news
from gmailkit.transport.transcript import Event, Line
from scripted_imap import HANG_UP, OPEN, SELECTED, ScriptedImap

RAW = b"Subject: x\r\n\r\nx\r\n"
IDLES = b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK\r\n"


def test_what_arrives_is_told_at_once_and_the_wait_is_begun_anew_in_time() -> None:
    events: list[Event] = []
    with (
        dovecot.session("imap", "idle", hear=events.append) as session,
        dovecot.session("imap", "idle") as other,
    ):
        coming = news(session, "INBOX", renewed=0.1)
        next(coming)
        for _ in range(2):
            timer = threading.Timer(0.35, lambda: other.append("INBOX", [RAW], len(RAW)))
            timer.start()
            next(coming)
            timer.join()
        assert len(session.uids()) == 2  # it is at the end of a command again
    said = [each.text.split(" ")[-1] for each in events if isinstance(each, Line)]
    assert said.count("IDLE") == said.count("DONE") > 4


def test_a_connection_lost_while_waiting_comes_back_and_counts_as_news() -> None:
    opening = (*OPEN[:3], IDLES)
    first = [*opening, SELECTED, b"+ waiting\r\n" + HANG_UP]
    then = [*opening, SELECTED, b"+ waiting\r\n* OK Still here\r\n", b"TAG OK\r\n"]
    with ScriptedImap(first, then) as server:
        session = server.opened(clock=ImpatientClock(), timeout=2)
        coming = news(session, "INBOX", renewed=0.1)
        next(coming)
        next(coming)
        assert session.connections == 2


def test_a_server_without_idle_is_looked_at_now_and_then() -> None:
    script = [*OPEN, SELECTED, b"TAG OK\r\n", b"* 4 EXISTS\r\nTAG OK\r\n"]
    clock = FakeClock()
    with ScriptedImap(script) as server:
        coming = news(server.opened(clock=clock, timeout=2), "INBOX")
        next(coming)
        next(coming)
        assert clock.slept == [LOOK, LOOK]
