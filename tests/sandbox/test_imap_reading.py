"""IMAP beside REST: the same messages under numbers that stay, read by imapclient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from imapclient import IMAPClient

from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller

Open = Callable[..., IMAPClient]
NESTED = (
    b"From: =?utf-8?Q?Ann_K=C3=A4ller?= <ann@example.com>\r\nTo: me@example.com\r\n"
    b"Subject: Two parts\r\nDate: Mon, 1 Jun 2026 10:00:00 +0200\r\nMessage-ID: <1@x.example>\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nInside.\r\n--b--\r\n"
)


def test_a_message_has_its_api_id_thread_and_labels(sandbox: Sandbox, imap: Open) -> None:
    id = sandbox.mail.put(ME, NESTED, labels=["INBOX", "STARRED", "Reise/Köln", "UNREAD"])
    client = imap("[Gmail]/All Mail")
    [said] = client.fetch([1], ["X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS", "FLAGS"]).values()
    assert f"{said[b'X-GM-MSGID']:x}" == f"{said[b'X-GM-THRID']:x}" == id
    assert said[b"X-GM-LABELS"] == (b"\\Inbox", b"\\Starred", b"Reise/K&APY-ln")
    assert said[b"FLAGS"] == (b"\\Flagged",)
    client.select_folder("Reise/Köln")
    assert client.fetch([1], ["X-GM-LABELS"])[1][b"X-GM-LABELS"] == (b"\\Inbox", b"\\Starred")
    wide = imap()
    wide.enable("UTF8=ACCEPT")
    wide.select_folder("INBOX")
    assert wide.fetch([1], ["X-GM-LABELS"])[1][b"X-GM-LABELS"][1:] == ("Reise/Köln".encode(),)


@pytest.mark.parametrize(
    ("section", "bytes_"),
    [
        ("BODY[]", NESTED),
        ("BODY[]<5.3>", NESTED[5:8]),
        ("BODY[HEADER]", NESTED[: NESTED.index(b"preamble")]),
        ("BODY[HEADER.FIELDS (Subject)]", b"Subject: Two parts\r\n\r\n"),
        ("BODY[TEXT]", NESTED[NESTED.index(b"preamble") :]),
        ("BODY[1]", b"Hello."),
        ("BODY[1.MIME]", b"Content-Type: text/plain; charset=utf-8\r\n\r\n"),
        ("BODY[2]", b"Subject: Inner\r\n\r\nInside."),
        ("BODY[2.HEADER]", b"Subject: Inner\r\n\r\n"),
        ("BODY[2.TEXT]", b"Inside."),
        ("BODY[2.1]", b"Inside."),
        ("BODY[3]", None),
    ],
)
def test_a_section_names_bytes_of_the_message(
    sandbox: Sandbox, imap: Open, section: str, bytes_: bytes | None
) -> None:
    sandbox.mail.put(ME, NESTED)
    said = imap("INBOX").fetch([1], [section.replace("BODY", "BODY.PEEK")])[1]
    shown = section.replace("<5.3>", "<5>").upper().encode()
    assert said[shown] == bytes_


def test_the_structure_is_described(sandbox: Sandbox, imap: Open) -> None:
    sandbox.mail.put(ME, NESTED)
    said = imap("INBOX").fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "INTERNALDATE"])[1]
    envelope = said[b"ENVELOPE"]
    assert envelope.subject == b"Two parts"
    assert envelope.from_[0].name == b"=?utf-8?Q?Ann_K=C3=A4ller?="
    assert (envelope.from_[0].mailbox, envelope.from_[0].host) == (b"ann", b"example.com")
    parts, kind = said[b"BODYSTRUCTURE"][:2]
    assert (kind, parts[0][:2], parts[1][:2]) == (
        b"MIXED",
        (b"TEXT", b"PLAIN"),
        (b"MESSAGE", b"RFC822"),
    )
    assert said[b"RFC822.SIZE"] == len(NESTED)


def test_reading_a_body_marks_it_read_and_peeking_does_not(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = sandbox.mail.put(ME, NESTED, labels=["INBOX", "UNREAD"])
    client = imap("INBOX")
    client.fetch([1], ["BODY.PEEK[]"])
    assert "UNREAD" in me.get(f"messages/{id}").json()["labelIds"]
    client.fetch([1], ["BODY[TEXT]"])
    assert me.get(f"messages/{id}").json()["labelIds"] == ["INBOX"]


def test_numbers_stay_when_the_sandbox_starts_anew(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite3"
    with Sandbox(file, sample=False) as sandbox:
        ids = [sandbox.mail.put(ME, NESTED) for _ in range(2)]
        validity, before = numbers_of(sandbox)
        first = sandbox.mail.messages.find(1, ids[0])
        assert first is not None
        sandbox.mail.messages.remove(1, [first])
    with Sandbox(file, sample=False) as sandbox:
        ids.append(sandbox.mail.put(ME, NESTED))
        assert before == {ids[0]: 1, ids[1]: 2}
        assert numbers_of(sandbox) == (validity, {ids[1]: 2, ids[2]: 3})
        sandbox.mail.folders.renumber(1)
        assert numbers_of(sandbox)[0] > validity


def numbers_of(sandbox: Sandbox) -> tuple[int, dict[str, int]]:
    """UIDVALIDITY of the inbox, and the UID of each message."""
    with IMAPClient("localhost", sandbox.imap_port, ssl_context=sandbox.trust()) as client:
        client.login(ME, sandbox.app_password(ME))
        chosen = client.select_folder("INBOX")
        said = client.fetch([1, 2, 3, 4], ["X-GM-MSGID"])
        return chosen[b"UIDVALIDITY"], {f"{one[b'X-GM-MSGID']:x}": n for n, one in said.items()}
