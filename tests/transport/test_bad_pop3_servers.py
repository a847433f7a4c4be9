"""What a server of POP3 may do wrong, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from fakes import ImpatientClock
from gmailkit.errors import (
    CannotDo,
    DailyLimit,
    GmailKitError,
    NotFound,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
)
from gmailkit.secret import Secret
from gmailkit.transport.again import TRIES
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.pop3.session import Session
from gmailkit.transport.sasl import Login
from scripted_imap import HANG, HANG_UP, ScriptedImap

OPEN = (b"+OK hello\r\n", b"-ERR what\r\n", b"+OK\r\n", b"+OK in\r\n")  # CAPA, USER, PASS
LISTS = (b"+OK\r\n1 9\r\n.\r\n", b"+OK\r\n1 one\r\n.\r\n")  # LIST, UIDL
TORN = b"+OK\r\nSubject: x" + HANG_UP


@pytest.fixture
def opens() -> Iterator[object]:
    with ExitStack() as stack:

        def open_(*scripts: Sequence[bytes]) -> tuple[ScriptedImap, Session]:
            server = stack.enter_context(ScriptedImap(*scripts))
            login = Login(user="ann", kind="password", secret=lambda: Secret("open-sesame"))
            there = MailServer.of("pop3", "127.0.0.1", server.port, "ann")
            session = Session(there, login, clock=ImpatientClock(), timeout=0.6)
            stack.callback(session.hang_up)
            return server, session

        yield open_


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ([HANG_UP], Unreachable, "closed the connection"),
        ([HANG], Unreachable, "gave no answer"),
        ([b"220 smtp here\r\n"], ServerFault, "no POP3"),
        ([b"-ERR [SYS/TEMP] not now\r\n"], TryLater, "not now"),
        ([*OPEN[:3], b"-ERR [AUTH] no\r\n"], SignInNeeded, "does not let ann in"),
        ([*OPEN[:3], b"-ERR no\r\n"], SignInNeeded, "does not let ann in"),
        ([*OPEN[:3], b"-ERR [IN-USE] locked\r\n"], TryLater, "locked"),
        ([*OPEN[:3], b"-ERR [SYS/PERM] POP is off\r\n"], Refused, "POP is off"),
        ([*OPEN[:3], b"-ERR Account exceeded bandwidth limits\r\n"], DailyLimit, "no more today"),
    ],
)
def test_a_sign_in_that_fails_is_told(
    opens: object, script: list[bytes], kind: type[GmailKitError], words: str
) -> None:
    _, session = opens(script)  # type: ignore[operator]
    with pytest.raises(kind, match=words) as caught, session:
        pass
    assert "open-sesame" not in str(caught.value)


def test_a_message_cut_off_is_read_again_whole(opens: object) -> None:
    whole = (*OPEN, *LISTS, b"+OK\r\nSubject: x\r\n..\r\n\r\n.\r\n")
    server, session = opens([*OPEN, *LISTS, TORN], whole)  # type: ignore[operator]
    assert session.content("one").bytes == b"Subject: x\r\n.\r\n\r\n"
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ([*LISTS, TORN], Unreachable, "closed the connection"),
        ([LISTS[0], b"-ERR no such command\r\n"], CannotDo, "no such command"),
        ([b"+OK\r\none two\r\n.\r\n", LISTS[1]], ServerFault, "no POP3"),
        ([*LISTS, b"-ERR no such message\r\n"], NotFound, "no such message"),
        ([*LISTS, HANG], Unreachable, "gave no answer"),
    ],
)
def test_what_no_connection_helps_against_is_told(
    opens: object, answers: list[bytes], kind: type[GmailKitError], words: str
) -> None:
    server, session = opens([*OPEN, *answers])  # type: ignore[operator]
    with pytest.raises(kind, match=words):
        session.content("one")
    assert server.connections == (TRIES if kind in (Unreachable, ServerFault) else 1)


def test_messages_of_one_name_are_two(opens: object) -> None:
    lists = (b"+OK\r\n1 9\r\n2 9\r\n.\r\n", b"+OK\r\n1 one\r\n2 one\r\n.\r\n")
    _, session = opens([*OPEN, *lists])  # type: ignore[operator]
    assert list(session.offered()) == ["one", "one 2"]
