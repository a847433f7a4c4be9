"""`gmailkit send`: every option, what is said before, and what stops it."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import stat
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gmailkit.cli.preview_page import OTHER_TEXT
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.sandbox import Sandbox
from mailroom import ME
from terminal import Terminal

Cli = Callable[..., Any]
Open = Callable[..., Terminal]
ANN = "ann@example.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def arrived(mailbox: Sandbox, address: str = ANN) -> EmailMessage:
    raw = mailbox.mail.raw(address, mailbox.mail.ids(address)[0])
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


def nothing_left(mailbox: Sandbox) -> bool:
    return not [path for method, path in mailbox.requests if method != "GET"]


def test_every_option_of_the_words_arrives(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    mailbox.mail.add_alias(ME, "shop@example.net")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("1,2\n")
    ran = cli(
        *("send", ANN, "--cc", "bob@example.com", "--reply-to", "carla@example.com"),
        *("-f", "Shop <shop@example.net>", "-s", "Bericht für März", "-b", "Hallo"),
        *("-a", str(tmp_path / "*.csv"), "-H", "X-Job: 7", "-H", "X-Zone: a:b"),
        *("--importance", "high", "--unsubscribe", "https://example.com/off"),
    )
    assert ran.code == 0, ran.err
    mail = arrived(mailbox)
    assert mail["from"].addresses[0].addr_spec == "shop@example.net"
    assert (mail["cc"], mail["reply-to"]) == ("bob@example.com", "carla@example.com")
    assert (mail["x-job"], mail["x-zone"], mail["importance"]) == ("7", "a:b", "high")
    assert mail["list-unsubscribe"] == "<https://example.com/off>"
    assert [each.get_filename() for each in mail.iter_attachments()] == ["a.csv", "b.csv"]


def test_what_will_happen_is_said_before_on_standard_error(cli: Cli, mailbox: Sandbox) -> None:
    people = [f"p{n}@example.com" for n in range(5)]
    ran = cli("send", *people, "-s", "Hi", "-b", "x")
    assert ran.err.startswith(
        f"From {ME} to p0@example.com, p1@example.com, p2@example.com and 2 more: Hi, "
    )
    assert ran.out.startswith("Sent to p0@example.com")
    assert cli("send", ANN, "-s", "Hi", "-b", "x", "-q").err == ""


def test_markdown_with_a_picture_beside_the_file(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    pytest.importorskip("markdown_it")
    (tmp_path / "chart.png").write_bytes(PNG)
    (tmp_path / "report.md").write_text("**Up**\n\n![chart](chart.png)\n")
    ran = cli("send", ANN, "-s", "Report", "-m", "--body-file", str(tmp_path / "report.md"))
    assert ran.code == 0, ran.err
    kinds = [part.get_content_type() for part in arrived(mailbox).walk()]
    assert kinds == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png")
    ]


def test_html_with_a_picture_beside_the_file(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "chart.png").write_bytes(PNG)
    (tmp_path / "page.html").write_text('<img src="chart.png">')
    ran = cli("send", ANN, "-s", "Page", "-b", "x", "--html", str(tmp_path / "page.html"))
    assert ran.code == 0, ran.err
    assert "image/png" in [part.get_content_type() for part in arrived(mailbox).walk()]


def test_standard_input_may_be_attached(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"%PDF-1.7 and so on")
    assert cli("send", ANN, "-s", "Scan", "-a", "-").code == 0
    (file,) = arrived(mailbox).iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("attachment.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1.7 and so on"


# Finished messages

FINISHED = b"To: ann@example.com\nSubject: Done\nX-Own: kept\n\nline\n"


@pytest.mark.parametrize("where", ["file", "stdin"])
def test_a_finished_message(
    cli: Cli, mailbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "done.eml").write_bytes(FINISHED)
    type_in(monkeypatch, FINISHED)
    ran = cli("send", "--raw", "-" if where == "stdin" else str(tmp_path / "done.eml"))
    assert ran.code == 0, ran.err
    assert arrived(mailbox)["x-own"] == "kept"
    exact = cli("send", "--raw", str(tmp_path / "done.eml"), "--dry-run").out
    assert exact.encode() == FINISHED.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("option", [["bob@example.com"], ["-s", "x"], ["-m"], ["-a", "x"]])
def test_a_finished_message_takes_no_words(cli: Cli, mailbox: Sandbox, option: list[str]) -> None:
    ran = cli("send", "--raw", "done.eml", *option)
    assert (ran.code, ran.out) == (2, "")
    assert "takes no words beside it" in ran.err
    assert nothing_left(mailbox)


# Once, and by which way


def test_the_same_key_sends_once(cli: Cli, mailbox: Sandbox) -> None:
    line = ["send", ANN, "-s", "Invoice", "-b", "x", "--key", "invoice-7", "--json"]
    first, second = (json.loads(cli(*line).out) for _ in range(2))
    assert (first["again"], second["again"]) == (False, True)
    assert first["id"] == second["id"]
    assert first["key"] == second["key"] == "invoice-7"
    assert len(mailbox.mail.ids(ANN)) == 1


def test_fast_is_one_call(cli: Cli, mailbox: Sandbox) -> None:
    facts = json.loads(cli("send", ANN, "-s", "x", "-b", "y", "--fast", "--json").out)
    assert facts["way"] == "fast"
    posts = [path for method, path in mailbox.requests if method == "POST"]
    assert len(posts) == 1
    assert "messages/send" in posts[0]


@pytest.mark.parametrize(
    "option",
    [
        ["--via", "pigeon"],
        ["--via", "smtp", "--fast"],
        ["--importance", "urgent"],
        ["-H", "no colon"],
        ["-H", "Subject: twice"],
        ["-H", "X-A: a\nBcc: eve@example.org"],
        ["--unsubscribe", "http://example.com"],
        ["--reply-to", "nobody"],
        ["-f", "eve@example.org"],
        ["-a", "-", "-a", "-"],
        ["-a", "nowhere/*.pdf"],
        ["-a", "-", "--html", "-"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense(cli: Cli, mailbox: Sandbox, option: list[str]) -> None:
    ran = cli("send", ANN, "-s", "x", "-b", "y", *option)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("gmailkit: ")
    assert nothing_left(mailbox)


# Warnings


def test_a_warning_is_said_in_a_script_and_the_message_leaves(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("send", ANN, "-s", "Report", "-b", "The report is attached.")
    assert ran.code == 0
    assert "Note: The text says 'attached', but nothing is attached.\n" in ran.err
    assert len(mailbox.mail.ids(ANN)) == 1


@pytest.mark.parametrize("option", [["--strict"], ["--strict", "--yes"]])
def test_strict_sends_nothing_then(cli: Cli, mailbox: Sandbox, option: list[str]) -> None:
    ran = cli("send", ANN, "-s", "Report", "-b", "The report is attached.", *option)
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing was sent. The text says 'attached'" in ran.err
    assert nothing_left(mailbox)
    assert cli("send", ANN, "-s", "Report", "-b", "fine", "--strict").code == 0


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 1), ("n", 1, 0)])
def test_a_terminal_asks_before_a_message_with_a_warning(
    terminal: Open, mailbox: Sandbox, answer: str, code: int, left: int
) -> None:
    screen = terminal("send", ANN, "-s", "Report", "-b", "See the attached report.")
    screen.wait_for("Send anyway? [y/N] ")
    assert "From me@example.com to ann@example.com: Report, " in screen.screen
    assert "Note: The text says 'attached'" in screen.screen
    screen.type(f"{answer}\n")
    assert screen.close() == code
    assert len(mailbox.mail.ids(ANN)) == left


def test_a_message_without_a_warning_is_not_asked_about(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", ANN, "-s", "Hi", "-b", "x")
    assert screen.close() == 0
    assert "[y/N]" not in screen.screen


# Preview


def test_a_preview_shows_all_and_sends_nothing_where_nobody_can_answer(
    cli: Cli, mailbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("x")
    line = [
        *("send", ANN, "--bcc", "bob@example.com", "-s", "Hi", "-b", "Text", "-H", "X-Job: 7"),
        *("-a", str(tmp_path / "a.txt"), "--preview"),
    ]
    ran = cli(*line)
    assert ran.code == 0
    assert ran.out == (
        f"From: {ME}\nTo: {ANN}\nBcc: bob@example.com\nSubject: Hi\nX-Job: 7\n\nText\n"
        "Attached: a.txt  1 byte\n"
    )
    assert "nothing was sent" in ran.err
    assert nothing_left(mailbox)
    facts = json.loads(cli(*line, "--json").out)
    assert (facts["done"], facts["subject"], facts["warnings"]) == (False, "Hi", [])
    assert cli(*line, "--yes").code == 0
    assert len(mailbox.mail.ids(ANN)) == 1


def test_a_preview_on_a_terminal_asks(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", ANN, "-s", "Hi", "-b", "Text of it", "-p")
    screen.wait_for("Send it? [y/N] ")
    assert "Text of it" in screen.screen
    screen.type("y\n")
    assert screen.close() == 0
    assert len(mailbox.mail.ids(ANN)) == 1


def test_nothing_in_a_preview_steers_the_terminal(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("send", ANN, "-s", "a\u202eb", "-b", "x\x1b[2J\x9b", "-p")
    assert "\x1b" not in ran.out
    assert "\\x1b[2J\\x9b" in ran.out
    assert "a\\u202eb" in ran.out


def test_the_page_in_the_browser_is_private_and_loads_nothing(
    cli: Cli, mailbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "chart.png").write_bytes(PNG)
    (tmp_path / "page.html").write_text(
        '<img src="chart.png"><img src="https://beacon.invalid/x.png"><script>alert(1)</script>'
    )
    ran = cli(
        *("send", ANN, "-s", "<b>Hi</b>", "-b", "attached", "--open"),
        *("--html", str(tmp_path / "page.html")),
    )
    assert ran.code == 0, ran.err
    assert nothing_left(mailbox)
    path = Path(urlsplit(opened[0]).path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = path.read_text()
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert '<iframe sandbox="" srcdoc="' in page
    assert "<b>Hi</b>" not in page
    assert "<script" not in page
    assert "data:image/png;base64,iVBOR" in page
    assert str(path) in ran.err
    assert f"<p>{OTHER_TEXT}</p>\n<pre>attached</pre>" in page


def test_where_there_is_no_browser_the_page_is_named(
    cli: Cli, mailbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = cli("send", ANN, "-s", "x", "-b", "y", "-o")
    assert ran.code == 0
    assert "no browser" in ran.err
    assert str(tmp_path) in ran.err


# Templates


def test_a_template_with_values(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    path = tmp_path / "welcome.md"
    path.write_text("---\nsubject: Welcome, {{ name }}\n---\nDear **{{ name }}**,\n")
    ran = cli("send", ANN, "-t", str(path), "--set", "name=Ann = Lee")
    assert ran.code == 0, ran.err
    mail = arrived(mailbox)
    assert mail["subject"] == "Welcome, Ann = Lee"
    assert mail.get_body(("plain",)).get_content().strip() == "Dear *Ann = Lee*,"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "option",
    [["--set", "name"], ["--set", "=x"], [], ["--set", "name=x", "-b", "twice"]],
    ids=" ".join,
)
def test_a_template_that_is_not_right(
    cli: Cli, mailbox: Sandbox, tmp_path: Path, option: list[str]
) -> None:
    pytest.importorskip("jinja2")
    (tmp_path / "t.md").write_text("Dear {{ name }}\n")
    ran = cli("send", ANN, "-t", str(tmp_path / "t.md"), *option)
    assert (ran.code, ran.out) == (2, "")
    assert nothing_left(mailbox)


def test_values_without_a_template_are_refused(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("send", ANN, "-b", "x", "--set", "name=x").code == 2


# Asked for on a terminal


def test_words_after_the_recipients_are_refused_before_anything_is_asked(
    terminal: Open, mailbox: Sandbox
) -> None:
    screen = terminal("send", ANN, "hello", "there")
    assert screen.close() == 2
    assert "the text goes after --body, the subject after -s" in screen.screen.replace("\n", " ")
    assert "Subject:" not in screen.screen


def test_a_wrong_recipient_is_asked_for_three_times_at_most(
    terminal: Open, mailbox: Sandbox
) -> None:
    screen = terminal("send", "-s", "Hi", "--body", "x")
    for _ in range(3):
        screen.wait_for("To: ")
        screen.screen = ""
        screen.type("ann\n")
    assert screen.close() == 2
    assert "gmailkit: 'ann' is no e-mail address." in screen.screen
    assert nothing_left(mailbox)


def test_no_recipient_at_all_ends_with_the_sentence(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", "-s", "Hi", "--body", "x")
    screen.wait_for("To: ")
    screen.type("\n")
    assert screen.close() == 2
    assert "The message has no recipient." in screen.screen


def test_what_is_piped_beside_a_text_is_said_not_to_be_read(program: Cli, mailbox: Sandbox) -> None:
    said = "The text was given: what comes on standard input is not read.\n"
    words = ["send", ANN, "-s", "Build"]
    ran = program([*words, "--body", "It ran."], stdin="a log")
    assert ran.code == 0
    assert said in ran.err
    assert said not in program([*words, "--body", "It ran."]).err
    assert said not in program([*words, "--body", "-"], stdin="a log").err


def test_a_pipe_that_nobody_writes_to_holds_up_nothing(own_home: Path, mailbox: Sandbox) -> None:
    reader, writer = os.pipe()
    try:
        line = [sys.executable, "-m", "gmailkit", "send", ANN, "-s", "x", "--body", "y"]
        ran = subprocess.run(line, stdin=reader, capture_output=True, timeout=60, check=False)
    finally:
        os.close(reader)
        os.close(writer)
    assert ran.returncode == 0


# Invitations


def test_an_invitation(cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("icalendar")
    type_in(monkeypatch, b"")
    ran = cli(
        *("send", ANN, "-s", "Lunch", "--invite", "tomorrow 12:30 Europe/Berlin"),
        *("--duration", "90m", "--place", "Cafe Nord"),
    )
    assert ran.code == 0, ran.err
    assert re.search(
        r"Lunch, an invitation for \w{3} [\d-]{10} 12:30 to 14:00 \(Europe/Berlin\), ", ran.err
    )
    kinds = [part.get_content_type() for part in arrived(mailbox).walk()]
    assert "text/calendar" in kinds
    assert (
        "12:30 to 14:00 (Europe/Berlin)\r\nCafe Nord" in arrived(mailbox).get_body().get_content()
    )  # type: ignore[union-attr]


def test_a_preview_shows_how_the_time_of_an_event_was_read(cli: Cli, mailbox: Sandbox) -> None:
    pytest.importorskip("icalendar")
    words = ("send", ANN, "-s", "Lunch", "-b", "Hungry?", "--place", "Cafe Nord", "--preview")
    day = datetime.now(UTC) + timedelta(days=300)
    ran = cli(*words, "-i", f"{day:%Y-%m-%d} 12:30 Europe/Berlin", "--duration", "90m")
    when = f"{day:%a %Y-%m-%d} 12:30 to 14:00 (Europe/Berlin)"
    assert f"\nWhen: {when}\nWhere: Cafe Nord\n" in ran.out
    ran = cli(*words, "-i", "2099-12-24", "--until", "2099-12-25", "--json")
    event = json.loads(ran.out)["event"]
    assert (event["start"], event["end"]) == ("2099-12-24", "2099-12-25")
    assert event["when"] == "Thu 2099-12-24 to Fri 2099-12-25"
    assert nothing_left(mailbox)


@pytest.mark.parametrize("later", [[], ["--at", "tomorrow 9:00"]], ids=["now", "later"])
def test_the_uid_of_an_event_is_told_to_whoever_sends_it(
    cli: Cli, mailbox: Sandbox, later: list[str]
) -> None:
    pytest.importorskip("icalendar")
    words = ("send", ANN, "-s", "Lunch", "-b", "x", "-i", "tomorrow 12:30", *later)
    ran = cli(*words, "--key", "lunch", "--json")
    uid = json.loads(ran.out)["event"]["uid"]
    with Gmail() as gmail:
        kept = [gmail.open_draft(each.id).raw for each in gmail.list_drafts()]
    raw = kept[0] if later else mailbox.mail.raw(ANN, mailbox.mail.ids(ANN)[0])
    (calendar,) = [each for each in parse(raw).attachments if each.filename == "invite.ics"]
    assert f"UID:{uid}\r\n".encode() in calendar.content.replace(b"\r\n ", b"")
    again = cli(*words, "--key", "lunch")
    assert "The event is" not in again.err  # its uid is not that of the one that left
    assert "event" not in json.loads(cli(*words, "--key", "lunch", "--json").out)
    assert "The event is " in cli(*words).err


def test_an_event_is_found_again_and_called_off_by_the_line_that_was_told(
    cli: Cli, mailbox: Sandbox
) -> None:
    pytest.importorskip("icalendar")
    day = f"{datetime.now(UTC) + timedelta(days=300):%Y-%m-%d}"
    words = ("send", ANN, "-s", "Big lunch", "-b", "x", "-i", f"{day} 12:30 Europe/Berlin")
    ran = cli(*words)
    line = ran.err.splitlines()[-1].strip()
    (sent,) = cli("search", "in:sent", "--ids").out.split()
    shown = json.loads(cli("show", sent, "--json").out)["event"]
    assert (shown["start"][:16], shown["cancelled"]) == (f"{day}T12:30", False)
    text = cli("show", sent).out
    assert f" {day} 12:30 to 13:30 (Europe/Berlin)\n" in text
    assert f"Event: {shown['uid']}\n" in text
    assert f"--uid {shown['uid']} --call-off" in line
    ran = cli(*shlex.split(line)[1:], "-b", "It rains.")
    assert ran.code == 0, ran.err
    newest = cli("search", "in:sent", "--ids").out.split()[0]
    off = json.loads(cli("show", newest, "--json").out)["event"]
    assert (off["uid"], off["start"], off["cancelled"]) == (shown["uid"], shown["start"], True)
    assert off["sequence"] > shown["sequence"]
    assert "called off" in cli("show", newest).out


def test_an_event_is_changed_by_its_uid(cli: Cli, mailbox: Sandbox) -> None:
    pytest.importorskip("icalendar")
    words = ("send", ANN, "-s", "Lunch", "-b", "x", "-i", "tomorrow 12:30")
    assert cli(*words, "--uid", "lunch@example.com").code == 0
    (sent,) = cli("search", "in:sent", "--ids").out.split()
    event = json.loads(cli("show", sent, "--json").out)["event"]
    assert (event["uid"], event["cancelled"]) == ("lunch@example.com", False)
    assert event["sequence"] > 0
    ran = cli(*words, "--call-off")
    assert ran.code == 2
    assert "--call-off needs the --uid of the event." in ran.err


def test_an_invitation_needs_no_text_on_a_terminal(terminal: Open, mailbox: Sandbox) -> None:
    pytest.importorskip("icalendar")
    screen = terminal("send", ANN, "-s", "Offsite", "-i", "2099-12-24", "--until", "2099-12-25")
    assert screen.close() == 0, screen.screen
    assert len(mailbox.mail.ids(ANN)) == 1


@pytest.mark.parametrize(
    "option",
    [
        ["--place", "x"],
        ["--duration", "1h"],
        ["--until", "tomorrow"],
        ["-i", "yesterday"],
        ["-i", "2099-02-30"],
        ["-i", "tomorrow 9:00", "--duration", "long"],
        ["-i", "tomorrow 9:00", "--duration", "1h", "--until", "tomorrow 10:00"],
        ["-i", "tomorrow 9:00", "--until", "tomorrow 8:00"],
    ],
    ids=" ".join,
)
def test_an_event_that_makes_no_sense(cli: Cli, mailbox: Sandbox, option: list[str]) -> None:
    pytest.importorskip("icalendar")
    ran = cli("send", ANN, "-s", "x", "-b", "y", *option)
    assert (ran.code, ran.out) == (2, "")
    assert nothing_left(mailbox)
