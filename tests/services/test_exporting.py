"""Mail out of a backup into the forms of other programs, and what of it stays as it was."""

from __future__ import annotations

import csv
import json
import mailbox
import random
import resource
import subprocess
import sys
import zipfile
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

import gmailkit
from disks import in_a_child
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import CannotWrite, NotFound, PartialError, QueryError, UsageError
from gmailkit.model.item import Item
from gmailkit.services.export import parquet
from gmailkit.services.export.mail import FORMS, export
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.opening import open_source
from mailroom import letter

ME = "me@example.com"
MAIL = {
    "a1": (b"From: ann@example.com\nSubject: Lunch\n\nFrom noon on.\n", ["INBOX", "UNREAD"]),
    "a2": (
        b'From: Bob <bob@example.com>\r\nTo: me\r\nSubject: =HYPERLINK("x")\r\n\r\nBill',
        ["Label_1", "STARRED", "Label_2"],
    ),
    "a3": (b"Subject: \xff\x00 8 bit\n\n\n\n", []),
    "a4": (b"From: spam@example.com\nSubject: Win\n\nNow\n", ["SPAM", "UNREAD"]),
    "a5": (b"Date: Thu, 1 Jan 1970 00:00:00 +0000\nSubject: same\n\n", ["SENT"]),
    "a6": (b"Date: Thu, 1 Jan 1970 00:00:00 +0000\nSubject: same\n\n", ["Label_2"]),
}
NAMES = {"Label_1": "Work/Bills, paid", "Label_2": "Été"}
DATE = 1_700_000_000_123
EXACT = ("mbox", "maildir", "eml", "zip")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with Backup.open(tmp_path / "backup", create=True) as folder:
        for n, (id, (raw, labels)) in enumerate(MAIL.items()):
            named = {label: NAMES.get(label, label) for label in labels}
            folder.add(Record(ME, id, "a1", DATE + n * 1000, named, raw))
    return tmp_path / "backup"


def everything(path: Path) -> dict[bytes, tuple[frozenset[str], frozenset[str]]]:
    """Labels and flags by content; those of equal messages together."""
    found: dict[bytes, tuple[frozenset[str], frozenset[str]]] = {}
    with open_source(path) as store:
        for _, got in store.fetch(store.refs()):
            assert isinstance(got, Item)
            assert got.received
            raw = got.content.bytes
            labels, flags = found.get(raw, (frozenset(), frozenset()))
            found[raw] = labels | got.labels, flags | got.flags
    return found


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_bytes_labels_flags_and_dates_are_those_of_the_backup(
    form: str, backup: Path, tmp_path: Path
) -> None:
    done = gmailkit.export(backup, tmp_path / "out", to=form)
    assert (done.added + done.present, done.to) == (6, form)
    assert everything(tmp_path / "out") == everything(backup)
    assert set(everything(backup)) == {raw for raw, _ in MAIL.values()}
    assert everything(backup)[MAIL["a5"][0]][0] == {"SENT", "Été"}


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_the_same_again_adds_what_is_missing_and_changes_nothing(
    form: str, backup: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert export(backup, out, to=form, label=["inbox"]).added == 1
    assert export(backup, out, to=form).present >= 1
    before = {file: file.read_bytes() for file in sorted([out, *out.rglob("*")]) if file.is_file()}
    again = export(backup, out, to=form)
    assert (again.added, again.present) == (0, 6)
    assert before == {file: file.read_bytes() for file in before}
    assert everything(out) == everything(backup)


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml"])
def test_each_form_can_be_the_source_of_the_next(form: str, backup: Path, tmp_path: Path) -> None:
    export(backup, tmp_path / "one", to=form)
    for n, other in enumerate(("mbox", "maildir", "eml", form)):
        export(tmp_path / "one", tmp_path / f"{n}", to=other)
        assert everything(tmp_path / f"{n}") == everything(backup)


@pytest.mark.parametrize(
    ("query", "label", "ids"),
    [
        ("", (), ["a1", "a2", "a3", "a4", "a5", "a6"]),
        ("subject:lunch", (), ["a1"]),
        ("is:starred", (), ["a2"]),
        ("from:example.com", (), ["a1", "a2"]),
        ("in:anywhere from:example.com", (), ["a1", "a2", "a4"]),
        ("", ("Été",), ["a2", "a6"]),
        ("", ("work/bills, PAID", "inbox"), ["a1", "a2"]),
        ("", ("spam",), ["a4"]),
        ("bill", ("Été",), ["a2"]),
    ],
)
def test_a_search_and_labels_choose(
    query: str, label: tuple[str, ...], ids: list[str], backup: Path, tmp_path: Path
) -> None:
    export(backup, tmp_path / "out.jsonl", to="jsonl", query=query, label=label)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    sizes = [len(MAIL[id][0]) for id in ids]
    assert [row["size"] for row in rows] == sizes


def test_rows_say_what_a_table_needs_and_no_cell_is_a_formula(backup: Path, tmp_path: Path) -> None:
    done = export(backup, tmp_path / "out.csv", to="csv")
    assert done.lost == ("the exact bytes",)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    bill = rows[1]
    assert bill["subject"] == '\'=HYPERLINK("x")'
    assert bill["labels"] == "Work/Bills, paid, Été"
    assert bill["flags"] == "flagged, seen"
    assert bill["received"] == "2023-11-14T22:13:21.123000+00:00"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]


def test_programs_may_have_cells_as_they_were_written(backup: Path, tmp_path: Path) -> None:
    export(backup, tmp_path / "out.csv", to="csv", cells="raw")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["subject"] for row in csv.DictReader(file)][1] == '=HYPERLINK("x")'


def test_parquet_says_what_jsonl_says_and_duckdb_reads_it(backup: Path, tmp_path: Path) -> None:
    done = export(backup, tmp_path / "out.parquet", to="parquet")
    assert (done.added, done.lost) == (6, ("the exact bytes",))
    export(backup, tmp_path / "out.jsonl", to="jsonl")
    wanted = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(config=config) as database:
        shown = f"SELECT to_json(each) FROM '{tmp_path}/out.parquet' AS each"
        rows = [json.loads(row) for (row,) in database.execute(shown).fetchall()]
        kinds = dict(
            database.execute(
                f"SELECT name, type FROM parquet_schema('{tmp_path}/out.parquet')"
            ).fetchall()
        )
    assert list(rows[0]) == list(wanted[0])
    assert kinds["received"] == kinds["size"] == "INT64"
    for row, told in zip(rows, wanted, strict=True):
        for name in ("received", "date"):
            said = [datetime.fromisoformat(each.pop(name) or "0001-01-01") for each in (row, told)]
            assert said[0] == said[1]
        assert row == told


@pytest.mark.parametrize(
    ("programs", "said"),
    [(["duckdb"], "example.com"), (["pandas", "polars"], "2023-11")],
    ids=["duckdb", "pandas and polars, which are not among the pinned packages"],
)
def test_the_recipes_for_parquet_work(
    programs: list[str],
    said: str,
    backup: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in programs:
        pytest.importorskip(name)
    export(backup, tmp_path / "mail.parquet", to="parquet")
    document = Path(__file__).resolve().parents[2] / "docs" / "export.md"
    begin = f"import {programs[0]}"
    recipe = document.read_text().split(f"```py\n{begin}")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(begin + recipe)
    assert said in capsys.readouterr().out


def test_without_duckdb_nothing_is_made_and_it_is_named(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match="DuckDB") as caught:
        export(backup, tmp_path / "out", to="parquet")
    assert "gmailkit[analytics]" in caught.value.hint
    assert not list(tmp_path.glob("*out*"))


def test_parquet_of_many_rows_keeps_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_BATCH_ROWS", 700)
    with parquet.ParquetTarget(tmp_path / "many.parquet") as target:
        (aside,) = target._database.execute("SELECT current_setting('temp_directory')").fetchone()
        assert Path(aside).parent == tmp_path / ".many.parquet.rows"
        for n in range(2_500):
            target.add(Item.of(b"Date: Mon, 1 Jan 10000 00:00:00 +0000\nSubject: %d\n\nx" % n))
    with duckdb.connect() as database:
        found = database.execute(f"SELECT subject, date FROM '{tmp_path}/many.parquet'").fetchall()
    assert found == [(str(n), None) for n in range(2_500)]
    assert [each.name for each in tmp_path.iterdir()] == ["many.parquet"]


def test_a_zip_is_the_same_each_time_and_holds_files_and_a_manifest(
    backup: Path, tmp_path: Path
) -> None:
    for name in ("one.zip", "two.zip"):
        export(backup, tmp_path / name, to="zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "unpacked")
    assert everything(tmp_path / "unpacked") == everything(backup)


@pytest.mark.parametrize("form", ["zip", "parquet", "jsonl", "csv"])
def test_what_is_made_whole_replaces_nothing_and_leaves_nothing_half_done(
    form: str, backup: Path, tmp_path: Path
) -> None:
    out = tmp_path / "there" / "out"
    out.parent.mkdir()
    (out.parent / ".out.part").write_bytes(b"x" * 99_999)  # as a killed run leaves it
    export(backup, out, to=form)
    before = out.read_bytes()
    with pytest.raises(CannotWrite, match="is there already"):
        export(backup, out, to=form)
    assert out.read_bytes() == before
    assert list(out.parent.iterdir()) == [out]
    with pytest.raises(KeyboardInterrupt):
        export(backup, out.parent / "second", to=form, on_progress=interrupt)
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("form", ["zip", "parquet", "jsonl", "csv"])
def test_a_disk_that_is_full_is_told_as_such_and_leaves_nothing(form: str, tmp_path: Path) -> None:
    """DuckDB has many words for it."""
    (tmp_path / "out").mkdir()
    with MboxStore(tmp_path / "mail.mbox", write=True) as store:
        for number in range(300):
            body = random.Random(number).randbytes(600).hex()
            store.add(Item.of(letter(f"{number}", body=body)))

    def export_with(most: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        with pytest.raises(CannotWrite) as caught:
            export(tmp_path / "mail.mbox", tmp_path / "out" / "x", to=form)
        assert "it goes on" not in caught.value.hint

    for most in (1_000, 14_000, 70_000, 150_000) if form == "parquet" else (14_000,):
        assert in_a_child(partial(export_with, most)) == 0, most
    assert list((tmp_path / "out").iterdir()) == []


def interrupt(copied: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("form", FORMS)
def test_what_cannot_be_read_is_named_and_all_else_is_there(
    form: str, backup: Path, tmp_path: Path
) -> None:
    export(backup, tmp_path / "mail.mbox", to="mbox")
    damaged = (tmp_path / "mail.mbox").read_bytes().replace(b"Now", b"N??")
    (tmp_path / "mail.mbox").write_bytes(damaged)
    with pytest.raises(PartialError, match="1 message could not be exported") as caught:
        export(tmp_path / "mail.mbox", tmp_path / "out", to=form)
    assert "is not whole" in caught.value.failed[0].why
    assert (tmp_path / "out").exists()


def test_wrong_requests_are_told_before_anything_is_made(backup: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="no form"):
        export(backup, out, to="pst")
    with pytest.raises(UsageError, match="Only the cells of csv"):
        export(backup, out, to="jsonl", cells="raw")
    with pytest.raises(QueryError):
        export(backup, out, to="mbox", query="larger:x")
    with pytest.raises(NotFound):
        export(tmp_path / "nowhere", out, to="mbox")
    with pytest.raises(UsageError, match="lie in one another"):
        export(backup, backup / "out", to="eml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no mail that is known"):
        export(tmp_path / "empty", out, to="eml")
    assert not out.exists()


# -- other programs as witnesses


def test_pythons_own_readers_find_the_messages(backup: Path, tmp_path: Path) -> None:
    """`mailbox` turns line ends around, so it is asked for subjects."""
    subjects = ["Lunch", '=HYPERLINK("x")']
    export(backup, tmp_path / "mail.mbox", to="mbox")
    export(backup, tmp_path / "Maildir", to="maildir")
    box = mailbox.mbox(tmp_path / "mail.mbox", create=False)
    read = list(box)
    assert [str(each["subject"]) for each in read][:2] == subjects
    assert [each.get_flags() for each in read][:2] == ["", "ROF"]
    assert read[1]["X-Gmail-Labels"]
    box.close()
    root = mailbox.Maildir(tmp_path / "Maildir", create=False)
    assert [str(each["subject"]) for each in root] == ["Lunch"]
    assert sorted(root.list_folders()) == [
        *("&AMk-t&AOk-", "Archive", "Sent", "Spam", "Work.Bills, paid")
    ]
    (starred,) = root.get_folder("Work.Bills, paid")
    assert starred.get_flags() == "FS"
    assert int(starred.get_date()) == DATE // 1000 + 1
    root.close()


FLAT = """
import sys
from datetime import datetime
from pathlib import Path
from gmailkit.services.export.mail import export
folder, form, count, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with (folder / "in.mbox").open("wb") as file:
    for n in range(count):
        file.seek(n * size)
        file.write(b"From a@b.example Mon Jan  2 09:00:00 2023\\nSubject: %d\\n\\n" % n)
        file.seek((n + 1) * size - 2)
        file.write(b"\\n\\n")
done = export(folder / "in.mbox", folder / "out", to=form)
assert (done.added, done.bytes > count * (size - 100)) == (count, True), done
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM")).split()[1])
"""


def peak(folder: Path, form: str, count: int, size: int) -> float:
    """Megabytes that a process of its own takes at most, to export so many sparse messages."""
    done = subprocess.run(
        [sys.executable, "-c", FLAT, str(folder), form, str(count), str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / 1024


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")


@on_linux
def test_a_large_message_is_never_held(tmp_path: Path) -> None:
    assert peak(tmp_path, "mbox", 1, 100 << 20) < 100


@on_linux
@pytest.mark.soak
@pytest.mark.parametrize("form", EXACT)
def test_a_gigabyte_takes_no_more_memory_than_one_message(form: str, tmp_path: Path) -> None:
    megabytes = peak(tmp_path, form, 7, 150 << 20)
    print(f"{form}: {megabytes:.0f} MB")
    assert megabytes < 100
