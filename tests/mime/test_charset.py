"""Bytes and a charset label, often wrong, to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.charset import decode_text, is_known

RIGHT = [
    ("utf-8", "Grüße 日本 🎉"),
    ("utf8", "é"),
    ("UTF-8", "é"),
    ("us-ascii", "plain"),
    ("iso-8859-1", "Déjà vu"),
    ("iso-8859-2", "Příliš žluťoučký"),
    ("iso-8859-5", "Привет"),
    ("iso-8859-7", "Καλημέρα"),
    ("iso-8859-9", "Toplantı salı günü, ışık"),
    ("iso-8859-15", "5 €"),
    ("windows-1250", "Zażółć"),
    ("windows-1251", "Встреча"),
    ("windows-1252", "“quoted” – €"),
    ("windows-1253", "Καλημέρα"),
    ("windows-1255", "שלום"),
    ("windows-1256", "مرحبا"),
    ("windows-1257", "Ąžuolas"),
    ("koi8-r", "Здравствуйте"),
    ("koi8-u", "Привіт"),
    ("tis-620", "สวัสดี"),
    ("shift_jis", "会議のお知らせ"),
    ("euc-jp", "会議のお知らせ"),
    ("iso-2022-jp", "会議のお知らせ"),
    ("euc-kr", "회의 일정"),
    ("iso-2022-kr", "회의 일정"),
    ("gb2312", "会议通知"),
    ("gbk", "會議通知"),
    ("gb18030", "您好😀"),
    ("hz", "会议"),
    ("big5", "關於會議"),
    ("utf-7", "Grüße"),
    ("utf-16", "Ich bin ✓"),
    ("utf-16-le", "Ich bin ✓"),
    ("utf-16-be", "Ich bin ✓"),
    ("utf-32", "Ich bin ✓"),
]


@pytest.mark.parametrize(("charset", "text"), RIGHT, ids=[charset for charset, _ in RIGHT])
def test_a_right_label_is_followed(charset: str, text: str) -> None:
    assert decode_text(text.encode(charset), charset) == text


ALIASES = [
    ("ISO8859-1", "iso-8859-1"),
    ("x-sjis", "cp932"),
    ("Windows-31J", "cp932"),
    ("x-gbk", "gbk"),
    ("gb_2312-80", "gb2312"),
    ("ks_c_5601-1987", "euc-kr"),
    ("x-windows-949", "cp949"),
    ("windows-874", "cp874"),
    ("iso-8859-8-i", "iso-8859-8"),
    ("win-1251", "cp1251"),
    ("x-mac-cyrillic", "mac_cyrillic"),
    ("macintosh", "mac_roman"),
    ("unicode-1-1-utf-7", "utf-7"),
    ("csISO2022JP", "iso-2022-jp"),
    ("'utf-8'", "utf-8"),
    ('"koi8-r"', "koi8-r"),
]
LETTERS = {
    "iso-8859-8": "שלום",
    "iso-8859-1": "é",
    "cp874": "ประชุม",
    "mac_roman": "é",
    "utf-7": "é",
}
LETTERS |= dict.fromkeys(("cp932", "iso-2022-jp"), "会議") | dict.fromkeys(
    ("gbk", "gb2312"), "会议"
)
LETTERS |= dict.fromkeys(("euc-kr", "cp949"), "회의") | {"utf-8": "é", "koi8-r": "я"}
LETTERS |= dict.fromkeys(("cp1251", "mac_cyrillic"), "Встреча")


@pytest.mark.parametrize(("label", "codec"), ALIASES, ids=[label for label, _ in ALIASES])
def test_labels_in_use_on_mail_are_known(label: str, codec: str) -> None:
    assert is_known(label)
    assert decode_text(LETTERS[codec].encode(codec), label) == LETTERS[codec]


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        pytest.param("Déjà vu".encode("latin-1"), "utf-8", "Déjà vu", id="latin-1 called utf-8"),
        pytest.param("Grüße".encode(), "iso-8859-1", "Grüße", id="utf-8 called latin-1"),
        pytest.param("Grüße".encode(), "us-ascii", "Grüße", id="utf-8 called ascii"),
        pytest.param(b"5 \x80 \x93", "iso-8859-1", "5 € “", id="windows-1252 called latin-1"),
        pytest.param("會".encode("gbk"), "gb2312", "會", id="gbk called gb2312"),
        pytest.param(b'\x1b$B-!-"\x1b(B', "iso-2022-jp", "①②", id="vendor row in iso-2022-jp"),
        pytest.param(
            "会議".encode("iso-2022-jp"), "us-ascii", "会議", id="iso-2022-jp called ascii"
        ),
        pytest.param(b"\xef\xbb\xbfhi", "iso-8859-1", "hi", id="utf-8 with a mark called latin-1"),
        pytest.param("hi é".encode("utf-16-be"), "utf-16", "hi é", id="utf-16 without a mark"),
        pytest.param("hi é".encode("utf-16-le"), "utf-16", "hi é", id="utf-16 without one, LE"),
        pytest.param(b"hello", "utf-16", "hello", id="ascii called utf-16"),
        pytest.param(b"hello", "utf-16le", "hello", id="ascii called utf-16le"),
        pytest.param(
            "日本語です".encode()[:-1], "utf-8", "日本語で\ufffd", id="cut inside a letter"
        ),
        pytest.param(b"Plain", "x-no-such", "Plain", id="unknown label, ascii"),
        pytest.param("é".encode(), "x-no-such", "é", id="unknown label, utf-8"),
        pytest.param(b"caf\xe9", "x-no-such", "café", id="unknown label, windows-1252"),
        pytest.param(b"caf\xe9", "", "café", id="no label"),
        pytest.param(b"\x81\xe9", "", "\x81é", id="a hole of windows-1252"),
    ],
)
def test_a_wrong_label_is_seen_through(content: bytes, charset: str, text: str) -> None:
    assert decode_text(content, charset) == text


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "rot13", "zlib", "hex"]
)
def test_codecs_that_are_no_charsets_are_never_run(label: str) -> None:
    assert not is_known(label)
    assert decode_text(rb"\x41 caf\u00e9", label) == r"\x41 caf\u00e9"


def test_a_strange_label_makes_python_search_for_no_module() -> None:
    assert not is_known("os")
    assert not is_known("../../x")
    assert not is_known("a" * 1_000_000)


@given(st.binary(), st.sampled_from([charset for charset, _ in RIGHT] + ["", "x-unknown", "\0"]))
def test_any_bytes_become_text_that_can_be_encoded(content: bytes, charset: str) -> None:
    decode_text(content, charset).encode("utf-8")


def test_utf_7_cannot_smuggle_half_a_character() -> None:
    assert decode_text(b"a+2AA-b", "utf-7") == "a\ufffdb"
