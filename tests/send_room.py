"""Runs that send, in processes of their own: killed at a chosen step, on clocks that jump."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from disks import begun, die_at, ended, in_a_child
from gmailkit.auth.scopes import PURPOSES
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.record.ledger import Entry, SendLedger
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sending import once
from gmailkit.wire.bearer import Bearer
from mailroom import ME

ANN = "ann@example.com"
DAY = 86_400.0
JUMPS = (0.0, 0.0, -2.5, 0.7, -DAY, DAY, 3_650 * DAY, -3_650 * DAY)
# The way to a request, the way from it, and each change of the ledger.
STEPS: tuple[tuple[type, str], ...] = (
    (Bearer, "send"),
    *((SendLedger, name) for name in ("open", "put", "change")),
)


@dataclass
class Jumpy:
    """A clock that nobody has to wait for; the time of day jumps now and then."""

    dice: random.Random
    slept: float = 0.0
    ahead: float = 0.0

    def now(self) -> float:
        if self.dice.random() < 0.05:
            self.ahead = self.dice.choice(JUMPS)
        return time.time() + self.slept + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@dataclass(frozen=True)
class Job:
    """One message under its key; one that is `held` is kept as a draft first, then finished."""

    key: str
    subject: str
    held: bool = False
    size: int = 50

    def words(self) -> dict[str, Any]:
        text = random.Random(self.subject).randbytes(self.size // 2).hex()
        return {"to": ANN, "subject": self.subject, "text": text}


def jobs(number: int) -> list[Job]:
    """Every seventh has the same words as the one before it; some are held first."""
    return [
        Job(f"key-{n}", f"Number {n - (n % 7 == 6)}", held=n % 9 == 4, size=50 + n % 5 * 300)
        for n in range(number)
    ]


@dataclass
class Room:
    """A sandbox, and a home that all runs share."""

    sandbox: Sandbox
    home: Home
    token: str

    @classmethod
    def at(cls, sandbox: Sandbox, folder: Path, scopes: Sequence[str] = PURPOSES["modify"]) -> Room:
        token = sandbox.issue_token(ME, scopes, lasting=True)
        return cls(sandbox, Home.at(folder), token)

    def gmail(self, clock: Any) -> Gmail:
        settings = Settings(
            home=self.home,
            access_token=Secret(self.token),
            endpoint=self.sandbox.url,
            units_per_minute=None,
        )
        return Gmail(settings=settings, clock=clock)

    def run(self, todo: Sequence[Job], *, seed: int = 0, fatal: int = 0) -> int:
        """Send all of `todo`, what is done already included, in a process that ends before its
        step number `fatal`; minus the signal that ended it, or how many went wrong.
        """
        return in_a_child(lambda: self._work(todo, seed, fatal))

    def run_at_once(self, todo: Sequence[Job], *, seeds: Iterable[int]) -> list[int]:
        """The same in several processes that begin together; how many went wrong in each.

        They are forked while nobody asks the sandbox anything: a fork of a process whose threads
        are busy may find a lock held for ever.
        """
        begin, go = os.pipe()

        def work(seed: int) -> None:
            os.read(begin, 1)
            self._work(todo, seed, 0)

        children = [begun(partial(work, seed)) for seed in seeds]
        os.write(go, b"x" * len(children))
        codes = [ended(child) for child in children]
        os.close(begin)
        os.close(go)
        return codes

    def _work(self, todo: Sequence[Job], seed: int, fatal: int) -> None:
        dice = random.Random(seed)
        if fatal:
            die_at(fatal, STEPS)
        failed = 0
        with self.gmail(Jumpy(dice)) as gmail:
            for job in todo:
                try:
                    _send(gmail, job)
                except GmailKitError:
                    failed += 1
        os._exit(min(failed, 100))

    def entries(self) -> list[Entry]:
        """Of the one ledger there is, without asking anybody."""
        folders = [path.parent for path in self.home.state.rglob("sent.sqlite3")]
        assert len(folders) <= 1
        with closing(SendLedger(lambda: folders[0])) as ledger:
            return list(ledger.entries()) if folders else []

    def check(self, todo: Sequence[Job]) -> None:
        """Each message is exactly once in Sent and with its receiver; the ledger agrees."""
        mail, wanted = self.sandbox.mail, Counter(job.subject for job in todo)
        own = {id: mail.labels_of(ME, id) for id in mail.ids(ME)}
        sent = {id: subject(mail.raw(ME, id)) for id, labels in own.items() if "SENT" in labels}
        assert Counter(sent.values()) == wanted
        assert Counter(subject(mail.raw(ANN, id)) for id in mail.ids(ANN)) == wanted
        assert [labels for labels in own.values() if "DRAFT" in labels] == []
        entries = self.entries()
        assert Counter(entry.state for entry in entries) == {"sent": len(todo)}
        assert {entry.message_id: entry.subject for entry in entries} == sent


def subject(raw: bytes) -> str:
    return next(x.decode() for x in raw.splitlines() if x.lower().startswith(b"subject:"))[9:]


def _send(gmail: Gmail, job: Job) -> None:
    message = gmail.compose(**job.words())
    if not job.held:
        gmail.send(message, key=job.key)
        return
    entry = gmail._connection.sends.find(job.key)
    if entry is None or entry.state in ("new", "drafting", "drafted", "failed"):
        entry = once.keep(gmail._connection, message, state="held", key=job.key)
    once.finish(gmail._connection, entry)
