"""Servers that break off, stall or lie: each is one sentence, and says whether it was sent."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unicodedata import category

import pytest

from fakes import FakeClock
from gmailkit.errors import (
    CannotDo,
    DailyLimit,
    GmailKitError,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
)
from gmailkit.transport.smtp.dialogue import Dialogue
from gmailkit.transport.smtp.server import Server, read_server
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.throwaway import serving
from gmailkit.transport.smtp.transcript import Closed
from scripted_server import DATA, HANG, HANG_UP, OPENING, TAKE_ALL, ScriptedServer
from speech import LETTER, nothing, password, to

TAKEN = (*OPENING, "250 ok", "250 ok", DATA, TAKE_ALL)
EVERY_BYTE = b"".join(bytes([each]) for each in range(256)).decode("latin-1")


def send(script: tuple[str, ...], *, url: str = "", timeout: float = 5) -> list[str]:
    """What happens, in order: whether the dot was about to be said."""
    steps: list[str] = []
    with ScriptedServer(*script) as server:
        try:
            with Session(read_server(url or server.url), timeout=timeout) as session:
                session.send(to("b@x.org"), LETTER, before_the_dot=lambda _: steps.append("dot"))
        except GmailKitError as error:
            error.steps = steps  # type: ignore[attr-defined]
            raise
    return steps


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        ((HANG_UP,), Unreachable, "broke off at the greeting"),
        (("554 go away",), Refused, "refuses the connection: 554 go away"),
        (("421 busy",), TryLater, "at the moment: 421 busy"),
        (("SSH-2.0-OpenSSH_9",), ServerFault, "no reply of SMTP"),
        (("220 here", HANG_UP), Unreachable, "broke off at EHLO"),
        (("220 here", "550 no"), Refused, "refuses EHLO"),
        ((*OPENING, HANG_UP), Unreachable, "broke off at the envelope"),
        ((*OPENING, "550 5.7.1 not you"), Refused, "the sender <ann@example.com>: 550 5.7.1"),
        ((*OPENING, "451 4.3.0 wait"), TryLater, "451 4.3.0 wait"),
        ((*OPENING, "530 5.7.0 sign in"), SignInNeeded, "wants a sign-in"),
        ((*OPENING, "550 5.4.5 limit"), DailyLimit, "allowance"),
        ((*OPENING, "250 ok", HANG_UP), Unreachable, "broke off at the envelope"),
        ((*OPENING, "250 ok", "250 ok", "554 no"), Refused, "refuses DATA"),
        ((*OPENING, "250 ok", "250 ok", "451 no"), TryLater, "cannot do DATA"),
        ((*OPENING, "250 ok", "250 ok", HANG_UP), Unreachable, "broke off at DATA"),
    ],
)
def test_before_the_dot_nothing_was_sent(
    script: tuple[str, ...], kind: type[GmailKitError], said: str
) -> None:
    with pytest.raises(kind, match=said.replace(".", r"\.")) as caught:
        send(script)
    assert not caught.value.maybe_done
    assert caught.value.steps == []
    assert caught.value.message.count("\n") == 0
    if isinstance(caught.value, Unreachable):
        assert caught.value.sent == "no"


@pytest.mark.parametrize(
    ("script", "said"),
    [((*TAKEN, HANG_UP), "closed the connection"), ((*TAKEN, "what?"), "no reply of SMTP")],
)
def test_after_the_dot_nobody_knows(script: tuple[str, ...], said: str) -> None:
    with pytest.raises(Unreachable, match=said) as caught:
        send(script)
    assert (caught.value.sent, caught.value.maybe_done) == ("maybe", True)
    assert not caught.value.retryable
    assert caught.value.steps == ["dot"]


def ended(dialogue: Dialogue) -> None:
    """Once what the server did last has arrived here."""
    assert dialogue.sock
    assert select.select([dialogue.sock], [], [], 5)[0]


def broken(dialogue: Dialogue) -> None:
    """Once the system knows that nobody is there."""
    assert dialogue.sock
    gone = select.poll()
    gone.register(dialogue.sock, select.POLLERR)
    assert gone.poll(5_000)


def waiting_behind(patch: pytest.MonkeyPatch, name: str, wait: Callable[..., None]) -> None:
    real = getattr(Dialogue, name)

    def waits(dialogue: Dialogue, *given: object, **more: object) -> None:
        real(dialogue, *given, **more)
        wait(dialogue)

    patch.setattr(Dialogue, name, waits)


def test_a_server_that_closes_behind_its_yes_to_data_has_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The dot is not said, so that nobody has to wonder."""
    waiting_behind(monkeypatch, "pour", ended)
    with pytest.raises(Unreachable, match="broke off at DATA") as caught:
        send((*OPENING, "250 ok", "250 ok", DATA, HANG_UP))
    assert (caught.value.maybe_done, caught.value.steps) == (False, [])


def test_a_dot_that_the_system_does_not_take_did_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke between the look and the dot."""
    monkeypatch.setattr(Dialogue, "check_open", broken)
    with pytest.raises(Unreachable, match="broke off at the end of the message") as caught:
        send((*OPENING, "250 ok", "250 ok", DATA, HANG_UP))
    assert (caught.value.maybe_done, caught.value.sent) == (False, "no")
    assert caught.value.steps == ["dot"]


@pytest.mark.parametrize("closes", [True, False])
def test_over_tls_a_closed_connection_is_told_from_an_open_one(
    trusted: Path, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    """Tickets of TLS lie unread behind the handshake: they are no end."""
    waiting_behind(monkeypatch, "pour", ended if closes else lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with serving(trusted).wrap_socket(listening.accept()[0], server_side=True) as safe:
                for answer in ("220 here", "250 here", "250 ok", "250 ok", DATA):
                    safe.sendall(f"{answer}\r\n".encode())
                    if answer != DATA:
                        safe.recv(1000)
                if not closes:
                    while not safe.recv(1000).endswith(b".\r\n"):
                        pass
                    safe.sendall(b"250 taken\r\n")
                    safe.recv(1000)

        threading.Thread(target=serve, daemon=True).start()
        asked = Server(host="127.0.0.1", port=listening.getsockname()[1], security="tls")
        with Session(asked, timeout=5) as session:
            if closes:
                with pytest.raises(Unreachable, match="broke off at DATA"):
                    session.send(to("b@x.org"), LETTER, before_the_dot=pytest.fail)
            else:
                done = session.send(to("b@x.org"), LETTER, before_the_dot=nothing)
                assert done.reply
                assert done.reply.words == "taken"


def test_no_answer_to_the_dot_in_time_is_not_known_either() -> None:
    with pytest.raises(Unreachable, match="no answer in time") as caught:
        send((*TAKEN, HANG), timeout=0.3)
    assert caught.value.maybe_done


@pytest.mark.parametrize(
    ("reply", "kind"), [("452 4.3.1 full", TryLater), ("554 5.7.1 spam", Refused)]
)
def test_a_no_to_the_dot_is_a_no(reply: str, kind: type[GmailKitError]) -> None:
    with pytest.raises(kind) as caught:
        send((*TAKEN, reply))
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("script", "what"),
    [((HANG,), "the greeting"), (("220 here", HANG), "EHLO"), ((*OPENING, HANG), "the envelope")],
)
def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    script: tuple[str, ...], what: str
) -> None:
    with pytest.raises(Unreachable, match=f"gave no answer to {what} within 0.3 s"):
        send(script, timeout=0.3)


def test_an_answer_that_comes_a_few_bytes_at_a_time_is_none() -> None:
    """Each byte comes in time; the whole does not."""
    clock = FakeClock()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                while True:  # ends with the client
                    clock.sleep(1)
                    connection.sendall(b"2")
                    time.sleep(0.01)

        threading.Thread(target=serve, daemon=True).start()
        asked = Server(host="127.0.0.1", port=listening.getsockname()[1], security="none")
        with (
            pytest.raises(Unreachable, match="gave no answer to the greeting"),
            Session(asked, timeout=5, clock=clock),
        ):
            pytest.fail("the session opened")


def test_a_server_that_is_not_there() -> None:
    with ScriptedServer() as server:
        url = server.url
    with pytest.raises(Unreachable, match=r"cannot be reached: Connection refused") as caught:
        send((), url=url)
    assert "smtp-sink" in caught.value.hint


def test_a_server_without_starttls_gets_nothing() -> None:
    with ScriptedServer("220 here", "250-here\r\n250 AUTH PLAIN") as server:
        asked = Server(host="127.0.0.1", port=server.port, security="starttls")
        with pytest.raises(CannotDo, match="offers no STARTTLS"), Session(asked, timeout=2):
            pytest.fail("the session opened")
        assert server.heard == [b"EHLO [127.0.0.1]\r\n"]


def test_a_server_that_refuses_starttls() -> None:
    with ScriptedServer("220 here", "250-here\r\n250 STARTTLS", "454 4.7.0 no") as server:
        asked = Server(host="127.0.0.1", port=server.port, security="starttls")
        with pytest.raises(TryLater, match="STARTTLS"), Session(asked, timeout=2):
            pytest.fail("the session opened")


def test_what_was_said_in_clear_behind_starttls_is_thrown_away(trusted: Path) -> None:
    """A stranger may slip words in behind the 220: they must not count as said over TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            for answer in (b"220 here", b"250-here\r\n250 STARTTLS"):
                connection.sendall(answer + b"\r\n")
                connection.recv(1000)
            connection.sendall(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
            with serving(trusted).wrap_socket(connection, server_side=True) as safe:
                safe.recv(1000)
                safe.sendall(b"250-here\r\n250 HELP\r\n")
                safe.recv(1000)

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        asked = Server(host="127.0.0.1", port=port, security="starttls")
        with Session(asked, timeout=5) as session:
            assert session.offer.keywords == (("HELP", ""),)


def test_tls_with_a_server_that_speaks_none() -> None:
    with ScriptedServer(*OPENING) as server:
        asked = Server(host="127.0.0.1", port=server.port, security="tls")
        with pytest.raises(Unreachable, match="agree on no TLS"), Session(asked, timeout=2):
            pytest.fail("the session opened")


def test_an_answer_without_end_is_not_read_for_ever() -> None:
    endless = "\r\n".join(["250-more"] * 500)
    with pytest.raises(Unreachable, match="does not end"):
        send(("220 here", endless))
    with pytest.raises(Unreachable, match="does not end"):
        send(("220 " + "x" * 10_000,))


def test_bytes_of_no_sense_are_one_sentence_too() -> None:
    with pytest.raises(GmailKitError) as caught:
        send((EVERY_BYTE.replace("\n", " "),))
    assert not any(category(each) == "Cc" for each in caught.value.message)


def test_closing_right_after_the_message_was_taken_is_no_failure() -> None:
    with ScriptedServer(*TAKEN, "250 ok", HANG_UP) as server:
        with Session(read_server(server.url), timeout=2) as session:
            assert session.send(to("b@x.org"), LETTER, before_the_dot=nothing).accepted
        assert server.bodies == [LETTER.content]
    assert isinstance(session.transcript.events[-1], Closed)


def test_a_server_of_old_is_spoken_to_as_of_old() -> None:
    script = ("220 here", "500 what", "250 here", "250 ok", "250 ok", DATA, TAKE_ALL, "250 ok")
    with ScriptedServer(*script) as server:
        with Session(read_server(server.url), timeout=2) as session:
            session.send(to("b@x.org"), LETTER, before_the_dot=nothing)
        assert server.heard[1:3] == [b"HELO [127.0.0.1]\r\n", b"MAIL FROM:<ann@example.com>\r\n"]


def test_what_stops_before_the_dot_ends_without_one() -> None:
    """A full disk under the ledger: the server must not take what nobody wrote down."""

    def full(_: object) -> None:
        raise CannotDo("full")

    with ScriptedServer(*TAKEN) as server:
        session = Session(read_server(server.url), timeout=2)
        with pytest.raises(CannotDo), session:
            session.send(to("b@x.org"), LETTER, before_the_dot=full)
        server._thread.join(0.2)
        assert not [each for each in server.bodies if b"QUIT" in each]


@pytest.mark.parametrize(
    ("offered", "said"),
    [("AUTH CRAM-MD5", "CRAM-MD5"), ("HELP", "none at all")],
)
def test_no_way_to_sign_in(offered: str, said: str) -> None:
    with (
        ScriptedServer("220 here", f"250-here\r\n250 {offered}") as server,
        Session(read_server(server.url), timeout=0.3) as session,
        pytest.raises(CannotDo, match=said),
    ):
        session.log_in(password("ann", "open sesame"))


def test_a_mail_that_is_refused_while_data_is_taken_ends_at_once() -> None:
    """With commands said at once; a QUIT would be a line of the message."""
    script = ("220 here", "250-here\r\n250 PIPELINING", "503 no", "250 ok", DATA, TAKE_ALL, "250")
    with ScriptedServer(*script) as server:
        with pytest.raises(Refused, match="503 no"), Session(read_server(server.url)) as session:
            session.send(to("b@x.org"), LETTER, before_the_dot=pytest.fail)
        server._thread.join(0.2)
        assert server.bodies in ([], [b""])
