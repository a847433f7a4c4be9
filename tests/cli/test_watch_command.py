"""`gmailkit watch` on the command line."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dovecot
from gmailkit.sandbox import Sandbox
from gmailkit.services.scheduling.forms import cron_line, plist, service
from gmailkit.services.scheduling.install import installation
from gmailkit.services.scheduling.watch import watch_job
from mailroom import ME, letter

Cli = Callable[..., Any]


@pytest.fixture
def code(mailbox: Sandbox) -> str:
    return mailbox.mail.put(ME, letter("Your code\x1b[2J", body="It is 481516."))


def test_without_a_handler_what_comes_is_printed_once(cli: Cli, code: str) -> None:
    ran = cli("watch", "subject:code", "--since", "5m", "--once")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == cli("search", "subject:code").out
    again = cli("watch", "subject:code", "--once")
    assert (again.out, again.err) == ("", "")
    begun = cli("watch", "--once")
    assert (begun.out, "all mail is new: its next runs tell" in begun.err) == ("", True)


def test_as_json_it_is_the_event(cli: Cli, code: str) -> None:
    found = json.loads(cli("watch", "subject:code", "--since", "5m", "--once", "--json").out)
    assert (found["event"], found["id"]) == (f"{ME}/subject:code/{code}", code)
    listed = json.loads(cli("watch", "list", "--json").out)
    assert (listed["name"], listed["waiting"], listed["dead"]) == ("subject:code", 0, 0)


def test_what_a_handler_fails_is_told_kept_and_told_again_when_asked(
    cli: Cli, code: str, tmp_path: Path
) -> None:
    line = ("subject:code", "--name", "codes", "--since", "5m", "--once", "--tries", "1")
    ran = cli("watch", *line, "--exec", "echo no luck >&2; false", "-q")
    assert (ran.code, ran.out) == (3, "")
    assert f"{code} failed: It ended with 1: no luck. It is given up." in ran.err
    assert "What was given up: gmailkit watch dead codes\n" in ran.err
    (row,) = cli("watch", "dead", "codes").out.splitlines()
    id, _, sender, *rest = row.split("\t")
    assert (id, "@" in sender) == (code, True)
    assert rest == ["Your code [2J", "1 try", "It ended with 1: no luck"]
    dead = json.loads(cli("watch", "dead", "codes", "--json").out)
    assert (dead["from"], dead["subject"]) == (sender, "Your code [2J")
    assert cli("watch", "retry", "codes").out == "1 event will be told again.\n"
    file = tmp_path / "told"
    assert cli("watch", *line, "--exec", f"cat > '{file}'").code == 0
    assert json.loads(file.read_bytes())["id"] == code
    assert cli("watch", "dead", "codes").out == ""
    assert cli("watch", "forget", "codes").code == 0
    assert cli("watch", "forget", "codes").code == 6


def test_a_server_of_imap_is_watched_as_gmail_is(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ("--in", dovecot.running().url("imap", "watched"))
    assert "gmailkit password" in cli("watch", *store, "--once").err
    monkeypatch.setenv("GMAILKIT_MAIL_PASSWORD", dovecot.WORD)
    assert cli("watch", *store, "--once").code == 0
    with dovecot.session("imap", "watched") as session:
        raw = letter("Your code")
        session.append("INBOX", [raw], len(raw))
    ran = cli("watch", *store, "--once", "--tries", "1", "--exec", "false")
    assert ran.code == 3
    listed = json.loads(cli("watch", "list", *store, "--json").out)
    assert (listed["name"], listed["dead"]) == ("all mail", 1)
    assert cli("watch", "dead", "all mail", *store).out.endswith(
        "\tYour code\t1 try\tIt ended with 1.\n"
    )
    assert cli("watch", "retry", "all mail", *store).code == 0
    file = tmp_path / "told"
    assert cli("watch", *store, "--once", "--exec", f"cat > '{file}'").code == 0
    told = json.loads(file.read_bytes())
    assert cli("show", told["id"], "--raw", *store).out.encode() == raw
    assert cli("watch", "forget", "all mail", *store).code == 0
    forgotten = cli("watch", "forget", "all mail", *store)
    assert (forgotten.code, store[1] in forgotten.err) == (6, True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--in", "pop3s://ann@example.com", "--once"), "tells nobody"),
        (("--in", "nowhere", "--once"), "tells nobody"),
        (("--in", "imap+gmail:", "--idle", "--exec", "a"), "Leave --idle away"),
        (("form:ann", "--once"), "form: is no search operator"),
        (("--exec", "a", "--webhook", "https://example.com/", "--once"), "one handler"),
        (("--webhook", "http://example.com/?token=s3cret", "--once"), "https only"),
        (("--every", "soon", "--once"), "soon"),
        (("--tries", "0", "--exec", "a", "--once"), "tries once at least"),
        (("x", "--file", "watches.toml"), "Leave away QUERY"),
        (("x", "--install"), "nobody to print for"),
        (("form:ann", "--exec", "a", "--as", "cron"), "form: is no search operator"),
        (("--webhook", "https://", "--as", "cron"), "names no host"),
        (("x", "--exec", "a", "--once", "--as", "cron"), "Leave away --once"),
    ],
)
def test_what_makes_no_sense_is_refused(
    cli: Cli, mailbox: Sandbox, argv: tuple[str, ...], said: str
) -> None:
    ran = cli("watch", *argv)
    assert ran.code == (15 if "tells" in said else 2)
    assert said in ran.err
    assert "s3cret" not in ran.err


def test_as_a_service_each_system_keeps_it_running(cli: Cli) -> None:
    shown = cli("watch", "from:bank", "--exec", "./told.sh 'a b'", "--as", "systemd").out
    assert "\nRestart=always\n" in shown
    assert "watch --exec './told.sh '" in shown.replace("\\\\", "").replace('"', "")
    assert ".timer" not in shown
    assert f"cd {Path.cwd()} && exec " in shown  # where ./told.sh is
    line = cli("watch", "--exec", "x", "--as", "cron").out
    assert line.startswith("@reboot ")
    assert "while :; do (" in line  # cron begins nothing again by itself
    elsewhere = cli("watch", "--exec", "x", "--in", "imaps://ann@example.com", "--as", "cron").out
    assert elsewhere.split("#")[-1] != line.split("#")[-1]
    job = watch_job("bank", ["--exec", "x"])
    assert plistlib.loads(plist(job))["KeepAlive"] is True
    assert cron_line(job).startswith("@reboot ")
    assert "WantedBy=default.target" in service(job)
    (file,) = (path.name for path, _ in installation(job, "systemd").files)
    assert file == f"{job.name}.service"
