"""Nothing a user hands over can become structure: S6 of the security figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Attachment, Mail

PLAIN = Mail(
    sender=Address("ann@example.com", "Ann"),
    to=(Address("bob@example.com", "Bob"),),
    subject="s",
    text="hello\n",
    headers=(("X-A", "1"),),
    attachments=(Attachment("a.txt", b"x", "text/plain", "c@x"),),
)

Place = Callable[[str], Mail]


def _file(**changes: str) -> Mail:
    (file,) = PLAIN.attachments
    return replace(PLAIN, attachments=(replace(file, **changes),))  # type: ignore[arg-type]


PLACES: dict[str, Place] = {
    "subject": lambda t: replace(PLAIN, subject=t),
    "sender address": lambda t: replace(PLAIN, sender=Address(t)),
    "sender name": lambda t: replace(PLAIN, sender=Address("a@example.com", t)),
    "to address": lambda t: replace(PLAIN, to=(Address(t),)),
    "to name": lambda t: replace(PLAIN, to=(Address("a@example.com", t),)),
    "cc address": lambda t: replace(PLAIN, cc=(Address(t),)),
    "cc name": lambda t: replace(PLAIN, cc=(Address("a@example.com", t),)),
    "bcc address": lambda t: replace(PLAIN, bcc=(Address(t),)),
    "bcc name": lambda t: replace(PLAIN, bcc=(Address("a@example.com", t),)),
    "reply-to address": lambda t: replace(PLAIN, reply_to=(Address(t),)),
    "reply-to name": lambda t: replace(PLAIN, reply_to=(Address("a@example.com", t),)),
    "message id": lambda t: replace(PLAIN, message_id=t),
    "in-reply-to": lambda t: replace(PLAIN, in_reply_to=t),
    "references": lambda t: replace(PLAIN, references=("<a@x>", t)),
    "header name": lambda t: replace(PLAIN, headers=((t, "1"),)),
    "header value": lambda t: replace(PLAIN, headers=(("X-A", t),)),
    "file name": lambda t: _file(filename=t),
    "content type": lambda t: _file(content_type=t),
    "content id": lambda t: _file(content_id=t),
}

BREAKS = {
    "CR": "\r", "LF": "\n", "CRLF": "\r\n", "NUL": "\0", "VT": "\x0b", "FF": "\x0c",
    "FS": "\x1c", "GS": "\x1d", "RS": "\x1e", "ESC": "\x1b", "DEL": "\x7f", "NEL": "\x85",
    "CSI": "\x9b", "LS": "\u2028", "PS": "\u2029", "half a character": "\udc0a",
}  # fmt: skip

SHAPES = {
    "in the middle": "a{}Bcc: evil@example.com",
    "folded": "a{} Bcc: evil@example.com",
    "folded with a tab": "a{}\tBcc: evil@example.com",
    "at the end": "a@example.com{}",
    "at the start": "{}a@example.com",
    "twice, then a body": "a{0}{0}body",
    "alone": "{}",
}


@pytest.mark.parametrize("character", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_line_break_or_control_is_refused(place: Place, character: str) -> None:
    for shape in SHAPES.values():
        with pytest.raises(UsageError):
            build(place(shape.format(character)))


TRICKS = r"""Bcc:| evil@example.com|<|>|,|;|:|"|\|(|)|=?utf-8?q?=0D=0ABcc:_x?=|=?|?=|=0A|%0d%0a|a"""
PIECES = [*BREAKS.values(), *TRICKS.split("|"), " ", "\t", "é", "@", "."]
FRAGMENTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def _assert_harmless(place: str, text: str) -> None:
    """Refused, or there are as many header fields, recipients and parts as intended."""
    mail = PLACES[place](text)
    try:
        raw = build(mail, boundary="b")
    except UsageError:
        return
    assert not any(ord(ch) < 32 and ch != "\t" for ch in text)
    back = parse(raw)
    names = [name for name, _ in back.headers]
    wanted = {"Subject": bool(mail.subject), "Cc": bool(mail.cc), "Bcc": bool(mail.bcc)}
    wanted |= {"Reply-To": bool(mail.reply_to), "Message-ID": bool(mail.message_id.strip())}
    wanted |= {"In-Reply-To": bool(mail.in_reply_to.strip()), "References": bool(mail.references)}
    wanted |= {"From": True, "To": True, "MIME-Version": True, "Content-Type": True}
    assert sorted(names) == sorted([n for n, on in wanted.items() if on] + [mail.headers[0][0]])
    for field in ("to", "cc", "bcc", "reply_to"):
        assert [a.email for a in getattr(back, field)] == [a.email for a in getattr(mail, field)]
    assert back.sender and mail.sender and back.sender.email == mail.sender.email
    assert back.text == "hello\n"
    assert [a.content for a in back.attachments] == [b"x"]
    assert not back.defects


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(PLACES)), FRAGMENTS | st.text(max_size=20))
def test_every_text_in_every_place_is_refused_or_harmless(place: str, text: str) -> None:
    _assert_harmless(place, text)


@pytest.mark.soak
@settings(max_examples=2_000, deadline=None)
@given(st.sampled_from(sorted(PLACES)), FRAGMENTS | st.text(max_size=20))
def test_every_text_in_every_place_two_thousand_times(place: str, text: str) -> None:
    _assert_harmless(place, text)


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example>, <evil@example.com",
        "a@b.example, evil@example.com",
        "a@b.example evil@example.com",
        "a@b.example;evil@example.com",
        "<a@b.example>",
        "a@b.example\t",
        "(x)a@b.example",
        "Ann <a@b.example>",
        "ann",
        "",
    ],
)
def test_an_address_that_is_more_than_one_address_is_refused(email: str) -> None:
    with pytest.raises(UsageError, match="e-mail address"):
        build(Mail(to=(Address(email),)))


@pytest.mark.parametrize("name", ["", "X A", "X:A", "É", "Subject", "bcc", "content-type", "To"])
def test_a_header_that_belongs_to_a_field_or_is_malformed_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        build(Mail(headers=((name, "x"),)))


@pytest.mark.parametrize("kind", ["", "text", "text/", "a/b; x=y", "a/b c", "multipart/x/y", "é/x"])
def test_a_malformed_content_type_is_refused(kind: str) -> None:
    with pytest.raises(UsageError):
        build(Mail(attachments=(Attachment("a", b"", kind),)))


@pytest.mark.parametrize("kind", ["multipart/mixed", "message/partial", "message/delivery-status"])
def test_bytes_that_claim_structure_go_as_plain_bytes(kind: str) -> None:
    raw = build(Mail(text="x", attachments=(Attachment("a", b"--b\n", kind),)))
    (file,) = parse(raw).attachments
    assert (file.content_type, file.content) == ("application/octet-stream", b"--b\n")


@pytest.mark.parametrize("field", ["message_id", "in_reply_to"])
def test_a_message_id_too_long_for_a_line_is_refused(field: str) -> None:
    with pytest.raises(UsageError, match="too long"):
        build(Mail(**{field: f"<{'x' * 950}@example.com>"}))  # type: ignore[arg-type]


@pytest.mark.parametrize("content_id", ["<a@x>", "a b", "é@x", "a>b", "x" * 1_000])
def test_a_malformed_content_id_is_refused(content_id: str) -> None:
    with pytest.raises(UsageError):
        build(Mail(attachments=(Attachment("a", b"", "image/png", content_id),)))


@pytest.mark.parametrize("where", ["text", "html"])
def test_half_a_character_in_a_body_is_refused(where: str) -> None:
    with pytest.raises(UsageError, match=where):
        build(replace(PLAIN, **{where: "a\ud800"}))  # type: ignore[arg-type]


def test_the_refusal_says_where_and_what() -> None:
    with pytest.raises(UsageError, match="The subject holds a line break"):
        build(Mail(subject="a\nb"))
    with pytest.raises(UsageError, match=r"The To name holds the character U\+2028"):
        build(Mail(to=(Address("a@example.com", "a\u2028b"),)))
