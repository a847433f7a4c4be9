"""What was put into a mail is what two parsers that are not ours take out of it.

Python's own parser, and Perl's Email::MIME (Debian: libemail-mime-perl), which shares no line with
it. Mails are made by hypothesis: names, subjects, texts and file names in many scripts.
"""

from __future__ import annotations

import base64
import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gmailkit.mime.address import is_addr_spec
from gmailkit.mime.build import build
from gmailkit.model.mail import Address, Attachment, Mail

GROUPS = {"From": "sender", "To": "to", "Cc": "cc", "Bcc": "bcc", "Reply-To": "reply_to"}

# Words as mail has them, and what mailers stumble over.
SCRIPTS = (
    *("Ann Lee", "Lee, Ann", "Zoë", "Jürgen Groß", "Łukasz", "Đặng Thị", "Ελένη", "Мария"),
    *(
        "שרה לוי",
        "محمد",
        "प्रिया",
        "ไพศาล",
        "東京 太郎",
        "山田さん",
        "김민수",
        "🗼 Tower",
        "e\u0301clair",
    ),
    *("a\u200db", "=?utf-8?q?x?=", '"quoted"', "back\\slash", "semi;colon", "(comment)", "<angle>"),
    *("at@sign", "a.b", "' apostrophe '", "x" * 90, "日本" * 60, "50%", "a_b", "=", "?=", ":", ","),
)
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn", "Co"])
WORDS = st.lists(st.sampled_from(SCRIPTS) | st.text(LETTERS, max_size=12), max_size=6)
LINE = WORDS.map(lambda words: " ".join(" ".join(words).split()))
LOCALS = st.sampled_from(
    ["ann", "a.b-c+d", "O'Hara", "x_y=z", '"quoted local"', '"a@b"', "{curly}", "1", "a" * 64]
)
DOMAINS = st.sampled_from(["example.com", "a.b.c.example", "xn--mnchen-3ya.example", "x-1.org"])
ADDRESSES = st.builds(
    lambda local, domain, name: Address(f"{local}@{domain}", name), LOCALS, DOMAINS, LINE
)
PEOPLE = st.lists(ADDRESSES, max_size=4).map(tuple)
TEXTS = st.lists(st.sampled_from(SCRIPTS) | st.text(LETTERS, max_size=200), max_size=5).map(
    "\n".join
)
NAMES = LINE.filter(lambda name: 0 < len(name.encode()) < 180)
KINDS = st.sampled_from(["application/pdf", "image/png", "text/plain", "text/csv", "x-a/b.c+d"])
FILES = st.builds(Attachment, NAMES, st.binary(max_size=300), KINDS, st.just(""), st.booleans())


@st.composite
def mails(draw: st.DrawFn) -> Mail:
    html = draw(TEXTS)
    pictures = [
        Attachment(f"p{n}.png", draw(st.binary(max_size=60)), "image/png", f"p{n}@x", inline=True)
        for n in range(draw(st.integers(0, 2)) if html else 0)
    ]
    files = draw(st.lists(FILES, max_size=3))
    if draw(st.booleans()):  # a mail in a mail, as it stands
        inner = Mail(to=(draw(ADDRESSES),), subject=draw(LINE), text=draw(TEXTS))
        files.append(Attachment("inner.eml", build(inner, boundary="inner"), "message/rfc822"))
    return Mail(
        sender=draw(st.none() | ADDRESSES),
        to=draw(PEOPLE),
        cc=draw(PEOPLE),
        bcc=draw(PEOPLE),
        reply_to=draw(PEOPLE),
        subject=draw(LINE),
        headers=(("X-Extra", draw(LINE)),),
        text=draw(TEXTS),
        html=html,
        attachments=(*pictures, *files),
    )


def people_of(mail: Mail, field: str) -> list[Address]:
    found = getattr(mail, GROUPS[field])
    return [found] if isinstance(found, Address) else list(found or ())


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n") + ("" if text.endswith("\n") else "\r\n")


def bodies(mail: Mail) -> list[tuple[str, str]]:
    """Kind and text of the bodies in the order in which they stand."""
    found = [("text/plain", mail.text)] if mail.text or not mail.html else []
    return found + ([("text/html", mail.html)] if mail.html else [])


def files(mail: Mail) -> list[tuple[str, str, str, bytes]]:
    """Name, kind, Content-ID and content of what is attached, in that order."""
    return [(a.filename, a.content_type, a.content_id, a.content) for a in mail.attachments]


def fields(mail: Mail) -> int:
    """How many header fields there should be."""
    single = (mail.subject, *(people_of(mail, name) for name in GROUPS))
    return sum(map(bool, single)) + 1 + 3  # X-Extra; version, type and encoding or boundary


# Python


def check_python(mail: Mail, raw: bytes) -> None:
    """Display names by its older reader: the newer one sets a blank where two encoded words meet,
    which RFC 2047 section 6.2 forbids.
    """
    read: Any = message_from_bytes(raw, policy=policy.default)
    older = message_from_bytes(raw)
    assert (read["subject"] or "") == mail.subject
    assert (read["x-extra"] or "") == mail.headers[0][1]
    for name in GROUPS:
        found = getaddresses([older[name]]) if older[name] else ()
        assert [(str(make_header(decode_header(who))), email) for who, email in found] == [
            (a.name, a.email) for a in people_of(mail, name)
        ], name
    leaves = list(_leaves(read))
    texts = [part for part in leaves if part.get_content_disposition() is None]
    assert [(p.get_content_type(), _text(p)) for p in texts] == [
        (kind, crlf(text)) for kind, text in bodies(mail)
    ]
    attached = [part for part in leaves if part.get_content_disposition() is not None]
    assert [
        (
            # Not get_filename, which takes the brackets off a name like "<angle>".
            part["content-disposition"].params["filename"],
            part.get_content_type(),
            (part["content-id"] or "").strip("<>"),
            _content(part),
        )
        for part in attached
    ] == files(mail)
    assert not read.defects


def _leaves(part: EmailMessage) -> Iterator[EmailMessage]:
    if part.get_content_maintype() == "multipart":
        for inside in part.iter_parts():
            yield from _leaves(inside)  # type: ignore[arg-type]
    else:
        yield part


def _text(part: EmailMessage) -> str:
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def _content(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return part.get_content().as_bytes(policy=policy.SMTP.clone(refold_source="none"))  # type: ignore[no-any-return]
    return part.get_payload(decode=True)  # type: ignore[return-value]


# Perl


class Perl:
    """Email::MIME as a process beside us."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("second_parser.pl")
        self._process = subprocess.Popen(
            ["perl", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def read(self, raw: bytes) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(struct.pack(">I", len(raw)) + raw)
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def perl() -> Iterator[Perl]:
    found = (
        shutil.which("perl")
        and not subprocess.run(
            ["perl", "-MEmail::MIME", "-e", "1"], capture_output=True, check=False
        ).returncode
    )
    if not found:
        pytest.skip("no second parser here: apt-get install libemail-mime-perl")
    running = Perl()
    yield running
    running.close()


def check_perl(mail: Mail, read: dict[str, Any]) -> None:
    assert "died" not in read, read
    assert read["subject"] == mail.subject
    assert read["extra"] == mail.headers[0][1]
    for name in GROUPS:
        found = [tuple(each) for each in read["people"][name]]
        assert found == [(a.name, a.email) for a in people_of(mail, name)], name
    texts = [each for each in read["leaves"] if not each["how"]]
    assert [(each["kind"], each["text"]) for each in texts] == [
        (kind, crlf(text)) for kind, text in bodies(mail)
    ]
    attached = [each for each in read["leaves"] if each["how"]]
    assert [
        (each["name"], each["kind"], each["id"], base64.b64decode(each["body"]))
        for each in attached
    ] == files(mail)


@settings(max_examples=60, deadline=None)
@given(mails())
def test_python_takes_out_what_was_put_in(mail: Mail) -> None:
    check_python(mail, build(mail))


NAMED_NOUGHT = Mail(
    headers=(("X-Extra", "x"),), attachments=(Attachment("0", b"", "application/pdf"),)
)


@settings(max_examples=60, deadline=None)
@example(mail=NAMED_NOUGHT)
@given(mail=mails())
def test_perl_takes_out_what_was_put_in(perl: Perl, mail: Mail) -> None:
    check_perl(mail, perl.read(build(mail)))


@pytest.mark.soak
@settings(max_examples=2_000, deadline=None)
@given(mail=mails())
def test_both_parsers_two_thousand_times(perl: Perl, mail: Mail) -> None:
    raw = build(mail)
    check_python(mail, raw)
    check_perl(mail, perl.read(raw))


def test_the_addresses_here_are_sound() -> None:
    assert is_addr_spec('"quoted local"@example.com')
