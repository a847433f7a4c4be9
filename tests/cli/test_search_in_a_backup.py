"""`search`, `show`, `thread` and `attachments` with `--in DIR`: as on Gmail, nobody is asked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from disks import flip
from gmailkit.errors import TimedOut
from gmailkit.query import lookup
from gmailkit.sandbox import Sandbox
from mailroom import ME
from services.offline.conftest import record, save
from terminal import Terminal

Cli = Callable[..., Any]
Open = Callable[..., Terminal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mail.backup"
    table = "--b\nContent-Type: text/csv; name=a.csv\n\n1,2\n--b--"
    mixed = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    save(
        path,
        record(1, "First report\nAll is \x1b[2Jwell in the north.", account=ME),
        record(2, "Re: First report\nGood.", account=ME, thread=1, labels=["SENT"], sender=ME),
        record(3, f"Numbers\n{table}", account=ME, labels=["Work"], headers=mixed),
    )
    return path


def test_what_is_on_gmail_is_found_in_its_backup_by_the_same_words(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    assert cli("backup", str(tmp_path / "b")).code == 0
    asked = len(mailbox.requests)
    for query in ("report", "from:ann -subject:lunch", "in:inbox", ""):
        within = cli("search", query, "--in", str(tmp_path / "b"))
        assert len(mailbox.requests) == asked
        assert (within.code, within.err) == (0, "")
        online = cli("search", query)
        assert sorted(within.out.splitlines()) == sorted(online.out.splitlines())
        asked = len(mailbox.requests)


def test_every_form_of_a_list_is_the_same(cli: Cli, folder: Path) -> None:
    def ran(*words: str) -> str:
        done = cli("search", *words, "--in", str(folder))
        assert done.code == 0, done.err
        return str(done.out)

    assert ran("report", "--ids") == f"{2:016x}\n{1:016x}\n"
    assert ran("label:work", "--format", "{date:%d} {labels} {subject}") in (
        "04 Work Numbers\n",
        "03 Work Numbers\n",  # where the clocks are behind
    )
    assert ran("report", "--csv", "--fields", "subject,size").splitlines()[0] == "subject,size"
    (row,) = ran("north", "--json").splitlines()
    assert json.loads(row)["snippet"] == "All is \x1b[2Jwell in the north."
    assert json.loads(ran("good", "--threads", "--json"))["count"] == 2
    assert ran("report OR good", "--rank", "--ids", "--limit", "1").count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["form:ann"], 2, "  form:ann\n  ^\nDid you mean from:?"),
        (["label:wrok"], 6, 'Did you mean "Work"?'),
        (["x", "--from", "you@example.com"], 6, "holds no mail of you@example.com"),
        (["nothing"], 0, "No message matches.\n"),
        (["report", "--limit", "1"], 0, "1 shown, there are more (--limit).\n"),
        (["report", "--as-of", "2020-01-01"], 0, ""),
        (["report", "--as-of", "yesterday"], 0, "it knows nothing"),
        (["report", "--as-of", "tomorrow"], 2, "'tomorrow' is still to come"),
        (["report", "--as-of", "9998-01-01"], 0, "That moment is still to come"),
        (["a or b"], 0, "or in small letters is an ordinary word"),
    ],
)
def test_what_is_wrong_is_said_as_it_is_online(
    cli: Cli, folder: Path, words: list[str], code: int, said: str
) -> None:
    ran = cli("search", *words, "--in", str(folder))
    assert ran.code == code
    assert said in ran.err


def test_a_slip_in_a_query_is_told_before_the_backup_is_made_searchable(
    cli: Cli, folder: Path
) -> None:
    assert cli("search", "form:ann", "--in", str(folder)).code == 2
    assert not list(folder.glob("search.sqlite3*"))
    assert cli("search", "from:ann", "--in", str(folder)).code == 0
    assert list(folder.glob("search.sqlite3"))


def test_what_goes_with_a_backup_alone_is_said(cli: Cli, tmp_path: Path) -> None:
    assert "--rank goes with --in DIR" in cli("search", "x", "--rank").err
    assert "Name the backup too: --in DIR" in cli("show", "x" * 16, "--from", ME).err
    assert "Name one: --in DIR" in cli("search", "x", "--as-of", "2026-01-01").err
    nowhere = cli("search", "x", "--in", str(tmp_path / "nowhere"))
    assert (nowhere.code, nowhere.out) == (10, "")


def test_a_search_that_takes_too_long_ends_with_its_own_code(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def within(*_: object) -> list[int]:
        raise TimedOut("The search took longer than 30 s, so it was stopped.", came=0)

    monkeypatch.setattr(lookup.Lookup, "within", within)
    assert cli("search", "x", "--in", str(folder)).code == 12


def test_show_thread_and_attachments_work_on_it(cli: Cli, folder: Path, tmp_path: Path) -> None:
    here = ("--in", str(folder))
    shown = cli("show", f"{1:016x}", *here)
    assert shown.out.startswith("From: Ann <ann@example.org>\n")
    assert "\x1b" not in shown.out
    assert json.loads(cli("show", f"{1:016x}", "--json", *here).out)["subject"] == "First report"
    assert cli("show", f"{2:016x}", "--thread", *here).out.count("----") == 4
    assert cli("thread", f"{2:016x}", *here).out.startswith("# First report\n\n## 1. Ann\n")
    saved = cli("attachments", "has:attachment", "--to", str(tmp_path / "files"), *here)
    assert saved.out == f"{tmp_path}/files/a.csv\n"
    missing = cli("show", "f" * 16, *here)
    assert missing.code == 6
    assert missing.err.endswith(f"gmailkit search QUERY --in {folder}\n")


def test_raw_bytes_are_exact(program: Cli, folder: Path) -> None:
    ran = program(["show", f"{1:016x}", "--raw", "--in", str(folder)])
    assert ran.out == "".join(
        record(1, "First report\nAll is \x1b[2Jwell in the north.", account=ME).raw.decode()
    )


def test_rows_are_numbered_with_the_hit_marked_and_the_numbers_are_of_this_backup(
    terminal: Open, folder: Path, mailbox: Sandbox
) -> None:
    here = f"--in {shlex.quote(str(folder))}"
    words = (f"search north {here} --color always", f"show 1 {here}", "show 1")
    screen = terminal(script="; ".join(f"$GMAILKIT {each}" for each in words), TZ="UTC")
    screen.close()
    text = screen.screen
    assert "  1  \x1b[2m2026-01-02\x1b[0m  Ann                       First report\n" in text
    assert "in the \x1b[0m\x1b[1mnorth\x1b[0m" in text
    assert "\x1b[2J" not in text
    assert "From: Ann <ann@example.org>" in text
    assert f"Row 1 is from a list of the backup {folder}" in text
    assert f"Its rows go with --in {folder}. Here list again first: gmailkit search QUERY\n" in text


def test_a_row_of_a_backup_named_without_it_is_told_where_nobody_is_signed_in(
    terminal: Open, folder: Path
) -> None:
    here = f"--in {shlex.quote(str(folder))}"
    screen = terminal(script=f"$GMAILKIT search north {here}; $GMAILKIT show 1", columns=500)
    assert screen.close() == 4
    assert "Nobody is signed in." in screen.screen
    assert f"Its rows go with {here}. For Gmail: gmailkit login" in screen.screen


def test_a_search_that_could_not_look_at_all_does_not_end_with_0(cli: Cli, folder: Path) -> None:
    save(folder, record(6, "Broken\n" + "x" * 70_000, account=ME))  # a frame of its own
    (pack,) = (folder / "packs").iterdir()
    flip(pack, -20)
    ran = cli("search", "first", "--ids", "--in", str(folder))
    assert (ran.code, ran.out) == (3, f"{2:016x}\n{1:016x}\n")
    assert f"1 damaged message of {folder} could not be looked at." in ran.err
    assert f"gmailkit repair {folder}" in ran.err
