"""mbox files of every dialect, and mboxrd quoting."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounded import measure
from gmailkit.mime.mbox import read_mbox, read_messages
from gmailkit.mime.mboxrd import quote, quote_pieces, unquote, unquote_pieces

LINES = st.sampled_from(
    [b"From ", b">From ", b">>From ", b">", b"From", b"\n", b"\r\n", b"x", b"\r"]
)
BYTES = st.binary() | st.lists(LINES, max_size=30).map(b"".join)


@given(BYTES)
@example(b"From ")
@example(b">" * 9 + b"From x")
def test_unquote_gives_back_what_was_quoted(raw: bytes) -> None:
    assert unquote(quote(raw)) == raw


@given(BYTES)
def test_no_quoted_line_starts_like_a_separator(raw: bytes) -> None:
    assert not any(line.startswith(b"From ") for line in quote(raw).split(b"\n"))


def test_quoting_changes_only_lines_that_look_like_separators() -> None:
    raw = b"From a\n>From b\n From c\nFromage\n> From d\nx From e\nFrom: f\n"
    assert quote(raw) == b">From a\n>>From b\n From c\nFromage\n> From d\nx From e\nFrom: f\n"


def _read(raw: bytes) -> list[bytes]:
    return list(read_mbox(io.BytesIO(raw)))


DAY = b"Mon Jan  2 09:00:00 2023"

SEPARATORS = [
    b"From a@b.example Mon Jan  2 09:00:00 2023",
    b"From a@b.example  Mon Jan  2 09:00:00 2023",
    b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
    b"From a@b.example Mon Jan 02 2023 09:00:00",
    b"From a@b.example Mon Jan  2 09:00:00 +0100 2023",
    b"From a@b.example Mon Jan  2 09:00:00 2023 +0100",
    b"From a@b.example Mon Jan  2 09:00:00 CET 2023",
    b"From uucp!host!user Mon Jan  2 09:00 EST 1995 remote from host",
    b'From "with space"@b.example Mon Jan  2 09:00:00 2023',
    b"From a at example.com  Mon Jan  2 09:00:00 2023",
    b"From - Mon Jan  2 09:00:00 2023",
    b"From 1733664405479613283@xxx Tue Aug 08 12:36:29 +0000 2023",
    b"From ???@??? Mon Jan 02 09:00:00 2023",
    b"From a@b.example Mon, 2 Jan 2023 09:00:00 +0000",
    b"From luc\xeda@b.example Mon Jan  2 09:00:00 2023",
    b"From a@b.example Mon Jan  2 09:00:00 98",
    b"From -",
    b"From - ",
    b"From 1844347792267117879@xxx",
]


@pytest.mark.parametrize("separator", SEPARATORS, ids=lambda line: line[:50].decode("latin-1"))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_separators_of_many_programs(separator: bytes, end: bytes) -> None:
    lines = [b"From x " + DAY, b"A: 1", b"", b"one", b"", separator, b"A: 2", b"", b"two", b"", b""]
    first, second = _read(end.join(lines))
    assert first == end.join([b"A: 1", b"", b"one", b""])
    assert second == end.join([b"A: 2", b"", b"two", b""])


@pytest.mark.parametrize(
    "line",
    [
        b"From now on we meet on Mondays.",
        b"From Russia with love",
        b"From ",
        b"From 9:00 to 10:00 on Mon Jan 2",
        b"From Mon Jan 2",
        b"From a@b.example",
        b"From: a@b.example",
        b"Fromage Mon Jan  2 09:00:00 2023",
        b" From a " + DAY,
        b"From " + b"x" * 2_000 + b" " + DAY,
    ],
    ids=lambda line: line[:40].decode(),
)
def test_lines_that_are_no_separators(line: bytes) -> None:
    raw = b"From x " + DAY + b"\nA: 1\n\none\n\n" + line + b"\ntwo\n"
    assert _read(raw) == [b"A: 1\n\none\n\n" + line + b"\ntwo\n"]


@pytest.mark.parametrize("line", [b"From -", b"From 184@xxx"])
def test_a_separator_without_a_date_needs_a_header_behind_it(line: bytes) -> None:
    raw = b"From x " + DAY + b"\nA: 1\n\none\n\n" + line + b"\nno field\n"
    assert len(_read(raw)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"A: 1\n\nx\n\n", b"A: 1\n\nx\n"),
        (b"A: 1\r\n\r\nx\r\n\r\n", b"A: 1\r\n\r\nx\r\n"),
        (b"A: 1\n\nx\r\n\n", b"A: 1\n\nx\r\n"),
        (b"A: 1\n\nx\n\n\n", b"A: 1\n\nx\n\n"),
        (b"A: 1\n\nx\n", b"A: 1\n\nx\n"),
        (b"A: 1\n\nx", b"A: 1\n\nx"),
        (b"A: 1\n\n", b"A: 1\n"),
        (b"\n", b""),
        (b"", b""),
        (b"A: 1\n\n>From x\n>>From y\n", b"A: 1\n\nFrom x\n>From y\n"),
    ],
)
def test_the_blank_line_and_one_quote_are_taken_off(content: bytes, message: bytes) -> None:
    separator = b"From x " + DAY + b"\n"
    assert _read(separator + content) == [message]
    if content.endswith(b"\n") or not content:
        assert _read((separator + content) * 2) == [message, message]


def test_a_separator_may_end_the_file() -> None:
    assert _read(b"From x " + DAY + b"\nA: 1\n\nFrom x " + DAY) == [b"A: 1\n", b""]


def test_what_stands_before_the_first_separator_is_no_message() -> None:
    raw = b"\xef\xbb\xbf\r\njunk\nFrom x " + DAY + b"\nA: 1\n"
    assert _read(raw) == [b"A: 1\n"]
    assert _read(b"Subject: no mbox\n\nbody\n") == []


def test_the_first_line_need_not_look_like_much() -> None:
    assert _read(b"\xef\xbb\xbf\n\nFrom somebody\nA: 1\n") == [b"A: 1\n"]


def _counted(body: bytes, claim: int) -> bytes:
    return b"From x %b\nContent-Length: %d\n\n%b" % (DAY, claim, body)


def test_a_right_content_length_hides_separators_inside() -> None:
    body = b"a\n\nFrom y " + DAY + b"\n>From z\n"
    end = _counted(b"b\n", 2)
    first, second = _read(_counted(body, len(body)) + b"\n" + end)
    assert first.endswith(b"\n\n" + body)
    assert second == b"Content-Length: 2\n\nb\n"


def test_a_long_content_length_is_followed_to_its_end() -> None:
    body = (b"From y " + DAY + b"\n") * 20_000
    raw = _counted(body, len(body)) + b"\n" + _counted(b"b\n", 2)
    first, second = read_mbox(_Trickle(raw, 70_000))
    assert first.endswith(b"\n\n" + body)
    assert second == b"Content-Length: 2\n\nb\n"


@pytest.mark.parametrize("claim", [0, 1, 3, 9, 10**9, 40_000_000])
def test_a_wrong_content_length_is_not_believed(claim: int) -> None:
    body = b"a\n>From z\n"
    messages = _read(_counted(body, claim) + b"\n" + _counted(b"b\n", 2))
    assert [message.partition(b"\n\n")[2] for message in messages] == [b"a\nFrom z\n", b"b\n"]


class _Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time."""

    def __init__(self, raw: bytes, size: int) -> None:
        self._raw = io.BytesIO(raw)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._raw.read(self._size)


def test_each_message_is_found_where_it_begins_and_is_the_same_from_there(corpus: Path) -> None:
    for file in sorted((corpus / "mbox").glob("*.mbox")):
        raw = file.read_bytes()
        for found in read_messages(io.BytesIO(raw)):
            content = b"".join(found.pieces)
            assert raw.startswith(found.separator, found.start)
            again = next(read_messages(io.BytesIO(raw[found.start :])))
            assert (again.start, b"".join(again.pieces)) == (0, content), file.name


def test_a_message_that_nobody_asked_for_is_passed_over() -> None:
    raw = b"".join(b"From x " + DAY + b"\n%d\n\n" % n for n in range(9))
    starts = [found.start for found in read_messages(io.BytesIO(raw))]
    assert starts == [n * len(raw) // 9 for n in range(9)]


PIECES = st.sampled_from(
    [
        *(b"From x " + DAY + b"\n", b"From -\n", b"From now on\n", b">From x\n", b"A: b\n"),
        *(b"Content-Length: 5\n", b"Content-Length: 40\n", b"\r\n", b"\n", b"text"),
        b"\xef\xbb\xbf",
    ]
)


@example(b"\xef\xbb\xbf" * 3 + b"From x " + DAY + b"\n", 1)
@given(st.lists(PIECES, max_size=25).map(b"".join), st.integers(1, 50))
def test_chunks_do_not_matter(raw: bytes, size: int) -> None:
    assert list(read_mbox(_Trickle(raw, size))) == _read(raw)


MESSAGES = st.lists(BYTES.map(lambda raw: b"A: b\n\n" + raw + b"\n"), max_size=5)


@given(MESSAGES)
def test_messages_written_as_mboxrd_come_back(messages: list[bytes]) -> None:
    written = b"".join(b"From x " + DAY + b"\n" + quote(raw) + b"\n" for raw in messages)
    assert _read(written) == messages


def test_expected_messages_of_the_corpus(corpus: Path) -> None:
    expected = json.loads((corpus / "mbox" / "EXPECTED.json").read_text())
    for name, values in expected.items():
        with (corpus / "mbox" / name).open("rb") as file:
            messages = list(read_mbox(file))
        assert len(messages) == values["messages"], name
        for message, original in zip(messages, values.get("originals", ()), strict=False):
            assert hashlib.sha256(message).hexdigest() == original["sha256_unquoted"], name
        for message, listed in zip(messages, values.get("list", ()), strict=False):
            assert listed["message_id"].encode() in message, name
            assert b"X-GM-THRID: %d" % listed["thrid"] in message, name


OTHERS = {
    "mimekit__content-length.mbox": 29,
    "mimekit__issue1189.mbox": 4,
    "mimekit__simple.mbox": 3,
    "mimekit__unmunged.mbox": 2,
    "perceval__mbox_no_fields.mbox": 6,
    "perceval__pipermail_2015_november.mbox": 4,
    "roundcube__import.mbox": 3,
    "spamassassin-t__nice.mbox": 3,
    "tika__complex.mbox": 3,
    "tika__simple.mbox": 2,
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_programs(corpus: Path, name: str) -> None:
    raw = (corpus / "mbox" / name).read_bytes()
    messages = _read(raw)
    assert len(messages) == OTHERS[name]
    assert len(messages) == len(re.findall(rb"^(?:\xef\xbb\xbf)?From (?!Russia)", raw, re.M))


STREAMS = {
    "separators": "(b'From x %b\\n' % DAY) * 5_000 for _ in range(int(60 * n))",
    "separators without a date": "b'From x\\n' * 100_000 for _ in range(int(100 * n))",
    "false lengths": "(b'From x %b\\nContent-Length: 30000000\\n\\nx\\n\\n' % DAY) * 1_800"
    " for _ in range(int(100 * n))",
    "long mailbox": "(b'From x %b\\nA: b\\n\\n' % DAY + b'hello\\n' * 160_000)"
    " for _ in range(int(100 * n))",
    "no mbox at all": "b'x' * 1_000_000 for _ in range(int(300 * n))",
}

ONE = """
from gmailkit.mime.mbox import read_messages
pieces = iter([b"From x Mon Jan  2 09:00:00 2023\\n", *[b"From y\\n" * 150_000] * int(100 * n)])
class File:
    def read(self, size):
        return next(pieces, b"")
for found in read_messages(File()):
    assert sum(map(len, found.pieces)) == 1_050_000 * int(100 * n)
"""
PROGRAM = """
from gmailkit.mime.mbox import read_mbox
DAY = b"Mon Jan  2 09:00:00 2023"
pieces = ({stream})
class File:
    def read(self, size):
        return next(pieces, b"")
for message in read_mbox(File()):
    pass
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")


@on_linux
@pytest.mark.parametrize("stream", STREAMS)
def test_a_fiftieth_of_a_storm_is_nothing(stream: str) -> None:
    growth, megabytes = measure(PROGRAM.format(stream=STREAMS[stream]), 0.02, small=0.02)
    assert growth < 4.4
    assert megabytes < 60


@on_linux
def test_messages_that_were_read_are_let_go() -> None:
    _, megabytes = measure(PROGRAM.format(stream=STREAMS["long mailbox"]), 0.6, small=0.01)
    assert megabytes < 40


@on_linux
@pytest.mark.parametrize(("change", "more"), [(quote_pieces, 1), (unquote_pieces, -1)])
def test_a_bomb_of_quote_marks_is_never_held(
    change: Callable[[Iterable[bytes]], Iterator[bytes]], more: int
) -> None:
    fed = came = 0

    def marks() -> Iterator[bytes]:
        nonlocal fed
        for _ in range(500):
            fed += 4_096
            yield b">" * 4_096
        yield b"From x\n"

    for piece in change(marks()):
        came += len(piece)
        assert fed - came <= 2 * 4_096
    assert came == 500 * 4_096 + len(b"From x\n") + more


def test_a_message_in_pieces_is_never_held() -> None:
    _, megabytes = measure(ONE, 0.5, small=0.02)
    assert megabytes < 40


@on_linux
@pytest.mark.soak
@pytest.mark.parametrize("stream", STREAMS)
def test_a_whole_storm_is_survived_and_the_file_never_held(stream: str) -> None:
    _, megabytes = measure(PROGRAM.format(stream=STREAMS[stream]), 1.0, small=0.01)
    print(f"{stream}: {megabytes:.0f} MB")
    assert megabytes < 200
