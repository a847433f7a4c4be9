"""A whole backup run, killed with -9 at each of its steps in turn, then resumed.

A step is a change of the disk (write, sync, truncate, index commit, ...) or an answer of Gmail.
The run that dies is forked from this process, which has everything loaded.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from fakes import ImpatientClock
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.storage import Disk
from gmailkit.client.client import Client
from gmailkit.client.history import Changes
from gmailkit.errors import CannotWrite, GmailKitError
from gmailkit.model.content import Content
from gmailkit.model.draft import Draft
from gmailkit.model.history import HistoryPage
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.label import Label
from gmailkit.model.message import Message, MessageRef
from gmailkit.model.profile import Profile
from gmailkit.model.shape import from_millis
from gmailkit.services.backup.report import BackupReport
from gmailkit.services.backup.run import backup
from gmailkit.wire.http import IN_FLIGHT

ME = "me@example.com"
MESSAGES = 300
MAY_BE_READ_AGAIN = 50


@dataclass
class Steps:
    """Counts steps and does something to the process at one of them."""

    at: int = -1
    then: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    taken: int = 0
    lock: Any = field(default_factory=Lock)

    def take(self) -> None:
        with self.lock:
            self.taken += 1
            if self.taken == self.at:
                self.then()


class CountingDisk(Disk):
    """The disk, with a step before each change."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_"):
            return found

        def step(*arguments: object) -> object:
            self._steps.take()
            return found(*arguments)

        return step


class OneMailbox:
    """As much of `Client` as a backup uses: nothing ever changes, every message read is a step."""

    def __init__(self, steps: Steps, mail: dict[str, bytes], log: Path | None = None) -> None:
        self._steps = steps
        self._mail = mail
        self._log = log
        self.messages = self
        self.labels = self._Labels()
        self.history = self._History()
        self.drafts = self._Drafts()
        self.read: list[str] = []
        self.prices = "new"

    class _Labels:
        def list(self) -> tuple[Label, ...]:
            return (Label(id=LabelId("INBOX"), name="INBOX", type="system"),)

    class _History:
        def list(self, start: int) -> Changes:
            return Changes(lambda token: HistoryPage(history_id=7), limit=None, page_token=None)

    class _Drafts:
        def list(self) -> tuple[Draft, ...]:
            return ()

    def get_profile(self) -> Profile:
        return Profile(email_address=ME, history_id=7)

    def call(self, method: str) -> dict[str, object]:
        return {}

    def list(self, **options: object) -> Iterator[MessageRef]:
        if not {"SPAM", "TRASH"}.intersection(options.get("label_ids", ())):  # type: ignore[call-overload]
            yield from (MessageRef(id=MessageId(id)) for id in self._mail)

    def get_raw(self, id: str, *, in_memory: int = 0) -> tuple[Message, Content]:
        self._steps.take()
        self.read.append(id)
        if self._log:
            with self._log.open("a") as file:  # outlives the process
                file.write(".")
        message = Message(
            id=MessageId(id),
            thread_id=ThreadId(id),
            label_ids=(LabelId("INBOX"),),
            internal_date=from_millis(1_700_000_000_000),
        )
        return message, Content.of(self._mail[id])


@pytest.fixture(scope="module")
def mail() -> dict[str, bytes]:
    """300 messages; some large, so that frames close at different places."""
    return {
        f"{number:016x}": f"Subject: {number}\r\n\r\nFrom {number}\n".encode()
        + os.urandom(100 if number % 17 else 60_000)
        for number in range(1, MESSAGES + 1)
    }


def run(
    folder: Path, mail: dict[str, bytes], steps: Steps, log: Path | None = None
) -> tuple[BackupReport, OneMailbox]:
    mailbox = OneMailbox(steps, mail, log)
    client: Client = mailbox  # type: ignore[assignment]
    disk = CountingDisk(steps)
    return backup(client, ME, folder, storage=disk, clock=ImpatientClock()), mailbox


def die_at(step: int, folder: Path, mail: dict[str, bytes], log: Path | None = None) -> bool:
    """Run in a child that is killed at that step; False when there is no such step."""
    child = os.fork()
    if child == 0:
        try:
            run(folder, mail, Steps(at=step), log)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def saved(folder: Path) -> dict[str, bytes]:
    with Backup.open(folder) as opened:
        entries = list(opened.entries())
        assert len({entry.id for entry in entries}) == len(entries), "a message twice"
        return {entry.id: opened.read(entry).raw for entry in entries}


def steps_of_a_run(folder: Path, mail: dict[str, bytes]) -> int:
    steps = Steps()
    run(folder, mail, steps)
    return steps.taken


def check_step(step: int, folder: Path, mail: dict[str, bytes]) -> None:
    assert die_at(step, folder, mail), f"no step {step}"
    report, mailbox = run(folder, mail, Steps())
    assert saved(folder) == mail
    assert verify(folder).ok
    assert report.present + report.fetched == MESSAGES
    answered = max(0, step - 1)  # no more than that many answers came before the kill
    assert len(mailbox.read) <= MESSAGES - min(answered, report.present)
    assert len(mailbox.read) == report.fetched


def every(nth: int, steps: int) -> Sequence[int]:
    return range(1, steps + 1, nth)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_killed_at_every_eleventh_step(tmp_path: Path, mail: dict[str, bytes]) -> None:
    steps = steps_of_a_run(tmp_path / "whole", mail)
    assert steps >= 300
    for step in every(11, steps):
        check_step(step, tmp_path / str(step), mail)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_killed_at_every_step(tmp_path: Path, mail: dict[str, bytes]) -> None:
    steps = steps_of_a_run(tmp_path / "whole", mail)
    for step in every(1, steps):
        check_step(step, tmp_path / str(step), mail)
    print(f"{steps} steps, each killed once, resumed, verified")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_kill_costs_at_most_fifty_bodies(tmp_path: Path, mail: dict[str, bytes]) -> None:
    steps = steps_of_a_run(tmp_path / "whole", mail)
    for step in every(steps // 7, steps):
        folder, log = tmp_path / f"cost{step}", tmp_path / f"read{step}"
        log.touch()
        assert die_at(step, folder, mail, log)
        report, _ = run(folder, mail, Steps())
        assert log.stat().st_size + report.fetched <= MESSAGES + MAY_BE_READ_AGAIN + IN_FLIGHT


@pytest.mark.parametrize("point", range(20))
def test_a_full_disk_at_twenty_points_is_said_and_the_next_run_finishes(
    tmp_path: Path, mail: dict[str, bytes], point: int
) -> None:
    folder = tmp_path / "mail.backup"
    changes = 0

    class Full(Disk):
        """Out of room from the nth change on, for good."""

        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            if name.startswith("_") or name in ("step", "sync", "sync_folder"):
                return found

            def change(*arguments: Any) -> object:
                nonlocal changes
                changes += 1
                if changes > point and name != "remove":
                    raise OSError(28, "No space left on device", str(arguments[0]))
                return found(*arguments)

            return change

    client: Client = OneMailbox(Steps(), mail)  # type: ignore[assignment]
    with pytest.raises(GmailKitError) as caught:
        backup(client, ME, folder, storage=Full(), clock=ImpatientClock())
    assert isinstance(caught.value, CannotWrite)
    assert caught.value.exit_code == 16
    assert str(folder) in caught.value.message
    if (folder / "index.sqlite3").exists():  # before that nothing was saved
        assert verify(folder).ok
    report, _ = run(folder, mail, Steps())
    assert report.present + report.fetched == MESSAGES
    assert saved(folder) == mail
    assert verify(folder).ok


def test_the_kill_really_kills(tmp_path: Path, mail: dict[str, bytes]) -> None:
    last = next(n for n in count(10_000) if not die_at(n, tmp_path / str(n), mail))
    assert last == 10_000, "a step beyond the last is never taken"
    assert die_at(3, tmp_path / "three", mail)
