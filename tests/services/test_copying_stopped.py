"""A target without room, a time that is over, units that are spent: the copy says how far it came,
and the same one goes on.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import dovecot
from gmailkit.config import Settings
from gmailkit.errors import BudgetSpent, CannotWrite, MailboxFull, TimeSpent
from gmailkit.gmail import Gmail
from gmailkit.model.content import Content
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import Passed
from gmailkit.services.places import Places
from gmailkit.stores.mbox import MboxStore
from gmailkit.transport.imap.session import Session

COUNT, SIZE = 12, 4000
FAR = "; 4 messages were copied, 8 are left."


@pytest.fixture
def origin(tmp_path: Path) -> str:
    with MboxStore(tmp_path / "origin.mbox", write=True) as store:
        for number in range(COUNT):
            head = f"From: ann@example.com\nMessage-ID: <{number}@example.com>\nSubject: {number}\n"
            raw = f"{head}\n{'x' * 72}\n".encode() + b"y\n" * ((SIZE - len(head)) // 2)
            store.add(Item(content=Content.of(raw), labels=frozenset({"INBOX"})))
    return f"mbox:{tmp_path / 'origin.mbox'}"


@pytest.fixture
def copied(settings_for: Callable[..., Settings], origin: str) -> Callable[..., CopyDone]:
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))

    def run(target: str, **how: Any) -> CopyDone:
        with Places(lambda: replace(settings, budget=how.pop("budget", None))) as places:
            return copy_mail(places, plan_copy(places, how.pop("of", origin), target), **how)

    return run


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_mailbox_on_a_server_stops_the_copy_which_goes_on_once_there_is_room(
    copied: Callable[..., CopyDone],
) -> None:
    server = dovecot.running()
    server.limit("full", SIZE * 7)
    with pytest.raises(MailboxFull, match="OVERQUOTA") as caught:
        copied(server.url("imap", "full"))
    assert caught.value.message.endswith(FAR)
    assert "Make room there, and run the same command again" in caught.value.hint
    assert (caught.value.exit_code, caught.value.retryable) == (8, False)
    server.limit("full", 0)
    done = copied(server.url("imap", "full")).copied
    assert (done.added, done.present) == (COUNT - 4, 4)


def test_a_plan_tells_where_a_server_has_no_room_for_all_that_may_come(
    settings_for: Callable[..., Settings], origin: str
) -> None:
    server = dovecot.running()
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    for size, narrow in ((20_000, True), (0, False), (1_000_000, False)):
        server.limit("narrow", size)
        with Places(lambda: settings) as places:
            notes = plan_copy(places, origin, server.url("imap", "narrow")).notes
        assert bool(notes) is narrow
        assert all("has room for 20,480 bytes, and up to 48," in note for note in notes)


def test_a_plan_tells_where_a_copy_cannot_be_taken_back(
    settings_for: Callable[..., Settings], origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, listed = replace(settings_for(), mail_password=Secret(dovecot.WORD)), Session.folders
    plain = lambda self: [each for each in listed(self) if not each.has("\\trash")]  # noqa: E731
    for folders, told in ((listed, False), (plain, True)):
        monkeypatch.setattr(Session, "folders", folders)
        with Places(lambda: settings) as places:
            notes = plan_copy(places, origin, dovecot.running().url("imap", "no-trash")).notes
        assert any("has no Trash" in note for note in notes) is told


def test_a_full_account_of_gmail_stops_the_copy_which_goes_on_once_there_is_room(
    copied: Callable[..., CopyDone], sandbox: Sandbox, gmail: Gmail
) -> None:
    def fill(passed: Passed) -> None:
        if passed.done == 4:
            said = "The user's storage quota has been exceeded."
            sandbox.faults.next(403, message=said, method="messages.import")

    with pytest.raises(MailboxFull, match="no room left: The user's storage quota") as caught:
        copied("gmail:", on_progress=fill)
    assert caught.value.message.endswith(FAR)
    assert copied("gmail:").copied.added == COUNT - 4
    assert sorted(int(each.subject) for each in gmail.search()) == list(range(COUNT))


def test_a_full_disk_stops_the_copy_which_goes_on_once_there_is_space(
    copied: Callable[..., CopyDone], tmp_path: Path
) -> None:
    target = f"mbox:{tmp_path / 'there'}"
    with files_of_at_most(SIZE * 5), pytest.raises(CannotWrite, match="File too large") as caught:
        copied(target)
    assert caught.value.message.endswith(FAR)
    assert "Free some space and run the same command again" in caught.value.hint
    done = copied(target).copied
    assert (done.added, done.present) == (COUNT - 4, 4)


@pytest.mark.parametrize("target", ["maildir:", "gmail:"])
def test_a_copy_whose_time_is_over_ends_and_goes_on(
    target: str, copied: Callable[..., CopyDone], tmp_path: Path
) -> None:
    target += f"{tmp_path / 'there'}" if target == "maildir:" else ""
    asked = count()
    with pytest.raises(TimeSpent, match="4 messages were copied, 8 are left"):
        copied(target, is_over=lambda: next(asked) >= 4)
    done = copied(target).copied
    assert done.added == COUNT - 4


def test_a_copy_that_spends_little_at_a_time_comes_to_its_end(
    copied: Callable[..., CopyDone], gmail: Gmail, tmp_path: Path
) -> None:
    """Whether what it looks at comes or was there: nothing is paid for twice."""
    copied("gmail:")
    there = f"eml:{tmp_path / 'there'}"
    for added in (True, False):
        for _ in range(8):
            try:
                done = copied(there, of="gmail:", budget=350)
                break
            except BudgetSpent as error:
                assert re.search(r"spent; .*; \d messages? w(as|ere) copied, ", error.message)
                assert re.search(r"took [\d,]{3,} of these units, and each run", error.hint)
        else:
            raise AssertionError("it never comes to its end")
        assert (done.number is not None) is added
    assert len(list((tmp_path / "there").rglob("*.eml"))) == COUNT


def test_who_allows_less_than_a_plan_takes_is_told_that_each_run_makes_one(
    copied: Callable[..., CopyDone], gmail: Gmail, tmp_path: Path
) -> None:
    copied("gmail:")
    with pytest.raises(BudgetSpent) as caught:
        copied(f"eml:{tmp_path / 'there'}", of="gmail:", budget=100)
    assert "Each run makes a plan before it copies" in caught.value.hint


def test_what_is_gone_from_the_target_since_a_copy_was_stopped_comes_again(
    copied: Callable[..., CopyDone], tmp_path: Path
) -> None:
    target, asked = f"maildir:{tmp_path / 'there'}", count()
    with pytest.raises(TimeSpent):
        copied(target, is_over=lambda: next(asked) >= 4)
    next((tmp_path / "there" / "cur").iterdir()).unlink()
    assert copied(target).copied.added == COUNT - 3
