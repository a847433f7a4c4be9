"""SEARCH: the keys of RFC 3501, Gmail's own, and the same engine as the API's `q`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient

from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller, letter

Open = Callable[..., IMAPClient]


@pytest.fixture
def mailbox(sandbox: Sandbox) -> Sandbox:
    """Three messages: 1 of May, 2 of June, starred and unread, 3 of July and larger."""
    dates = ("Fri, 1 May 2026 10:00:00 +0000", "Mon, 1 Jun 2026 23:30:00 -0800")
    for number, (date, names) in enumerate(
        zip(dates, (("INBOX", "Bills"), ("INBOX", "STARRED", "UNREAD")), strict=True), 1
    ):
        more = [("Date", date), ("Message-ID", f"<{number}@x.example>")]
        raw = letter(
            subject=f"Bill {number}", sender="ann@example.com", body=f"Größe {number}", more=more
        )
        received = datetime(2026, 4 + number, 2, tzinfo=UTC)
        sandbox.mail.put(ME, raw, labels=names, date=received)
    encoded = letter(
        subject="=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", sender="bob@example.com", body="x" * 500
    )
    sandbox.mail.put(ME, encoded, labels=["INBOX"], date=datetime(2026, 7, 1, tzinfo=UTC))
    return sandbox


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (["ALL"], [1, 2, 3]),
        (["UNSEEN"], [2]),
        (["FLAGGED", "UNSEEN"], [2]),
        (["NOT", "FLAGGED"], [1, 3]),
        (["OR", "FLAGGED", "FROM", "bob"], [2, 3]),
        (["OR", ["FLAGGED", "UNSEEN"], ["FROM", "bob"]], [2, 3]),
        (["UID", "2:*"], [2, 3]),
        (["2:*", "SEEN"], [3]),
        (["SUBJECT", "grüße"], [3]),
        (["BODY", "größe 2"], [2]),
        (["TEXT", "bill"], [1, 2]),
        (["HEADER", "Message-ID", "<1@x.example>"], [1]),
        (["LARGER", "400"], [3]),
        (["SMALLER", "400"], [1, 2]),
        (["SINCE", "2-Jun-2026"], [2, 3]),
        (["BEFORE", "2-Jun-2026"], [1]),
        (["ON", "2-Jun-2026"], [2]),
        (["SENTON", "1-Jun-2026"], [2]),
        (["SENTSINCE", "2-Jun-2026"], []),
        (["KEYWORD", "$Later"], []),
        (["X-GM-LABELS", "Bills"], [1]),
        (["X-GM-LABELS", "\\Starred"], [2]),
        (["X-GM-LABELS", "Unheard"], []),
        (["X-GM-RAW", "is:starred OR from:bob"], [2, 3]),
        (["X-GM-RAW", 'subject:"bill 1"'], [1]),
        (["X-GM-RAW", "in:spam"], []),
        (["MODSEQ", "99999999"], []),
    ],
    ids=str,
)
def test_a_search_finds_what_its_keys_say(
    mailbox: Sandbox, imap: Open, criteria: list[object], found: list[int]
) -> None:
    assert imap("INBOX").search(criteria, "UTF-8") == found


def test_a_message_is_found_by_its_numbers_in_the_api(
    mailbox: Sandbox, imap: Open, me: Caller
) -> None:
    newest = me.said("messages")["messages"][0]
    client = imap("[Gmail]/All Mail")
    assert client.search(["X-GM-MSGID", str(int(newest["id"], 16))]) == [3]
    assert client.search(["X-GM-THRID", str(int(newest["threadId"], 16))]) == [3]
    assert client.search(["X-GM-MSGID", "1"]) == []


def test_gmails_search_is_the_apis(imap: Open, me: Caller, sandbox: Sandbox) -> None:
    for n in range(30):
        raw = letter(subject=f"No {n % 5}", sender=f"p{n % 3}@example.com", body="word " * n)
        sandbox.mail.put(ME, raw, labels=["INBOX"] + ["STARRED"] * (n % 2))
    client = imap("[Gmail]/All Mail")
    for query in ("from:p1 -subject:3", "is:starred {from:p0 subject:2}", "word larger:200"):
        found = client.fetch(client.search(["X-GM-RAW", query]) or [0], ["X-GM-MSGID"])
        assert sorted(f"{said[b'X-GM-MSGID']:x}" for said in found.values()) == sorted(
            me.listed(q=query)
        )


def test_an_extended_search_tells_only_what_is_asked(mailbox: Sandbox, imap: Open) -> None:
    raw = imap("INBOX")._imap
    raw.uid("SEARCH", "RETURN", "(MIN COUNT ALL)", "SEEN")
    [said] = raw.response("ESEARCH")[1]
    assert said.split(b") ")[1] == b"UID MIN 1 COUNT 2 ALL 1,3"
    raw.uid("SEARCH", "RETURN", "()", "FLAGGED")
    assert raw.response("ESEARCH")[1][0].endswith(b"UID ALL 2")


def test_an_unknown_charset_and_a_wrong_key_are_refused(mailbox: Sandbox, imap: Open) -> None:
    raw = imap("INBOX")._imap
    assert raw.uid("SEARCH", "CHARSET", "X-NONE", "ALL")[0] == "NO"
    for wrong in ("NONSENSE", "LARGER x", "SINCE 31-Feb-2026", "UID", "(ALL", "9"):
        with pytest.raises(raw.error, match="BAD"):
            raw.search(None, wrong)
