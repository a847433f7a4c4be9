"""Reports about mail that did not arrive (RFC 3464), as servers of the world write them."""

from __future__ import annotations

import base64

import pytest

from gmailkit.mime.delivery_status import Delivery, deliveries

ANN = "ann@example.net"


def report(status: str, *, kind: str = "message/delivery-status", encoding: str = "") -> bytes:
    body = base64.encodebytes(status.encode()).decode() if encoding == "base64" else status
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "MIME-Version: 1.0",
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "I am sorry. Final-Recipient: rfc822; liar@example.net",
        "--b",
        f"Content-Type: {kind}",
        *([f"Content-Transfer-Encoding: {encoding}"] if encoding else []),
        "",
        body,
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


ONE = """Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ann@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ann@example.net>:
    Recipient address rejected: User unknown
"""
FAILED = Delivery(
    recipient=ANN,
    action="failed",
    status="5.1.1",
    why="550 5.1.1 <ann@example.net>: Recipient address rejected: User unknown",
)


@pytest.mark.parametrize(
    "raw",
    [
        report(ONE),
        report(ONE, encoding="base64"),
        report(ONE.replace("\n", "\r\n")),
        report(ONE, kind="message/global-delivery-status"),
        report(ONE.replace("rfc822; ann@example.net", "RFC822;<ann@example.net>")),
        report(ONE.replace("Final-Recipient: rfc822", "Original-Recipient: rfc822")),
        report(ONE.replace("Action: failed", "Action: FAILED (permanently)").replace("(", ";(")),
        report(ONE.replace("Action: failed\n", "")),
    ],
)
def test_who_did_not_get_it_and_why(raw: bytes) -> None:
    assert deliveries(raw) == (FAILED,)


def test_several_recipients_each_with_their_own_fate() -> None:
    more = "\nFinal-Recipient: rfc822; bob@example.net\nAction: delayed\nStatus: 4.4.1\n"
    more += "\nFinal-Recipient: utf-8; josé@example.net\nAction: delivered\nStatus: 2.0.0\n"
    found = deliveries(report(ONE + more))
    assert [(each.recipient, each.action, each.status) for each in found] == [
        (ANN, "failed", "5.1.1"),
        ("bob@example.net", "delayed", "4.4.1"),
        ("josé@example.net", "delivered", "2.0.0"),
    ]


def test_without_the_part_for_programs_gmail_s_header_tells() -> None:
    raw = (
        b"From: mailer-daemon@googlemail.com\r\nX-Failed-Recipients: a@x.org, b@x.org\r\n\r\nNo\r\n"
    )
    assert [each.recipient for each in deliveries(raw)] == ["a@x.org", "b@x.org"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: Hello\r\n\r\nFinal-Recipient: rfc822; ann@example.net\r\n",
        report(""),
        report("Reporting-MTA: dns; mx.example.net\n"),
        report("Final-Recipient: rfc822; nobody\n"),
        report(ONE)[:200],
        b"\xff" * 1000,
    ],
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert deliveries(raw) == ()


def test_a_report_about_everybody_stays_small() -> None:
    many = "".join(
        f"\nFinal-Recipient: rfc822; p{n}@x.org\nAction: failed\n" for n in range(20_000)
    )
    assert len(deliveries(report(f"Reporting-MTA: dns; x\n{many}"))) == 1000
