"""Bytes to Mail: which part is text, which is attached, and what the header says."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.parse import parse, parse_headers
from gmailkit.model.mail import Address, Attachment, Mail


def _part(head: str, body: str = "x") -> str:
    return f"--b\n{head}\n\n{body}\n"


def _multipart(kind: str, *parts: str, head: str = "") -> bytes:
    start = f"Content-Type: multipart/{kind}; boundary=b\n{head}\n"
    return (start + "".join(parts) + "--b--\n").encode()


PLAIN = _part("Content-Type: text/plain", "plain")
HTML = _part("Content-Type: text/html", "<p>html")
PDF = _part(
    "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64", "JVBERg=="
)


def test_header_fields() -> None:
    mail = parse(
        b"From: Ann <ann@example.com>\r\nTo: b@x.org, C <c@x.org>\r\nTo: d@x.org\r\n"
        b"Cc: e@x.org\r\nBcc: f@x.org\r\nReply-To: g@x.org\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        b"Date: Tue, 02 Jan 2024 03:04:05 +0000\r\nMessage-ID: <m@x.org>\r\n"
        b"In-Reply-To: <p@x.org>\r\nReferences: <o@x.org>\r\n\t<p@x.org>\r\n"
        b"X-A: 1\r\nX-A: 2\r\n\r\nhi\r\n"
    )
    assert mail.sender == Address("ann@example.com", "Ann")
    assert [a.email for a in mail.to] == ["b@x.org", "c@x.org", "d@x.org"]
    assert (mail.cc, mail.bcc) == ((Address("e@x.org"),), (Address("f@x.org"),))
    assert mail.reply_to == (Address("g@x.org"),)
    assert mail.subject == "Grüße"
    assert mail.date == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (mail.message_id, mail.in_reply_to) == ("<m@x.org>", "<p@x.org>")
    assert mail.references == ("<o@x.org>", "<p@x.org>")
    assert [value for name, value in mail.headers if name == "X-A"] == ["1", "2"]
    assert mail.text == "hi\n"
    assert mail.defects == ()


def test_headers_alone_leave_the_body_unread() -> None:
    raw = b"Subject: s\nContent-Type: text/plain\n\nbody"
    assert parse_headers(raw) == Mail(
        subject="s", headers=(("Subject", "s"), ("Content-Type", "text/plain"))
    )
    assert parse_headers(raw.partition(b"\n\n")[0]).subject == "s"


def test_references_without_brackets_are_words() -> None:
    assert parse(b"References: a@x b@x\n\n").references == ("a@x", "b@x")


def test_text_and_html_of_an_alternative() -> None:
    mail = parse(_multipart("alternative", PLAIN, HTML))
    assert (mail.text, mail.html, mail.attachments) == ("plain", "<p>html", ())


def test_text_parts_beside_each_other_are_joined_on_lines_of_their_own() -> None:
    mail = parse(_multipart("mixed", PLAIN, PDF, _part("A: b", "footer"), HTML, HTML))
    assert mail.text == "plain\nfooter"
    assert mail.html == "<p>html\n<p>html"
    assert [a.filename for a in mail.attachments] == ["a.pdf"]


def test_of_two_equal_renditions_the_first_that_says_something_is_taken() -> None:
    mail = parse(
        _multipart("alternative", _part("A: b", " \n"), _part("A: b", "one"), _part("A: b", "two"))
    )
    assert mail.text == "one"


def test_pictures_nested_in_an_alternative_are_kept() -> None:
    image = _part("Content-Type: image/png\nContent-ID: <i@x>").replace("--b", "--c")
    related = _part(
        "Content-Type: multipart/related; boundary=c",
        HTML.replace("--b", "--c") + image + "--c--",
    )
    mail = parse(_multipart("alternative", PLAIN, related))
    assert (mail.text, mail.html) == ("plain", "<p>html")
    assert mail.attachments == (Attachment("", b"x", "image/png", "i@x", inline=True),)


@pytest.mark.parametrize(
    ("kind", "head", "attached"),
    [
        ("mixed", "Content-Type: text/plain; name=a.txt", True),
        ("mixed", "Content-Type: text/plain\nContent-Disposition: attachment", True),
        ("mixed", 'Content-Disposition: inline; filename="a.txt"', True),
        ("mixed", "Content-Type: text/plain\nContent-Disposition: inline", False),
        ("mixed", "Content-Type: image/png", True),
        ("mixed", "Content-Type: text/calendar", True),
        ("mixed", "Content-Type: text/csv", True),
        ("mixed", "Content-Type: message/delivery-status", True),
        ("alternative", "Content-Type: text/calendar", True),
        ("alternative", "Content-Type: text/x-amp-html", False),
    ],
)
def test_what_is_an_attachment(kind: str, head: str, attached: bool) -> None:
    mail = parse(_multipart(kind, PLAIN, _part(head)))
    assert len(mail.attachments) == attached


@pytest.mark.parametrize("kind", ["enriched", "markdown", "x-anything"])
def test_unusual_text_is_text_where_nothing_else_is(kind: str) -> None:
    assert parse(f"Content-Type: text/{kind}\n\nhi".encode()).text == "hi"
    assert parse(_multipart("alternative", _part(f"Content-Type: text/{kind}", "hi"))).text == "hi"


def test_a_named_message_of_text_alone_is_still_text() -> None:
    assert parse(b"Content-Type: text/plain; name=mail.txt\n\nhi").text == "hi"
    mail = parse(b"Content-Type: text/plain\nContent-Disposition: attachment\n\nhi")
    assert (mail.text, mail.attachments[0].content) == ("", b"hi")


@pytest.mark.parametrize(
    ("head", "kind", "inline"),
    [
        ("Content-Type: image/png\nContent-ID: <seen@x>", "mixed", True),
        (
            "Content-Type: image/png\nContent-ID: <seen@x>\nContent-Disposition: attachment",
            "mixed",
            True,
        ),
        ("Content-Type: application/pdf\nContent-ID: <seen@x>", "mixed", True),
        ("Content-Type: image/png\nContent-ID: <other@x>", "mixed", True),
        (
            "Content-Type: image/png\nContent-ID: <other@x>\nContent-Disposition: attachment",
            "mixed",
            False,
        ),
        ("Content-Type: application/pdf\nContent-ID: <other@x>", "mixed", False),
        ("Content-Type: font/woff\nContent-ID: <other@x>", "related", True),
        ("Content-Type: image/png\nContent-Disposition: inline", "mixed", False),
    ],
)
def test_what_is_inline(head: str, kind: str, inline: bool) -> None:
    html = _part("Content-Type: text/html", '<img src="cid:SEEN@x">')
    (attachment,) = parse(_multipart(kind, html, _part(head))).attachments
    assert attachment.inline is inline


INNER = b"Subject: in\r\nX:  odd \r\n\r\nh\xff\r\n\r\n"


def test_an_attached_message_keeps_its_bytes_and_is_named_after_its_subject() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--b--\r\n"
    )
    assert parse(raw).attachments == (Attachment("in.eml", INNER, "message/rfc822"),)


def test_an_attached_message_in_base64_and_without_a_subject() -> None:
    inner = base64.encodebytes(b"A: b\n\nhi").decode()
    head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64"
    (attachment,) = parse(_multipart("mixed", _part(head, inner))).attachments
    assert (attachment.filename, attachment.content) == ("message.eml", b"A: b\n\nhi")


def test_text_inside_an_attached_message_is_not_the_text() -> None:
    inner = _part("Content-Type: message/rfc822", "Subject: s\n\ninner")
    assert parse(_multipart("mixed", PLAIN, inner)).text == "plain"


def test_file_names_by_disposition_come_first() -> None:
    head = "Content-Type: a/b; name=second\nContent-Disposition: attachment; filename=first"
    (attachment,) = parse(_multipart("mixed", _part(head))).attachments
    assert attachment.filename == "first"


def test_html_without_a_charset_says_it_itself() -> None:
    body = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">я'
    assert parse(b"Content-Type: text/html\n\n" + body.encode("koi8-r")).html == body


def test_the_charset_of_the_part_is_believed_before_that_of_its_html() -> None:
    body = '<meta charset="utf-8">я'
    raw = b"Content-Type: text/html; charset=koi8-r\n\n" + body.encode("koi8-r")
    assert parse(raw).html == body


def test_raw_bytes_in_a_header_are_of_the_charset_of_the_body() -> None:
    head = "Subject: 会议\nFrom: 会议 <a@x.org>\n".encode("gbk")
    for mail in (
        parse(head + b"Content-Type: text/plain; charset=gb2312\n\nx"),
        parse(head + _multipart("mixed", _part("Content-Type: text/plain; charset=gb2312"))),
    ):
        assert mail.subject == "会议"
        assert mail.sender == Address("a@x.org", "会议")
        assert mail.header("subject") == "会议"
    utf8 = parse("Subject: é\nContent-Type: text/plain; charset=gb2312\n\nx".encode())
    assert utf8.subject == "é"


@pytest.mark.parametrize("value", ["Quoted-Printable", "quoted printable", "quoted-printable; x"])
def test_quoted_printable_is_known_by_many_names(value: str) -> None:
    mail = parse(f"Content-Transfer-Encoding: {value}\n\na=3Db".encode())
    assert (mail.text, mail.defects) == ("a=b", ())


def test_line_ends_of_text_are_lf() -> None:
    assert parse(b"A: b\r\n\r\none\r\ntwo\rthree\n").text == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"Content-Transfer-Encoding: x-y\n\nx", "x-y"),
        (b"Content-Transfer-Encoding: base64\n\n!!!!", "base64"),
        (b"Content-Type: text/plain; charset=x-none\n\nx", "x-none"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx", "not closed"),
        (b"Content-Type: multipart/mixed\n\nx", "without parts"),
        (b"Date: soon\n\nx", "Date"),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--c\nContent-Type: a/b\n\nx\n--c--",
            "not the one used",
        ),
        (b"Subject: a\nno field", "no blank line"),
        (b"Content-Type: text\n\nx", "names no type"),
    ],
)
def test_defects_are_named(raw: bytes, word: str) -> None:
    assert any(word in defect for defect in parse(raw).defects)


@given(st.binary())
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    mail = parse(raw)
    parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + raw)
    parse(b"Content-Type: " + raw)
    for text in (mail.subject, mail.text, mail.html, *(v for _, v in mail.headers)):
        text.encode()
