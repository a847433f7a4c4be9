"""The receipts of a merge: readable after every crash, never in the way of a spreadsheet."""

from __future__ import annotations

import csv
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.services.sending.merge.receipts import HEADING, Receipt, Receipts, read_receipts

NOW = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)


def receipt(row: int, **more: str) -> Receipt:
    facts = {"to": f"p{row}@example.net", "status": "sent", "key": f"k{row}", **more}
    return Receipt(row=row, time=NOW, **facts)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.receipts.csv"


@pytest.fixture
def three(path: Path) -> Iterator[Path]:
    receipts = Receipts(path)
    for row in (2, 3, 4):
        receipts.add(receipt(row, error='Said "no",\nand more'))
    receipts.close()
    yield path


def test_a_spreadsheet_reads_it(three: Path) -> None:
    with three.open(newline="") as file:
        head, *lines = csv.reader(file)
    assert tuple(head) == HEADING
    assert lines[0][:6] == [
        *("2", "p2@example.net", "sent", "", "2026-11-29T18:00:00+00:00", 'Said "no", and more')
    ]
    assert three.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", range(1, 80))
def test_a_line_that_a_crash_tore_is_dropped_and_the_next_stands_by_itself(
    three: Path, torn: int
) -> None:
    whole = three.read_bytes()
    three.write_bytes(whole[:-torn])
    lines_left = whole[:-torn].count(b"\n") - 1
    receipts = Receipts(three)
    receipts.add(receipt(9))
    receipts.close()
    assert [each.row for each in read_receipts(three)] == [*(2, 3, 4)[:lines_left], 9]
    with three.open(newline="") as file:
        assert all(len(line) == len(HEADING) for line in csv.reader(file))


@pytest.mark.parametrize("length", range(1, 50, 7))
def test_a_heading_that_a_crash_tore_is_written_again(path: Path, length: int) -> None:
    path.write_bytes(f"{','.join(HEADING)}\n".encode()[:length])
    receipts = Receipts(path)
    receipts.add(receipt(2))
    receipts.close()
    assert [each.row for each in read_receipts(path)] == [2]


def test_it_knows_the_last_word_of_each_row(path: Path) -> None:
    receipts = Receipts(path)
    receipts.add(receipt(2, status="failed"))
    receipts.add(receipt(2))
    receipts.add(receipt(3, status="invalid", key=""))
    receipts.close()
    again = Receipts(path)
    assert again.knows("k2", "sent")
    assert not again.knows("k2", "failed")
    assert again.knows("row 3", "invalid")
    again.close()


def test_a_long_file_is_read_a_piece_at_a_time(path: Path) -> None:
    """Also a line that is longer than a piece, and one that a crash tore at the end."""
    receipts = Receipts(path)
    receipts.add(receipt(1, status="failed", error="why " * 30_000))
    receipts.add(receipt(2))
    receipts.close()
    with path.open("a") as file:
        file.writelines(
            f"{n},a@example.com,sent,id,{NOW.isoformat()},,r{n}\n" for n in range(20_000)
        )
        file.write("9,torn@exa")
    tracemalloc.start()
    again = Receipts(path)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [again.knows(key, "sent") for key in ("k1", "k2", "r0", "r19999")] == [
        *(False, True, True, True),
    ]
    again.close()
    assert path.read_text().endswith(",r19999\n")
    assert peak - kept < path.stat().st_size


def test_two_processes_write_what_is_over_for_good_once(path: Path) -> None:
    one, other = Receipts(path), Receipts(path)
    for each in (one, other):
        each.add(receipt(2, status="failed"))
    for each in (one, other, one):
        each.add(receipt(2))
    other.add(receipt(3))
    one.add(receipt(3))
    one.close()
    other.close()
    assert [(each.row, each.status) for each in read_receipts(path)] == [
        *((2, "failed"), (2, "failed"), (2, "sent"), (3, "sent"))
    ]


@pytest.mark.parametrize("column", ["to", "error", "key"])
@pytest.mark.parametrize(
    "cell", ["=1+1@example.net", "+x@example.net", "-x@example.net", "@SUM(A1).pdf is no picture."]
)
def test_what_others_wrote_is_no_formula(path: Path, column: str, cell: str) -> None:
    receipts = Receipts(path)
    receipts.add(receipt(2, **{column: cell}))
    receipts.close()
    with path.open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert line[column] == f"'{cell}"
    assert getattr(next(read_receipts(path)), column) == cell


FORMULAS = [
    "Ann;=HYPERLINK(1)",
    'Ann;"=1+1"',
    "Ann; =1+1",
    "Ann|@SUM(A1)",
    "a;+1;-2;'=3",
    "=1;=2",
    "';=1",
]


@pytest.mark.parametrize("separator", [",", ";", "|"])
@pytest.mark.parametrize("cell", FORMULAS)
def test_nor_is_it_one_where_other_separators_are_usual(
    path: Path, separator: str, cell: str
) -> None:
    receipts = Receipts(path)
    receipts.add(receipt(2, error=cell, key=cell))
    receipts.close()
    with path.open(newline="") as file:
        cells = [each for line in csv.reader(file, delimiter=separator) for each in line]
    assert not [each for each in cells if each.lstrip(' "').startswith(("=", "+", "-", "@"))]
    (known,) = read_receipts(path)
    assert (known.error, known.key) == (cell, cell)


@given(st.text("=+-@;|,'\" a1", max_size=12))
def test_whatever_was_written_is_read_again(cell: str) -> None:
    with TemporaryDirectory() as folder:
        receipts = Receipts(Path(folder) / "r.csv")
        receipts.add(receipt(2, key=cell))
        receipts.close()
        (known,) = read_receipts(Path(folder) / "r.csv")
        assert known.key == cell


@pytest.mark.parametrize("to", ["'x@example.net", "''x@example.net", "'=x@example.net"])
def test_an_address_with_an_apostrophe_stays_itself(path: Path, to: str) -> None:
    receipts = Receipts(path)
    receipts.add(receipt(2, to=to))
    receipts.close()
    assert next(read_receipts(path)).to == to


@pytest.mark.parametrize("content", [b"name,email\nAnn,ann@example.com", b"\xff\xfe\x00"])
def test_another_file_is_not_written_into(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UsageError, match="receipts"):
        Receipts(path)
    assert path.read_bytes() == content


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"nowhere.*No such file"):
        Receipts(tmp_path / "nowhere" / "r.csv")


def test_a_full_disk_is_said_and_leaves_no_half_line_behind(path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from gmailkit.errors import CannotWrite\n"
        "from gmailkit.services.sending.merge.receipts import Receipts\n"
        "from test_merge_receipts import receipt\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "receipts = Receipts(Path(sys.argv[1]))\n"
        "try:\n"
        "    for row in range(2, 99): receipts.add(receipt(row))\n"
        "except CannotWrite as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Cannot write the receipts" in done.stdout
    before = len(list(read_receipts(path)))
    assert before >= 1
    receipts = Receipts(path)
    receipts.add(receipt(99))
    receipts.close()
    assert [each.row for each in read_receipts(path)][-1] == 99
