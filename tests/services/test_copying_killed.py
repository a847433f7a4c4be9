"""A mailbox on a long way, killed at random moments at every stage, is what it was at the end.

It is held against what it was by programs of others where there are such (Python's IMAP client and
mbox reader, the files themselves), besides `copy --check`.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

import dovecot
import long_way
from conftest import CORPUS
from gmailkit.sandbox import Sandbox
from long_way import Lies, with_crlf
from mailroom import ME

ANN = "ann@example.com"
MESSAGES = int(os.environ.get("GMAILKIT_TEST_COPIED", "5000"))
KILLS = int(os.environ.get("GMAILKIT_TEST_COPY_KILLS", "100"))
HOPS = 5
MARKS = ("UNREAD", "STARRED", "DRAFT")
ALL_MARKS = (*MARKS, *long_way.PLACES, "INBOX")
DONE, PARTLY = 0, 3


def environment(sandbox: Sandbox, folder: Path, address: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GMAILKIT_")}
    return {
        **clean,
        "GMAILKIT_HOME": str(folder / address),
        "GMAILKIT_ACCESS_TOKEN": sandbox.issue_token(address, ["gmail.modify"], lasting=True),
        "GMAILKIT_API_ENDPOINT": sandbox.url,
        "GMAILKIT_MAIL_PASSWORD": dovecot.WORD,
    }


class Hop:
    """One copy in processes of its own, killed at any of its moments: while it looks, while it
    adds, while it reads back.
    """

    def __init__(self, env: dict[str, str], words: tuple[str, ...], folder: Path) -> None:
        folder.mkdir()
        self._env = env
        self._receipts = folder / "receipts"
        self._quarantine = folder / "refused"
        self._log = folder / "log"
        self._copy = (*words, "--spam-and-trash")
        kept = ("--quarantine", str(self._quarantine), "--receipts", str(self._receipts))
        self._words = (*self._copy, "--yes", *kept)
        self._seen: set[str] = set()
        self._read = 0

    def killed(self, times: int, dice: random.Random) -> int:
        """So many times; how many of these met the copy before all was there."""
        usual, within, left = 5.0, 0, times
        while left:
            process, began = self._start(), time.monotonic()
            if dice.random() < 0.2:
                self._wait(process, dice.uniform(0, usual))
            else:
                usual = self._progress(process, dice.randrange(1, 3 * MESSAGES // (2 * times)))
                self._wait(process, dice.uniform(0, 0.5))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                within += len(self._seen) < MESSAGES * 0.9
                left -= 1
            else:
                usual = time.monotonic() - began
                assert process.returncode in (DONE, PARTLY), self._log.read_text()
            process.wait()
        return within

    def ends(self) -> set[bytes]:
        """A run that nobody kills takes the rest, and the next one adds nothing; what was refused
        and kept.
        """
        ran = self._run(*self._words, "--json")
        refused = {with_crlf(each.read_bytes()) for each in self._quarantine.rglob("*.eml")}
        assert ran.returncode == (PARTLY if refused else DONE), ran.stderr
        if not refused:
            assert json.loads(self._run(*self._words, "--json").stdout).get("added", 0) == 0
        return refused

    def checked(self) -> dict[str, object]:
        return dict(json.loads(self._run(*self._copy, "--check", "--json").stdout))

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gmailkit", *words],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            words = [sys.executable, "-m", "gmailkit", *self._words]
            return subprocess.Popen(words, env=self._env, stdout=log, stderr=log)

    def _progress(self, process: subprocess.Popen[bytes], step: int) -> float:
        """Until so many messages more are settled; the seconds until the first of them."""
        wanted, began, first = len(self._seen) + step, time.monotonic(), 0.0
        while process.poll() is None and len(self._seen) < wanted:
            time.sleep(0.01)
            self._look()
            if not first and self._read:
                first = time.monotonic() - began
            if len(self._seen) > 0.97 * MESSAGES and time.monotonic() - began > 3 * first + 1:
                break  # all is there: it is killed while it finds that
        return max(first, 1.0)

    def _look(self) -> None:
        if not self._receipts.exists():
            return
        with self._receipts.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text.rpartition(b"\n")[0]
        self._read += len(whole) + bool(whole)
        for line in whole.splitlines():
            try:
                self._seen.add(json.loads(line)["ref"])
            except ValueError:  # a kill tore it
                continue

    def _wait(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return


@dataclass(frozen=True)
class Way:
    """The stores of a mailbox, one after the other: `looks` tell what each holds."""

    sandbox: Sandbox
    folder: Path
    server: dovecot.Dovecot
    user: str

    @property
    def places(self) -> list[str]:
        files = [f"{kind}:{self.folder / kind}" for kind in ("maildir", "mbox", "backup")]
        return ["gmail:", self.server.url("imap", self.user), *files, "gmail:"]

    def lies(self, number: int) -> Lies:
        """What the store of that number holds."""
        looks: tuple[Callable[[], Lies], ...] = (
            lambda: long_way.in_gmail(self.sandbox, ME),
            lambda: long_way.in_imap(self.server, self.user),
            lambda: long_way.in_maildir(self.folder / "maildir"),
            lambda: long_way.in_mbox(self.folder / "mbox"),
            lambda: long_way.in_backup(self.folder / "backup"),
            lambda: long_way.in_gmail(self.sandbox, ANN),
        )
        return looks[number]()

    def hop(self, number: int) -> Hop:
        env = environment(self.sandbox, self.folder, ME if number < HOPS - 1 else ANN)
        words = ("copy", *self.places[number : number + 2])
        return Hop(env, words, self.folder / f"hop {number}")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_mailbox_is_what_it_was_after_five_stores_and_many_kills(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    dice = random.Random(7)
    corpus = CORPUS if CORPUS.is_dir() else None
    sandbox.mail.put_many(ME, long_way.mail(MESSAGES, corpus, dice))
    for name in long_way.ELSEWHERE:
        sandbox.mail.put(ANN, b"From: x@example.com\r\n\r\n", labels=[name])
    way = Way(sandbox, tmp_path, dovecot.running(), f"killed{os.getpid()}")
    was, elsewhere = way.lies(0), long_way.in_gmail(sandbox, ANN)
    sound = {raw: kept for raw, kept in was.items() if raw and b"\0" not in raw}
    within = 0
    for number in range(HOPS - 1):
        hop, began = way.hop(number), time.monotonic()
        within += hop.killed(KILLS // HOPS, dice)
        lost = was.keys() - sound.keys() if number == 0 else set()
        assert hop.ends() == lost
        say(way, number, began)
        marks = MARKS if number == 1 else ALL_MARKS  # folders of a Maildir are looked at by names
        now = way.lies(number + 1)
        assert long_way.differences(sound, now, marks=marks, dates=True) == {}
        assert_check(hop, missing=len(lost))
    hop, began = way.hop(HOPS - 1), time.monotonic()
    within += hop.killed(KILLS - (HOPS - 1) * (KILLS // HOPS), dice)
    refused = hop.ends()
    say(way, HOPS - 1, began)
    assert_check(hop, missing=len(refused))
    print(f"\n{MESSAGES:,} messages, {KILLS} kills, {within} of them before all was there")
    assert within >= KILLS * 0.4
    now = {raw: kept for raw, kept in way.lies(HOPS).items() if raw not in elsewhere}
    assert_arrived(sound, now, refused)


def assert_arrived(was: Lies, now: Lies, refused: set[bytes]) -> None:
    """In the second account: all but what it refused, none of which is ordinary mail."""
    assert now.keys() | refused == was.keys()
    assert not now.keys() & refused
    assert not [raw for raw in refused if b"@long.example>" in raw]
    for kept in now.values():
        kept.labels = {each for each in kept.labels if not each.startswith("copied/")}
    taken = {raw: kept for raw, kept in was.items() if raw in now}
    assert long_way.differences(taken, now, marks=ALL_MARKS, dates=False) == {}
    assert long_way.conversations(taken) == long_way.conversations(now)
    ours = [raw for raw in now if dated(raw) and "DRAFT" not in now[raw].marks]
    assert {raw: now[raw].date for raw in ours} == {raw: dated(raw) for raw in ours}


def dated(raw: bytes) -> int | None:
    """By its header, as Gmail takes it: of our own letters, which are all dated."""
    found = re.search(rb"(?m)^Date: (.*)\r$", raw) if b"@long.example>" in raw else None
    return int(parsedate_to_datetime(found[1].decode()).timestamp()) if found else None


def assert_check(hop: Hop, *, missing: int) -> None:
    found = hop.checked()
    assert (found["wrong"], found["unread"]) == ([], []), found
    assert len(found["missing"]) == missing  # type: ignore[arg-type]


def say(way: Way, number: int, began: float) -> None:
    here, there = (each.partition(":")[0] for each in way.places[number : number + 2])
    took = time.monotonic() - began
    print(f"\n{here} to {there}: {took:,.0f} s", end="", flush=True)
