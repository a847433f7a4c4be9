"""`gmailkit merge` with a table from standard input, and with its arguments the wrong way round."""

from __future__ import annotations

import io
import re
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.transport.smtp.sink import Sink
from terminal import Terminal

LETTER = "---\nsubject: For {{ name }}\nto: {{ name }} <{{ email }}>\n---\nDear {{ name }}, come.\n"
PEOPLE = b"name,email\nAnn,ann@example.com\nBob,bob@example.com\nCy,cy@example.com\n"
EVERYBODY = ["ann@example.com", "bob@example.com", "cy@example.com"]
Cli = Callable[..., Any]


@pytest.fixture
def letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A template in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("letter.md").write_text(LETTER)
    return "letter.md"


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


def sent_to(sandbox: Sandbox) -> list[str]:
    return sorted(each.email for mail in sandbox.sent() for each in mail.to)


def kept(home: Path) -> list[Path]:
    return list(home.rglob("tables/*/*"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (PEOPLE, ()),
        (b"\xef\xbb\xbf" + PEOPLE.replace(b",", b";"), ()),
        (PEOPLE.replace(b",", b"\t"), ("--table-format", "tsv")),
        (PEOPLE.decode().encode("utf-16"), ()),
        (
            b"".join(
                b'{"name": "%s", "email": "%s"}\n' % tuple(line.split(b","))
                for line in PEOPLE.splitlines()[1:]
            ),
            (),
        ),
    ],
    ids=["csv", "semicolons", "tsv", "utf-16", "jsonl"],
)
def test_a_table_from_standard_input_is_known_by_its_content(
    cli: Cli,
    mailbox: Sandbox,
    own_home: Path,
    letter: str,
    pipe: Callable[[bytes], None],
    table: bytes,
    words: tuple[str, ...],
) -> None:
    pipe(table)
    ran = cli("merge", letter, "-", "--yes", *words)
    assert (ran.code, ran.out) == (0, "Sent 3 messages (merge letter-stdin).\n")
    assert sent_to(mailbox) == EVERYBODY
    assert Path("letter-stdin.receipts.csv").read_text().count(",sent,") == 3
    assert kept(own_home) == []
    pipe(table)
    assert "3 rows were sent before" in cli("merge", letter, "-", "--yes", *words).err
    assert sent_to(mailbox) == EVERYBODY


def test_a_workbook_may_come_from_standard_input(
    cli: Cli, mailbox: Sandbox, letter: str, pipe: Callable[[bytes], None]
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book, content = openpyxl.Workbook(), io.BytesIO()
    for line in PEOPLE.decode().splitlines():
        book.active.append(line.split(","))
    book.save(content)
    pipe(content.getvalue())
    assert cli("merge", letter, "-", "--yes").code == 0
    assert sent_to(mailbox) == EVERYBODY


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "There is no table on standard input."),
        (b" \n\n", "There is no table on standard input."),
        (b'[{"email": "ann@example.com"}]', "one JSON array"),
        (b"ann@example.com\n", "no heading"),
    ],
)
def test_what_is_no_table_is_said(
    cli: Cli,
    mailbox: Sandbox,
    letter: str,
    pipe: Callable[[bytes], None],
    content: bytes,
    says: str,
) -> None:
    pipe(content)
    ran = cli("merge", letter, "-", "--yes")
    assert ran.code == 2
    assert says in ran.err
    assert mailbox.sent() == []


def test_without_a_yes_nothing_leaves_and_nothing_is_kept(
    cli: Cli, mailbox: Sandbox, own_home: Path, letter: str, pipe: Callable[[bytes], None]
) -> None:
    for words in ((), ("--dry-run",)):
        pipe(PEOPLE)
        ran = cli("merge", letter, "-", *words)
        assert ran.code == (0 if words else 2)
        assert "Ann <ann@example.com>" in ran.out + ran.err
    assert mailbox.sent() == []
    assert kept(own_home) == []


def test_while_something_is_left_the_table_is_kept_and_the_line_that_goes_on_is_said(
    cli: Cli, mailbox: Sandbox, own_home: Path, letter: str, pipe: Callable[[bytes], None]
) -> None:
    pipe(PEOPLE)
    ran = cli("merge", letter, "-", "--yes", "--limit", "1")
    assert ran.code == 0
    (file,) = [path for path in kept(own_home) if path.is_file()]
    assert file.read_bytes() == PEOPLE
    assert file.stat().st_mode & 0o077 == 0
    line = re.search(r"gmailkit (merge .*)\.$", ran.err, re.MULTILINE)
    assert line
    pipe(b"")
    ran = cli(*shlex.split(line[1]), "--yes")
    assert (ran.code, ran.out) == (0, "Sent 2 messages (merge letter-stdin).\n")
    assert sent_to(mailbox) == EVERYBODY
    assert Path("letter-stdin.receipts.csv").read_text().count(",sent,") == 3
    assert kept(own_home) == []


def test_what_goes_on_is_told_how_as_well(
    cli: Cli, mailbox: Sandbox, letter: str, pipe: Callable[[bytes], None]
) -> None:
    pipe(PEOPLE + b",dee@example.com\n")
    how = ["--fast", "--rate", "600/min", "--day-limit", "900", "--allow-empty", "--skip-bad"]
    how += ["--attach-from", "."]
    ran = cli("merge", letter, "-", "--yes", "--limit", "1", *how)
    assert f" {shlex.join(how)}.\n" in ran.err


def test_piped_again_it_goes_on_too(
    cli: Cli, mailbox: Sandbox, own_home: Path, letter: str, pipe: Callable[[bytes], None]
) -> None:
    for _ in range(3):
        pipe(PEOPLE)
        assert cli("merge", letter, "-", "--yes", "--limit", "1").code == 0
    assert sent_to(mailbox) == EVERYBODY
    assert kept(own_home) == []


def test_a_table_is_kept_while_rows_were_never_tried(
    cli: Cli,
    mailbox: Sandbox,
    own_home: Path,
    letter: str,
    pipe: Callable[[bytes], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sink(troubles="refuse:ann@example.com:1") as sink:
        monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
        pipe(PEOPLE)
        assert cli("merge", letter, "-", "--yes", "--limit", "1", "--via", "smtp").code == 3
        (file,) = [path for path in kept(own_home) if path.is_file()]
        ran = cli("merge", letter, str(file), "--yes", "--only-failed", "--via", "smtp")
        assert (ran.code, [each.to for each in sink.messages]) == (0, [("ann@example.com",)])
        assert file.read_bytes() == PEOPLE
        assert cli("merge", letter, str(file), "--yes", "--via", "smtp").code == 0
        assert len(sink.messages) == 3
    assert [path.name for path in kept(own_home)] == ["stdin.receipts.csv"]


def test_only_the_table_goes_and_nothing_beside_it(
    cli: Cli, mailbox: Sandbox, own_home: Path, letter: str, pipe: Callable[[bytes], None]
) -> None:
    pipe(PEOPLE)
    assert cli("merge", letter, "-", "--yes", "--limit", "1").code == 0
    (file,) = [path for path in kept(own_home) if path.is_file()]
    (file.parents[1] / "people.csv").write_bytes(PEOPLE)
    beside = file.parent / ".." / "people.csv"
    assert cli("merge", letter, str(beside), "--yes", "--name", "beside").code == 0
    assert file.read_bytes() == PEOPLE


def test_a_row_cannot_have_the_table_itself_sent(
    cli: Cli, mailbox: Sandbox, letter: str, pipe: Callable[[bytes], None]
) -> None:
    Path(letter).write_text("---\nattach: {{ name }}\nsubject: x\nto: {{ email }}\n---\nHi\n")
    pipe(b"name,email\nstdin.csv,ann@example.com\n")
    ran = cli("merge", letter, "-", "--yes")
    assert ran.code == 3
    assert "row 2: Column name: Cannot read the attachment" in ran.err
    assert mailbox.sent() == []


def test_ctrl_c_says_what_goes_on(
    terminal: Callable[..., Terminal], mailbox: Sandbox, letter: str
) -> None:
    Path("people.csv").write_bytes(PEOPLE)
    script = f"trap : INT; $GMAILKIT merge {letter} - --yes --rate 1/h < people.csv"
    screen = terminal(script=script, columns=300)
    screen.wait_for("1 of 3 sent")
    screen.type("\x03")
    assert screen.close() == 128 + signal.SIGINT
    assert "go on with: gmailkit merge letter.md " in screen.screen
    assert len(mailbox.sent()) == 1


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("people.csv", "letter.md"), "gmailkit merge letter.md people.csv"),
        (("people.txt", "letter.md"), "gmailkit merge letter.md people.txt"),
        (("people.xlsx", "letter.txt"), "gmailkit merge letter.txt people.xlsx"),
        (("-", "letter.md"), "gmailkit merge letter.md -"),
        (("my people.csv", "letter.html"), "gmailkit merge letter.html 'my people.csv'"),
    ],
)
def test_swapped_arguments_are_noticed_and_the_right_line_is_said(
    cli: Cli, mailbox: Sandbox, letter: str, words: tuple[str, str], right: str
) -> None:
    ran = cli("merge", *words, "--yes")
    assert ran.code == 2
    assert f"{words[0]} is a table, not a template." in ran.err
    assert f"{right}\n" in ran.err


def test_the_right_line_stays_in_the_mailbox(cli: Cli, mailbox: Sandbox, letter: str) -> None:
    ran = cli("merge", "people.csv", letter, "--account", "ann@example.com")
    assert "gmailkit --account ann@example.com merge letter.md people.csv" in ran.err
