"""Files of people as spreadsheets and programs write them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from gmailkit.errors import Conflict, UsageError
from gmailkit.services.sending.merge.rows import open_rows

ANN = {"name": "Ann", "email": "ann@example.com"}


def values(path: Path) -> list[dict[str, object]]:
    return [dict(row.values) for row in open_rows(path)]


def write(folder: Path, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("comma.csv", "name,email\nAnn,ann@example.com\n"),
        ("crlf.csv", "name,email\r\nAnn,ann@example.com\r\n"),
        ("no_end.csv", "name,email\nAnn,ann@example.com"),
        ("semicolon.csv", "name;email\nAnn;ann@example.com\n"),
        ("tab.csv", "name\temail\nAnn\tann@example.com\n"),
        ("tab.tsv", "name\temail\nAnn\tann@example.com\n"),
        ("bar.txt", "name|email\nAnn|ann@example.com\n"),
        ("said.csv", "sep=;\nname;email\nAnn;ann@example.com\n"),
        ("quoted.csv", '"name","email"\n"Ann","ann@example.com"\n'),
        ("blanks.csv", " Name , EMAIL \n Ann , ann@example.com \n\n,\n"),
        ("wide.csv", "name,email,,\nAnn,ann@example.com,,\n"),
        ("lines.jsonl", '{"name": "Ann", "email": "ann@example.com"}\n\n'),
        ("lines.ndjson", '{"name":" Ann","email":"ann@example.com"}'),
    ],
)
def test_a_table_is_read_however_it_is_written(tmp_path: Path, name: str, text: str) -> None:
    (found,) = values(write(tmp_path, name, text))
    assert {key: found[key] for key in ANN} == ANN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_is_recognised(tmp_path: Path, encoding: str) -> None:
    rows = open_rows(write(tmp_path, "p.csv", "name,email\nJosé 東京,j@example.com\n", encoding))
    assert next(iter(rows)).values["name"] == "José 東京"
    assert rows.notes == ()


def test_what_is_not_utf_8_is_windows_1252_and_said(tmp_path: Path) -> None:
    rows = open_rows(write(tmp_path, "p.csv", "name;email\nJosé €;j@example.com\n", "cp1252"))
    assert next(iter(rows)).values["name"] == "José €"
    assert "Windows-1252" in rows.notes[0]


def test_a_separator_inside_a_cell_separates_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", '"name, first",email\n"Lee, ""A""\nB",a@example.com\n')
    assert values(path) == [{"name_first": 'Lee, "A"\nB', "email": "a@example.com"}]


def test_the_names_of_columns_become_names_of_a_template(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", "First Name,E-Mail,Größe (cm),2nd,Plan\na,b,c,d,e\n")
    rows = open_rows(path)
    assert rows.columns == ("first_name", "e_mail", "größe_cm", "_2nd", "plan")
    assert next(iter(rows)).values["Plan"] == next(iter(rows)).values["plan"] == "e"


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", 'name,email\n"two\nlines",a@x.org\n\nBob,b@x.org\n')
    assert [row.number for row in open_rows(path)] == [2, 4]


def test_a_short_row_has_empty_cells_and_a_long_one_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", "name,email\nAnn\nBob,b@example.com,c\n")
    short, long = open_rows(path)
    assert dict(short.values) == {"name": "Ann", "email": ""}
    assert "3 cells" in long.wrong


def test_a_line_that_is_no_object_is_a_wrong_row_not_the_end(tmp_path: Path) -> None:
    text = '{"email": "a@x.org"}\n[1]\nnonsense\n' + "[" * 100_000 + '\n{"email": "b@x.org"}\n'
    rows = list(open_rows(write(tmp_path, "p.jsonl", text)))
    assert [bool(row.wrong) for row in rows] == [False, True, True, True, False]
    assert rows[-1].number == 5


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.csv", "", "no heading"),
        ("p.csv", "\n\n", "no heading"),
        ("p.csv", "Ann,ann@example.com\n", "no heading"),
        ("p.csv", "name,Name\nA,B\n", "Two columns"),
        ("p.csv", 'name,email\n"Ann,a@x.org\n', "line"),
        ("p.csv", b"name,email\n\x00\x01\x02,\x81\x8d", "no encoding"),
        ("p.pdf", "%PDF", "no table"),
        ("p.xlsx", "PK", "no Excel workbook"),
        ("p.csv", ",".join(f"c{n}" for n in range(2000)), "2,000 columns"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(
    tmp_path: Path, name: str, text: str | bytes, says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        values(write(tmp_path, name, text))
    assert says in caught.value.message


@pytest.mark.parametrize("name", ["missing.csv", "missing.xlsx", "folder.csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=name):
        values(tmp_path / name)


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.create_sheet("Notes")
    book.save(path)
    return path


def test_a_workbook_is_read_with_its_numbers_and_days(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "p.xlsx",
        [
            ["Name", "E-Mail", "Amount", "Due", None],
            [" Ann ", "ann@example.com", 3.0, datetime(2026, 12, 1)],
            [None, None, None],
            ["Bob", "bob@example.com", 2.5, "soon"],
        ],
    )
    rows = open_rows(path)
    assert rows.columns == ("name", "e_mail", "amount", "due")
    assert "Notes" in rows.notes[0]
    ann, bob = rows
    assert (ann.number, bob.number) == (2, 4)
    assert ann.values["name"] == "Ann"
    assert str(ann.values["amount"]) == "3"
    assert ann.values["due"] == date(2026, 12, 1)
    assert bob.values["amount"] == 2.5


def test_without_openpyxl_a_workbook_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "p.xlsx", [["email"], ["a@x.org"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match="needs openpyxl") as caught:
        open_rows(path)
    assert "gmailkit[merge]" in caught.value.hint


def test_rows_are_read_one_at_a_time_and_again(tmp_path: Path) -> None:
    lines = "".join(f"p{n}@example.com,{n}\n" for n in range(50_000))
    rows = open_rows(write(tmp_path, "p.csv", f"email,n\n{lines}"))
    first: Iterator[Any] = iter(rows)
    assert next(first).values["n"] == "0"
    assert sum(1 for _ in rows) == 50_000
    assert next(first).values["n"] == "1"


def test_a_file_that_changes_after_it_was_looked_at_is_not_gone_on_with(tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", "email\na@x.org\n")
    rows = open_rows(path)
    write(tmp_path, "p.csv", "email\nb@x.org\nc@x.org\n")
    with pytest.raises(Conflict, match="changed"):
        iter(rows)


def test_rows_may_be_mappings_at_hand() -> None:
    rows = open_rows([{"Name": "Ann", "E-Mail": "ann@example.com", "n": None}])
    (row,) = rows
    assert (row.number, row.values["name"], row.values["e_mail"]) == (1, "Ann", "ann@example.com")
    assert row.values["n"] == ""
