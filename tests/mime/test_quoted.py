"""Which lines are quoted, and what is folded of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.quoted import blocks_of, fold_quotes
from work import grows_with_its_input


def fold(text: str, *, forward: bool = False) -> str:
    return fold_quotes(text, lambda lines: f"[{lines}]", forward=forward)


HEADS = [
    "On Mon, 3 Nov 2025 at 10:02, Bob Brown <bob@example.com> wrote:",
    "On Mon, 3 Nov 2025 at 10:02, Bob Brown\n<bob@example.com> wrote:",
    "Am 03.11.2025 um 10:02 schrieb Bob Brown:",
    "Le lun. 3 nov. 2025 à 10:02, Bob <bob@example.com> a écrit :",
    "El lun, 3 nov 2025 a las 10:02, Bob escribió:",
    "Il giorno lun 3 nov 2025 Bob ha scritto:",
    "2025年11月3日(月) 10:02 Bob <bob@example.com>:",
    "Bob Brown <bob@example.com>, 3.11.2025, 10:02:",
    "* Bob Brown <bob@example.com> [2025-11-03]:",
]


@pytest.mark.parametrize("head", HEADS)
def test_a_quote_goes_with_the_lines_that_say_who_wrote(head: str) -> None:
    count = head.count("\n") + 3
    assert fold(f"Yes.\n\n{head}\n> one\n> two") == f"Yes.\n\n[{count}]"


def test_an_authors_line_above_stays() -> None:
    text = "Three things remain:\n\n> one\n> two"
    assert fold(text) == "Three things remain:\n\n[2]"
    text = "Fine.\nOn 3 Nov 2025 Bob wrote:\n> one\n> two"
    assert fold(text) == "Fine.\n[3]"


def test_a_short_quote_with_an_answer_below_is_context() -> None:
    text = "> Tea?\nYes.\n> Milk?\nNo.\n> a\n> b\n> c\n> d\nToo long."
    assert fold(text) == "> Tea?\nYes.\n> Milk?\nNo.\n[4]\nToo long."


def test_a_signature_is_no_answer() -> None:
    assert fold("Yes.\n> Tea?\n\n-- \nBob") == "Yes.\n[1]\n\n-- \nBob"


def test_blank_lines_inside_a_quote_belong_to_it() -> None:
    assert fold("Yes.\n\n> one\n\n> two\n>\n> three\n\nBye") == "Yes.\n\n[5]\n\nBye"


@pytest.mark.parametrize(
    "text", ["> all of it\n> is quoted", "On 3 Nov Bob wrote:\n> one", "", "\n"]
)
def test_where_there_is_nothing_else_nothing_is_folded(text: str) -> None:
    assert fold(text) == text


UNMARKED = [
    "-----Original Message-----\nFrom: Bob\nSubject: x\n\nwords",
    "---- Ursprüngliche Nachricht ----\nVon: Bob\nBetreff: x\n\nwords",
    "From: Bob Brown <bob@example.com>\nSent: Monday\nTo: Ann\nSubject: x\n\nwords",
    "________________________________\nVon: Bob\nGesendet: Montag\nAn: Ann\nBetreff: x\n\nw",
    "*From:* Bob\n*Sent:* Monday\n*Subject:* x\n\nwords",
]


@pytest.mark.parametrize("below", UNMARKED)
def test_what_outlook_puts_below_is_a_quote_to_the_end(below: str) -> None:
    assert fold(f"Yes.\n\n{below}") == f"Yes.\n\n[{below.count(chr(10)) + 1}]"


@pytest.mark.parametrize(
    "mark",
    ["---------- Forwarded message ---------", "Begin forwarded message:", "-- Weitergeleitet --"],
)
def test_what_is_forwarded_is_no_quote(mark: str) -> None:
    text = f"FYI\n\n{mark}\nFrom: Bob\nDate: today\nSubject: x\n\nwords"
    assert fold(text) == text
    assert fold(f"FYI\n\n{UNMARKED[2]}", forward=True) == f"FYI\n\n{UNMARKED[2]}"


def test_a_letter_that_speaks_of_from_is_no_quote() -> None:
    text = "The fields are\nFrom: the sender\nTo: you\n\nand that is all"
    assert fold(text) == text


@given(
    st.lists(
        st.sampled_from(["", "> a", ">", "b", "-- ", "On 1 Bob wrote:", "From: x", "Subject: y"])
    )
)
def test_no_line_is_lost_or_changed(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = [line for block in blocks_of(text) for line in block.lines]
    assert "\n".join(found).rstrip("\n") == text.rstrip("\n")
    counted = [0]

    def note(count: int) -> str:
        counted[0] += count
        return "#"

    shown = fold_quotes(text, note).split("\n")
    assert len(shown) - shown.count("#") + counted[0] >= len(text.rstrip("\n").split("\n"))


@pytest.mark.parametrize(
    "unit", ["> a\nb\n", ">\n--\n", "On 1 Bob wrote:\n", "From: x\n", "\n", ">\n\n", "-" * 50, " "]
)
def test_time_grows_with_the_length_alone(unit: str) -> None:
    assert grows_with_its_input(lambda n: fold("own\n" + unit * n), 2_000)
