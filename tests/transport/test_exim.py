"""Against a real mail server: TLS, sign-in, extensions, and the bytes as they were delivered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exim import USER, WORD, Exim
from gmailkit.errors import Refused, SignInNeeded, Unreachable
from gmailkit.services.smtp import smtp_probe
from gmailkit.transport.smtp.server import read_server
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.transcript import Answer, Line
from speech import LETTER, letter, nothing, password, to

HEADER = "From: ann@example.com\nDate: x\nMessage-ID: <u@a.b>\n"

pytestmark = pytest.mark.usefixtures("trusted")


def content(delivered: bytes) -> bytes:
    """Without what Exim puts before it; a Maildir has LF."""
    return re.split(rb"(?m)^(?=X-Ours:)", delivered, maxsplit=1)[1]


@pytest.mark.parametrize("only", ["PLAIN", "LOGIN"])
def test_sign_in_and_exact_bytes(exim: Exim, only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmailkit.transport.smtp.login.PASSWORD", (only,))
    lines = [".", "..", ".hidden", "", "end of it", " ", "tab\t", "x" * 998, "."]
    raw = f"X-Ours: {only}\nFrom: a@example.com\nDate: x\nMessage-ID: <{only}@a.b>\n\n" + "\n".join(
        lines
    )
    with Session(read_server(exim.url)) as session:
        assert session.secured
        session.log_in(password(USER, WORD))
        done = session.send(
            to(f"{only.lower()}@example.com"), letter(raw.encode()), before_the_dot=nothing
        )
    assert done.accepted == (f"{only.lower()}@example.com",)
    (found,) = exim.delivered(only.lower())
    assert content(found) == raw.encode() + b"\n"


def test_a_wrong_password_is_one_sentence(exim: Exim) -> None:
    with (
        Session(read_server(exim.url)) as session,
        pytest.raises(SignInNeeded, match="535") as caught,
    ):
        session.log_in(password(USER, "guess"))
    assert "smtp password" in caught.value.hint
    assert "guess" not in str(caught.value)


def test_bytes_above_127_and_addresses_of_every_script(exim: Exim) -> None:
    raw = f"X-Ours: 1\n{HEADER}Subject: Grüße 你好\n\nGrüße\n".encode()
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        session.send(
            to("jörg@example.com", "eight@example.com"), letter(raw), before_the_dot=nothing
        )
        mail = next(
            e.text for e in session.transcript.events if isinstance(e, Line) and "MAIL" in e.text
        )
    assert mail.endswith("BODY=8BITMIME SMTPUTF8")
    assert content(exim.delivered("jörg")[0]) == raw
    assert content(exim.delivered("eight")[0]) == raw


def test_one_of_three_is_refused_one_is_put_off_and_one_has_it(exim: Exim) -> None:
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        done = session.send(
            to("nobody@example.com", "third@example.com", "later@example.com"),
            LETTER,
            before_the_dot=nothing,
        )
    assert done.accepted == ("third@example.com",)
    assert [(each.address, each.reply.code) for each in done.turned] == [
        ("nobody@example.com", 550),
        ("later@example.com", 451),
    ]
    assert exim.delivered("third")


def test_nobody_accepted_sends_nothing_and_the_session_goes_on(exim: Exim) -> None:
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        done = session.send(to("nobody@example.com"), LETTER, before_the_dot=pytest.fail)
        assert done.reply is None
        again = session.send(to("fourth@example.com"), LETTER, before_the_dot=nothing)
    assert again.accepted
    assert exim.delivered("fourth")


def test_too_large_is_said_before_it_goes_up(exim: Exim) -> None:
    large = letter(b"Subject: x\n\n" + b"x" * 78 * 20_000)
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        with pytest.raises(Refused, match="takes 1,048,576"):
            session.send(to("fifth@example.com"), large, before_the_dot=pytest.fail)
    assert not any("MAIL" in e.text for e in session.transcript.events if isinstance(e, Line))


def test_a_report_is_asked_for(exim: Exim) -> None:
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        wanted = to("sixth@example.com", notify=("success", "delay"), returns="headers")
        session.send(wanted, LETTER, before_the_dot=nothing)
    assert exim.delivered("sixth")
    (report,) = exim.delivered("ann")  # Exim tells the sender
    assert b"multipart/report" in report
    assert b"Hello" not in report


def test_mail_without_sign_in_is_refused(exim: Exim) -> None:
    with Session(read_server(exim.url)) as session:
        done = session.send(to("seventh@example.com"), LETTER, before_the_dot=pytest.fail)
    assert done.turned[0].reply.words == "sign in first"


def test_several_commands_go_at_once(exim: Exim) -> None:
    with Session(read_server(exim.url)) as session:
        session.log_in(password(USER, WORD))
        session.send(to("eighth@example.com", "ninth@example.com"), LETTER, before_the_dot=nothing)
    names = [
        "C" if isinstance(e, Line) else "S"
        for e in session.transcript.events
        if isinstance(e, Line | Answer)
    ]
    assert "CCCCSSSS" in "".join(names)  # MAIL, two RCPT, DATA


def test_the_probe_tells_what_it_offers_and_sends_nothing(exim: Exim) -> None:
    found = smtp_probe(exim.url)
    assert found.secured
    assert found.mechanisms == ("PLAIN", "LOGIN")
    assert found.in_clear is not None
    assert "AUTH" not in dict(found.in_clear)
    assert {"SIZE", "8BITMIME", "PIPELINING", "DSN", "SMTPUTF8"} <= set(dict(found.offers))
    assert found.size == 1 << 20


def test_without_the_right_authority_nothing_is_said(
    exim: Exim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Unreachable, match=r"certificate of 127.0.0.1:.* is not trusted") as caught:
        smtp_probe(exim.url)
    assert caught.value.sent == "no"
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint
