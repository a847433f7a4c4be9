"""The bytes on the wire: nothing in a message ends it early, and Bcc stays at home (S6)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gmailkit.transport.smtp.letter import Letter, letter_of
from speech import DATE, letter

ENDINGS = (b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\n.\r")
PIECES = st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"a", b" ", b"\x00", b"\xc3\xa9", b"MAIL"])
BODIES = st.lists(PIECES, max_size=30).map(b"".join) | st.binary(max_size=200)


def received(wire: bytes) -> list[bytes]:
    """The messages that a server makes of what comes after DATA, by RFC 5321 to the letter."""
    lines, found, message = wire.split(b"\r\n"), [], []
    for line in lines[:-1]:
        if line == b".":
            found.append(b"".join(message))
            message = []
        else:
            message.append((line[1:] if line.startswith(b".") else line) + b"\r\n")
    assert message == []
    return found


@settings(max_examples=1000, deadline=None)
@given(BODIES)
@example(b"a\r\n.\r\nMAIL FROM:<evil@x.org>\r\n")
@example(b".")
@example(b"")
def test_a_server_gets_one_message_and_exactly_that(body: bytes) -> None:
    made = letter(b"Subject: x\n\n" + body)
    wire = made.stuffed + b".\r\n"
    assert received(wire) == [made.content]
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", wire) is None
    for ending in ENDINGS:  # as careless servers look for it
        assert ending not in wire.replace(b"\r\n.\r\n", b"", 1) or ending == b"\r\n.\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_for_careless_servers_is_text(ending: bytes) -> None:
    made = letter(b"Subject: x\n\nhello" + ending + b"MAIL FROM:<evil@x.org>\r\n")
    assert b"\r\n..\r\nMAIL FROM:<evil@x.org>\r\n" in made.stuffed
    assert received(made.stuffed + b".\r\n") == [made.content]


@pytest.mark.parametrize(
    "header",
    [
        b"Bcc: secret@x.org\n",
        b"BCC : secret@x.org\n",
        b"bcc: a@x.org,\n  secret@x.org\n",
        b"Bcc:\n\tsecret@x.org\n",
        b"Resent-Bcc: secret@x.org\n",
        b"Bcc: secret@x.org\r\r\n",
    ],
)
def test_bcc_stays_at_home(header: bytes) -> None:
    made = letter(b"To: a@x.org\n" + header + b"Subject: x\n\nBcc: quoted@x.org\n")
    assert b"secret" not in made.content
    assert made.content.endswith(b"Subject: x\r\n\r\nBcc: quoted@x.org\r\n")


def test_bcc_as_the_first_line_behind_a_byte_order_mark() -> None:
    assert b"secret" not in letter(b"\xef\xbb\xbfBcc: secret@x.org\nTo: a@x.org\n\nx").content


def test_a_lone_carriage_return_makes_no_field_of_a_subject() -> None:
    made = letter(b"Subject: x\rBcc: evil@x.org\n\na\rb\n")
    assert b"Subject: x Bcc: evil@x.org\r\n" in made.content
    assert made.content.endswith(b"\r\n\r\na\r\nb\r\n")


def test_what_a_header_must_have_is_added_and_nothing_else_touched() -> None:
    bare = letter(b"Subject: x\n\nhello")
    assert bare.content == (
        b"From: ann@example.com\r\n"
        + f"Date: {DATE}\r\n".encode()
        + b"Message-ID: <a1@example.com>"
        b"\r\nSubject: x\r\n\r\nhello\r\n"
    )
    whole = b"X: 1\r\nfrom: Bob <b@x.org>\r\nDATE: y\r\nMessage-Id: <1@2.3>\r\n\r\nhello\r\n"
    assert letter(whole).content == whole
    assert letter(whole).message_id == "1@2.3"


@pytest.mark.parametrize(
    "unsound", ["<a@b>", "<a@b.c.>", "<a@b@c.d>", "a@b.c", "<@b.c>", "", "<a b@c.d>", "<a@b..c>"]
)
def test_an_id_that_gmail_would_replace_is_none_to_look_up(unsound: str) -> None:
    assert letter(f"Message-ID: {unsound}\n\nx".encode()).message_id == ""


def test_the_separator_of_an_mbox_is_no_header() -> None:
    made = letter(b"From ann@x.org Sun Nov 29 10:00:00 2026\nFrom: a@x.org\n\nx")
    assert b"Nov 29" not in made.content.replace(DATE.encode(), b"")
    assert letter(b"From : ann@x.org\n\nx").content.count(b"ann@x.org") == 1


def test_which_extensions_it_needs() -> None:
    plain, body = letter(b"Subject: x\n\nx"), letter("Subject: x\n\né".encode())
    header, junk = letter("Subject: é\n\nx".encode()), letter(b"Subject: \xe9\n\nx")
    needs = [(each.eight_bit, each.utf8) for each in (plain, body, header, junk)]
    assert needs == [(False, False), (True, False), (True, True), (True, False)]


def test_its_size_is_without_doubled_dots() -> None:
    made = Letter(b"A: b\r\n\r\n.\r\n..\r\n", 6)
    assert (made.size, len(made.stuffed)) == (15, 17)


def test_a_message_of_an_old_macintosh() -> None:
    made = letter_of(
        b"From: a@x.org\rBcc: s@x.org\r\rhi\r", sender="", date="d", message_id="<i@x.y>"
    )
    assert made.content.endswith(b"From: a@x.org\r\n\r\nhi\r\n")


def test_all_of_the_corpus_goes_out_whole(corpus: Path) -> None:
    """What is a sound message already leaves byte for byte, but for its Bcc."""
    paths = sorted(corpus.rglob("*.eml"))
    same = 0
    for path in paths:
        raw = path.read_bytes()
        made = letter(raw)
        assert received(made.stuffed + b".\r\n") == [made.content], path
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", made.content) is None, path
        assert re.search(rb"(?im)^bcc[ \t]*:", made.content[: made.header_size]) is None, path
        assert letter(made.content).content == made.content, path
        same += made.content.endswith(raw)
    assert len(paths) > 50
    assert same > 20
