"""messages.list and `q`: the tables written by hand, over HTTP and from bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import Header
from email.utils import encode_rfc2231

import pytest

from fakes import FakeClock
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.query.document import Document
from gmailkit.sandbox import Sandbox
from query.mailbox import CONTEXT, MAILBOX
from query.tables import TABLES
from sandbox_caller import ME, Caller

SIZES = ("larger", "smaller", "size")  # of 130 MB, which is not put here
ROWS = [
    (query, ids)
    for operator, table in TABLES.items()
    for query, ids in table.items()
    if operator not in SIZES
]
PART = "--=_part\r\n"


def encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


def mailboxes(addresses: tuple[Address, ...]) -> str:
    return ", ".join(
        f"{encoded(one.name)} <{one.email}>" if one.name else one.email for one in addresses
    )


def head(mail: Mail) -> str:
    fields = [
        ("From", mailboxes((mail.sender,) if mail.sender else ())),
        ("To", mailboxes(mail.to)),
        ("Cc", mailboxes(mail.cc)),
        ("Bcc", mailboxes(mail.bcc)),
        ("Subject", encoded(mail.subject)),
        ("Message-ID", mail.message_id),
        *mail.headers,
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in fields if value)


def part(content: str, kind: str, disposition: str = "") -> str:
    more = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    plain = "Content-Transfer-Encoding: 8bit\r\n"
    return f"{PART}Content-Type: {kind}; charset=utf-8\r\n{plain}{more}\r\n{content}\r\n"


def file_part(file: Attachment) -> str:
    kind = "inline" if file.inline else "attachment"
    name = f"; filename*={encode_rfc2231(file.filename, 'utf-8')}" if file.filename else ""
    return part("x", file.content_type, f"{kind}{name}")


def raw(mail: Mail) -> bytes:
    """The message as bytes, written without gmailkit's own builder."""
    parts = [part(mail.text, "text/plain")] if mail.text else []
    parts += [part(mail.html, "text/html")] if mail.html else []
    parts += map(file_part, mail.attachments)
    kind = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_part"\r\n'
    return f"{head(mail)}{kind}\r\n{''.join(parts)}--=_part--\r\n".encode()


class Mailbox:
    """The sixty messages in a sandbox; ids are turned into their names."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.readonly"]))
        self.names = {self._put(sandbox, MAILBOX[name]): name for name in MAILBOX}

    def listed(self, query: str, **params: str) -> list[str]:
        return [self.names[id] for id in self.caller.listed(q=query, **params)]

    def _put(self, sandbox: Sandbox, document: Document) -> str:
        date = datetime.fromtimestamp(document.date, UTC)
        return sandbox.mail.put(ME, raw(document.mail), labels=document.labels, date=date)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Sandbox(sample=False, clock=FakeClock(CONTEXT.now)) as sandbox:
        made = Mailbox(sandbox)
        yield made
        made.caller.close()


def spelt_out(ids: str) -> list[str]:
    """ "01 05-07" as m01, m05, m06, m07: newest first, as the mailbox stands."""
    found: list[str] = []
    for run in ids.split():
        first, _, last = run.partition("-")
        found += [f"m{number:02}" for number in range(int(first), int(last or first) + 1)]
    return sorted(set(found))


@pytest.mark.parametrize(("query", "ids"), ROWS, ids=[query or "(empty)" for query, _ in ROWS])
def test_a_search_lists_what_was_read_off_by_hand(mailbox: Mailbox, query: str, ids: str) -> None:
    assert mailbox.listed(query, includeSpamTrash="true") == spelt_out(ids)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("cat", "01 18 25 60"),
        ("-in:inbox is:unread", "31"),
        ("cat -in:spam", "01 18 25 60"),
        ("in:anywhere cat", "01 18 25 28 52 55 60"),
        ("in:spam cat", "28"),
        ("label:spam", "28-30 49 50"),
        ("in:trash cat", "52 55"),
        ("LABEL:Trash cat", "52 55"),
        ("cat (in:sent OR in:trash)", "18 52 55"),
        ("from:amy has:attachment", "31 36"),
    ],
)
def test_spam_and_trash_are_left_out_unless_the_query_names_them(
    mailbox: Mailbox, query: str, ids: str
) -> None:
    assert mailbox.listed(query) == spelt_out(ids)


@pytest.mark.parametrize(
    "query",
    [
        *("sender:amy", "xyz:1", "12:30", "http://example.com", "header:list-id"),
        *("newer_than:1w", "newer_than:7", "older_than:3", "after:yesterday", "before:2026/02/30"),
        *("is:great", "has:money", "category:other", "larger:big", "smaller:1.5M"),
        *('"the cat', "(cat", "cat)", "{cat", "cat OR", "OR cat", "cat AROUND dog"),
        *("label:nowhere", "in:nowhere", "label:Label_1"),
    ],
)
def test_what_gmail_cannot_read_finds_nothing_and_is_no_error(mailbox: Mailbox, query: str) -> None:
    said = mailbox.caller.said("messages", q=query, includeSpamTrash="true")
    assert said == {"resultSizeEstimate": 0}


def test_ciphertext_is_found_by_a_label_that_no_list_shows(sandbox: Sandbox, me: Caller) -> None:
    kind = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    base64 = "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    encrypted = sandbox.mail.put(ME, f"Subject: hidden\r\n{kind}{base64}".encode())
    sandbox.mail.put(ME, b"Subject: plain\r\n\r\n")
    assert me.listed(q="label:encryptedmail") == [encrypted]
    assert me.listed(q="label:encryptedmail has:attachment filename:p7m") == [encrypted]
    assert "encryptedmail" not in str(me.said("labels")).lower()


def test_a_user_label_that_is_called_like_a_state_is_none(sandbox: Sandbox, me: Caller) -> None:
    labelled = sandbox.mail.put(ME, b"Subject: one\r\n\r\n", labels=["INBOX"])
    label = me.post("labels", {"name": "SNOOZED"}).json()["id"]
    me.post(f"messages/{labelled}/modify", {"addLabelIds": [label]})
    snoozed = sandbox.mail.put(ME, b"Subject: two\r\n\r\n", labels=["SNOOZED"])
    assert me.listed(q="is:snoozed") == [snoozed]
    assert me.listed(q="has:userlabels") == [labelled]
