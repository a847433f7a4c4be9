"""Who answered a merge, and what bounced, in the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gmailkit.errors import NotFound, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
Write = Callable[..., Path]


def answer(sandbox: Sandbox, sender: str, *lines: str, alone: bool = False) -> None:
    """An answer of `sender` to what me sent to them, with further header lines."""
    ids = sandbox.mail.ids(ME)
    sent = next(
        mail
        for mail in (parse(sandbox.mail.raw(ME, id)) for id in ids)
        if any(each.email == sender for each in mail.to)
    )
    parent = () if alone else (f"In-Reply-To: {sent.message_id}", f"References: {sent.message_id}")
    head = [f"From: {sender}", f"To: {ME}", f"Subject: Re: {sent.subject}", *parent, *lines]
    sandbox.deliver(ME, "\r\n".join([*head, "", "Thanks", ""]).encode())


@pytest.fixture
def merged(gmail: Gmail, letter: Write, people: Write) -> Gmail:
    """Five were written to; nobody lives at one of the addresses."""
    rows = [f"P{n},p{n}@example.net" for n in range(4)]
    gmail.merge(letter(), people([*rows, "Nobody,nobody@example.com"]))
    return gmail


def test_who_answered_and_which_bounced(merged: Gmail, sandbox: Sandbox) -> None:
    answer(sandbox, "p0@example.net")
    answer(sandbox, "p0@example.net")
    answer(sandbox, "p1@example.net", "Auto-Submitted: auto-replied")
    answer(sandbox, "p2@example.net", alone=True)  # a letter of their own, no answer
    found = merged.merge_replies()
    assert (found.name, found.sent) == ("letter-people", 5)
    assert (found.answered, found.automatic, found.bounced, found.silent) == (1, 1, 1, 2)
    assert sorted((each.kind, each.row) for each in found.replies) == [
        ("answered", 2),
        ("answered", 2),
        ("automatic", 3),
        ("bounced", 6),
    ]
    bounce = next(each for each in found.replies if each.kind == "bounced")
    assert (bounce.to, bounce.status) == ("nobody@example.com", "5.1.1")
    assert "does not exist" in bounce.why


def test_a_person_who_answers_after_an_absence_answered(merged: Gmail, sandbox: Sandbox) -> None:
    answer(sandbox, "p1@example.net", "Auto-Submitted: auto-replied")
    answer(sandbox, "p1@example.net")
    found = merged.merge_replies("letter-people")
    assert (found.answered, found.automatic) == (1, 0)


def test_a_report_of_a_far_server_belongs_to_no_conversation(
    merged: Gmail, sandbox: Sandbox
) -> None:
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>",
        f"To: {ME}",
        "Subject: Undelivered Mail",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.net",
        "",
        "Final-Recipient: rfc822; p3@example.net",
        "Action: failed",
        "Status: 5.2.2",
        "",
        "Final-Recipient: rfc822; stranger@example.net",
        "Action: failed",
        "Status: 5.1.1",
        "--b--",
        "",
    ]
    sandbox.deliver(ME, "\r\n".join(lines).encode())
    found = merged.merge_replies()
    assert (found.bounced, found.silent) == (2, 3)
    assert ("p3@example.net", 5, "5.2.2") in [(r.to, r.row, r.status) for r in found.replies]


def test_a_delay_is_no_bounce_and_the_row_is_silent_still(merged: Gmail, sandbox: Sandbox) -> None:
    lines = [
        *("From: postmaster@mx.example.net", f"To: {ME}", "Subject: Delayed"),
        *('Content-Type: multipart/report; boundary="b"', "", "--b"),
        *("Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.net", ""),
        *("Final-Recipient: rfc822; p3@example.net", "Action: delayed", "Status: 4.4.1", "--b--"),
        "",
    ]
    sandbox.deliver(ME, "\r\n".join(lines).encode())
    found = merged.merge_replies()
    assert (found.bounced, found.silent) == (1, 4)
    assert "delayed" in {each.kind for each in found.replies}


def test_what_we_write_ourselves_is_no_answer(merged: Gmail, sandbox: Sandbox) -> None:
    before = merged.merge_replies()
    sent = merged.send(to="p0@example.net", subject="Another matter", text="x")
    assert sent.id
    assert merged.merge_replies() == before


def test_the_cost_is_of_what_came_not_of_what_was_sent(merged: Gmail) -> None:
    before = merged.spent.units
    merged.merge_replies()
    assert (
        merged.spent.units - before == 2 * 5 + 20 + 20 + 5
    )  # lists; one bounce, twice, and what it is about


@pytest.mark.parametrize("name", ["", "nothing"])
def test_without_a_merge_there_are_no_replies(gmail: Gmail, name: str) -> None:
    with pytest.raises((UsageError, NotFound), match=r"Nothing was sent|No merge"):
        gmail.merge_replies(name)
