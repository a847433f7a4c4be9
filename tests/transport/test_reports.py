"""Reports of delivery (RFC 3461): what is asked for, what it gives away, what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from exim import WORD, Exim
from gmailkit.errors import CannotDo
from gmailkit.gmail import Gmail
from gmailkit.secret import Secret
from gmailkit.transport.smtp.envelope import typed, xtext
from gmailkit.transport.smtp.explain import explain
from gmailkit.transport.smtp.sink import Sink
from gmailkit.transport.smtp.sink_protocol import SinkProtocol
from gmailkit.transport.smtp.transcript import Line

Open = Callable[..., Gmail]
ANN, ODD = "ann@example.com", "a+b=c@example.org"
KEY = "invoice of ann lee"
OPAQUE = sha256(KEY.encode()).hexdigest()[:32]
ASKED = re.compile(r" (?:RET|ENVID|NOTIFY|ORCPT)=\S+")


class Reporter(SinkProtocol):
    """aiosmtpd takes no such parameters: they are noted, and kept from it."""

    async def smtp_MAIL(self, arg: str) -> None:
        await super().smtp_MAIL(self._noted("MAIL", arg))

    async def smtp_RCPT(self, arg: str) -> None:
        await super().smtp_RCPT(self._noted("RCPT", arg))

    async def push(self, status: str) -> None:  # type: ignore[override]
        await super().push(status.replace("250-8BITMIME", "250-8BITMIME\r\n250-DSN"))

    def _noted(self, verb: str, arg: str) -> str:
        self._sink.lines.append(f"{verb} {arg}")
        return ASKED.sub("", arg)


class ReportingSink(Sink):
    def _protocol(self) -> Any:
        from gmailkit.transport.smtp.sink import _Handler

        made = Reporter(self, _Handler(self), None, self._loop)
        self._connections.add(made)
        return made


@pytest.fixture
def reporting() -> Iterator[Sink]:
    """A server of aiosmtpd that offers DSN."""
    with ReportingSink() as sink:
        yield sink


def test_a_report_is_asked_for_under_a_name_that_tells_nothing(
    mailbox: Open, reporting: Sink
) -> None:
    heard: list[Any] = []
    gmail = mailbox(reporting.url)
    words = {"to": [ANN, ODD], "text": "x", "notify": ["failure", "delay"], "returns": "headers"}
    gmail.smtp(key=KEY, hear=heard.append, **words)  # type: ignore[arg-type]
    asked = [each for each in reporting.lines if "ENVID" in each or "ORCPT" in each]
    assert [each.split(" ", 2)[2] for each in asked] == [
        f"SIZE={len(reporting.messages[0].content)} ENVID={OPAQUE} RET=HDRS",
        "NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann@example.com",
        "NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.org",
    ]
    assert reporting.messages[0].to == (ANN, ODD)
    assert not any("invoice" in each.text for each in heard if isinstance(each, Line))
    said = " ".join(x for each in heard if isinstance(each, Line) for x in explain(each))
    assert "RFC 3461 section 4.4" in said
    assert "RFC 3461 section 4.2" in said


def test_unasked_nothing_of_it_is_said(mailbox: Open, reporting: Sink) -> None:
    mailbox(reporting.url).smtp(to=ANN, text="x", key=KEY)
    assert not any(ASKED.search(each) for each in reporting.lines)


def test_a_server_without_it_is_told_nothing(mailbox: Open, sink: Sink) -> None:
    with pytest.raises(CannotDo, match="offers no DSN"):
        mailbox(sink.url).smtp(to=ANN, text="x", key=KEY, notify=["failure"])
    assert not any("MAIL" in each for each in sink.lines)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ann@example.com", "rfc822;ann@example.com"),
        ("a+b@example.com", "rfc822;a+2Bb@example.com"),
        ('"a b=c"@example.com', 'rfc822;"a+20b+3Dc"@example.com'),
        ("jörg@example.com", "utf-8;jörg@example.com"),
        ("jö+rg=@example.com", r"utf-8;jö\x{2B}rg\x{3D}@example.com"),
    ],
)
def test_a_recipient_is_written_so_that_it_stays_one_parameter(address: str, said: str) -> None:
    assert typed(address) == said
    assert not set(" =") & set(typed(address))


def test_what_no_parameter_may_hold_is_written_in_digits() -> None:
    assert xtext("a+b=c d\x7f\t") == "a+2Bb+3Dc+20d+7F+09"


@pytest.mark.usefixtures("trusted")
def test_a_real_server_names_message_and_recipient_in_its_report(mailbox: Open, exim: Exim) -> None:
    gmail = mailbox(exim.url, smtp_password=Secret(WORD))
    gmail.smtp(
        to="reported@example.com",
        text="x",
        mail_from="bob@example.com",
        key=KEY,
        notify=["success"],
    )
    assert exim.delivered("reported")
    (report,) = exim.delivered("bob")
    assert f"Original-Envelope-ID: {OPAQUE}".lower() in report.decode().lower()
    assert "Original-Recipient: rfc822;reported@example.com" in report.decode()
