"""`gmailkit outbox`, `send --at` and `send --hold`, as a person and a script meet them."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.holding import WAITS_ON
from gmailkit.cli.preview import OTHER_HTML
from gmailkit.cli.state import State
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME

ANN, BOB = "ann@example.com", "bob@example.com"
LETTER = ("send", ANN, "-s", "Hi", "--body", "x")
Cli = Callable[..., Any]
Open = Callable[..., Any]


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 29, 18, 0, tzinfo=UTC).timestamp()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def policy(own_home: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = own_home / "config" / "policy.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def rows(ran: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def drafts(sandbox: Sandbox) -> int:
    return len([id for id in sandbox.mail.ids(ME) if "DRAFT" in sandbox.mail.labels_of(ME, id)])


def received(sandbox: Sandbox, address: str = ANN) -> int:
    return len(sandbox.mail.ids(address))


def test_at_keeps_it_and_run_sends_it(cli: Cli, mailbox: Sandbox) -> None:
    state = State(clock=Clock())
    kept = cli(*LETTER, "--at", "in 2 hours", state=state)
    assert kept.code == 0
    assert kept.out.startswith("Leaves Sun 2026-11-29 ")
    assert "outbox run" in kept.err
    clock = Clock()
    clock.time += 3600
    assert cli("outbox", "run", state=State(clock=clock)).err.endswith("Nothing is due.\n")
    clock.time += 3600
    preview = cli("outbox", "run", "--dry-run", state=State(clock=clock))
    assert ("Hi" in preview.out, received(mailbox)) == (True, 0)
    ran = cli("outbox", "run", state=State(clock=clock))
    assert (ran.code, received(mailbox), drafts(mailbox)) == (0, 1, 0)
    assert ran.out.split("\t")[1] == "sent"


def test_list_in_a_pipe_and_as_json(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("outbox").err == "Nothing waits.\n"
    made = json.loads(cli(*LETTER, "--at", "tomorrow 9:00", "--key", "k1", "--json").out)
    cli(*LETTER, "--hold", "1h", "--detach", "--key", "k2")
    first, second = rows(cli("outbox", "list", "--json"))
    assert (first["key"], second) == ("k2", made)
    assert made["state"] == "held"
    assert made["to"] == [ANN]
    assert [line.split("\t")[-1] for line in cli("outbox").out.splitlines()] == ["k2", "k1"]


def test_show_is_the_message_as_it_would_leave(cli: Cli, mailbox: Sandbox) -> None:
    html = "<p>Pay <a href='https://evil.example/'>now</a>.</p>"
    words = ("--at", "tomorrow 9:00", "--key", "k1", "--reply-to", BOB, "--html", html)
    assert cli(*LETTER, *words).code == 0
    shown = cli("outbox", "show", "k1")
    assert shown.code == 0
    assert shown.err.startswith("It waits in the outbox and leaves ")
    assert f"To: {ANN}\nReply-To: {BOB}\n" in shown.out
    assert "\nx\n" in shown.out
    assert f"{OTHER_HTML}\nPay now [1].\n\n[1] https://evil.example/" in shown.out
    found = json.loads(cli("outbox", "show", "k1", "--json").out)
    assert (found["key"], found["state"], found["envelope"]) == ("k1", "held", None)
    assert (found["subject"], found["text"], found["html"]) == ("Hi", "x\n", f"{html}\n")
    draft = found["draft_id"]
    assert cli("outbox", "show", "k1", "--raw").out == cli("drafts", "show", draft, "--raw").out
    assert OTHER_HTML in cli("drafts", "show", draft).out
    with Gmail() as gmail:
        gmail.drafts.delete(draft)
    gone = cli("outbox", "show", "k1")
    assert (gone.code, "is gone from Gmail" in gone.err) == (6, True)


def test_show_of_what_waits_no_more_says_what_became_of_it(cli: Cli, mailbox: Sandbox) -> None:
    assert cli(*LETTER, "--key", "left").code == 0
    ran = cli("outbox", "show", "left")
    assert (ran.code, "has left" in ran.err) == (7, True)
    assert cli("outbox", "show", "nothing").code == 6


def test_a_preview_says_where_the_html_says_something_else(cli: Cli, mailbox: Sandbox) -> None:
    alike = cli("send", ANN, "-s", "x", "-m", "--body", "See [it](https://a.example).", "--preview")
    assert OTHER_HTML not in alike.out
    other = cli(*LETTER, "--html", "<p>y</p>", "--preview")
    assert f"\nx\n\n{OTHER_HTML}\ny\n" in other.out


def test_cancel_by_the_beginning_of_a_key(cli: Cli, mailbox: Sandbox) -> None:
    key = json.loads(cli(*LETTER, "--at", "tomorrow 9:00", "--json").out)["key"]
    ran = cli("outbox", "cancel", key[:5])
    assert (ran.code, drafts(mailbox)) == (0, 1)
    assert "still in Gmail's drafts" in ran.err
    for again in (key, key[:5]):
        ran = cli("outbox", "cancel", again)
        assert ran.code == 7
        assert f"{key} is cancelled already" in ran.err


def test_a_key_that_is_none_is_told_what_waits(cli: Cli, mailbox: Sandbox) -> None:
    for key in ("lunch", "the invoice"):
        cli(*LETTER, "--at", "tomorrow 9:00", "--key", key)
    ran = cli("outbox", "cancel", "nothing")
    assert ran.code == 6
    assert "No message has the key nothing; waiting are lunch, the invoice." in ran.err
    assert ran.err.endswith("Try: gmailkit outbox\n")


def test_a_key_that_is_used_up_says_what_to_type(cli: Cli, mailbox: Sandbox) -> None:
    kept = cli(*LETTER, "--at", "tomorrow 9:00", "--key", "the invoice", "--json")
    draft = json.loads(kept.out)["draft_id"]
    ran = cli(*LETTER, "--key", "the invoice")
    assert ran.code == 7
    assert ran.err.endswith(
        "Another message takes another key: --key 'the invoice-2'\n"
        "To take this one back: gmailkit outbox cancel 'the invoice'\n"
    )
    cli("outbox", "cancel", "the invoice")
    ran = cli(*LETTER, "--key", "the invoice")
    assert (ran.code, received(mailbox)) == (7, 0)
    key = "--key 'the invoice-2'"
    said = f"Try: gmailkit drafts send {draft}\nAnother message takes another key: {key}\n"
    assert ran.err.endswith(said)
    assert cli("drafts", "send", draft).code == 0
    assert received(mailbox) == 1


def test_a_key_whose_draft_was_deleted_asks_for_another(cli: Cli, mailbox: Sandbox) -> None:
    clock = Clock()
    kept = cli(*LETTER, "--at", "in 1 hour", "--key", "k", "--json", state=State(clock=clock))
    with Gmail() as gmail:
        gmail.drafts.delete(json.loads(kept.out)["draft_id"])
    clock.time += 7200
    assert cli("outbox", "run", state=State(clock=clock)).code == 0
    ran = cli(*LETTER, "--key", "k")
    assert ran.code == 7
    assert "another key: --key k-2" in ran.err


# Rows


def test_a_row_of_the_last_list_names_what_waits(
    terminal: Open, cli: Cli, mailbox: Sandbox
) -> None:
    for subject, key in (("Hi", "k1"), ("There", "k2")):
        cli("send", ANN, "-s", subject, "--body", "x", "--at", "tomorrow 9:00", "--key", key)
    screen = terminal(script="$GMAILKIT outbox; $GMAILKIT outbox cancel 2", columns=100)
    assert screen.close() == 0
    assert "  2  " in screen.screen
    named, _, done = screen.screen.partition(f"{ME}, row 2: 'There' to {ANN}.")
    assert ("cancelled" in named, "cancelled\tann" in done) == (False, True)
    assert [each["key"] for each in rows(cli("outbox", "--json"))] == ["k1"]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("true", "nothing was listed on this terminal"),
        ("$GMAILKIT search", "is from a list of messages"),
        ("$GMAILKIT outbox", "There is no row 2"),
    ],
)
def test_a_number_is_never_guessed(
    terminal: Open, cli: Cli, mailbox: Sandbox, before: str, said: str
) -> None:
    cli(*LETTER, "--at", "tomorrow 9:00", "--key", "2nd")
    screen = terminal(script=f"{before}; $GMAILKIT outbox cancel 2", columns=100)
    assert screen.close() == 2
    assert said in screen.screen
    assert "Try: gmailkit outbox\n" in screen.screen
    assert len(rows(cli("outbox", "--json"))) == 1


def test_a_key_that_looks_like_a_row(terminal: Open, cli: Cli, mailbox: Sandbox) -> None:
    cli(*LETTER, "--at", "in 1 hour", "--key", "k")
    cli(*LETTER, "--at", "tomorrow 9:00", "--key", "1")
    screen = terminal(script="$GMAILKIT outbox; $GMAILKIT outbox cancel 1", columns=100)
    assert screen.close() == 2
    assert "1 is a row of the last list (k), and the key of another message" in screen.screen
    assert len(rows(cli("outbox", "--json"))) == 2
    assert cli("outbox", "cancel", "1").code == 0
    assert [each["key"] for each in rows(cli("outbox", "--json"))] == ["k"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "yesterday"], "is past"),
        (["--at", "2020-01-01 9:00"], "is past"),
        (["--hold", "soon"], "no length of time"),
        (["--at", "9:00", "--hold", "5m"], "exclude each other"),
        (["--detach"], "--detach goes with --hold"),
        (["--at", "9:00", "--fast"], "cannot leave in one call"),
    ],
)
def test_what_makes_no_sense_keeps_nothing(
    options: list[str], said: str, cli: Cli, mailbox: Sandbox
) -> None:
    ran = cli(*LETTER, *options)
    assert (ran.code, drafts(mailbox), received(mailbox)) == (2, 0, 0)
    assert said in ran.err


def test_dry_run_keeps_nothing(cli: Cli, mailbox: Sandbox) -> None:
    assert cli(*LETTER, "--at", "tomorrow 9:00", "--dry-run").code == 0
    assert drafts(mailbox) == 0


def test_held_in_a_script_it_waits_and_leaves(cli: Cli, mailbox: Sandbox) -> None:
    clock = Clock()
    before = clock.time
    ran = cli(*LETTER, "--hold", "30s", state=State(clock=clock))
    assert (ran.code, received(mailbox), drafts(mailbox)) == (0, 1, 0)
    assert ran.out.startswith(f"Sent to {ANN}")
    assert "Ctrl-C takes it back" in ran.err
    assert 30 <= clock.time - before < 40


def test_held_on_a_terminal_the_seconds_count_down(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal(*LETTER, "--hold", "4s")
    screen.wait_for("s; Ctrl-C takes it back")  # of a second that a busy machine leaves
    screen.wait_for("Leaves in 1 s; Ctrl-C takes it back")
    screen.wait_for(f"Sent to {ANN}")
    assert screen.close() == 0
    assert received(mailbox) == 1


def test_ctrl_c_takes_it_back_and_it_stays_a_draft(
    terminal: Open, cli: Cli, mailbox: Sandbox
) -> None:
    screen = terminal(*LETTER, "--hold", "5m")
    screen.wait_for("Ctrl-C takes it back")
    screen.type("\x03")
    screen.wait_for("it was cancelled, and is still in Gmail's drafts")
    assert screen.close() == 130
    counting, _, after = screen.screen.partition("^C")  # which the terminal puts there
    assert len(counting.rpartition("\r")[2] + "^C") <= 79  # else it would wrap, and stay
    assert after.startswith("\r" + " " * 79 + "\r")
    assert (received(mailbox), drafts(mailbox)) == (0, 1)
    assert cli("outbox").out == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_while_it_is_held_it_waits_in_the_outbox(
    number: signal.Signals, cli: Cli, mailbox: Sandbox
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gmailkit", *LETTER, "--hold", "1h"],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    with process:
        for line in process.stderr:
            if "Ctrl-C takes it back" in line:
                break
        process.send_signal(number)
        rest = process.stderr.read()
    assert ("`gmailkit outbox run` sends it" in rest) is (number == signal.SIGTERM)
    (waiting,) = rows(cli("outbox", "--json"))
    assert (waiting["state"], received(mailbox)) == ("held", 0)
    clock = Clock()
    clock.time = datetime.fromisoformat(waiting["due"]).timestamp() + 1
    assert cli("outbox", "run", state=State(clock=clock)).code == 0
    assert received(mailbox) == 1


def test_approve_asks_and_says_what_it_is_about(
    terminal: Open, cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    path = policy('approval = "external"\n[recipients]\ninternal = []')
    parked = cli(*LETTER, "--key", "k")
    assert parked.code == 5
    assert "gmailkit outbox approve k" in parked.err
    assert cli("outbox", "approve", "k").code == 2  # nobody can be asked
    looked = cli("outbox", "approve", "k", "--dry-run")
    assert looked.code == 0
    for each in (f"To: {ANN}", "Subject: Hi", f"{path}, line 1"):
        assert each in looked.err
    screen = terminal("outbox", "approve", "k")
    screen.wait_for("Let it leave from me@example.com? [y/N]")
    screen.type("y\n")
    assert screen.close() == 0
    assert received(mailbox) == 1


@pytest.mark.parametrize(
    "when", [(), ("--hold", "2s"), ("--hold", "2s", "--detach"), ("--at", "tomorrow 9:00")]
)
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_what_waits_for_approval_ends_alike_whenever_it_was_to_leave(
    cli: Cli,
    mailbox: Sandbox,
    policy: Callable[[str], Path],
    when: tuple[str, ...],
    json: tuple[str, ...],
) -> None:
    policy('approval = "all"')
    for _ in range(2):
        ran = cli(*LETTER, "--key", "k", *when, *json, state=State(clock=Clock()))
        assert (ran.code, ran.out) == (5, "")
        assert "waits for approval" in ran.err
        assert "gmailkit outbox approve k" in ran.err
    assert [each["state"] for each in rows(cli("outbox", "--json"))] == ["parked"]
    assert received(mailbox) == 0


def other_words() -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = BOB, "Other words"
    mail.set_content("z")
    return mail.as_bytes()


def test_approve_shows_the_draft_as_it_is_now(
    cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy('approval = "all"')
    cli(*LETTER, "--key", "k")
    with Gmail() as gmail:
        (kept,) = gmail.drafts.list()
        gmail.drafts.update(kept.id, other_words())
    looked = cli("outbox", "approve", "k", "--dry-run")
    assert (looked.code, ANN in looked.err) == (0, False)
    for each in (f"To: {BOB}", "Subject: Other words", "\n  z\n"):
        assert each in looked.err
    assert cli("outbox", "approve", "k", "--yes").code == 0
    assert (received(mailbox), received(mailbox, BOB)) == (0, 1)


def test_what_is_changed_while_somebody_is_asked_does_not_leave(
    terminal: Open, cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy('approval = "all"')
    cli(*LETTER, "--key", "k")
    screen = terminal("-q", "outbox", "approve", "k")
    screen.wait_for(f"To: {ANN}")  # -q silences no question, nor what it is about
    screen.wait_for("Let it leave from me@example.com? [y/N]")
    with Gmail() as gmail:
        (kept,) = gmail.drafts.list()
        gmail.drafts.update(kept.id, other_words())
    screen.type("y\n")
    screen.wait_for("was changed since it was shown")
    assert screen.close() == 7
    assert received(mailbox, BOB) == 0
    assert [each["state"] for each in rows(cli("outbox", "--json"))] == ["parked"]


def test_a_draft_that_is_gone_is_not_asked_about(
    cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy('approval = "all"')
    cli(*LETTER, "--key", "k")
    with Gmail() as gmail:
        (kept,) = gmail.drafts.list()
        gmail.drafts.delete(kept.id)
    assert "is gone from Gmail" in cli("outbox", "approve", "k", "--dry-run").err
    ran = cli("outbox", "approve", "k")
    assert (ran.code, received(mailbox)) == (0, 0)
    assert "was deleted in Gmail" in ran.err


def test_deny(cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]) -> None:
    policy('approval = "all"')
    kept = cli(*LETTER, "--at", "tomorrow 9:00", "--key", "the k")
    assert (kept.code, kept.out) == (5, "")
    assert kept.err.endswith("gmailkit outbox approve 'the k'\n")
    assert cli("outbox", "deny", "the k").code == 0
    assert (received(mailbox), drafts(mailbox)) == (0, 1)


def test_what_a_rule_stops_on_the_way_out_fails_the_run(
    cli: Cli, mailbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    clock = Clock()
    cli(*LETTER, "--at", "in 1 hour", state=State(clock=clock))
    clock.time += 7200
    policy('sending = "off"')
    ran = cli("outbox", "run", "--json", state=State(clock=clock))
    assert (ran.code, received(mailbox)) == (3, 0)
    (row,) = rows(ran)
    assert (row["state"], row["done"]) == ("held", False)
    assert "Sending is switched off" in json.loads(ran.err)["failed"][0]["why"]
    for until in ((), ("--until", "in 5 minutes")):
        ran = cli("outbox", "run", *until, state=State(clock=clock))
        assert (ran.code, ran.out.count("\theld\t")) == (3, 1)
        assert ran.err.count("Sending is switched off") == 1
        assert ran.err.startswith("gmailkit: 1 message did not leave.\n")
        assert ran.err.endswith("\nTry: gmailkit outbox\n")


def test_run_until_goes_on(cli: Cli, mailbox: Sandbox) -> None:
    clock = Clock()
    for minutes in (1, 20):
        cli(*LETTER, "--at", f"in {minutes} minutes", state=State(clock=clock))
    ran = cli("outbox", "run", "--until", "in 30 minutes", state=State(clock=clock))
    assert (ran.code, received(mailbox)) == (0, 2)
    assert cli("outbox", "run", "--until", "yesterday").code == 2


def test_install_prints_and_installs_nothing(cli: Cli, own_home: Path) -> None:
    ran = cli("outbox", "install", "--account", "me@example.com")
    assert ran.code == 0
    service, timer = ran.out.split("\n\n# ", 1)
    assert f'ExecStart="{sys.executable}"' in service or f"ExecStart={sys.executable}" in service
    assert service.rstrip().endswith("--account me@example.com -q outbox run")
    assert f"Environment=GMAILKIT_HOME={own_home}" in service
    assert "OnCalendar=*:*" in timer
    assert "Nothing was installed" in ran.err
    assert not own_home.exists()
    for part in (service, f"# {timer}"):
        read = configparser.ConfigParser(interpolation=None, strict=False)
        read.optionxform = str  # type: ignore[assignment, method-assign]
        read.read_string(part)
        assert read.sections()


def test_the_cron_line_runs_as_it_is_printed(
    cli: Cli, mailbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "a home at 100% of 'odd' names"
    monkeypatch.setenv("GMAILKIT_HOME", str(home))
    line = cli("outbox", "install", "--cron").out
    assert line.startswith("* * * * * ")
    assert r"\%" in line
    command = line.removeprefix("* * * * * ").replace(r"\%", "%")
    env = {k: v for k, v in os.environ.items() if k != "GMAILKIT_HOME"}
    done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert home.exists()


def test_install_as_json_has_all_three(cli: Cli) -> None:
    found = json.loads(cli("outbox", "install", "--json", "--sandbox").out)
    assert found["command"][-4:] == ["--sandbox", "-q", "outbox", "run"]
    assert shlex.split(found["cron"].removeprefix("* * * * * "))[-4:] == found["command"][-4:]


def test_systemd_takes_what_is_printed(cli: Cli, tmp_path: Path) -> None:
    import shutil

    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd here")
    service, timer = cli("outbox", "install").out.split("\n\n# ", 1)
    (tmp_path / "gmailkit-outbox.service").write_text(service + "\n")
    (tmp_path / "gmailkit-outbox.timer").write_text(f"# {timer}")
    done = subprocess.run(
        [tool, "verify", "--user", str(tmp_path / "gmailkit-outbox.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "gmailkit-outbox" not in done.stderr


def test_a_time_that_is_skipped_is_said(program: Callable[..., Any], mailbox: Sandbox) -> None:
    year = datetime.now(UTC).year + 1
    march = datetime(year, 3, 31, tzinfo=UTC)
    sunday = march - timedelta(days=(march.weekday() + 1) % 7)
    ran = program([*LETTER, "--at", f"{sunday:%Y-%m-%d} 2:30 Europe/Berlin"])
    assert ran.code == 0
    assert "02:30 does not come" in ran.err
    assert "03:30" in ran.out


@pytest.mark.parametrize("when", [(), ("--hold", "2s")])
def test_a_server_that_is_gone_is_told_as_what_no_script_repeats(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch, when: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GMAILKIT_SMTP", "smtp://127.0.0.1:1")  # nobody listens there
    ran = cli(*LETTER, "--via", "smtp", *when, "--json", state=State(clock=Clock()))
    assert (ran.code, ran.out) == (7, "")
    told = json.loads(ran.err.splitlines()[-1])
    assert (told["error"], told["sent"], told["retryable"]) == ("Kept", "later", False)
    assert "waits, and leaves later: 127.0.0.1:1 cannot be reached" in told["message"]
    assert "outbox run" in told["hint"]
    (waiting,) = rows(cli("outbox", "list", "--json"))
    assert (waiting["key"], waiting["due"]) == (told["key"], told["due"])


def test_what_waits_for_a_server_is_taken_back(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GMAILKIT_SMTP", "smtp://127.0.0.1:1")  # nobody listens there
    assert cli(*LETTER, "--via", "smtp", "--key", "k1").code == 7
    assert [each["state"] for each in rows(cli("outbox", "list", "--json"))] == ["held"]
    assert cli("outbox", "cancel", "k1").err.endswith("Cancelled; nothing more of it leaves.\n")
    assert cli("outbox").err == "Nothing waits.\n"


def test_the_same_key_again_after_it_left_is_answered_alike_with_a_time_and_without(
    cli: Cli, mailbox: Sandbox
) -> None:
    clock = Clock()
    line = (*LETTER, "--key", "k", "--at", "in 1 hour")
    assert cli(*line, state=State(clock=clock)).code == 0
    clock.time += 7200
    assert cli("outbox", "run", state=State(clock=clock)).code == 0
    timed = cli(*line, state=State(clock=clock))
    plain = cli(*LETTER, "--key", "k", state=State(clock=clock))
    assert (timed.code, timed.out) == (0, plain.out)
    assert plain.out.startswith(f"Sent before to {ANN} (id ")
    assert "It left before under the key k" in timed.err
    past = cli(*LETTER, "--key", "k", "--at", "2020-01-01 9:00", state=State(clock=clock))
    assert past.out == plain.out


def test_what_is_stopped_in_the_last_moment_is_not_said_to_be_taken_back(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the wait, before it leaves."""
    clock = Clock()
    state, begun = State(clock=clock), clock.now()

    def stopped() -> None:
        if clock.now() > begun:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("gmailkit.cli.holding.moving.wipe", stopped)
        cli(*LETTER, "--hold", "1s", state=state)
    assert state.on_stop == WAITS_ON
    assert [each["state"] for each in rows(cli("outbox", "--json"))] == ["held"]
