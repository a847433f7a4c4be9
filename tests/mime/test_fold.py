"""Header fields as they are sent, to the letter."""

from __future__ import annotations

import pytest

from gmailkit.mime.fold import address_field, id_field, parameter_field, text_field
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
        ("word " * 20 + "end", "Subject: " + "word " * 13 + "word\r\n " + "word " * 6 + "end"),
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
        (Address("a@x.org", "=?x?q?y?="), "=?utf-8?b?PT94P3E/eT89?= <a@x.org>"),
        (Address("ä@x.org", "Ann"), "Ann <ä@x.org>"),
    ],
)
def test_an_address(address: Address, field: str) -> None:
    assert address_field("To", [address]) == f"To: {field}\r\n"


def test_addresses_are_folded_behind_commas() -> None:
    people = [Address(f"person{n}@example.com") for n in range(5)]
    assert address_field("To", people) == (
        "To: person0@example.com, person1@example.com, person2@example.com,\r\n"
        " person3@example.com, person4@example.com\r\n"
    )


def test_ids() -> None:
    assert id_field("References", ["<a@x>  <b@x>", "<c@x>"]) == "References: <a@x> <b@x> <c@x>\r\n"
    assert id_field("References", ["<é@x>"]) == "References: =?utf-8?b?PMOpQHg+?=\r\n"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a.txt", "filename=a.txt"),
        ("a b.txt", 'filename="a b.txt"'),
        ("a=b", 'filename="a=b"'),
        ("é.txt", "filename*=utf-8''%C3%A9.txt"),
        ('a"b', "filename*=utf-8''a%22b"),
        ("", "filename*=utf-8''"),
        ("a" * 61, f"filename={'a' * 61}"),
        (
            "é" * 20,
            f"filename*0*=utf-8''{'%C3%A9' * 8}; filename*1*={'%C3%A9' * 8}; "
            f"filename*2*={'%C3%A9' * 4}",
        ),
    ],
)
def test_parameters(name: str, field: str) -> None:
    folded = parameter_field("X", "attachment", {"filename": name}).replace(";\r\n ", "; ")
    assert folded == f"X: attachment; {field}\r\n"
