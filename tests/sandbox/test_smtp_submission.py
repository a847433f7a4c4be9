"""Mail handed in by SMTP leaves as what the API sends does; asked by the standard library."""

from __future__ import annotations

import base64
import contextlib
import json
import smtplib
from collections.abc import Callable, Iterator

import pytest

from gmailkit.sandbox import Limits, Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, letter

Open = Callable[..., smtplib.SMTP]
KEPT = "<kept@host.example>"


@pytest.fixture
def smtp(sandbox: Sandbox) -> Iterator[Open]:
    """Sessions with TLS; signed in as me@example.com with an app password where wanted."""
    with contextlib.ExitStack() as made:

        def make(*, sign_in: bool = True, tls: bool = True) -> smtplib.SMTP:
            client = smtplib.SMTP("localhost", sandbox.smtp_port, timeout=20)
            made.callback(client.close)
            client.ehlo()
            if tls:
                client.starttls(context=sandbox.trust())
                client.ehlo()
            if sign_in:
                client.login(ME, sandbox.app_password(ME))
            return client

        yield make


def test_the_envelope_decides_who_receives_and_a_copy_stays_in_sent(
    sandbox: Sandbox, smtp: Open, me: Caller, ann: Caller
) -> None:
    raw = letter(
        to="Everybody <all@lists.example>", sender=ME, more=[("Message-ID", KEPT), ("Bcc", BOB)]
    )
    assert smtp().sendmail(ME, [ANN, BOB, "nobody@example.com"], raw) == {}
    [report, own] = me.listed()
    assert me.labels(own) == ["SENT"]
    stored = me.raw(own)
    assert KEPT.encode() in stored and b"by smtp.gmail.com with ESMTPSA" in stored
    assert b"nobody@example.com" in me.raw(report)
    [received] = ann.listed()
    assert set(ann.labels(received)) >= {"INBOX", "UNREAD"}
    assert KEPT.encode() in ann.raw(received) and b"Bcc" not in ann.raw(received)
    assert len(sandbox.mail.ids(BOB)) == 1


def test_from_and_a_bad_message_id_become_what_gmail_makes_of_them(smtp: Open, me: Caller) -> None:
    raw = letter(sender="Somebody <else@elsewhere.example>", more=[("Message-ID", "<x@localhost>")])
    smtp().sendmail(ME, [ANN], raw)
    stored = me.raw(me.listed()[0])
    assert b"From: Somebody <me@example.com>" in stored
    assert b"X-Google-Original-From: Somebody <else@elsewhere.example>" in stored
    assert b"X-Google-Original-Message-ID: <x@localhost>" in stored
    assert b"Message-ID: <CA" in stored


def test_dots_long_lines_and_eight_bits_arrive_as_they_left(smtp: Open, ann: Caller) -> None:
    body = ".\r\n..\r\n" + "x" * 70_000 + "\r\nGrüße\r\n"
    smtp().sendmail(ME, [ANN], letter(sender=ME, body=body), ["BODY=8BITMIME"])
    assert ann.raw(ann.listed()[0]).endswith(body.encode() + b"\r\n")


def test_a_dot_between_other_line_ends_ends_nothing(smtp: Open, ann: Caller) -> None:
    client = smtp()
    client.mail(ME), client.rcpt(ANN)
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: x\r\n\r\none\n.\nMAIL FROM:<a@b.c>\n.\r\ntwo\r\n.\r\n")
    assert client.getreply()[0] == 250
    assert b"one\r\n.\r\nMAIL FROM" in ann.raw(ann.listed()[0])


def test_chunks_are_taken_too(smtp: Open, ann: Caller) -> None:
    client = smtp()
    client.mail(ME), client.rcpt(ANN)
    first, second = b"Subject: In two\r\n\r\nHel", b"lo\r\n"
    client.send(b"BDAT %d\r\n" % len(first) + first + b"BDAT %d LAST\r\n" % len(second) + second)
    assert [client.getreply()[0] for _ in range(2)] == [250, 250]
    assert ann.raw(ann.listed()[0]).endswith(b"\r\n\r\nHello\r\n")


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "PLAIN", "LOGIN"])
def test_every_mechanism_signs_in_with_tls_from_the_first_byte_too(
    sandbox: Sandbox, mechanism: str
) -> None:
    with smtplib.SMTP_SSL("localhost", sandbox.smtps_port, context=sandbox.trust()) as client:
        client.ehlo()
        assert mechanism in client.esmtp_features["auth"]
        if mechanism == "XOAUTH2":
            token = sandbox.issue_token(ME, ["https://mail.google.com/"])
            said = f"user={ME}\x01auth=Bearer {token}\x01\x01"
            assert client.auth("XOAUTH2", lambda _=None: said)[0] == 235
        else:
            client.user, client.password = ME, sandbox.app_password(ME)  # type: ignore[attr-defined]
            ask = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[mechanism]
            assert client.auth(mechanism, ask)[0] == 235


def test_nothing_is_taken_without_tls_and_a_sign_in(sandbox: Sandbox, smtp: Open) -> None:
    client = smtp(sign_in=False, tls=False)
    assert "auth" not in client.esmtp_features and "starttls" in client.esmtp_features
    assert client.docmd("AUTH PLAIN x")[0] == client.mail(ME)[0] == 530
    client = smtp(sign_in=False)
    code, said = client.mail(ME)
    assert (code, said.startswith(b"5.7.0 Authentication Required")) == (530, True)
    assert client.esmtp_features["size"] == "35882577"
    assert {"8bitmime", "enhancedstatuscodes", "pipelining", "chunking", "smtputf8"} <= set(
        client.esmtp_features
    )


def test_a_bad_token_is_explained_and_many_bad_passwords_end_the_session(
    sandbox: Sandbox, smtp: Open
) -> None:
    client = smtp(sign_in=False)
    said = base64.b64encode(f"user={ME}\x01auth=Bearer no\x01\x01".encode()).decode()
    code, challenge = client.docmd("AUTH XOAUTH2", said)
    assert (code, json.loads(base64.b64decode(challenge))["status"]) == (334, "400")
    assert client.docmd("")[0] == 535
    wrong = base64.b64encode(f"\0{ME}\0wrong".encode()).decode()
    codes = [client.docmd("AUTH PLAIN", wrong)[0] for _ in range(4)]
    assert codes == [535, 535, 535, 454]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["MAIL FROM:<me@example.com> SIZE=35882578"], 552),
        (["MAIL FROM:<not an address>"], 555),
        (["RCPT TO:<ann@example.com>"], 503),
        (["DATA"], 503),
        (["MAIL FROM:<me@example.com>", "RCPT TO:<ann>"], 553),
        (["MAIL FROM:<me@example.com>", "DATA"], 503),
        (["MAIL FROM:<>", "MAIL FROM:<>"], 503),
        (["NONSENSE"], 502),
        (["BDAT x"], 555),
        (["VRFY ann"], 252),
        (["x" * 20_000], 500),
    ],
    ids=str,
)
def test_what_is_wrong_is_answered_in_gmails_codes(
    smtp: Open, commands: list[str], code: int
) -> None:
    client = smtp()
    assert [client.docmd(command)[0] for command in commands][-1] == code


def test_too_many_recipients_bad_attachments_and_the_days_limit_are_refused(
    sandbox: Sandbox, smtp: Open
) -> None:
    client = smtp()
    client.mail(ME)
    codes = [client.rcpt(f"p{n}@elsewhere.example")[0] for n in range(101)]
    assert (set(codes[:100]), codes[100]) == ({250}, 452)
    client.rset()
    bad = letter(sender=ME, more=[("Content-Disposition", 'attachment; filename="x.exe"')])
    with pytest.raises(smtplib.SMTPDataError, match="security issue"):
        client.sendmail(ME, [ANN], bad)
    sandbox.meter.limits = Limits(sends_per_day=1)
    client.sendmail(ME, [ANN], letter(sender=ME))
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail(ME, [ANN], letter(sender=ME))
    assert (refused.value.smtp_code, b"5.4.5" in refused.value.smtp_error) == (550, True)
    assert len(sandbox.sent(ME)) == 1
