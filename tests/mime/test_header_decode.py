"""Header values to text: folding, encoded words, raw bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.header import decode, unfold
from work import grows_with_its_input

WORDS = [
    ("one word, Q", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ("one word, B", "=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
    ("underscore is a blank", "=?utf-8?q?a_b=5Fc?=", "a b_c"),
    ("blanks between words vanish", "=?UTF-8?Q?a?=  =?UTF-8?Q?b?= c", "ab c"),
    ("folds between words vanish", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
    ("blanks beside text stay", "x =?utf-8?q?a?= y", "x a y"),
    ("words apart", "=?utf-8?q?a?= b =?utf-8?q?c?= d", "a b c d"),
    ("a character cut in two words", "=?UTF-8?B?5pel5g==?=\r\n =?UTF-8?B?nKw=?=", "日本"),
    ("cut between Q and B", "=?utf-8?q?=E6=97?= =?UTF-8?B?pQ==?=", "日"),
    ("two charsets side by side", "=?iso-8859-1?q?=E9?= =?koi8-r?b?0Q==?=", "éя"),
    ("language tag", "=?UTF-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ("no blank around", "Re:=?UTF-8?Q?=C3=84?==?UTF-8?Q?_m?=", "Re:Ä m"),
    ("inside quotes", '"=?utf-8?q?J=C3=B6rg?="', '"Jörg"'),
    ("blanks inside a word", "=?utf-8?q?two words?=", "two words"),
    ("question mark inside a word", "=?utf-8?q?Really??=", "Really?"),
    ("unknown charset", "=?x-none?B?aGVsbG8=?= world", "hello world"),
    ("broken base64", "=?UTF-8?B?4pyT4pyT4py?= end", "✓✓\ufffd end"),
    ("base64 without padding", "=?utf-8?b?aGVsbG8?=", "hello"),
    ("broken escape in Q", "=?utf-8?q?50=?=", "50="),
    ("empty word", "a =?utf-8?q??= b", "a  b"),
    ("line break inside a word", "=?utf-8?q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
    ("stateful charset", "=?iso-2022-jp?B?GyRCMnE1RBsoQg==?=", "会議"),
    ("never closed", "=?utf-8?q?abc", "=?utf-8?q?abc"),
    ("no encoding of that name", "=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
]


@pytest.mark.parametrize(("value", "text"), [w[1:] for w in WORDS], ids=[w[0] for w in WORDS])
def test_encoded_words(value: str, text: str) -> None:
    assert decode(value) == text
    assert decode(value.encode()) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("Grüße".encode(), "Grüße", id="utf-8"),
        pytest.param("Réunion à 10 h".encode("latin-1"), "Réunion à 10 h", id="latin-1"),
        pytest.param(b"\x93hi\x94", "“hi”", id="windows-1252"),
        pytest.param("会議".encode("iso-2022-jp"), "会議", id="iso-2022-jp"),
        pytest.param("R\udce9union", "Réunion", id="surrogates of Python's own parser"),
        pytest.param("\udcc3\udca9", "é", id="the same, utf-8"),
        pytest.param("x\ud800y", "x\ufffdy", id="half a character"),
    ],
)
def test_raw_bytes(value: bytes | str, text: str) -> None:
    assert decode(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\r\n b", "a b"),
        ("a\n\tb", "a b"),
        ("a\r\n  b", "a  b"),
        (" a ", "a"),
        ("a\x00b\x0bc\x0cd\x85e\u2028f\u2029g\x1b[0m", "a b c d e f g [0m"),
        ("a\rb", "a b"),
    ],
)
def test_folds_and_control_characters_become_blanks(value: str, text: str) -> None:
    assert decode(value) == text


def test_unfolding_leaves_encoded_words_alone() -> None:
    assert unfold(b"=?utf-8?q?a?=\r\n b") == "=?utf-8?q?a?= b"


@given(st.text())
def test_decoded_text_is_left_alone(text: str) -> None:
    once = decode(text)
    if "=?" not in once:
        assert decode(once) == once


@given(st.binary())
def test_no_value_holds_control_characters(value: bytes) -> None:
    text = decode(value)
    assert not any(ord(ch) < 32 or 127 <= ord(ch) < 160 or ch in "\u2028\u2029" for ch in text)
    text.encode()


@pytest.mark.parametrize(
    "piece", ["=?u?q?a", "=?", "=?utf-8?q?a?= ", "\r\n ", "\r", "=?u?q??", "=?u?b?=", "a?=", " "]
)
def test_the_work_grows_with_the_value_and_no_more(piece: str) -> None:
    assert grows_with_its_input(lambda count: decode(piece * count), 1_000)
    decode(piece * (300_000 // len(piece)))
