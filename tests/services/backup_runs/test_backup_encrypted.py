"""A host without a key keeps an encrypted backup up to date, and its owner finds it as Gmail is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from disks import flip
from gmailkit.backup.check import verify
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted, rotate
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.events import LabelList, Setting
from gmailkit.backup.folder import Backup
from gmailkit.errors import KeyNeeded
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services.backup.status import backup_status
from gmailkit.services.compacting import Retention, compact, plan_compact
from run_room import ME, Later, State, fill, states, truth


@pytest.fixture
def key(tmp_path: Path) -> Iterator[Path]:
    """The owner's, which this process is not given yet."""
    path = tmp_path / "key.txt"
    path.write_text(f"{age.new_identity()!s}\n")
    yield path
    GIVEN.identity = None


@pytest.fixture
def folder(key: Path, quick_path: Path) -> Path:
    identity = age.identities_in(key.read_text())[0]
    begin_encrypted(quick_path / "b", Owners((age.recipient_of(identity),)))
    return quick_path / "b"


def read(folder: Path, key: Path) -> dict[str, State]:
    """What its owner finds in it."""
    GIVEN.identity = key
    try:
        assert verify(folder).ok
        return states(folder)
    finally:
        GIVEN.identity = None


def test_what_history_tells_is_taken_over_without_a_key(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path
) -> None:
    ids = fill(sandbox, 12)
    assert gmail.backup(folder).fetched == 12
    assert read(folder, key) == truth(sandbox)
    gmail.label(ids[1], add=["STARRED"])
    gmail.label(ids[2], remove=["UNREAD", "INBOX"])
    gmail.trash(ids[3])
    gmail.messages.delete(ids[4])
    fill(sandbox, 1, labels=["INBOX"])
    report = gmail.backup(folder)
    assert (report.fetched, report.deleted) == (1, 1)
    found = read(folder, key)
    assert found[ids[4]].gone
    assert "TRASH" in found[ids[3]].labels
    kept = truth(sandbox)
    assert {id: found[id] for id in kept} == kept
    again = gmail.backup(folder)
    assert (again.mode, again.fetched, again.relabelled) == ("incremental", 0, 0)


def test_where_history_does_not_reach_all_labels_are_told_anew(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path
) -> None:
    ids = fill(sandbox, 8)
    gmail.backup(folder)
    gmail.label(ids[1], add=["STARRED"])
    gmail.messages.delete(ids[2])
    sandbox.mail.expire_history(ME)
    report = gmail.backup(folder)
    assert (report.fetched, report.deleted) == (0, 1)
    found = read(folder, key)
    assert {id: found[id] for id in truth(sandbox)} == truth(sandbox)


def test_comparing_finds_nothing_unexplained(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path, clock: Later
) -> None:
    ids = fill(sandbox, 8)
    gmail.backup(folder)
    gmail.trash(ids[0])
    clock.more += timedelta(days=8)
    report = gmail.backup(folder)
    assert report.reconciled
    assert (report.reconciled.gmail, report.reconciled.backup) == (7, 7)
    assert report.reconciled.differ == ()
    GIVEN.identity = key
    with Backup.open(folder) as saved:
        assert saved.latest(ME, LabelList)
        assert saved.latest(ME, Setting, "filters")


def test_compacted_it_is_for_the_owners_of_today_alone(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path, tmp_path: Path
) -> None:
    fill(sandbox, 12)
    gmail.backup(folder)
    new = tmp_path / "new.txt"
    new.write_text(f"{age.new_identity()!s}\n")
    GIVEN.identity = key
    (identity,) = age.identities_in(new.read_text())
    rotate(folder, Owners((age.recipient_of(identity),)))
    GIVEN.identity = new
    target = folder.with_name("compacted")
    made = compact(plan_compact(folder, target, Retention(drop="subject:3")))
    assert made.messages == 11
    assert len(read(target, new)) == 11
    (pack, *_) = (target / "packs").glob("*.age")
    GIVEN.identity = key
    old = GIVEN.identities()
    assert old
    with pytest.raises(KeyNeeded):
        age.decrypt(pack.read_bytes(), old)
    assert list((target / "packs").glob("*.zst")) == []
    GIVEN.identity = None
    report = gmail.backup(target, reconcile=True)  # blind, it knows what was let go too
    assert (report.fetched, report.let_go) == (0, 1)


def test_what_is_damaged_is_mended_by_who_can_read_it(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path
) -> None:
    fill(sandbox, 60)
    gmail.backup(folder)
    assert len(read(folder, key)) == 60
    pack = sorted((folder / "packs").glob("*.age"))[0]
    flip(pack, -100)
    with pytest.raises(KeyNeeded):
        gmail.plan_repair(folder)
    GIVEN.identity = key
    assert not verify(folder).ok
    gmail.repair(gmail.plan_repair(folder))
    assert verify(folder).ok
    found = states(folder)
    assert {id: found[id] for id in truth(sandbox)} == truth(sandbox)


def test_how_it_is_can_be_told_without_a_key(
    gmail: Gmail, sandbox: Sandbox, folder: Path, key: Path, tmp_path: Path, clock: Later
) -> None:
    fill(sandbox, 5)
    gmail.backup(folder)
    home = Home.at(tmp_path / "home")
    blind = backup_status(home, folder, clock=clock)
    GIVEN.identity = key
    seen = backup_status(home, folder, clock=clock)
    for found in (blind, seen):
        (account,) = found.accounts
        assert (account.messages, account.complete) == (5, account.tried)
        assert found.mail == seen.mail
    assert [each.address for each in seen.accounts] == [ME]
