"""A restore killed with -9 between any two of its steps, or on a disk that is full at any of them:
run again, each message is there once.

A step is a request to Gmail, or a line of its record or of the journal; each has two sides.
"""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from disks import begun, die_at, ended
from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite
from gmailkit.gmail import Gmail
from gmailkit.mime.digest import digest_of
from gmailkit.paths import Home
from gmailkit.record.book import Book
from gmailkit.record.copies import Copies
from gmailkit.record.journal import Journal
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.backup.status import saved_so_far
from gmailkit.wire.http import Http
from mailroom import ME, letter

STEPS = (
    (Http, "send"),
    *((Copies, name) for name in ("open", "begin", "end", "note_thread", "set_out", "finish")),
    *((Journal, name) for name in ("begin", "end", "touch", "leave", "want")),
)
Mail = Counter[tuple[str, frozenset[str], str]]  # subject, labels by name, digest


def sign_in(sandbox: Sandbox, address: str, home: Path) -> Settings:
    """To an empty mailbox."""
    sandbox.mail.users.add(address)
    return Settings(
        home=Home.at(home),
        access_token=Secret(sandbox.issue_token(address, ["gmail.modify"], lasting=True)),
        endpoint=sandbox.url,
        units_per_minute=None,
        project_units_per_minute=None,
    )


def mail_of(gmail: Gmail) -> Mail:
    found: Mail = Counter()
    for envelope, labels in gmail.search_labelled(""):
        kept = frozenset(label for label in labels if not label.startswith("restored/"))
        found[envelope.subject, kept, digest_of(gmail.raw(envelope))] += 1
    return found


@pytest.fixture
def backup(gmail: Gmail, sandbox: Sandbox, tmp_path: Path) -> Path:
    """A conversation, filed mail, two equal messages without a Message-ID, and a draft."""
    gmail.create_label("Work/2026")
    twin = letter("Twin").replace(b"Message-ID", b"X-None")
    ids = [sandbox.mail.put(ME, raw) for raw in (letter("Plan"), twin, twin, letter("Lunch"))]
    answer = letter("Re: Plan").replace(b"Subject", b"References: <1@x>\r\nSubject")
    sandbox.mail.put(ME, answer, thread="plan")
    gmail.label(ids=ids[:1], add=["Work/2026", "STARRED"], remove=["INBOX"])
    gmail.drafts.create(letter("Draft"))
    gmail.backup(tmp_path / "mail.backup")
    assert saved_so_far(tmp_path / "mail.backup") == 6
    return tmp_path / "mail.backup"


def killed(settings: Settings, backup: Path, step: int) -> bool:
    """False when the restore came to its end before that step."""

    def work() -> None:
        die_at(step, STEPS)
        with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
            gmail.restore(gmail.plan_restore(backup))

    code: int = ended(begun(work))
    assert code in (0, -signal.SIGKILL)
    return code != 0


def on_a_full_disk(settings: Settings, backup: Path, step: int) -> bool:
    """From that line on nothing can be written down; False when there is none of that number."""
    writing, lines = Book.writing, count(1)

    @contextmanager
    def full(book: Book) -> Iterator[sqlite3.Connection]:
        with writing(book) as database:
            yield database
            if next(lines) >= step:
                raise sqlite3.OperationalError("database or disk is full")

    with pytest.MonkeyPatch.context() as patch, Gmail(settings=settings) as gmail:
        plan = gmail.plan_restore(backup)
        patch.setattr(Book, "writing", full)
        try:
            gmail.restore(plan)
        except CannotWrite as error:
            assert "disk is full" in error.message
            return True
    return False


def finished_after_each(
    stop: Callable[[Settings, Path, int], bool],
    every: int,
    sandbox: Sandbox,
    gmail: Gmail,
    backup: Path,
    tmp_path: Path,
) -> int:
    own = mail_of(gmail)
    for stops, step in enumerate(count(1, every)):
        settings = sign_in(sandbox, f"user{step}@example.com", tmp_path / str(step))
        stopped = stop(settings, backup, step)
        with Gmail(settings=settings, clock=ImpatientClock()) as other:
            done = other.restore(other.plan_restore(backup))
            assert done.copied.added + done.copied.present <= 6, step
            assert mail_of(other) == own, step
            # It is one change, however many runs it took. (One that was stopped as soon as its line
            # was begun leaves that, of no message.)
            restores = [each for each in other.changes() if "restore" in each.what and each.count]
            assert len(restores) == 1, step
            other.undo(restores[0].number)
            assert sum(mail_of(other).values()) == 1, step  # the draft
        if not stopped:
            return stops
    raise AssertionError


@pytest.mark.parametrize(("stop", "every"), [(killed, 29), (on_a_full_disk, 17)])
def test_a_restore_stopped_at_some_step_is_finished_by_the_next(
    stop: Callable[[Settings, Path, int], bool],
    every: int,
    gmail: Gmail,
    sandbox: Sandbox,
    backup: Path,
    tmp_path: Path,
) -> None:
    assert finished_after_each(stop, every, sandbox, gmail, backup, tmp_path) >= 2


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("stop", [killed, on_a_full_disk])
def test_a_restore_stopped_at_any_step_is_finished_by_the_next(
    stop: Callable[[Settings, Path, int], bool],
    gmail: Gmail,
    sandbox: Sandbox,
    backup: Path,
    tmp_path: Path,
) -> None:
    stops = finished_after_each(stop, 1, sandbox, gmail, backup, tmp_path)
    print(f"{stop.__name__} {stops} times in a restore of 6 messages")
