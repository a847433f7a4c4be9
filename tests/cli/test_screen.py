from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.cli import screen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("hidden \U000e0041", "hidden \\U000e0041"),
        ("half \ud800", "half \\ud800"),
        ("Grüße 東京 👩‍🚀", "Grüße 東京 👩‍🚀"),
    ],
)
def test_what_could_steer_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert screen.visible(text) == shown


def test_text_of_several_lines_keeps_its_line_ends_and_tabs() -> None:
    assert screen.visible_text("a\r\n\tb\rc\x1b[2J") == "a\n\tb\nc\\x1b[2J"


@given(st.text(max_size=60))
def test_nothing_visible_holds_a_control_character(text: str) -> None:
    shown = screen.visible(text)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    shown.encode()  # and it can always be written


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(0, 40))
def test_a_fitted_cell_is_just_as_wide_as_asked(text: str, cells: int) -> None:
    assert screen.width(screen.fit(screen.visible(text), cells)) == cells


@pytest.mark.parametrize(
    ("text", "cells"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("", 0)], ids=repr
)
def test_width_counts_cells_not_characters(text: str, cells: int) -> None:
    assert screen.width(text) == cells


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (12_345_678, "12.3 MB"),
        (5_000_000_000_000_000, "5,000.0 TB"),
    ],
)
def test_bytes_are_written_for_people(count: int, text: str) -> None:
    assert screen.bytes_text(count) == text


def test_a_count_brings_its_noun() -> None:
    assert screen.count_text(1, "message") == "1 message"
    assert screen.count_text(1234, "message") == "1,234 messages"
