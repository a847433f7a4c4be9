"""What differs on a terminal: rows and their numbers, prompts, progress, signals (habits 9, 11, 15,
26, 32; recipe R13)."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from mailroom import ME, letter
from terminal import Terminal

Open = Callable[..., Terminal]


def writes(mailbox: Sandbox) -> list[str]:
    return [path for method, path in mailbox.requests if method != "GET"]


# Rows


def test_search_shows_numbered_rows(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("search", "report", TZ="UTC")
    assert screen.close() == 0
    assert screen.screen == (
        "  1  2026-11-20  Ann Lee                   Second report\n"
        "  2  2026-11-20  Ann Lee                   First report\n"
    )


def test_search_shows_to_whom_own_mail_goes(terminal: Open, mailbox: Sandbox) -> None:
    date = datetime(2026, 11, 21, tzinfo=UTC)
    for label, to in (("SENT", "Ann Lee <ann@example.com>"), ("DRAFT", ""), ("SENT", ME)):
        raw = letter(f"Plan for {to or 'nobody'}", sender=f"Me <{ME.upper()}>")
        raw = raw.replace(f"To: {ME}".encode(), f"To: {to}".encode())
        mailbox.mail.put(ME, raw, labels=[label], date=date)
    screen = terminal("search", "Plan", TZ="UTC")
    assert screen.close() == 0
    who = sorted(line[17:41].strip() for line in screen.screen.splitlines())
    assert who == ["To: (nobody yet)", "To: Ann Lee", f"To: {ME}"]


def test_search_stops_at_25_and_says_of_how_many(terminal: Open, mailbox: Sandbox) -> None:
    for number in range(30):
        mailbox.mail.put(ME, letter(f"Many {number}"))
    screen = terminal("search", "Many")
    assert screen.close() == 0
    assert len(screen.screen.splitlines()) == 26
    assert screen.screen.endswith("25 of 30 shown (--limit).\n")


def test_mail_of_the_last_hour_that_there_is_can_be_listed_and_read(
    terminal: Open, mailbox: Sandbox
) -> None:
    """Whoever sends it writes its date; the clocks of Auckland show another year then."""
    raw = letter("Old").replace(b"Tue, 24 Nov 2026 10:00", b"Fri, 31 Dec 9999 23:59")
    mailbox.mail.put(ME, raw, date=datetime.max.replace(tzinfo=UTC))
    script = "$GMAILKIT search Old; $GMAILKIT show 1; $GMAILKIT star 1 --yes"
    screen = terminal(script=script, TZ="Pacific/Auckland")
    assert screen.close() == 0
    assert "9999-12-31" in screen.screen
    assert "Date: Fri, 31 Dec 9999 23:59 +0000" in screen.screen
    assert "starred" in screen.screen


def test_a_list_is_whole_where_nothing_is_left_to_count_with(
    terminal: Open, mailbox: Sandbox
) -> None:
    for number in range(3):
        mailbox.mail.put(ME, letter(f"Many {number}"))
    screen = terminal("search", "Many", "--limit", "1", "--budget", "27")
    assert screen.close() == 0
    assert screen.screen.endswith("1 shown, there are more (--limit).\n")


def test_rows_of_conversations_say_who_wrote_and_how_much(terminal: Open, mailbox: Sandbox) -> None:
    date = datetime(2026, 11, 21, tzinfo=UTC)
    for sender in ("Bob Brown <bob@example.com>", f"Max <{ME}>"):
        mailbox.mail.put(ME, letter("Plan", sender=sender), thread="plan", date=date)
    screen = terminal("search", "Plan", "--threads", TZ="UTC")
    assert screen.close() == 0
    assert screen.screen == "  1  2026-11-21  Bob, me (2)               Plan\n"


@pytest.mark.parametrize("columns", [40, 80])
def test_rows_are_aligned_and_cut_by_cells(terminal: Open, mailbox: Sandbox, columns: int) -> None:
    from gmailkit.cli.screen import width

    mailbox.mail.put(ME, letter("東京" * 40, sender="東京タワー <t@example.com>"))
    mailbox.mail.put(ME, letter("=?utf-8?q?evil=1B]0;owned=07?="))
    screen = terminal("search", columns=columns)
    assert screen.close() == 0
    rows = screen.screen.splitlines()
    room = max(columns, 53)
    assert max(map(width, rows)) <= room
    assert "\x1b" not in screen.screen
    assert "東京タワー" + " " * 14 + "  東京" in screen.screen


def test_colour_comes_with_a_terminal_unless_refused(terminal: Open, mailbox: Sandbox) -> None:
    plain = terminal("search", "Lunch")
    painted = terminal("search", "Lunch", NO_COLOR="")
    assert plain.close() == painted.close() == 0
    assert "\x1b[" not in plain.screen
    assert "\x1b[2m" in painted.screen


def test_the_next_command_of_the_terminal_takes_row_numbers(
    terminal: Open, mailbox: Sandbox
) -> None:
    screen = terminal(script="$GMAILKIT search report; $GMAILKIT show 2")
    assert screen.close() == 0
    assert "Subject: First report" in screen.screen


def test_the_row_of_a_conversation_is_shown_whole(terminal: Open, mailbox: Sandbox) -> None:
    for name in ("Plan", "Re: Plan"):
        mailbox.mail.put(ME, letter(name), thread="plan")
    screen = terminal(script="$GMAILKIT search Plan --threads; $GMAILKIT show 1")
    assert screen.close() == 0
    assert "Subject: Re: Plan" in screen.screen
    screen = terminal(script="$GMAILKIT search Plan; $GMAILKIT show 1 --thread")
    assert screen.close() == 0
    assert "---- 2: " in screen.screen


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("trash 1 --yes", "3 messages in 1 conversation of me@example.com: moved to Trash."),
        ("star --id 1 --yes", "3 messages in 1 conversation of me@example.com: starred."),
        ("archive 1-2 -n", "4 messages in 2 conversations of me@example.com: archive"),
        ("reply 1 Fine. -n", "In-Reply-To: <plan-1@example.com>"),
        ("forward 1 eve@example.com --body See. -n", "Subject: Fwd: Plan"),
    ],
)
def test_what_is_done_to_the_row_of_a_conversation_is_done_to_all_of_it(
    terminal: Open, mailbox: Sandbox, after: str, said: str
) -> None:
    """But an answer is to the newest message that somebody else wrote."""
    for number, (who, label) in enumerate((("ann", "INBOX"), ("bob", "INBOX"), ("me", "SENT"))):
        raw = letter("Plan", sender=f"{who}@example.com")
        raw = re.sub(rb"(Message-ID: <)[^@]+", rb"\1plan-%d" % number, raw)
        date = datetime(2026, 11, 21, 12, number, tzinfo=UTC)
        mailbox.mail.put(ME, raw, thread="plan", labels=(label,), date=date)
    screen = terminal(script=f"$GMAILKIT search --threads; $GMAILKIT {after}", columns=120)
    assert screen.close() == 0
    assert said in screen.screen


def test_row_numbers_name_messages_to_label_too(terminal: Open, mailbox: Sandbox) -> None:
    script = "$GMAILKIT search report; $GMAILKIT label --id 1 --add STARRED --yes"
    screen = terminal(script=script)
    assert screen.close() == 0
    starred = [id for id in mailbox.mail.ids(ME) if "STARRED" in mailbox.mail.labels_of(ME, id)]
    assert b"Second report" in mailbox.mail.raw(ME, starred[0])
    assert len(starred) == 1


def test_rows_are_a_query_too(terminal: Open, mailbox: Sandbox) -> None:
    script = "$GMAILKIT search; $GMAILKIT label 1,2-3 --add STARRED --yes"
    screen = terminal(script=script)
    assert screen.close() == 0
    assert "3 messages of me@example.com: added STARRED." in screen.screen
    assert all("STARRED" in mailbox.mail.labels_of(ME, id) for id in mailbox.mail.ids(ME))


def test_attachments_takes_rows(terminal: Open, mailbox: Sandbox, tmp_path: Path) -> None:
    screen = terminal(script=f"$GMAILKIT search; $GMAILKIT attachments 2-3 --to {tmp_path}/a")
    assert screen.close() == 0
    assert "0 files saved" in screen.screen


def test_a_search_that_finds_nothing_leaves_no_rows(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal(script="$GMAILKIT search report; $GMAILKIT search nowhere; $GMAILKIT show 1")
    assert screen.close() == 2
    assert "There is no row 1: the last list has 0" in screen.screen


def test_raw_bytes_cannot_steer_the_terminal(terminal: Open, mailbox: Sandbox) -> None:
    id = mailbox.mail.put(ME, letter("x", body="red \x1b[31m \x9b2J"))
    screen = terminal("show", id, "--raw")
    assert screen.close() == 0
    assert "red \\x1b[31m \\x9b2J\n" in screen.screen
    assert "> FILE" in screen.screen


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("$GMAILKIT show 1", "nothing was listed on this terminal"),
        ("$GMAILKIT search report; $GMAILKIT show 3", "There is no row 3: the last list has 2"),
        ("$GMAILKIT search x | cat; $GMAILKIT show 1", "nothing was listed"),
        ("$GMAILKIT search report; $GMAILKIT drafts show 1", "from a list of messages"),
        ("$GMAILKIT search --threads; $GMAILKIT drafts show 1", "from a list of conversations"),
        ("$GMAILKIT search report; $GMAILKIT drafts; $GMAILKIT show 1", "from a list of drafts"),
        ("$GMAILKIT search --threads; $GMAILKIT show 1 --raw", "Row 1 is a conversation"),
    ],
)
def test_a_row_that_is_none_is_refused(
    terminal: Open, mailbox: Sandbox, script: str, said: str
) -> None:
    screen = terminal(script=script)
    assert screen.close() == 2
    assert said in screen.screen


def test_row_numbers_of_another_account_are_refused(terminal: Open, mailbox: Sandbox) -> None:
    other = mailbox.issue_token("ann@example.com", ["gmail.modify"])
    script = f"$GMAILKIT search report; GMAILKIT_ACCESS_TOKEN={other} $GMAILKIT show 1"
    screen = terminal(script=script)
    assert screen.close() == 2
    assert "from a list of me@example.com, and this is ann@example.com" in screen.screen


def test_row_numbers_of_the_same_address_elsewhere_are_refused(
    terminal: Open, mailbox: Sandbox
) -> None:
    with Sandbox(sample=False) as other:
        token = other.issue_token(ME, ["gmail.modify"])
        there = f"GMAILKIT_ACCESS_TOKEN={token} GMAILKIT_API_ENDPOINT={other.url}"
        screen = terminal(script=f"$GMAILKIT search report; {there} $GMAILKIT show 1", columns=200)
        assert screen.close() == 2
        assert f"from a list of {mailbox.url}, and this is {other.url}" in screen.screen


def test_another_terminal_does_not_know_the_numbers(terminal: Open, mailbox: Sandbox) -> None:
    assert terminal("search", "report").close() == 0
    screen = terminal("show", "1")
    assert screen.close() == 2


# Questions


def test_no_is_the_answer_to_an_empty_line(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("trash", "subject:report")
    screen.wait_for("Do this to 2 messages of me@example.com? [y/N] ")
    assert "Second report" in screen.screen  # what it is about came before
    screen.type("\n")
    assert screen.close() == 1
    assert "Nothing was changed." in screen.screen
    assert writes(mailbox) == []


@pytest.mark.parametrize("answer", ["no", "yess"])
def test_only_yes_is_yes(terminal: Open, mailbox: Sandbox, answer: str) -> None:
    screen = terminal("trash", "subject:report")
    screen.wait_for("[y/N] ")
    screen.type(f"{answer}\n")
    assert screen.close() == 1
    assert writes(mailbox) == []


def test_yes_does_it(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("trash", "subject:report")
    screen.wait_for("[y/N] ")
    screen.type("y\n")
    assert screen.close() == 0
    assert "moved to Trash" in screen.screen


def test_no_input_asks_nothing_on_a_terminal_either(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("trash", "subject:report", "--no-input")
    assert screen.close() == 2
    assert "--yes" in screen.screen


def test_end_of_file_is_no(terminal: Open, program: Callable[..., Any], mailbox: Sandbox) -> None:
    assert program(["labels", "create", "Errands"]).code == 0
    screen = terminal("labels", "delete", "Errands")
    screen.wait_for("[y/N] ")
    screen.type("\x04")
    assert screen.close() == 1


def test_send_asks_as_a_classic_mail_program_does(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send")
    screen.wait_for("From [me@example.com]: ")
    screen.type("\n")
    screen.wait_for("To: ")
    screen.type("Ann <ann@example.com>, bob@example.com\n")
    screen.wait_for("Subject: ")
    screen.type("Grüße\n")
    screen.wait_for("Ctrl-D")
    screen.type("Dear both,\n\nHello.\n\x04")
    assert screen.close() == 0, screen.screen
    assert "Sent to ann@example.com, bob@example.com" in screen.screen
    (id,) = mailbox.mail.ids("bob@example.com")
    raw = mailbox.mail.raw("bob@example.com", id)
    assert b"Dear both,\r\n\r\nHello.\r\n" in raw
    assert b"Subject: =?utf-8?" in raw


def test_a_wrong_answer_is_said_at_its_prompt_and_asked_again(
    terminal: Open, mailbox: Sandbox
) -> None:
    screen = terminal("send")
    screen.wait_for("From [me@example.com]: ")
    screen.type("eve@example.com\n")
    screen.wait_for("eve@example.com is not an address of this account")
    screen.type("Me <ME@example.com>\n")
    screen.wait_for("To: ")
    screen.type("ann@example.com, bob@\n")
    screen.wait_for("'bob@' is no e-mail address")
    screen.type("ann@example.com, bob@example.com\nHi\nText\n\x04")
    assert screen.close() == 0, screen.screen
    assert len(mailbox.mail.ids("bob@example.com")) == 1


def test_all_answers_may_be_typed_ahead(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send")
    screen.type("\nann@example.com\nHi\nText\n\x04")
    assert screen.close() == 0, screen.screen
    (id,) = mailbox.mail.ids("ann@example.com")
    assert b"Text\r\n" in mailbox.mail.raw("ann@example.com", id)


def test_send_asks_only_for_what_is_missing(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", "ann@example.com", "--body", "x")
    screen.wait_for("Subject: ")
    assert "To: " not in screen.screen
    screen.type("Hi\n")
    assert screen.close() == 0


def test_what_is_wrong_is_said_before_the_letter_is_typed(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", "ann@example.com", "-s", "x", "-a", "nowhere.pdf")
    assert screen.close() == 2
    assert "nowhere.pdf" in screen.screen
    assert "Ctrl-D" not in screen.screen


def test_send_with_no_input_on_a_terminal_wants_options(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("send", "ann@example.com", "-s", "x", "--no-input")
    assert screen.close() == 2
    assert "--body" in screen.screen


# Progress


def test_backup_shows_progress_on_a_terminal_only(
    terminal: Open, program: Callable[..., Any], mailbox: Sandbox, tmp_path: Path
) -> None:
    screen = terminal("backup", str(tmp_path / "a"))
    assert screen.close() == 0
    assert "\r1 of 3 messages, " in screen.screen
    assert "\r" not in program(["backup", str(tmp_path / "b")]).err
    quiet = terminal("backup", str(tmp_path / "c"), "-q")
    assert quiet.close() == 0
    assert "%" not in quiet.screen


# Signals


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> Iterator[socket.socket]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", "ya29.never-answered")
        monkeypatch.setenv("GMAILKIT_API_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield server


def answered(server: socket.socket) -> socket.socket:
    """Wait for a request; the connection stays open and silent."""
    server.settimeout(20)
    connection, _ = server.accept()
    connection.settimeout(20)
    connection.recv(1)
    return connection


def test_ctrl_c_stops_although_no_answer_comes(
    terminal: Open, silent_server: socket.socket
) -> None:
    screen = terminal("search", "x")
    with answered(silent_server):
        screen.type("\x03")
        assert screen.close() == 130
    assert "stopped; run the same command to go on" in screen.screen
    assert "Traceback" not in screen.screen


def test_ctrl_c_of_a_backup_says_how_much_is_saved(
    terminal: Open, mailbox: Sandbox, tmp_path: Path
) -> None:
    folder = str(tmp_path / "mail.backup")
    assert terminal("backup", folder).close() == 0
    asked = len(mailbox.requests)
    mailbox.meter.latency = 2
    screen = terminal("backup", folder, columns=200)
    while len(mailbox.requests) == asked:
        time.sleep(0.01)
    screen.type("\x03")
    assert screen.close() == 130
    assert f"stopped; {folder} holds 3 messages; run the same command to go on" in screen.screen


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_run_with_its_code(
    terminal: Open, silent_server: socket.socket, number: int, code: int
) -> None:
    screen = terminal("search", "x")
    with answered(silent_server):
        os.kill(screen.pid, number)
        assert screen.close(10) == code
    assert "Traceback" not in screen.screen


def test_a_closed_window_ends_the_run(terminal: Open, silent_server: socket.socket) -> None:
    screen = terminal("search", "x")
    with answered(silent_server):
        assert screen.hang_up() == 129


def test_ctrl_c_at_a_question_changes_nothing(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal("trash", "subject:report")
    screen.wait_for("[y/N] ")
    screen.type("\x03")
    assert screen.close() == 130
    assert "gmailkit: stopped; nothing was changed" in screen.screen
    assert writes(mailbox) == []


@pytest.mark.parametrize("prompt", ["From [", "To: ", "Subject: ", "Ctrl-D"])
def test_ctrl_c_while_a_letter_is_written_sends_nothing(
    terminal: Open, mailbox: Sandbox, prompt: str
) -> None:
    screen = terminal("send")
    for word, answer in (("From [", ""), ("To: ", "ann@example.com"), ("Subject: ", "Hi")):
        screen.wait_for(word)
        if word == prompt:
            break
        screen.type(f"{answer}\n")
    screen.wait_for(prompt)
    screen.type("\x03")
    assert screen.close() == 130
    assert "gmailkit: stopped; nothing was sent" in screen.screen
    assert writes(mailbox) == []


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["text", "json"])
def test_ctrl_c_while_it_is_sent_says_to_look_first(
    terminal: Open, silent_server: socket.socket, option: list[str]
) -> None:
    import json

    screen = terminal("send", "ann@example.com", "-s", "x", "-b", "y", "-q", "--no-input", *option)
    with answered(silent_server):
        screen.type("\x03")
        assert screen.close(10) == 130
    said = "t may have left: look with `gmailkit sent --finish` before another try"
    assert said in screen.screen
    assert "same command" not in screen.screen
    if option:
        assert json.loads(screen.screen.strip().splitlines()[-1].lstrip("^C"))["retryable"] is False


STUBBORN = """
import sys, time
from gmailkit.cli import signals
from gmailkit.cli.app import run
from gmailkit.cli.state import State

class Clock:
    now = 0.0
    set = False  # by the first look, when Ctrl-C came
    goes = False  # a second passes with each further look

    def monotonic(self):
        if self.set and self.goes:
            self.now += 1.0
            print(f"at {self.now:.0f}.", flush=True)
        self.set = True
        return self.now

clock = signals.SYSTEM_CLOCK = Clock()

class Stubborn(State):
    def gmail(self):
        while True:
            try:
                print("working", flush=True)
                time.sleep(60)
            except KeyboardInterrupt:
                print("not yet", flush=True)
                clock.goes = not STANDS

sys.exit(run(["search"], state=Stubborn()))
"""


def stubborn(terminal: Open, *, stands: bool) -> Terminal:
    import shlex
    import sys

    code = f"STANDS = {stands}{STUBBORN}"
    screen = terminal(script=f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)}")
    screen.wait_for("working")
    screen.type("\x03")
    screen.wait_for("not yet")
    return screen


def test_a_second_ctrl_c_ends_at_once(terminal: Open) -> None:
    screen = stubborn(terminal, stands=True)  # it would never be ended for being late
    screen.type("\x03")
    assert screen.close() == 130
    assert "gmailkit: ended at once; run the same command" in screen.screen


def test_two_signals_at_once_do_not_end_it_without_a_word(
    terminal: Open, silent_server: socket.socket
) -> None:
    screen = terminal("search", "x")
    with answered(silent_server):
        os.kill(screen.pid, signal.SIGINT)
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.close(10) in (130, 143)
    assert re.search(r"gmailkit: (stopped|ended at once); run the same command", screen.screen)


def test_whatever_clings_on_is_ended_after_three_seconds(terminal: Open) -> None:
    screen = stubborn(terminal, stands=False)
    assert screen.close() == 130
    assert "at 3." in screen.screen  # it was given time to end by itself
    assert "at 4." not in screen.screen
    assert "gmailkit: ended at once; run the same command" in screen.screen


def test_a_stopped_backup_goes_on(
    terminal: Open, program: Callable[..., Any], mailbox: Sandbox, tmp_path: Path
) -> None:
    for number in range(400):
        when = datetime(2026, 1, 1, 0, number % 60, number // 60, tzinfo=UTC)
        mailbox.mail.put(ME, letter(f"Number {number}", body="x" * 2000), date=when)
    screen = terminal("backup", str(tmp_path / "b"))
    screen.wait_for("% ")
    screen.type("\x03")
    assert screen.close() in (130, 0)
    again = program(["backup", str(tmp_path / "b")])
    assert again.code == 0
    whole = program(["verify", str(tmp_path / "b")])
    assert (whole.code, whole.out.partition(",")[0]) == (
        0,
        f"{tmp_path / 'b'} is whole: 403 messages",
    )


# Pipes


def test_a_reader_that_leaves_ends_the_run_quietly(terminal: Open, mailbox: Sandbox) -> None:
    for number in range(100):
        mailbox.mail.put(ME, letter(f"Number {number}"))
    screen = terminal(script="$GMAILKIT search Number | head -1")
    assert screen.close() == 0
    assert len(screen.screen.splitlines()) == 1, screen.screen


def test_the_code_tells_that_the_reader_left(own_home: Path) -> None:
    import subprocess
    import sys

    reader, writer = os.pipe()
    os.close(reader)
    argv = [sys.executable, "-m", "gmailkit", "--help"]
    done = subprocess.run(argv, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# The sandbox as a server


def test_the_sandbox_serves_until_ctrl_c(terminal: Open, own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(letter("Imported"))
    screen = terminal(
        *("sandbox", "--import", str(tmp_path / "one.eml"), "--user", "eve@example.com"),
        columns=200,
    )
    screen.wait_for("Ctrl-C")
    assert "Loaded 1 message from" in screen.screen
    exported = dict(
        line.removeprefix("export ").split("=", 1)
        for line in screen.screen.splitlines()
        if line.startswith("export ")
    )
    assert Path(exported["GMAILKIT_CLIENT_FILE"]).is_file()
    port = int(exported["GMAILKIT_API_ENDPOINT"].rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port)).close()
    screen.type("\x03")
    assert screen.close() == 0
    assert screen.screen.endswith("The sandbox is closed.\n")
    assert not Path(exported["GMAILKIT_CLIENT_FILE"]).exists()


def test_login_without_a_browser_takes_the_pasted_address(
    terminal: Open, sandbox: Sandbox, own_home: Path
) -> None:
    import json
    import re
    from urllib.error import URLError
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    sandbox.consent = ME
    client = own_home / "client.json"
    client.parent.mkdir(parents=True, exist_ok=True)
    client.write_text(json.dumps(sandbox.client_file()))
    screen = terminal("login", "--no-browser", "--client", str(client), columns=2000)
    screen.wait_for("Paste it here: ")
    (address,) = re.findall(r"http://\S+/auth\?\S+", screen.screen)
    try:
        target = build_opener(Stay).open(address).headers["Location"]
    except URLError as answer:
        target = answer.headers["Location"]  # type: ignore[attr-defined]
        answer.close()  # type: ignore[attr-defined]
    screen.type(f"{target}\n")
    assert screen.close() == 0, screen.screen
    assert f"Signed in as {ME}." in screen.screen


def test_threads_do_not_stop_the_clean_stop() -> None:
    from gmailkit.cli.signals import clean_stop

    failed: list[BaseException] = []

    def work() -> None:
        try:
            with clean_stop():
                pass
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failed == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
