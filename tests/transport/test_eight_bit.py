"""Bytes above 127 and servers that do not take them (RFC 6152)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo
from gmailkit.gmail import Gmail
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.mime.seven_bit import seven_bit
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.record.ledger import Entry
from scripted_server import DATA, OPENING, TAKE_ALL, ScriptedServer

Open = Callable[..., Gmail]
ANN = "ann@example.com"
OLD = (*OPENING, "250 ok", "250 ok", DATA, TAKE_ALL, "250 ok", "221 bye")  # offers no 8BITMIME
EIGHT = "Subject: x\r\nFrom: bob@example.com\r\n\r\nGrüße\r\n".encode()
RAW = b"From: me@example.com\r\nTo: ann@example.com\r\nSubject: Hi\r\n\r\nGr\xfc\xdfe\r\n"


def entry(gmail: Gmail) -> Entry:
    (found,) = gmail._connection.sends.entries()
    return found


def test_a_finished_message_with_such_bytes_is_refused_before_anything_is_said_of_it(
    mailbox: Open,
) -> None:
    with ScriptedServer(*OLD) as server:
        gmail = mailbox(server.url)
        with pytest.raises(CannotDo, match="it offers no 8BITMIME") as caught:
            gmail.smtp(gmail.compose(raw=RAW), key="k")
    assert not any(b"MAIL" in each for each in server.heard)
    assert (caught.value.maybe_done, caught.value.exit_code) == (False, 15)
    assert "Nothing was sent. Encode its text" in caught.value.hint
    assert (entry(gmail).state, server.bodies) == ("failed", [])


def test_a_finished_message_is_not_changed_though_it_could_be(mailbox: Open) -> None:
    mail = Mail(
        sender=Address("me@example.com"),
        to=(Address(ANN),),
        attachments=(Attachment("a.eml", EIGHT, "message/rfc822"),),
    )
    with ScriptedServer(*OLD) as server:
        gmail = mailbox(server.url)
        with pytest.raises(CannotDo, match="8BITMIME"):
            gmail.smtp(gmail.compose(raw=build(mail)))
    assert server.bodies == []


def test_what_gmailkit_composes_goes_there_in_seven_bits(mailbox: Open, tmp_path: Path) -> None:
    original, other = tmp_path / "original.eml", tmp_path / "größe.txt"
    original.write_bytes(EIGHT)
    other.write_bytes("Größe\n".encode())
    with ScriptedServer(*OLD) as server:
        gmail = mailbox(server.url)
        message = gmail.compose(
            to=f"Jörg <{ANN}>", subject="Grüße", text="Tschüß\n", attach=[original, other]
        )
        assert not message.raw.isascii()
        gmail.smtp(message)
    (body,) = server.bodies
    assert body.isascii()
    sent, meant = parse(body), message.mail
    assert (sent.subject, sent.text, sent.to) == (meant.subject, meant.text, meant.to)
    assert [(each.filename, each.content) for each in sent.attachments] == [
        ("original.eml", EIGHT),
        ("größe.txt", other.read_bytes()),
    ]
    assert b"8bit" not in body
    assert entry(gmail).state == "sent"


def test_with_a_server_that_takes_them_an_attached_message_stays_one(
    mailbox: Open, sink: object, tmp_path: Path
) -> None:
    original = tmp_path / "original.eml"
    original.write_bytes(EIGHT)
    gmail = mailbox(sink.url)  # type: ignore[attr-defined]
    gmail.smtp(to=ANN, text="x", attach=[original])
    (attached,) = sink.messages[0].mail.attachments  # type: ignore[attr-defined]
    assert (attached.content_type, attached.content) == ("message/rfc822", EIGHT)


@pytest.mark.parametrize("html", ["", "<p>Hi</p>", '<img src="cid:m@x">'])
@pytest.mark.parametrize("inline", [True, False])
def test_only_attached_messages_become_files(html: str, inline: bool) -> None:
    attached = Attachment("a.eml", EIGHT, "message/rfc822", content_id="m@x", inline=inline)
    plain = Attachment("b.eml", b"Subject: y\r\n\r\ny\r\n", "message/rfc822")
    mail = Mail(to=(Address(ANN),), text="ü", html=html, attachments=(attached, plain))
    raw = seven_bit(build(mail, boundary="b"))
    assert raw.isascii()
    found, wanted = parse(raw), parse(build(mail, boundary="b"))
    changed = {each.filename: each.content_type for each in found.attachments}
    assert changed == {"a.eml": "application/octet-stream", "b.eml": "message/rfc822"}
    kept = [replace(each, content_type="message/rfc822") for each in found.attachments]
    assert (kept, found.text, found.html) == ([*wanted.attachments], wanted.text, wanted.html)


def test_what_has_none_stays_as_it_is() -> None:
    raw = build(Mail(to=(Address(ANN),), text="ü", html="<p>ü</p>"), boundary="b")
    assert seven_bit(raw) == raw
