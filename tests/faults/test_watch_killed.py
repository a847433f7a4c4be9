"""A watch killed with -9 at random moments tells each message, and again only what it was telling.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

import dovecot
from fakes import unmeasured
from gmailkit.auth.scopes import PURPOSES
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

PATIENCE = 120.0  # seconds until a watch surely has told what there is


class Inbox:
    """A mailbox where mail comes in, and how it is watched."""

    environment: dict[str, str]
    options: list[str]

    def put(self, subject: str) -> str:
        """What an event says of it."""
        raise NotImplementedError

    def disturb(self, dice: random.Random) -> None:
        """What may happen while nobody watches."""


class InGmail(Inbox):
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        token = sandbox.issue_token(ME, PURPOSES["read"])
        self.environment = {"GMAILKIT_API_ENDPOINT": sandbox.url, "GMAILKIT_ACCESS_TOKEN": token}
        self.options = ["--every", "1s"]

    def put(self, subject: str) -> str:
        self._sandbox.mail.put(ME, letter(subject))
        return subject


class OnServer(Inbox):
    """It is told by IDLE alone; its folder is made anew now and then."""

    def __init__(self) -> None:
        user = f"killed{uuid.uuid4().hex[:8]}"
        server = dovecot.running()
        self._folder = server.mailbox(user)
        self._session = dovecot.session("imap", user)
        self.environment = {"GMAILKIT_MAIL_PASSWORD": dovecot.WORD}
        self.options = ["--in", server.url("imap", user)]

    def put(self, subject: str) -> str:
        raw = letter(subject)
        with self._session as session:
            session.append("INBOX", [raw], len(raw))
        return subject

    def disturb(self, dice: random.Random) -> None:
        if dice.random() < 0.3:
            for each in self._folder.glob("dovecot*"):
                each.unlink(missing_ok=True)


def start(inbox: Inbox, folder: Path) -> subprocess.Popen[bytes]:
    told = folder / "told"
    line = f'echo "$MAIL_SUBJECT $MAIL_EVENT" >> "{told}"; sleep 0.0$(($$ % 5))'
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "gmailkit", "watch", *inbox.options, "--exec", line],
            env={**unmeasured(), "GMAILKIT_HOME": str(folder / "home"), **inbox.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )


def told(folder: Path) -> Counter[str]:
    try:
        return Counter((folder / "told").read_text().splitlines())
    except FileNotFoundError:
        return Counter()


def run(inbox: Inbox, messages: int, kills: int, folder: Path) -> None:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={seed}")
    dice = random.Random(seed)
    first = inbox.put("begun")
    process = start(inbox, folder)  # a new watch begins with what comes now
    numbers = itertools.count()
    end = time.monotonic() + PATIENCE
    while not told(folder) and time.monotonic() < end:
        inbox.put(f"early{next(numbers)}")
        time.sleep(0.5)
    came = [line.split()[0] for line in told(folder)]
    for _ in range(kills):
        came += [inbox.put(f"mail{next(numbers)}") for _ in range(messages // kills)]
        time.sleep(dice.uniform(0, 1.5))
        process.kill()
        process.wait()
        inbox.disturb(dice)
        process = start(inbox, folder)
    end = time.monotonic() + PATIENCE
    while set(came) - {line.split()[0] for line in told(folder)} and time.monotonic() < end:
        time.sleep(0.2)
    process.kill()
    process.wait()
    lines = told(folder)
    subjects = [line.split()[0] for line in lines]
    assert set(came) <= set(subjects)
    assert first not in subjects
    assert len(set(subjects)) == len(subjects)  # each message under one id of its event
    again = sum(lines.values()) - len(lines)
    assert again <= kills
    print(f"{len(came)} messages, {kills} kills, {again} told again")


def test_two_kills(tmp_path: Path) -> None:
    with Sandbox(sample=False) as sandbox:
        run(InGmail(sandbox), messages=8, kills=2, folder=tmp_path)


def test_two_kills_of_a_watch_that_is_told_by_a_server(tmp_path: Path) -> None:
    run(OnServer(), messages=8, kills=2, folder=tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", ["gmail", "server"])
def test_two_hundred_kills(tmp_path: Path, place: str) -> None:
    with Sandbox(sample=False) as sandbox:
        inbox = InGmail(sandbox) if place == "gmail" else OnServer()
        run(inbox, messages=2_000, kills=200, folder=tmp_path)
