"""`ls`, and `search`, `show`, `thread` and `attachments` with `--in STORE`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import dovecot
from fakes import FakeClock
from gmailkit.cli.copy_cmd import moving, time_limit
from gmailkit.cli.state import State
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.services.copying.run import Passed
from gmailkit.services.places import Places
from gmailkit.services.practice import consent
from gmailkit.stores import reading
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from mailroom import ME, letter
from terminal import Terminal

Cli = Callable[..., Any]
ANN = "ann@example.com"
TABLE = (
    b"MIME-Version: 1.0\nContent-Type: text/csv\nSubject: Numbers\n"
    b"Content-Disposition: attachment; filename=a.csv\n\n1,2\n"
)


@pytest.fixture
def maildir(tmp_path: Path) -> str:
    with MaildirStore(tmp_path / "Maildir", write=True) as store:
        store.add(Item.of(letter("Dinner"), labels=frozenset({"INBOX"})))
        store.add(Item.of(TABLE, labels=frozenset({"Work"}), flags=frozenset({"seen"})))
    return f"maildir:{tmp_path / 'Maildir'}"


def test_a_store_is_listed_with_what_it_can(cli: Cli, maildir: str) -> None:
    ran = cli("ls", maildir)
    assert (ran.code, ran.out) == (0, "INBOX\t1\t1\nWork\t1\t0\n")
    assert "2 messages" in ran.err
    assert "It keeps exact bytes, labels, flags, times of receipt; it can take mess" in ran.err
    told = json.loads(cli("ls", maildir.partition(":")[2], "--json").out)
    assert told["folders"][1] == {"name": "Work", "messages": 1, "unread": 0}
    assert (told["store"], told["can"]) == (maildir, ["take messages"])


def test_the_time_of_a_copy_begins_when_its_plan_is_made() -> None:
    """Else a short time would be over before the first message, in each run."""
    state = Mock(clock=FakeClock())
    begin = time_limit(state, "1s")
    state.clock.sleep(5)
    is_over = begin()
    assert not is_over()
    state.clock.sleep(1)
    assert is_over()


def test_ctrl_c_of_a_copy_says_how_far_it_came() -> None:
    state = State()
    moving(state, Mock(), Passed(done=3, total=9, bytes=100))
    said = "3 of 9 messages were gone through; run the same command to go on"
    assert state.on_stop.words == said


def test_a_path_that_is_misspelt_is_guessed(cli: Cli, maildir: str) -> None:
    meant = maildir.partition(":")[2]
    assert f"Did you mean {meant}?" in cli("ls", meant.replace("Maildir", "Mialdir")).err


def test_a_copy_into_a_store_is_listed_and_taken_back(
    cli: Cli, maildir: str, tmp_path: Path
) -> None:
    there = f"mbox:{tmp_path / 'there'}"
    (tmp_path / "there").touch()
    assert "--sandbox" in cli("journal", "--in", there).err  # it has a record of its own
    assert f"gmailkit undo 1 --in {there}" in cli("copy", maildir, there, "--yes").err
    assert cli("journal", "--in", there).out.split("\t")[2:] == [
        "done",
        "2",
        f"copy mail of {maildir}\n",
    ]
    went = tmp_path / "there.undone"
    assert f"2 messages go, into {went}\n" in cli("undo", "--in", there, "--dry-run").out
    assert cli("undo", "--in", there).code == 2  # nobody is there to agree
    told = json.loads(cli("undo", "--in", there, "--yes", "--json").out)
    assert told == {
        "store": there,
        "number": 1,
        "source": maildir,
        "count": 2,
        "left": [],
        "kept": str(went),
        "done": True,
    }
    assert (tmp_path / "there").read_bytes() == b""
    nothing = cli("undo", "--in", there, "--yes")
    assert (nothing.code, "--sandbox" in nothing.err) == (6, True)


def test_a_backup_is_listed_as_it_stood_then(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    folder = str(tmp_path / "mail.backup")
    cli("backup", folder)
    assert "INBOX\t3\t" in cli("ls", folder).out
    before = cli("ls", folder, "--as-of", "2001-01-01")
    assert (before.code, before.out) == (0, "")
    assert "of what was before it knows nothing" in before.err
    assert cli("ls", "--as-of", "2001-01-01").code == 15


def test_the_labels_of_an_account_are_listed(cli: Cli, mailbox: Sandbox) -> None:
    assert "INBOX\t" in cli("ls").out


@pytest.fixture(params=["maildir", "mbox", "eml", "backup", "takeout", "imap", "gmail", "pop3"])
def store(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> str:
    """The name of one that holds two messages."""
    kind, mail = request.param, (letter("Dinner"), crlf(TABLE))
    if kind in ("takeout", "gmail"):
        for raw in mail:
            sandbox.mail.put(ME, raw, labels=["INBOX"])
        if kind == "takeout":
            (path,) = sandbox.takeout(ME, tmp_path / "takeout.zip")
            return f"takeout:{path}"
        (tmp_path / "ca.pem").write_text(sandbox.certificate)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv("GMAILKIT_MAIL_PASSWORD", sandbox.app_password(ME))
        return f"imaps://{ME.replace('@', '%40')}@127.0.0.1:{sandbox.imap_port}"
    if kind in ("imap", "pop3"):
        monkeypatch.setenv("GMAILKIT_MAIL_PASSWORD", dovecot.WORD)
        with dovecot.session("imap", f"verbs-{kind}") as session:
            for raw in mail:
                session.append("INBOX", [raw], len(raw))
        return dovecot.running().url(kind, f"verbs-{kind}")
    name = f"{kind}:{tmp_path / 'mail'}"
    with Places() as places, places.target(places.locate(name)) as target:
        for raw in mail:
            target.add(Item.of(raw, labels=frozenset({"INBOX"})))
    return name


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def test_mail_in_any_store_is_listed_searched_shown_and_saved(
    cli: Cli, store: str, tmp_path: Path
) -> None:
    within = ("--in", store)
    for query in ("subject:numbers", "filename:a.csv", "has:attachment in:inbox"):
        (row,) = cli("search", query, *within, "--json").out.splitlines()
        ref = json.loads(row)["id"]
        assert json.loads(row)["subject"] == "Numbers"
    assert len(cli("search", *within).out.splitlines()) == 2
    shown = cli("show", ref, "--raw", *within)
    assert (shown.code, crlf(shown.out.encode().replace(b"\r", b""))) == (0, crlf(TABLE))
    assert cli("attachments", "in:anywhere", "--to", str(tmp_path / "files"), *within).code == 0
    assert (tmp_path / "files" / "a.csv").read_bytes().strip() == b"1,2"
    assert json.loads(cli("stats", *within, "--json").out)["messages"] == 2
    assert "INBOX\t2\t" in cli("ls", store).out


def test_what_a_store_cannot_do_is_said(cli: Cli, maildir: str, mailbox: Sandbox) -> None:
    assert cli("search", "--threads", "--in", maildir).code == 15
    assert "Only a backup ranks" in cli("search", "x", "--rank", "--in", maildir).err
    assert (
        "--as-of goes with a backup" in cli("search", "--as-of", "2026-01-01", "--in", maildir).err
    )
    assert cli("show", "no/such", "--in", maildir).code == 6
    assert cli("ls", "malidir:x").code == 2
    both = cli("--account", "ann@example.com", "search", "x", "--in", f"gmail:{ME}")
    assert "contradict" in both.err


def test_row_numbers_of_a_list_are_good_in_the_same_store(
    terminal: Callable[..., Terminal], maildir: str, tmp_path: Path
) -> None:
    with MboxStore(tmp_path / "mail.mbox", write=True) as store:
        store.add(Item.of(letter("First")))
    mbox = f"--in mbox:{tmp_path / 'mail.mbox'}"
    words = (f"search {mbox}", f"show 1 {mbox}", f"show 1 --in {maildir}")
    ran = terminal(script="; ".join(f"$GMAILKIT {each}" for each in words), columns=500)
    ran.close()
    assert "Subject: First" in ran.screen
    assert f"Its rows go with {mbox}. Here list again first" in ran.screen


def test_mail_is_copied_with_a_plan_checked_and_taken_back(
    cli: Cli, mailbox: Sandbox, maildir: str, tmp_path: Path
) -> None:
    dry = cli("copy", maildir, "gmail:", "--map", "Work=Job", "--dry-run")
    assert "label Work -> Job: 1" in dry.out
    assert "not kept there: the exact bytes, the time of receipt" in dry.out
    assert cli("copy", maildir, "gmail:").code == 2  # nobody to ask
    assert not cli("search", "label:job").out
    dinner = cli(
        "copy", maildir, "gmail:", "--query", "dinner", "--yes", "--json", "--mark", "Came"
    )
    told = json.loads(dinner.out)
    assert (told["added"], told["done"], told["mark"]) == (1, True, "Came")
    assert cli("undo", str(told["change"]), "--yes").code == 0
    assert not cli("search", "label:came").out
    kept, receipts = tmp_path / "refused", tmp_path / "receipts"
    ran = cli(
        *("copy", maildir, "gmail:", "--map", "Work=Job", "--yes"),
        *("--quarantine", str(kept), "--receipts", str(receipts)),
    )
    assert (ran.code, ran.err.count("refused by Gmail")) == (3, 1)  # it says nobody it is from
    assert [each.read_bytes() for each in kept.rglob("*.eml")] == [TABLE]
    assert len(receipts.read_text().splitlines()) == 2


def test_a_dry_run_refuses_to_empty_what_is_never_emptied(
    cli: Cli, maildir: str, tmp_path: Path
) -> None:
    ran = cli("copy", maildir, f"mbox:{tmp_path / 'm'}", "--delete-after", "3", "--dry-run")
    assert ran.code == 15
    assert "only a server of POP3 is emptied so" in ran.err


def test_a_check_tells_what_is_missing_and_ends_with_13(
    cli: Cli, maildir: str, tmp_path: Path
) -> None:
    there = f"eml:{tmp_path / 'eml'}"
    assert cli("copy", maildir, there, "--query", "subject:dinner", "--yes").code == 0
    ran = cli("copy", maildir, there, "--check")
    assert ran.code == 13
    assert f"Of 2 messages of {maildir}, 1 is in {there} as it was" in ran.out
    assert "  missing: " in ran.out
    told = json.loads(cli("copy", maildir, there, "--check", "--query", "dinner", "--json").out)
    assert (told["ok"], told["equal"], told["listed"]) == (True, 1, {})
    assert "nothing is copied" in cli("copy", maildir, there, "--check", "--yes").err


def test_a_whole_account_is_moved_into_another_one(
    cli: Cli, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    monkeypatch.setenv("GMAILKIT_CLIENT_FILE", str(client))
    monkeypatch.setattr("gmailkit.services.sign_in.open_in_browser", lambda url: [consent(url)])
    for address in (ME, ANN):
        sandbox.consent = address
        assert cli("login", address, "--for", "restore").code == 0
    sandbox.mail.put(ME, letter("Dinner"))
    assert cli("--account", ME, "labels", "create", "Bills", "--background", "green").code == 0
    assert "Left to you:" in cli("migrate", ME, ANN, "--dry-run").out
    assert not cli("--account", ANN, "search").out
    told = json.loads(cli("migrate", ME, ANN, "--yes", "--json").out)
    assert (told["done"], told["added"]) == (True, 1)
    assert len(told["changes"]) >= 2
    assert "Dinner" in cli("--account", ANN, "search").out
    assert "Bills" in cli("--account", ANN, "labels").out
    old, new = (f"gmailkit --account {each} " for each in (ME, ANN))
    assert f"forward the old one: {old}settings forwarding" in told["left"][-1]
    change = cli("--account", ANN, "journal", "show", str(told["changes"][-1])).out
    assert "gmailkit migrate" in change
    again = cli("migrate", ME, f"gmail:{ANN}", "--yes")
    assert "0 messages copied" in again.out
    assert "To take it back" not in again.err
    # what is pasted is for the account that got it
    for words in (("migrate", ME, ANN), ("copy", f"gmail:{ME}", f"gmail:{ANN}")):
        sandbox.mail.put(ME, letter(f"For {words[0]}"))
        ran = cli("--account", ME, *words, "--yes")
        assert f"To take it back: {new}undo " in ran.err
    assert cli("copy", f"gmail:{ME}", f"gmail:{ANN}", "--check").code == 0


def test_mail_on_a_server_is_listed_searched_and_shown_and_what_is_said_is_explained(
    cli: Cli, program: Callable[..., Any], maildir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = dovecot.running()
    imap, pop3 = server.url("imap", "listed"), server.url("pop3", "listed")
    assert "gmailkit password" in cli("ls", imap).err
    for url in (imap, pop3):
        assert program(["password", url], stdin=f"{dovecot.WORD}\n").code == 0
    monkeypatch.setenv("GMAILKIT_MAIL_PASSWORD", dovecot.WORD)
    with dovecot.session("imap", "listed") as session:
        raw = letter("Dinner")
        session.append("INBOX", [raw], len(raw))
    assert "INBOX\t1\t1\n" in cli("ls", imap).out
    (row,) = cli("search", "subject:dinner", "--in", imap, "--json").out.splitlines()
    assert cli("show", json.loads(row)["id"], "--raw", "--in", imap).out.encode() == raw
    for url, words in ((imap, "Asks for the folders"), (pop3, "Asks for names of messages")):
        explained = cli("ls", url, "--explain")
        assert words in explained.out
        assert ("settings pop on --mail all" in explained.err) == (url == pop3)
        assert dovecot.WORD not in explained.out + explained.err
        *said, told = cli("ls", url, "--transcript", "--json").out.splitlines()
        assert {json.loads(line)["event"] for line in said} >= {"opened", "client", "server"}
        assert json.loads(told)["folders"][0]["name"] == "INBOX"
    assert "mail servers only" in cli("ls", maildir, "--explain").err


def test_a_list_of_a_store_that_could_not_read_all_of_it_says_of_what(
    cli: Cli, maildir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reading.open_plain

    def bad_disk(path: Path) -> int:
        where = Path("/proc/self/mem") if path.parent.parent.name == ".Work" else path
        return os.open(where, os.O_RDONLY)  # reading there is an EIO

    monkeypatch.setattr(reading, "open_plain", bad_disk)
    ran = cli("ls", maildir)
    assert (ran.code, ran.out) == (3, "INBOX\t1\t1\n")
    assert "1 message could not be read." in ran.err
    assert "  .Work/" in ran.err
    told = cli("ls", maildir, "--json")
    assert (told.code, json.loads(told.out)["unreadable"]) == (3, 1)
    monkeypatch.setattr(reading, "open_plain", real)
    assert cli("ls", maildir).code == 0
