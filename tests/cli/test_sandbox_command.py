"""`gmailkit sandbox` as a server for somebody else's tests."""

from __future__ import annotations

import imaplib
import json
import poplib
import signal
import smtplib
import ssl
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from gmailkit import Gmail
from gmailkit.auth.client_file import ClientFile
from gmailkit.cli.sandbox_options import limits_of
from gmailkit.paths import Home
from gmailkit.sandbox import Limits, Sandbox
from gmailkit.sandbox.limits import NO_LIMITS
from gmailkit.services.places import Places
from gmailkit.services.practice import OWNER, consent, practice
from gmailkit.services.sign_in import login

Serve = Callable[..., dict[str, Any]]


@pytest.fixture
def serve(own_home: Path) -> Iterator[Serve]:
    """Starts it with these options; what it says about itself with --json."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> dict[str, Any]:
        argv = [sys.executable, "-m", "gmailkit", "sandbox", "--json", *options]
        running.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        said: dict[str, Any] = json.loads(running[-1].stdout.readline())
        return said

    yield start
    for server in running:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
        assert server.returncode == 0


def test_it_takes_latency_faults_prices_and_admin(serve: Serve) -> None:
    said = serve(
        *("--latency", "5", "--faults", "503:getProfile:2,drop-after:messages.send"),
        *("--prices", "old", "--admin"),
    )
    headers = {"X-Sandbox-Secret": said["admin_secret"]}
    admin = f"{said['url']}/__admin__"
    limits = requests.get(f"{admin}/limits", headers=headers, timeout=30).json()
    assert (limits["prices"], limits["units_per_minute"], limits["latency"]) == (
        "old",
        15000,
        0.005,
    )
    faults = requests.get(f"{admin}/faults", headers=headers, timeout=30).json()
    assert faults["waiting"] == ["503:getProfile:2", "drop-after:messages.send:1"]


def test_admin_is_closed_unless_asked_for(serve: Serve) -> None:
    said = serve()
    assert "admin_secret" not in said
    assert requests.get(f"{said['url']}/__admin__/users", timeout=30).status_code == 404


def test_it_speaks_imap_pop3_and_smtp_where_it_is_asked_to(serve: Serve) -> None:
    said = serve("--imap-port", "0", "--pop3-port", "0", "--smtp-port", "0")
    trust = ssl.create_default_context(cafile=said["certificate"])
    assert urlsplit(said["imap"]).scheme == "imaps"
    ports = {kind: urlsplit(said[kind]).port for kind in ("imap", "pop3", "smtp")}
    with imaplib.IMAP4_SSL("localhost", ports["imap"], ssl_context=trust) as client:
        assert client.login("me@example.com", said["app_password"])[0] == "OK"
    with smtplib.SMTP("localhost", ports["smtp"]) as sender:
        sender.starttls(context=trust)
        assert sender.login("me@example.com", said["app_password"])[0] == 235
    reader = poplib.POP3_SSL("localhost", ports["pop3"], context=trust)
    assert reader.getwelcome().startswith(b"+OK Gpop ready")
    reader.close()
    assert "smtps" not in said


def test_an_archive_of_the_practice_mailbox_is_written_as_takeout_does(
    cli: Callable[..., Any], own_home: Path, tmp_path: Path
) -> None:
    state, target = tmp_path / "state.sqlite3", tmp_path / "mail.zip"
    with Sandbox(state, sample=False) as sandbox:
        sandbox.mail.put("me@example.com", b"From: ann@example.com\r\n\r\nHi\r\n")
    argv = ("sandbox", "takeout", str(target), "--state", str(state), "--language", "de")
    ran = cli(*argv)
    assert (ran.code, ran.out.splitlines()) == (0, [str(target)])
    with zipfile.ZipFile(target) as archive:
        mbox = next(name for name in archive.namelist() if name.endswith(".mbox"))
        assert mbox.startswith("Takeout/E-Mail/") and b"@xxx " in archive.read(mbox)
    assert "exists" in cli(*argv).err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--faults", "5O3"), "There is no fault '5O3'."),
        (("--faults", "503:mesages.get"), "no method 'mesages.get' to spoil."),
        (("--prices", "older"), "'older' is not one of new, old"),
        (("--latency", "-1"), "--latency"),
        (("--units-per-minute", "0"), "--units-per-minute"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    cli: Callable[..., Any], options: tuple[str, ...], words: str
) -> None:
    ran = cli("sandbox", *options)
    assert ran.code == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("prices", "units", "limits"),
    [
        (None, None, None),
        ("new", None, Limits()),
        ("old", None, Limits(prices="old", units_per_minute=15_000)),
        (None, 100, Limits(units_per_minute=100)),
        ("old", 100, Limits(prices="old", units_per_minute=100)),
    ],
)
def test_either_option_turns_the_limits_on(
    prices: Any, units: int | None, limits: Limits | None
) -> None:
    assert limits_of(prices, units) == limits


def test_the_recipients_of_a_day_are_limited_with_the_others_or_alone() -> None:
    assert limits_of("new", None, 10_000) == Limits(recipients_per_day=10_000)
    alone = limits_of(None, None, 0)
    assert alone == replace(NO_LIMITS, recipients_per_day=0)


def test_practice_speaks_gmails_imap_to_who_signed_in_for_it(own_home: Path) -> None:
    with practice(Home.at(own_home), sign_in=False) as settings:
        login(settings, address=OWNER, purpose="full", open_browser=consent)
        with Places(lambda: settings) as places, Gmail(settings=settings) as gmail:
            source = places.source(places.locate("imap+gmail:"))
            assert set(source.refs()) == set(gmail.ids("in:anywhere -in:chats"))


def test_practice_of_one_run_ends_without_the_server_of_another(own_home: Path) -> None:
    home = Home.at(own_home)
    with ExitStack() as first_to_end:
        ours = first_to_end.enter_context(practice(home))
        with practice(home) as theirs, Gmail(settings=theirs) as other:
            assert ours.client_file
            assert ClientFile.load(ours.client_file).service == ours.service
            assert ours.service != theirs.service
            first_to_end.close()
            assert other.address == "me@example.com"
