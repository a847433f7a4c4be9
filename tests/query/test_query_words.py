"""How text is cut into the words a search can find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.query.words import index_of, phrase, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("  ", ""),
        ("Hello, World!", "hello world"),
        ("a.b@c-d.com", "a b c d com"),
        ("snake_case it's", "snake case it s"),
        ("[dev] (x) $5 & #tag", "dev x 5 tag"),
        ("01.2047-100", "01.2047 100"),
        ("3.5. 7 .5 6.", "3.5 7 5 6"),
        ("10.0.0.1 1..2", "10.0.0.1 1 2"),
        ("1,024", "1 024"),
        ("report.2026.pdf", "report 2026 pdf"),
        ("v1.2", "v1.2"),
        ("Café CAFE\u0301 ﬁle", "cafe cafe file"),
        ("Größe STRASSE", "grosse strasse"),
        ("İstanbul", "istanbul"),
        ("Ёлка и май", "елка и маи"),
        ("１２３ Ａｃｍｅ", "123 acme"),
        ("Acme™ x\u00ady z\u200bz", "acme xy z z"),
        ("東京都へ", "東 京 都 へ"),
        ("iPhoneを買う", "iphone を 買 う"),
        ("がぎ カﾞ", "が ぎ ガ"),
        ("한국어 메일", "한국어 메일"),
        ("ไทย", "ไ ท ย"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("مرحبا، عالم", "مرحبا عالم"),
        ("go 🎉🎂 ❤️!", "go 🎉 🎂 ❤"),
        ("a\0b\nc\td", "a b c d"),
        ("\ud800 lone", "lone"),
    ],
)
def test_text_is_cut_into_folded_words(text: str, words: str) -> None:
    assert split_words(text) == words.split()


def test_a_phrase_finds_whole_words_in_their_order() -> None:
    index = index_of(["The category of cats", "", "a cat"])
    assert phrase("category of") in index
    assert phrase("cat") in index
    assert phrase("of the") not in index
    assert phrase("cats a") not in index
    assert phrase("cate") not in index


def test_no_phrase_reaches_from_one_text_into_the_next() -> None:
    index = index_of(["one two", "three"])
    assert phrase("two three") not in index
    assert phrase("two\nthree") not in index


def test_text_without_words_is_no_phrase() -> None:
    assert phrase("$ & #") == ""


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_words_are_final_and_hold_no_separator(text: str) -> None:
    words = split_words(text)
    assert all(word and not any(map(str.isspace, word)) for word in words)
    assert split_words(" ".join(words)) == words


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=40))
def test_any_run_of_words_is_found_where_it_stands(before: str, text: str, after: str) -> None:
    assert phrase(text) in index_of([f"{before} , {text} , {after}"]) or not phrase(text)
