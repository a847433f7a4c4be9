"""A digest of what a message says: the same after all that Gmail does to it, another for others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.gmail import Gmail
from gmailkit.mime.build import build
from gmailkit.mime.digest import digest_of, digest_with_sender
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.sandbox import Sandbox
from mailroom import ME

MAIL = Mail(
    to=(Address("ann@example.com", "Ann „Bär“ Lee"), Address("Bob@Example.COM")),
    cc=(Address("carla@example.com"),),
    bcc=(Address("dora@example.com"),),
    subject="Grüße aus 東京 🗼, und noch viel mehr Text, der in der Zeile gefaltet werden muss",
    in_reply_to="<parent@example.com>",
    text="Schöne Grüße\n\nFrom here  \n.\n",
    html="<p>Schöne <b>Grüße</b> <img src='cid:pic'></p>",
    attachments=(
        Attachment("naïve.bin", b"\x00\r\n\xff" * 1000),
        Attachment("pic.png", b"\x89PNG", "image/png", "pic", inline=True),
        Attachment("notes.txt", "ä\n".encode(), "text/plain"),
        Attachment("old.eml", b"Subject: x\r\n\r\nFrom me\r\n", "message/rfc822"),
    ),
)
RAW = build(MAIL)

CHANGES = {
    "to": replace(MAIL, to=MAIL.to[:1]),
    "cc": replace(MAIL, cc=()),
    "cc is bcc": replace(MAIL, cc=MAIL.bcc, bcc=MAIL.cc),
    "bcc": replace(MAIL, bcc=(Address("eve@example.com"),)),
    "subject": replace(MAIL, subject=MAIL.subject + "!"),
    "parent": replace(MAIL, in_reply_to="<other@example.com>"),
    "text": replace(MAIL, text=MAIL.text.replace("here", "there")),
    "html": replace(MAIL, html=MAIL.html.replace("<b>", "<i>")),
    "no html": replace(MAIL, html="", attachments=MAIL.attachments[:1]),
    "a file's name": replace(MAIL, attachments=(Attachment("b.bin", b"\x00\r\n\xff" * 1000),)),
    "a file's content": replace(MAIL, attachments=(Attachment("naïve.bin", b"\x00\n\xff" * 1000),)),
    "fewer files": replace(MAIL, attachments=MAIL.attachments[:-1]),
}
WORK = {
    "other boundaries": build(MAIL),
    "headers of its own": b"Received: from x\r\nMessage-ID: <CAx@mail.gmail.com>\r\n" + RAW,
    "a sender and a date": build(replace(MAIL, sender=Address(ME, "Me"), message_id="<a@b.c>")),
    "bare line ends": RAW.replace(b"\r\n", b"\n"),
    "blanks at the end": RAW + b"\r\n\r\n",
    "the case of an address": RAW.replace(b"Bob@Example.COM", b"bob@example.com"),
    "another fold": RAW.replace(b"\r\n =?utf-8", b"\r\n\t=?utf-8"),
}


@pytest.mark.parametrize("what", WORK)
def test_what_gmail_does_leaves_it_as_it_is(what: str) -> None:
    assert digest_of(WORK[what]) == digest_of(RAW)


@pytest.mark.parametrize("what", CHANGES)
def test_another_message_has_another(what: str) -> None:
    assert digest_of(build(CHANGES[what])) != digest_of(RAW)


@pytest.mark.parametrize("header", ["From: e@x.org", "Reply-To: e@x.org", "Resent-Bcc: e@x.org"])
def test_one_of_them_sees_the_sender_and_where_answers_go(header: str) -> None:
    other = f"{header}\r\n".encode() + RAW
    assert digest_of(other) == digest_of(RAW)
    assert digest_with_sender(other) != digest_with_sender(RAW)


@pytest.mark.parametrize("what", CHANGES)
def test_it_sees_all_that_the_other_sees(what: str) -> None:
    assert digest_with_sender(build(CHANGES[what])) != digest_with_sender(RAW)


def test_all_changes_differ_from_each_other() -> None:
    assert len({digest_of(build(each)) for each in CHANGES.values()}) == len(CHANGES)


def test_the_copies_of_a_draft_and_of_what_was_sent_are_equal(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    draft = gmail.drafts.create(RAW)
    assert draft.message
    assert digest_of(gmail.raw(draft.message.id)) == digest_of(RAW)
    sent = gmail.drafts.send(draft.id)
    assert digest_of(gmail.raw(sent.id)) == digest_of(RAW)


def test_every_mail_of_the_corpus_has_one(corpus: Path) -> None:
    files = sorted(corpus.rglob("*.eml"))
    digests = {digest_of(file.read_bytes()) for file in files}
    assert all(len(each) == 64 for each in digests)
    assert len(digests) > len(files) * 0.9


@given(st.binary(max_size=400))
def test_any_bytes_have_one_and_it_stands(raw: bytes) -> None:
    assert digest_of(raw) == digest_of(raw)


@given(st.text(max_size=60), st.text(max_size=60))
def test_texts_of_any_script(one: str, other: str) -> None:
    def digest(text: str) -> str:
        return digest_of(build(Mail(to=(Address("a@b.example"),), text=text)))

    def shown(text: str) -> str:
        return digest_of(build(Mail(to=(Address("a@b.example"),), text=text + "\r\n")))

    assert digest(one) == shown(one)
    if one.split() != other.split():
        assert digest(one) != digest(other)
