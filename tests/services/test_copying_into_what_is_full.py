"""A target without room: the copy says how far it came, and goes on once there is some."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import dovecot
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite, MailboxFull
from gmailkit.gmail import Gmail
from gmailkit.model.content import Content
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import OnPassed, Passed
from gmailkit.services.places import Places
from gmailkit.stores.mbox import MboxStore

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

    def run(target: str, on_progress: OnPassed = lambda passed: None) -> CopyDone:
        with Places(lambda: settings) as places:
            return copy_mail(places, plan_copy(places, origin, target), on_progress=on_progress)

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


def test_a_full_account_of_gmail_stops_the_copy_which_goes_on_once_there_is_room(
    copied: Callable[..., CopyDone], sandbox: Sandbox, gmail: Gmail
) -> None:
    def fill(passed: Passed) -> None:
        if passed.done == 4:
            said = "The user's storage quota has been exceeded."
            sandbox.faults.next(403, message=said, method="messages.import")

    with pytest.raises(MailboxFull, match="no room left: The user's storage quota") as caught:
        copied("gmail:", fill)
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
