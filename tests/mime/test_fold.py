"""Header fields as they are sent, to the letter."""

from __future__ import annotations

import pytest

from gmailkit.mime.fold import address_field, disposition_value, id_field, text_field
from gmailkit.model.mail import Address


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Report", "Subject: Report"),
        ("", "Subject:"),
        ("Schöne Grüße", "Subject: =?utf-8?q?Sch=C3=B6ne_Gr=C3=BC=C3=9Fe?="),
        ("日本語", "Subject: =?utf-8?b?5pel5pys6Kqe?="),
        ("a  b", "Subject: =?utf-8?q?a__b?="),
        (" a", "Subject: =?utf-8?q?_a?="),
        ("snake_case é", "Subject: =?utf-8?q?snake=5Fcase_=C3=A9?="),
        ("=?utf-8?q?x?=", "Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?="),
        ("word " * 20 + "end", "Subject: " + "word " * 12 + "word\r\n " + "word " * 7 + "end"),
        ("x" * 100, "Subject: " + "x" * 100),
        ("a " + "x" * 100 + " b", "Subject: a\r\n " + "x" * 100 + "\r\n b"),
        (
            "日" * 20,
            f"Subject: =?utf-8?b?{'5pel' * 13}?=\r\n =?utf-8?b?{'5pel' * 7}?=",
        ),
    ],
)
def test_text(text: str, field: str) -> None:
    assert text_field("Subject", text) == f"{field}\r\n"


def test_words_fit_beside_the_name_of_the_field() -> None:
    for name in ("X", "Subject", "X-A-Rather-Long-Name-Of-A-Field"):
        field = text_field(name, "é" * 500)
        assert max(map(len, field.split("\r\n"))) <= 76
        assert field.count("=?utf-8?") <= 51  # not a word for each letter


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (Address("a@x.org"), "a@x.org"),
        (Address("a@x.org", "Ann Lee"), "Ann Lee <a@x.org>"),
        (Address("a@x.org", "Lee, Ann"), '"Lee, Ann" <a@x.org>'),
        (Address("a@x.org", 'A "B" \\ C'), '"A \\"B\\" \\\\ C" <a@x.org>'),
        (Address("a@x.org", "a@x.org"), '"a@x.org" <a@x.org>'),
        (Address("a@x.org", "Jörg Lee"), "=?utf-8?q?J=C3=B6rg_Lee?= <a@x.org>"),
        (Address("a@x.org", "=?x?q?y?="), "=?utf-8?q?=3D=3Fx=3Fq=3Fy=3F=3D?= <a@x.org>"),
        (Address("ä@x.org", "Ann"), "Ann <ä@x.org>"),
    ],
)
def test_an_address(address: Address, field: str) -> None:
    assert address_field("To", [address]) == f"To: {field}\r\n"


def test_a_first_word_too_long_for_its_line_stays_beside_the_name() -> None:
    assert id_field("References", ["a" * 90, "b"]) == f"References: {'a' * 90}\r\n b\r\n"


def test_addresses_are_folded_behind_commas() -> None:
    people = [Address(f"person{n}@example.com") for n in range(5)]
    assert address_field("To", people) == (
        "To: person0@example.com, person1@example.com, person2@example.com,\r\n"
        " person3@example.com, person4@example.com\r\n"
    )


def test_a_name_that_fits_one_word_is_never_cut() -> None:
    field = address_field("To", [Address("ann.of.a.long.name@example.com", "Jörg Müller")] * 5)
    assert field.count("=?utf-8?q?J=C3=B6rg_M=C3=BCller?=") == 5
    assert max(map(len, field.split("\r\n"))) <= 76


def test_a_quoted_name_is_never_folded_inside() -> None:
    people = [Address("person@example.com", f"Lee, Ann {'x' * n}") for n in range(1, 31)]
    assert address_field("To", people).count('"Lee, Ann ') == 30


def test_ids() -> None:
    assert id_field("References", ["<a@x>  <b@x>", "<c@x>"]) == "References: <a@x> <b@x> <c@x>\r\n"
    assert id_field("References", ["<é@x>"]) == "References: =?utf-8?q?=3C=C3=A9=40x=3E?=\r\n"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a.txt", 'filename="a.txt"'),
        ("a b.txt", 'filename="a b.txt"'),
        ("a=b", 'filename="a=b"'),
        ('a"b', "filename*=utf-8''a%22b"),
        ("<>", "filename*=utf-8''%3C%3E"),
        ("é.txt", "filename*=utf-8''%C3%A9.txt"),
        ("=?u?q?x?=", "filename*=utf-8''%3D%3Fu%3Fq%3Fx%3F%3D"),
        ("a" * 61, f'filename="{"a" * 61}"'),
        (
            "é" * 20,
            f"filename*0*=utf-8''{'%C3%A9' * 9}; filename*1*={'%C3%A9' * 10}; filename*2*=%C3%A9",
        ),
    ],
)
def test_file_names(name: str, field: str) -> None:
    folded = disposition_value("attachment", name)
    assert folded.replace("\r\n", "") == f"attachment; {field}"
    assert max(map(len, folded.split("\r\n"))) <= 78


def test_without_a_name_there_is_no_parameter() -> None:
    assert disposition_value("inline", "") == "inline"
