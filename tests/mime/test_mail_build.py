"""Mail to bytes, read back by our parser and by Python's."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Attachment, Mail

ANN = Address("ann@example.com", "Ann")
PDF = Attachment("report.pdf", b"%PDF\r\n\0\xff", "application/pdf")
IMAGE = Attachment("i.png", b"\x89PNG", "image/png", "i@x", inline=True)
FULL = Mail(
    sender=ANN,
    to=(Address("bob@example.com", "Lee, Bob"), Address("c@example.com")),
    subject="Report",
    date=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
    text="Hello\n",
    html='<p>Hello <img src="cid:i@x">\n',
    attachments=(IMAGE, PDF),
)


def _shape(message: Message) -> str:
    if not message.is_multipart() or message.get_content_maintype() != "multipart":
        return message.get_content_type()
    inside = ", ".join(_shape(part) for part in message.get_payload())  # type: ignore[union-attr, arg-type]
    return f"{message.get_content_subtype()}[{inside}]"


@pytest.mark.parametrize(
    ("mail", "shape"),
    [
        (Mail(text="a"), "text/plain"),
        (Mail(), "text/plain"),
        (Mail(html="a"), "text/html"),
        (Mail(text="a", html="b"), "alternative[text/plain, text/html]"),
        (Mail(text="a", attachments=(PDF,)), "mixed[text/plain, application/pdf]"),
        (Mail(text="a", attachments=(IMAGE,)), "mixed[text/plain, image/png]"),
        (Mail(html="a", attachments=(IMAGE,)), "related[text/html, image/png]"),
        (
            FULL,
            "mixed[alternative[text/plain, related[text/html, image/png]], application/pdf]",
        ),
    ],
)
def test_the_tree_of_parts(mail: Mail, shape: str) -> None:
    assert _shape(email.message_from_bytes(build(mail))) == shape


def test_a_mail_comes_back_as_it_was() -> None:
    back = parse(build(FULL))
    for name in ("sender", "to", "subject", "date", "text", "html", "attachments"):
        assert getattr(back, name) == getattr(FULL, name), name
    assert back.defects == ()


def test_the_same_mail_date_and_boundary_give_the_same_bytes() -> None:
    assert build(FULL, boundary="b") == build(FULL, boundary="b")
    assert build(FULL) != build(FULL)
    assert re.search(rb'boundary="b"\r\n.*--b\r\n.*--b--\r\n\Z', build(FULL, boundary="b"), re.S)


def test_what_is_not_given_is_not_made() -> None:
    assert build(Mail(text="hi")) == (
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\nhi\r\n"
    )


def test_header_fields_stand_in_order_and_once() -> None:
    mail = Mail(
        sender=ANN,
        to=(ANN,),
        cc=(ANN,),
        bcc=(ANN,),
        reply_to=(ANN,),
        subject="s",
        date=datetime(2024, 1, 2, tzinfo=UTC),
        message_id="<m@x>",
        in_reply_to="<p@x>",
        references=("<o@x>", "<p@x>"),
        headers=(("X-A", "1"), ("X-A", "2")),
    )
    names = [name for name, _ in parse(build(mail)).headers]
    assert (
        names
        == (
            "From To Cc Bcc Reply-To Subject Date Message-ID In-Reply-To References X-A X-A "
            "MIME-Version Content-Type Content-Transfer-Encoding"
        ).split()
    )


def test_message_ids_of_any_length_are_never_encoded() -> None:
    ids = (f"<{'a' * 300}@example.com>", f"<{'b' * 90}@example.com>")
    back = email.message_from_bytes(build(Mail(references=ids, in_reply_to=ids[1])))
    assert back["References"].split() == list(ids)
    assert back["In-Reply-To"] == ids[1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("one\ntwo\n", id="short lines"),
        pytest.param("x" * 5_000 + "\n", id="a long line"),
        pytest.param("é" * 5_000 + "\n", id="a long line beyond ascii"),
        pytest.param("日本語\n" * 99, id="far beyond ascii"),
        pytest.param("From here\n.\n..\n --x\n=20\ttab \n", id="lines mailers like to change"),
        pytest.param("a\x00b\x0bc\x0c\x85\u2028\n", id="control characters"),
    ],
)
def test_text_comes_back_and_no_line_is_too_long(text: str) -> None:
    for mail in (Mail(text=text), Mail(html=text), Mail(text=text, html=text)):
        raw = build(mail)
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.isascii()
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert (parse(raw).text, parse(raw).html) == (mail.text, mail.html)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(max_size=400))
def test_encoded_bodies_have_short_lines(text: str, content: bytes) -> None:
    mail = Mail(text=f"é\0{text}", attachments=(Attachment("a", content),))
    raw = build(mail)
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert raw.isascii()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("Schöne Grüße", "quoted-printable"),
        ("日本語", "base64"),
        ("a\x00", "quoted-printable"),
        ("a\tb", "7bit"),
    ],
    ids=lambda text: text[:12],
)
def test_text_is_encoded_no_more_than_it_must(text: str, encoding: str) -> None:
    assert parse(build(Mail(text=text))).header("Content-Transfer-Encoding") == encoding


@pytest.mark.parametrize(
    ("content", "kind", "sent"),
    [
        ("é".encode(), "text/plain", "text/plain; charset=utf-8"),
        (b"\xe9", "text/plain", "text/plain"),
        (b"x", "Text/CSV", "text/csv; charset=utf-8"),
        (b"x", "application/json", "application/json"),
    ],
)
def test_attached_text_is_called_utf_8_if_it_is(content: bytes, kind: str, sent: str) -> None:
    raw = build(Mail(text="x", attachments=(Attachment("a", content, kind),)))
    (_, part) = email.message_from_bytes(raw).get_payload()  # type: ignore[misc]
    assert isinstance(part, Message)
    assert part["Content-Type"] == sent


def test_lines_of_text_end_with_crlf_and_the_last_one_too() -> None:
    assert build(Mail(text="a\r\nb\rc")).endswith(b"\r\n\r\na\r\nb\r\nc\r\n")


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "text/csv", "application/x"])
@pytest.mark.parametrize("content", [b"", b"a\nb\r\nc\r", b"\xff\0", "é\n".encode()])
def test_attachments_keep_every_byte(content_type: str, content: bytes) -> None:
    attachment = Attachment("a.txt", content, content_type)
    raw = build(Mail(text="x", attachments=(attachment,)))
    assert parse(raw).attachments == (attachment,)
    part = email.message_from_bytes(raw).get_payload(1)
    assert isinstance(part, Message)
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        pytest.param(b"A: b\r\n\r\nhi\r\n", b"A: b\r\n\r\nhi\r\n", id="CRLF"),
        pytest.param(b"A: b\n\nhi", b"A: b\r\n\r\nhi", id="LF"),
        pytest.param(b"A: b\r\n\r\nh\xe9\r\n", b"A: b\r\n\r\nh\xe9\r\n", id="8 bit"),
    ],
)
def test_an_attached_message_is_never_encoded(content: bytes, sent: bytes) -> None:
    mail = Mail(text="x", attachments=(Attachment("a.eml", content, "message/rfc822"),))
    raw = build(mail)
    assert parse(raw).attachments == (Attachment("a.eml", sent, "message/rfc822"),)
    (_, part) = email.message_from_bytes(raw).get_payload()  # type: ignore[misc]
    assert isinstance(part, Message)
    assert part["Content-Transfer-Encoding"] == ("7bit" if sent.isascii() else "8bit")


@pytest.mark.parametrize(
    "content",
    [b"A: b\r\n\nmixed", b"A: b\n\n\0", b"A: b\n\n" + b"x" * 2_000, b"a\rb", b""],
    ids=["mixed line ends", "NUL", "long line", "CR", "empty"],
)
def test_a_message_that_cannot_stand_as_it_is_goes_as_a_file(content: bytes) -> None:
    mail = Mail(attachments=(Attachment("a.eml", content, "message/rfc822"),))
    assert parse(build(mail)).attachments == (
        Attachment("a.eml", content, "application/octet-stream"),
    )


def test_a_boundary_that_occurs_in_the_content_is_changed() -> None:
    inner = build(Mail(text="x", html="y"), boundary="b")
    mail = Mail(text="--b\n", attachments=(Attachment("a.eml", inner, "message/rfc822"),))
    back = parse(build(mail, boundary="b"))
    assert back.text == "--b\n"
    assert back.attachments[0].content == inner


@pytest.mark.parametrize("boundary", ["", "a b", "a\r\nb", 'a"b', "x" * 61, "é"])
def test_a_bad_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(UsageError):
        build(Mail(text="x"), boundary=boundary)


def test_an_address_beyond_ascii_is_raw_and_all_else_encoded() -> None:
    mail = Mail(to=(Address("käthe@müller.example", "Käthe"),), subject="Grüße")
    raw = build(mail)
    assert "<käthe@müller.example>".encode() in raw
    assert raw.replace("käthe@müller".encode(), b"").isascii()
    assert parse(raw).to == mail.to


# A byte order mark in front is dropped when read, as it should be.
SAFE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff")
TEXTS = st.text(SAFE, max_size=120).map(lambda text: " ".join(text.split()))
NAMES = TEXTS.map(lambda text: text.strip(' <>"'))
PEOPLE = st.lists(
    st.builds(Address, st.sampled_from(["a@x.org", "o'b+c@sub.example.com"]), NAMES), max_size=5
)
FILES = st.builds(
    Attachment,
    TEXTS,
    st.binary(max_size=200),
    st.sampled_from(["text/plain", "text/html", "application/pdf", "image/png"]),
    st.sampled_from(["", "i@x"]),
)
BODIES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff"), max_size=300
)
MAILS = st.builds(
    Mail,
    sender=st.none() | st.builds(Address, st.just("s@x.org"), NAMES),
    to=PEOPLE.map(tuple),
    cc=PEOPLE.map(tuple),
    subject=TEXTS,
    headers=st.lists(st.tuples(st.just("X-Extra"), TEXTS), max_size=2).map(tuple),
    text=BODIES,
    html=BODIES,
    attachments=st.lists(FILES, max_size=3).map(tuple),
)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _assert_comes_back(mail: Mail) -> None:
    raw = build(mail)
    back = parse(raw)
    assert (back.sender, back.to, back.cc) == (mail.sender, mail.to, mail.cc)
    assert back.subject == mail.subject
    assert [v for n, v in back.headers if n == "X-Extra"] == [v for _, v in mail.headers]
    assert (back.text, back.html) == (
        _ended(mail.text) or ("" if mail.html else "\n"),
        _ended(mail.html),
    )
    assert back.defects == ()
    assert [(a.filename, a.content) for a in back.attachments] == [
        (a.filename, a.content) for a in mail.attachments
    ]
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    _assert_python_agrees(raw, mail)


def _assert_python_agrees(raw: bytes, mail: Mail) -> None:
    other = email.message_from_bytes(raw)
    assert len(other.keys()) == len(parse(raw).headers)
    assert str(make_header(decode_header(other.get("Subject", "")))) == mail.subject
    pairs = getaddresses(other.get_all("To", []))
    found = [(str(make_header(decode_header(name))), address) for name, address in pairs]
    assert found == [(a.name, a.email) for a in mail.to]
    names = [part.get_filename("") for part in other.walk() if part.get_content_disposition()]
    assert names == [a.filename for a in mail.attachments]


@settings(max_examples=150, deadline=None)
@given(MAILS)
def test_any_mail_comes_back(mail: Mail) -> None:
    _assert_comes_back(mail)


@pytest.mark.soak
@settings(max_examples=2_000, deadline=None)
@given(MAILS)
def test_any_mail_comes_back_many_times(mail: Mail) -> None:
    _assert_comes_back(mail)


@pytest.mark.parametrize(
    "name",
    ["a.txt", "a b.txt", 'q"\\.txt', "=?utf-8?q?x?=.txt", "é;ß'%.txt", "日" * 90, "x" * 400, "%41"],
    ids=lambda name: name[:20],
)
def test_file_names_come_back(name: str) -> None:
    raw = build(Mail(text="x", attachments=(Attachment(name, b""),)))
    assert parse(raw).attachments[0].filename == name
    (_, part) = email.message_from_bytes(raw).get_payload()  # type: ignore[misc]
    assert isinstance(part, Message)
    assert part.get_filename() == name
    assert max(map(len, raw.split(b"\r\n"))) <= 78


LONG_NAMES = [
    'Doe, John "JD" of a department with a very, very long name, and some more of it',
    "x, evil@attacker.example, " * 9,
    "Müller, Jörg <evil@attacker.example> " * 9,
    "=?utf-8?q?evil?= <evil@attacker.example>",
    '"\\" <evil@attacker.example>, "',
    "日本語の名前" * 30,
    "a" * 500,
]


@pytest.mark.parametrize("name", LONG_NAMES, ids=lambda name: name[:20])
def test_no_display_name_changes_the_recipients(name: str) -> None:
    raw = build(Mail(to=(Address("a@example.com", name), Address("b@example.com"))))
    assert [a.email for a in parse(raw).to] == ["a@example.com", "b@example.com"]
    assert parse(raw).to[0].name == " ".join(name.split())
    pairs = getaddresses(email.message_from_bytes(raw).get_all("To", []))
    assert [address for _, address in pairs] == ["a@example.com", "b@example.com"]
    for line in raw.split(b"\r\n"):
        assert len(line) <= 78
        assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ ]*\?=", line))
