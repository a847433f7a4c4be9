"""`search`, `show`, `send` and `attachments` against the sandbox, in a pipe."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter

Cli = Callable[..., Any]


def ids(mailbox: Sandbox) -> list[str]:
    return mailbox.mail.ids(ME)


def writes(mailbox: Sandbox) -> list[tuple[str, str]]:
    return [(method, path) for method, path in mailbox.requests if method != "GET"]


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def sent_to(mailbox: Sandbox, address: str) -> list[bytes]:
    return [mailbox.mail.raw(address, id) for id in mailbox.mail.ids(address)]


def test_search_in_a_pipe_is_lines_of_four_fields_newest_first(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("search", "report")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[1:] for row in rows] == [
        ["2026-11-20T12:01:00Z", "Ann Lee <ann@example.com>", "Second report"],
        ["2026-11-20T12:00:00Z", "Ann Lee <ann@example.com>", "First report"],
    ]
    assert {row[0] for row in rows} <= set(ids(mailbox))
    assert (ran.code, ran.err) == (0, "")


def test_search_as_json_is_an_object_a_line(cli: Cli, mailbox: Sandbox) -> None:
    lines = [json.loads(line) for line in cli("search", "--json").out.splitlines()]
    assert [line["subject"] for line in lines] == ["Lunch", "Second report", "First report"]
    assert lines[0]["from"] == {"email": "ann@example.com", "name": "Ann Lee"}
    assert lines[0]["to"] == [{"email": ME, "name": ""}]
    assert set(lines[0]) == {
        *("id", "thread_id", "date", "from", "to", "cc"),
        *("subject", "message_id", "size", "snippet"),
    }


def test_search_for_ids_reads_no_message(cli: Cli, mailbox: Sandbox) -> None:
    assert sorted(cli("search", "--ids").out.split()) == sorted(ids(mailbox))
    assert json.loads(cli("search", "Lunch", "--ids", "--json").out)["id"] in ids(mailbox)
    assert all(path.endswith("/messages") for _, path in mailbox.requests if "messages" in path)


def test_search_says_when_it_was_cut(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("search", "--limit", "2")
    assert len(ran.out.splitlines()) == 2
    assert ran.err == "2 shown, there are more (--limit).\n"
    assert cli("search", "--limit", "3").err == ""
    assert cli("search", "--limit", "2", "-q").err == ""


def test_search_that_finds_nothing_says_so_and_is_no_failure(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("search", "subject:nowhere")
    assert (ran.code, ran.out, ran.err) == (0, "", "No message matches.\n")


def test_mail_cannot_break_the_lines_of_a_pipe(cli: Cli, mailbox: Sandbox) -> None:
    mailbox.mail.put(ME, letter("=?utf-8?q?owned=1B]0;=07_tab=09x?="))
    line = cli("search", "owned").out
    assert line.count("\t") == 3
    assert not any(ord(c) < 32 and c not in "\t\n" for c in line)


def test_show_prints_headers_text_and_attachments(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_bytes(b"x" * 1500)
    cli("send", ME, "-s", "Notes", "--body", "Grüße\n", "-a", str(tmp_path / "notes.txt"))
    (id,) = cli("search", "in:inbox subject:Notes", "--ids").out.split()
    out = cli("show", id).out
    assert "To: me@example.com\n" in out
    assert "Subject: Notes\n\nGrüße\n\nAttachments:\n  notes.txt  " in out
    assert out.endswith("  1.5 kB\n")


def test_show_as_json_is_one_document(cli: Cli, mailbox: Sandbox) -> None:
    (id,) = cli("search", "Lunch", "--ids").out.split()
    mail = json.loads(cli("show", id, "--json").out)
    assert (mail["id"], mail["subject"], mail["text"].strip()) == (id, "Lunch", "Hello")
    assert {"name": "Subject", "value": "Lunch"} in mail["headers"]


def test_show_raw_is_byte_exact(program: Callable[..., Any], mailbox: Sandbox) -> None:
    import subprocess

    odd = b"Subject: odd\r\nX: \xff\r\n\r\nbare\nline, NUL \x00, no end"
    id = mailbox.mail.put(ME, odd)
    argv = [sys.executable, "-m", "gmailkit", "show", id, "--raw"]
    assert subprocess.run(argv, capture_output=True, check=True).stdout == odd


def test_show_makes_text_of_html(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"")
    cli("send", ME, "-s", "Page", "--html", "<p>Hello <b>there</b></p><script>no()</script>")
    (id,) = cli("search", "in:inbox subject:Page", "--ids").out.split()
    out = cli("show", id).out
    assert "Hello there" in out
    assert "no()" not in out


HTML = (
    "<p>New</p><img src='https://t.example.com/o.gif' width=1 height=1>"
    "<p>On 3 Nov 2025 Bob wrote:</p><blockquote>old<br>older</blockquote>"
)


def html_letter(body: str) -> bytes:
    head = f"From: Ann <ann@example.com>\r\nTo: {ME}\r\nSubject: Page\r\n"
    return f"{head}Content-Type: text/html\r\n\r\n{body}\r\n".encode()


def test_show_folds_quotes_and_names_who_counts_readers(cli: Cli, mailbox: Sandbox) -> None:
    id = mailbox.mail.put(ME, html_letter(HTML))
    text = cli("show", id).out.partition("\n\n")[2]
    assert text.split("\n\n") == [
        *("New", "[4 quoted lines; --all shows them]"),
        "[1 tracking pixel of t.example.com left out]\n",
    ]
    assert "> old\n> older\n" in cli("show", id, "--all").out
    assert not [path for _, path in mailbox.requests if "o.gif" in path]


def test_show_thread_is_the_whole_conversation_oldest_first(cli: Cli, mailbox: Sandbox) -> None:
    first, draft = (
        mailbox.mail.put(ME, letter(name, body=name), thread="plan", labels=[label])
        for name, label in (("Plan", "INBOX"), ("Re: Plan", "DRAFT"))
    )
    for id in (draft, first):
        out = cli("show", id, "--thread").out
        assert out.index(f"---- 1: {first} ----") < out.index(f"---- 2: {draft}, a draft ----")
        assert "Subject: Plan\n\nPlan\n" in out
        lines = cli("show", id, "--thread", "--json").out.splitlines()
        assert [json.loads(line)["id"] for line in lines] == [first, draft]
    (thread,) = cli("search", "Plan", "--threads", "--ids").out.split()
    assert cli("show", thread, "--thread").out == out


def test_show_raw_takes_one_message(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("show", ids(mailbox)[0], "--raw", "--thread")
    assert (ran.code, ran.out) == (2, "")
    assert cli("show", "0" * 16, "--thread").code == 6


def test_show_lets_no_escape_through(cli: Cli, mailbox: Sandbox) -> None:
    id = mailbox.mail.put(ME, letter("x", body="red \x1b[31m \x9b2J and\ttab"))
    out = cli("show", id).out
    assert "red \\x1b[31m \\x9b2J and\ttab" in out


def test_send_delivers_and_says_to_whom(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli(
        *("send", "ann@example.com", "--to", "bob@example.com", "--cc", "carla@example.com"),
        *("-s", "Hi", "--body", "See you"),
    )
    assert ran.code == 0
    assert ran.out.startswith("Sent to ann@example.com, bob@example.com, carla@example.com (id ")
    for address in ("ann@example.com", "bob@example.com", "carla@example.com"):
        (raw,) = sent_to(mailbox, address)
        assert b"Subject: Hi" in raw
        assert b"See you" in raw


def test_send_takes_addresses_separated_by_commas(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli(
        *("send", 'ann@example.com, "Lee, Bob" <bob@example.com>', "--cc", "carla@example.com,"),
        *("--body", "x", "--json"),
    )
    assert json.loads(ran.out)["to"] == [
        {"email": "ann@example.com", "name": ""},
        {"email": "bob@example.com", "name": "Lee, Bob"},
        {"email": "carla@example.com", "name": ""},
    ]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("ann@example.com,bob@", "bob@"),
        ("Lee, Ann <ann@example.com>", "reads as 2 addresses"),
        ("ann@example.com,b@example.com\r\nBcc: eve@example.com", "control character"),
        ('ann@example.com,"b@example.com', ""),
    ],
)
def test_each_address_of_a_list_is_checked(cli: Cli, mailbox: Sandbox, to: str, said: str) -> None:
    ran = cli("send", to, "--body", "x")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert writes(mailbox) == []


@pytest.mark.parametrize(
    "to", [["me"], ["ann@example.com, me"], ["ann@example.com", "--bcc", "me"]]
)
def test_send_to_me(cli: Cli, mailbox: Sandbox, to: list[str]) -> None:
    ran = cli("send", *to, "-s", "Nightly log", "--body", "x", "--json")
    assert ran.code == 0
    assert ME in [each["email"] for each in json.loads(ran.out)["to"]]
    assert b"Subject: Nightly log" in sent_to(mailbox, ME)[0]


def test_a_dry_run_says_who_me_is(cli: Cli, mailbox: Sandbox) -> None:
    assert f"To: {ME}\r\n" in cli("send", "me", "-s", "x", "--body", "y", "--dry-run").out


def test_send_as_json(cli: Cli, mailbox: Sandbox) -> None:
    facts = json.loads(cli("send", "ann@example.com", "--body", "x", "--json").out)
    assert set(facts) == {
        *("id", "thread_id", "size", "to", "key", "way", "again", "warnings"),
    }
    assert facts["to"] == [{"email": "ann@example.com", "name": ""}]
    assert facts["id"] in ids(mailbox)


@pytest.mark.parametrize("option", [[], ["--body", "-"], ["--body-file", "-"]], ids=str)
def test_send_reads_the_body_from_a_pipe(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    type_in(monkeypatch, "Grüße aus der Röhre\n".encode())
    assert cli("send", "ann@example.com", "-s", "Pipe", *option).code == 0
    (id,) = cli("search", "in:sent subject:Pipe", "--ids").out.split()
    assert json.loads(cli("show", id, "--json").out)["text"].strip() == "Grüße aus der Röhre"


def test_send_takes_body_and_html_from_files(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes("\ufeffplain".encode())
    (tmp_path / "page.html").write_text("<p>rich</p>")
    files = ["--body-file", str(tmp_path / "body"), "--html", str(tmp_path / "page.html")]
    assert cli("send", "ann@example.com", "-s", "Both", *files).code == 0
    (id,) = cli("search", "in:sent subject:Both", "--ids").out.split()
    mail = json.loads(cli("show", id, "--json").out)
    assert (mail["text"].strip(), mail["html"].strip()) == ("plain", "<p>rich</p>")


def test_a_dry_run_of_send_writes_the_exact_message_and_sends_nothing(
    mailbox: Sandbox, program: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("x")
    ran = program(
        [
            *("send", "ann@example.com", "--bcc", "bob@example.com", "-s", "Hi", "-b", "Téxt"),
            *("-a", str(tmp_path / "a.txt"), "--dry-run"),
        ]
    )
    mail = message_from_string(ran.out, policy=policy.default)
    assert (mail["to"], mail["bcc"], mail["subject"]) == (
        "ann@example.com",
        "bob@example.com",
        "Hi",
    )
    text, file = mail.iter_parts()
    assert (text.get_content().strip(), file.get_filename()) == ("Téxt", "a.txt")
    assert "From me@example.com to ann@example.com, bob@example.com: Hi, 1 attachment" in ran.err
    assert "nothing was" in ran.err
    assert writes(mailbox) == []


def test_an_empty_message_needs_a_yes(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"")
    ran = cli("send", "ann@example.com")
    assert (ran.code, ran.out) == (2, "")
    assert "--yes" in ran.err
    assert writes(mailbox) == []
    type_in(monkeypatch, b"")
    assert cli("send", "ann@example.com", "--yes").code == 0


def test_send_works_with_nothing_but_the_scope_to_send(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(mailbox, monkeypatch, ["gmail.send"])
    assert cli("send", "ann@example.com", "-s", "x", "--body", "y").code == 0


def test_nothing_to_save_is_told_from_nothing_that_matches(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    to = ["--to", str(tmp_path / "saved")]
    assert "No message matches." in cli("attachments", "from:biling", *to).err
    ran = cli("attachments", "report", "--type", "pdff", *to)
    assert "2 messages looked at: none has such a file." in ran.err


def test_attachments_are_saved_once(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "bill.pdf").write_bytes(b"%PDF" * 10)
    cli("send", ME, "-s", "Bill", "--body", "x", "-a", str(tmp_path / "bill.pdf"))
    query = ["attachments", "in:inbox subject:Bill", "--to", str(tmp_path / "saved")]
    first = cli(*query)
    assert first.out == f"{tmp_path / 'saved' / 'bill.pdf'}\n"
    assert first.err == f"1 file saved to {tmp_path / 'saved'} (40 bytes).\n"
    second = cli(*query)
    assert (second.out, second.code) == ("", 0)
    assert "0 files saved" in second.err
    assert "1 already there" in second.err
    facts = json.loads(cli(*query, "--json").out)
    assert (facts["filename"], facts["new"], facts["size"]) == ("bill.pdf", False, 40)
