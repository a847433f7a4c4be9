"""Content-Type and Content-Disposition values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.parameter import parse_value
from work import grows_with_its_input, lines_of

VALUES = [
    ("bare", "text/plain", ("text/plain", {})),
    ("capitals", "Text/PLAIN; CharSet=UTF-8", ("text/plain", {"charset": "UTF-8"})),
    ("quoted", 'a/b; boundary="x;y=z"', ("a/b", {"boundary": "x;y=z"})),
    ("escaped quote", r'a/b; name="a\"b"', ("a/b", {"name": 'a"b'})),
    ("Windows path", r'a/b; name="C:\temp\x.doc"', ("a/b", {"name": r"C:\temp\x.doc"})),
    ("no blank, doubled semicolon", "a/b;;x=y;", ("a/b", {"x": "y"})),
    ("blanks around =", "a/b; x = y", ("a/b", {"x": "y"})),
    ("no semicolon", "text/plain charset=utf-8", ("text/plain", {"charset": "utf-8"})),
    ("comma for a semicolon", "text/html, charset=utf-8", ("text/html", {"charset": "utf-8"})),
    ("comment behind", "a/b; charset=utf-8 (Unicode)", ("a/b", {"charset": "utf-8"})),
    (
        "blanks in a bare name",
        "x; filename=my file (2); y=1",
        ("x", {"filename": "my file (2)", "y": "1"}),
    ),
    ("never closed quote", 'a/b; name="x; y=z', ("a/b", {"name": "x; y=z"})),
    ("boundary with =", "a/b; boundary==_x", ("a/b", {"boundary": "=_x"})),
    ("boundary like a word", 'a/b; boundary="=?x?q?y?="', ("a/b", {"boundary": "=?x?q?y?="})),
    ("the first of two", "a/b; x=1; x=2", ("a/b", {"x": "1"})),
    ("no word", "; x=y", ("", {"x": "y"})),
    ("nothing", "", ("", {})),
    ("encoded word", 'x; filename="=?utf-8?q?=C3=A9.txt?="', ("x", {"filename": "é.txt"})),
]


@pytest.mark.parametrize(("value", "parsed"), [v[1:] for v in VALUES], ids=[v[0] for v in VALUES])
def test_values(value: str, parsed: tuple[str, dict[str, str]]) -> None:
    assert parse_value(value) == parsed


EXTENDED = [
    ("one piece", "x; filename*=utf-8''%E2%82%AC.txt", "€.txt"),
    ("with a language", "x; filename*=utf-8'de'gr%C3%BCn.txt", "grün.txt"),
    ("other charset", "x; filename*=koi8-r''%D1.txt", "я.txt"),
    ("preferred to the plain one", "x; filename=e.txt; filename*=utf-8''%C3%A9.txt", "é.txt"),
    (
        "three pieces",
        "x; filename*0*=utf-8''%E6%B1%BA; filename*1*=%E7%AE%97; filename*2=.pdf",
        "決算.pdf",
    ),
    ("out of order", "x; filename*1=b; filename*0=a", "ab"),
    ("cut inside a character", "x; filename*0*=utf-8''%E6%B1; filename*1*=%BA", "決"),
    ("quoted pieces", 'x; filename*0="a b"; filename*1=" c"', "a b c"),
    ("a piece is missing", "x; filename*0=a; filename*2=c", "a"),
    ("no charset", "x; filename*=a%20b.txt", "a b.txt"),
    ("unknown charset", "x; filename*=x-none''a%20b.txt", "a b.txt"),
    ("no hex behind %", "x; filename*=utf-8''100%.txt", "100%.txt"),
    ("like an encoded word", "x; filename*=utf-8''%3D?utf-8?q?x?%3D", "=?utf-8?q?x?="),
    ("control characters", "x; filename*=utf-8''a%0D%0A%00b", "a   b"),
    ("encoded word in pieces", 'x; filename*0="=?utf-8?q?=C3"; filename*1="=A9?="', "é"),
]


@pytest.mark.parametrize(("value", "name"), [v[1:] for v in EXTENDED], ids=[v[0] for v in EXTENDED])
def test_names_by_rfc_2231(value: str, name: str) -> None:
    assert parse_value(value)[1]["filename"] == name


def test_no_more_pieces_are_read_than_any_name_needs() -> None:
    value = "x; " + "; ".join(f"filename*{n}=a" for n in range(1_000))
    assert len(parse_value(value)[1]["filename"]) == 200


def test_pieces_without_a_first_one_are_nothing() -> None:
    assert parse_value("x; filename*1=b") == ("x", {})


@given(st.text())
def test_any_value_can_be_parsed(value: str) -> None:
    parse_value(value)


@pytest.mark.parametrize("piece", ['"; ', '\\"', "x=;", "x", " ", "x ", " (", "x*0*=", "'", "%"])
def test_the_work_grows_with_the_value_and_no_more(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.mime.parameter._LONGEST", 10**9)
    monkeypatch.setattr("gmailkit.mime.parameter._MOST", 10**9)
    for beginning in ('a/b; x="', "a/b; x"):
        assert grows_with_its_input(lambda n, begun=beginning: parse_value(begun + piece * n), 500)
        parse_value(beginning + piece * 100_000)


def test_no_more_of_a_long_value_is_looked_at_than_any_needs() -> None:
    work = [lines_of(lambda n=n: parse_value("a/b; " + "x=y; " * n)) for n in (50_000, 500_000)]
    assert work[0] == work[1] < 10_000
