"""Content-Transfer-Encoding undone, however broken."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.transfer import decode_transfer

BROKEN_BASE64 = [
    ("lines and blanks", b"YW Jj\r\nZA==\r\n", b"abcd", ""),
    ("no padding", b"YWJjZA", b"abcd", "base64 cut short"),
    ("one letter too many", b"YWJjZ", b"abc", "base64 cut short"),
    ("alien bytes", b"YW!Jj\xffZA==", b"abcd", "bytes outside the alphabet in base64"),
    ("two texts end to end", b"YQ==\r\nYg==\r\n", b"ab", ""),
    ("padding cut", b"YWI", b"ab", "base64 cut short"),
    ("padding doubled", b"YQ====", b"a", "base64 cut short"),
    ("padding in the middle", b"YWJj=ZGVm", b"abcdef", "base64 cut short"),
    ("only padding", b"====", b"", ""),
    ("nothing", b"", b"", ""),
]


@pytest.mark.parametrize(
    ("body", "content", "defect"), [b[1:] for b in BROKEN_BASE64], ids=[b[0] for b in BROKEN_BASE64]
)
def test_base64(body: bytes, content: bytes, defect: str) -> None:
    assert decode_transfer(body, "base64") == (content, defect)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        pytest.param(b"a=20b=\r\nc", b"a bc", id="soft break"),
        pytest.param(b"=e9=E9", b"\xe9\xe9", id="small hex"),
        pytest.param(b"50=zz=", b"50=zz", id="broken escapes"),
        pytest.param(b"caf\xe9", b"caf\xe9", id="raw 8 bit"),
    ],
)
def test_quoted_printable(body: bytes, content: bytes) -> None:
    assert decode_transfer(body, "quoted-printable") == (content, "")


@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "binary", "8-bit"])
def test_bodies_that_are_not_encoded_stay_as_they_are(encoding: str) -> None:
    assert decode_transfer(b"=20\r\n\0\xff", encoding) == (b"=20\r\n\0\xff", "")


def test_an_unknown_encoding_leaves_the_body_and_is_named() -> None:
    content, defect = decode_transfer(b"abc", "x-zip")
    assert content == b"abc"
    assert "x-zip" in defect


def test_uuencode() -> None:
    data = bytes(range(256)) * 3
    lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
    body = b"text before\nbegin 644 a.bin\n" + b"".join(lines) + b"`\nend\nafter\n"
    assert decode_transfer(body, "x-uuencode") == (data, "")
    assert decode_transfer(body[: body.index(b"`\nend")], "uuencode") == (
        data,
        "uuencoded body without an end line",
    )
    assert decode_transfer(b"no begin", "uuencode")[0] == b"no begin"


def test_a_badly_padded_line_of_uuencode_is_as_long_as_it_says() -> None:
    for data in (b"a", b"ab", b"abc", b"abcd"):
        line = binascii.b2a_uu(data).rstrip(b"\n") + b"zz"
        assert decode_transfer(b"begin 644 x\n" + line + b"\nend\n", "uuencode") == (data, "")
    assert decode_transfer(b"begin 644 x\n\xff\xff\nend\n", "uuencode") == (b"", "")


ENCODINGS = ["base64", "quoted-printable", "x-uuencode", "7bit", "x-other"]


@given(st.binary(), st.sampled_from(ENCODINGS))
def test_any_body_can_be_decoded(body: bytes, encoding: str) -> None:
    decode_transfer(body, encoding)
    decode_transfer(b"begin 644 x\n" + body, "uuencode")


@given(st.binary(max_size=400))
def test_base64_comes_back(content: bytes) -> None:
    assert decode_transfer(base64.encodebytes(content), "base64") == (content, "")


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_quoted_printable_comes_back(lines: list[str]) -> None:
    text = "".join(f"{line}\r\n" for line in lines).encode()
    assert decode_transfer(quopri.encodestring(text), "quoted-printable") == (text, "")
