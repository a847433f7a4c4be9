"""Faults on IMAP, POP3 and SMTP: what is ordered by name happens, and nothing else is spoilt."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
from collections.abc import Callable

import pytest
from imapclient import IMAPClient

from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, letter

Open = Callable[..., IMAPClient]


@pytest.mark.parametrize(
    ("fault", "happens"),
    [("drop-before", False), ("drop-after", True), ("truncate", True), ("503", False)],
)
def test_a_command_of_imap_is_spoilt_once(
    sandbox: Sandbox, imap: Open, fault: str, happens: bool
) -> None:
    sandbox.mail.put(ME, letter(sender=ANN, body="x" * 90_000), labels=["INBOX", "UNREAD"])
    sandbox.faults.add(f"{fault}:imap.fetch")
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        imap("INBOX").fetch([1], ["BODY[]"])
    [id] = sandbox.mail.ids(ME)
    assert ("UNREAD" not in sandbox.mail.labels_of(ME, id)) is happens
    assert sandbox.faults.fired == {f"{fault}:imap.fetch": 1}
    assert len(imap("INBOX").fetch([1], ["BODY.PEEK[TEXT]"])[1][b"BODY[TEXT]"]) == 90_002


def test_mail_may_have_left_although_its_answer_is_lost(sandbox: Sandbox) -> None:
    sandbox.faults.add("503:smtp.mail,drop-after:smtp.data")
    with smtplib.SMTP_SSL("localhost", sandbox.smtps_port, context=sandbox.trust()) as client:
        client.login(ME, sandbox.app_password(ME))
        with pytest.raises(smtplib.SMTPSenderRefused, match="Temporary System Problem"):
            client.sendmail(ME, [ANN], letter(sender=ME))
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail(ME, [ANN], letter(sender=ME))
    assert len(sandbox.mail.ids(ANN)) == 1
    assert sandbox.faults.idle == []


def test_what_quit_should_have_done_may_not_be_done(sandbox: Sandbox) -> None:
    sandbox.mail.settings.put(1, "pop", {"accessWindow": "allMail", "disposition": "trash"})
    id = sandbox.mail.put(ME, letter(sender=ANN))
    sandbox.faults.add("drop-before:pop3.quit")
    for _ in range(2):
        client = poplib.POP3_SSL("localhost", sandbox.pop3_port, context=sandbox.trust())
        client.user(ME)
        client.pass_(sandbox.app_password(ME))
        client.dele(1)
        assert "TRASH" not in sandbox.mail.labels_of(ME, id)
        try:
            client.quit()
        except poplib.error_proto:
            client.close()
    assert "TRASH" in sandbox.mail.labels_of(ME, id)


def test_a_fault_for_any_request_is_one_of_http(sandbox: Sandbox, imap: Open) -> None:
    sandbox.faults.add("503,500::100%")
    imap("INBOX").noop()
    assert sandbox.faults.waiting == 1
    with pytest.raises(UsageError, match=r"imap\.fetsch"):
        sandbox.faults.add("503:imap.fetsch")
