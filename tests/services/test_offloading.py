"""Room in a mailbox: to Trash goes only what a backup gives back whole; and what lies in Trash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import BackupDamaged, NoBackup, PartialError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.changes.trashed import trash_report
from mailroom import ME, letter


@pytest.fixture
def old(sandbox: Sandbox) -> list[str]:
    return [sandbox.mail.put(ME, letter(f"Old {n}", body="x" * 1000)) for n in range(6)]


@pytest.fixture
def folder(gmail: Gmail, old: list[str], tmp_path: Path) -> Path:
    gmail.backup(tmp_path / "mail.backup")
    return tmp_path / "mail.backup"


def in_trash(sandbox: Sandbox) -> set[str]:
    return {id for id in sandbox.mail.ids(ME) if "TRASH" in sandbox.mail.labels_of(ME, id)}


def test_what_is_safe_goes_to_trash_and_comes_back(
    gmail: Gmail, sandbox: Sandbox, old: list[str], folder: Path
) -> None:
    plan = gmail.plan_offload("subject:old", backup=folder)
    assert (set(plan.change.ids), plan.unsaved) == (set(old), ())
    assert plan.bytes == sum(len(sandbox.mail.raw(ME, id)) for id in old)
    assert in_trash(sandbox) == set()
    done = gmail.offload(plan)
    assert (done.count, done.bytes) == (6, plan.bytes)
    assert in_trash(sandbox) == set(old)
    assert gmail.change(done.number).what == "offload"
    gmail.undo(done.number)
    assert in_trash(sandbox) == set()
    assert sandbox.mail.labels_of(ME, old[0]) == {"INBOX"}


def test_what_the_backup_lacks_stays_and_is_named(
    gmail: Gmail, sandbox: Sandbox, old: list[str], folder: Path
) -> None:
    new = sandbox.mail.put(ME, letter("Old but new"))
    plan = gmail.plan_offload("subject:old", backup=folder)
    assert (plan.unsaved, len(plan.change.ids)) == ((new,), 6)
    with pytest.raises(PartialError, match="6 were moved to Trash") as caught:
        gmail.offload(plan)
    assert [each.item for each in caught.value.failed] == [new]
    assert caught.value.message.startswith("1 message is not safe in")
    assert "repair" not in (caught.value.hint or "")
    assert in_trash(sandbox) == set(old)
    plan = gmail.plan_offload(ids=[new], backup=folder)
    with pytest.raises(PartialError, match="nothing was moved"):
        gmail.offload(plan)
    assert new not in in_trash(sandbox)


def test_what_was_deleted_meanwhile_is_named_beside_what_stays(
    gmail: Gmail,
    sandbox: Sandbox,
    old: list[str],
    folder: Path,
    settings_for: Callable[..., Settings],
) -> None:
    new = sandbox.mail.put(ME, letter("Old but new"))
    plan = gmail.plan_offload("subject:old", backup=folder)
    with Gmail(settings=settings_for(purpose="full"), google_calls="bare") as other:
        other.messages.delete(old[0])
    with pytest.raises(PartialError) as caught:
        gmail.offload(plan)
    assert [each.item for each in caught.value.failed] == [old[0], new]
    assert in_trash(sandbox) == set(old[1:])


def test_what_is_damaged_in_the_backup_stays(
    gmail: Gmail, sandbox: Sandbox, old: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = gmail.plan_offload("subject:old", backup=folder)
    real = Backup.read

    def read(backup: Backup, entry: object) -> object:
        if entry.id == old[2]:  # type: ignore[attr-defined]
            raise BackupDamaged("Its bytes are others.")
        return real(backup, entry)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Backup, "read", read)
        with pytest.raises(PartialError) as caught:
            gmail.offload(plan)
    assert [(each.item, each.why) for each in caught.value.failed] == [
        (old[2], "Its bytes are others.")
    ]
    assert (caught.value.hint or "").startswith(f"First: gmailkit repair {folder}.")
    assert in_trash(sandbox) == set(old) - {old[2]}
    (pack,) = (folder / "packs").iterdir()
    pack.write_bytes(bytes(pack.stat().st_size))
    with pytest.raises(PartialError, match="nothing was moved"):
        gmail.offload(gmail.plan_offload(ids=[old[2]], backup=folder))
    assert old[2] not in in_trash(sandbox)


def test_without_a_backup_nothing_is_even_looked_for(
    gmail: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(NoBackup):
        gmail.plan_offload("subject:old", backup=tmp_path)
    assert sandbox.requests == []


def test_drafts_stay(gmail: Gmail, sandbox: Sandbox, tmp_path: Path) -> None:
    gmail.drafts.create(letter("Old draft"))
    gmail.backup(tmp_path / "mail.backup")
    plan = gmail.plan_offload("subject:draft", backup=tmp_path / "mail.backup")
    assert (plan.change.ids, len(plan.change.drafts), plan.unsaved) == ((), 1, ())


def test_the_days_left_are_known_of_what_gmailkit_moved(
    gmail: Gmail,
    sandbox: Sandbox,
    old: list[str],
    folder: Path,
    settings_for: Callable[..., Settings],
) -> None:
    somebody = Gmail(settings=settings_for(), google_calls="bare")
    somebody.messages.trash(old[5])
    first = gmail.offload(gmail.plan_offload(ids=old[:2], backup=folder))
    gmail.trash(ids=[old[2], old[3]])
    gmail.untrash(ids=[old[3]])
    somebody.messages.trash(old[3])
    report = gmail.trash_report()
    assert (report.messages, report.account) == (5, ME)
    told = {part.change.number if part.change else None: part for part in report.parts}
    assert {number: part.messages for number, part in told.items()} == {
        first.number: 2,
        first.number + 1: 1,
        None: 2,
    }
    assert told[first.number].days_left(report.now) in (29, 30)
    assert told[first.number].until == gmail.change(first.number).time + timedelta(days=30)
    assert report.parts[-1].days_left(report.now) is None
    held = sum(len(sandbox.mail.raw(ME, id)) for id in (*old[:4], old[5]))
    assert abs(report.bytes - held) < held // 10  # by what Gmail says of sizes


def test_a_large_one_that_somebody_looked_at_is_not_what_the_others_are_reckoned_by(
    gmail: Gmail, sandbox: Sandbox
) -> None:
    sandbox.mail.put(ME, letter("Large", body="x" * 200_000), labels=("TRASH",))
    assert len(list(gmail.search("subject:large in:trash"))) == 1
    for n in range(100):
        sandbox.mail.put(ME, letter(f"{n:03}", body="x" * 500), labels=("TRASH",))
    held = sum(len(sandbox.mail.raw(ME, id)) for id in sandbox.mail.ids(ME))
    assert abs(gmail.trash_report().bytes - held) < held // 10


def test_sizes_of_a_full_trash_are_reckoned_from_a_few(gmail: Gmail, sandbox: Sandbox) -> None:
    for n in range(100):
        sandbox.mail.put(ME, letter(f"{n:03}", body="x" * 500), labels=("TRASH",))
    report = trash_report(gmail._connection)
    assert (report.messages, report.sized <= 30) == (100, True)
    held = sum(len(sandbox.mail.raw(ME, id)) for id in sandbox.mail.ids(ME))
    assert abs(report.bytes - held) < held // 10
    asked = [path for method, path in sandbox.requests if "/messages/" in path]
    assert len(asked) <= 30
