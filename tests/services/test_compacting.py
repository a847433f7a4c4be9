"""A backup written anew without what its owner lets go: the old one stays, the new one is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from disks import ME, Failing, Watched, flip, message
from gmailkit.backup.check import verify
from gmailkit.backup.events import Compacted, Cursor, Gone, Labels, Run, Setting, stamped
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.record import Record
from gmailkit.backup.stream import MESSAGES
from gmailkit.errors import (
    BackupDamaged,
    BackupLocked,
    CannotWrite,
    Conflict,
    QueryError,
    UsageError,
)
from gmailkit.services.compacting import Retention, compact, plan_compact

MAIL = [message(number) for number in range(30)]
WHEN = 1_700_000_000_000  # when it was saved, and what became of it in the minutes after
HERS = Record("ann@example.org", "beef", "beef", 1, {"INBOX": "INBOX"}, b"Subject: hers\n\nHi.\n")


@pytest.fixture
def old(quick_path: Path) -> Path:
    """Thirty messages and one of another account; 0 and 1 starred since, 2 and 3 gone since."""
    path = quick_path / "old"
    with Backup.open(path, create=True, storage=Watched()) as backup:
        for each in (*MAIL, HERS):
            backup.add(_saved(each))
        backup.flush()
        for each in MAIL[:2]:
            labels = {**each.labels, "STARRED": "STARRED"}
            backup.note(Labels(account=ME, id=each.id, labels=labels, at=stamped(WHEN + 60_000)))
        for each in MAIL[2:4]:
            backup.note(Gone(account=ME, id=each.id, at=stamped(WHEN + 120_000)))
        backup.note(Setting(account=ME, name="vacation", value={"on": True}))
        backup.note(Run(account=ME, mode="full", saved=30))
    return path


def _saved(record: Record) -> Record:
    facts = (record.account, record.id, record.thread, record.date_ms, record.labels, record.raw)
    return Record(*facts, saved=WHEN)


def files(path: Path) -> dict[str, bytes]:
    return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*.*")}


def told(path: Path, account: str = ME) -> dict[str, tuple[object, ...]]:
    """All that a backup tells of each message."""
    with Backup.open(path) as backup:
        assert backup.notes == ()
        return {
            each.id: (
                backup.read(each).raw,
                *(each.thread, each.date_ms, each.saved, each.labels, each.gone),
                backup.label_states(account, each.id),
            )
            for each in backup.entries()
            if each.account == account
        }


def made(old: Path, **rules: Any) -> Path:
    new = old.with_name("new")
    compact(plan_compact(old, new, Retention(**rules)), storage=Watched())
    return new


def test_without_a_rule_everything_comes_over_as_it_was(old: Path) -> None:
    before = files(old)
    new = made(old)
    assert told(new) == told(old)
    assert told(new, HERS.account) == told(old, HERS.account)
    assert files(old) == before
    head, found = verify(old).head, verify(new)
    assert (found.ok, found.messages) == (True, 31)
    with Backup.open(old) as one, Backup.open(new) as other:
        first, *rest = other.events()
        assert isinstance(first, Compacted)
        assert (first.head, first.kept, first.dropped) == (head, 31, 0)
        kinds = [type(each) for each in one.events()]
        assert [type(each) for each in rest] == kinds
        setting = other.latest(ME, Setting, "vacation")
        assert setting == one.latest(ME, Setting, "vacation")
    state = told(new)
    rebuild(new)
    assert told(new) == state
    assert verify(new).ok


@pytest.mark.parametrize(
    ("rules", "gone"),
    [
        ({"drop": "is:starred"}, [0, 1]),
        ({"drop": "is:starred", "keep": "is:unread"}, [1]),
        ({"gone_before": datetime.fromtimestamp(WHEN / 1000 + 200, UTC)}, [2, 3]),
        ({"gone_before": datetime.fromtimestamp(WHEN / 1000 + 100, UTC)}, []),
        ({"gone_before": datetime(2030, 1, 1, tzinfo=UTC), "keep": "subject:3"}, [2]),
    ],
    ids=["a search", "but not what is kept", "gone since", "not gone yet", "gone but kept"],
)
def test_rules_say_what_goes_and_all_else_stays(
    old: Path, rules: dict[str, Any], gone: list[int]
) -> None:
    plan = plan_compact(old, old.with_name("new"), Retention(**rules))
    assert plan.dropped == {(ME, MAIL[n].id) for n in gone}
    assert plan.kept == 31 - len(gone)
    new = made(old, **rules)
    kept = told(old)
    for number in gone:
        del kept[MAIL[number].id]
    assert told(new) == kept
    with Backup.open(new) as backup:
        ids = {each.id for each in backup.events(ME) if isinstance(each, Labels | Gone)}
        assert ids.isdisjoint(MAIL[number].id for number in gone)
        first = next(iter(backup.events()))
        assert isinstance(first, Compacted)
        assert (first.dropped, set(first.rules)) == (len(gone), set(Retention(**rules).told()))
    told_of_head = verify(new, heads=[verify(old).head]).problems
    of_the_old = "is that of the backup from which a compaction made this one"
    assert [of_the_old in text for text in told_of_head] == [True] * bool(gone)


def test_damage_is_told_before_and_left_behind_only_when_wanted(old: Path) -> None:
    pack = MESSAGES.path(old, 1)
    flip(pack, 200)
    hurt = {each.id for each in verify(old).damaged}
    plan = plan_compact(old, old.with_name("new"), Retention())
    assert {each.item for each in plan.damaged} == hurt
    compact(plan, storage=Watched())
    assert verify(old.with_name("new")).ok
    assert set(told(old.with_name("new"))) == {each.id for each in MAIL} - hurt


def test_what_a_killed_run_saved_beyond_the_index_is_not_left_behind(old: Path) -> None:
    def dies(step: str, path: Path) -> None:
        if step == "index commit":
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        Backup.open(old, write=True, storage=Watched(dies)) as backup,
    ):
        backup.add(message(50))
        backup.flush()
    assert verify(old).ok
    with pytest.raises(BackupDamaged, match="32 whole messages, and its index tells of 31"):
        made(old)
    Backup.open(old, write=True, storage=Watched()).close()
    assert message(50).id in told(made(old))


def test_a_place_in_history_comes_over_only_while_nothing_that_was_saved_is_lost(
    old: Path,
) -> None:
    with Backup.open(old, write=True, storage=Watched()) as backup:
        backup.note(Cursor(account=ME, history="7"))
        backup.note(Cursor(account=ME, history="8"))
    with Backup.open(made(old)) as new:
        assert [each.history for each in new.events(ME, Cursor)] == ["8"]
    rebuild(old)  # an index that was made anew knows of no such place
    second = old.with_name("second")
    compact(plan_compact(old, second, Retention()), storage=Watched())
    with Backup.open(second) as new:
        assert new.latest(ME, Cursor) is None


def test_a_name_that_is_taken_and_a_folder_inside_are_refused(old: Path) -> None:
    (old.parent / "taken").mkdir()
    with pytest.raises(Conflict, match="there already"):
        plan_compact(old, old.parent / "taken", Retention())
    with pytest.raises(UsageError, match="in the backup itself"):
        plan_compact(old, old / "packs" / "new", Retention())
    with pytest.raises(QueryError):
        plan_compact(old, old.with_name("new"), Retention(drop="{a"))


def test_a_backup_that_grows_meanwhile_is_begun_again(old: Path) -> None:
    plan = plan_compact(old, old.with_name("new"), Retention())
    with Backup.open(old, write=True) as backup:
        backup.add(message(99))
    with pytest.raises((Conflict, BackupDamaged)):
        compact(plan, storage=Watched())
    assert not old.with_name("new").exists()
    assert len(told(made(old))) == 31


def test_two_compactions_to_one_place_do_not_write_into_each_other(old: Path) -> None:
    new = old.with_name("new")
    plan, second = plan_compact(old, new, Retention()), []

    def meanwhile(step: str, path: Path) -> None:
        if step == "sync" and path.suffix == ".zst" and not second:
            second.append(path)
            with pytest.raises(BackupLocked):
                compact(plan, storage=Watched())

    assert compact(plan, storage=Watched(meanwhile)).messages == 31
    assert second
    assert verify(new).ok


def test_what_is_strange_in_an_unfinished_folder_is_left_alone(old: Path) -> None:
    unfinished = old.with_name("new.unfinished")
    unfinished.mkdir()
    (unfinished / "diary.txt").write_text("mine")
    with pytest.raises(Conflict, match=r"diary\.txt"):
        made(old)
    assert (unfinished / "diary.txt").read_text() == "mine"


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.soak)])
def test_a_fault_of_the_disk_leaves_no_new_backup_and_the_old_one_as_it_was(
    old: Path, every: int
) -> None:
    before = files(old)
    for step in range(1, 10_000, every):
        fault, new = Failing(at=step), old.with_name(f"new{step}")
        plan = plan_compact(old, new, Retention())
        try:
            compact(plan, storage=Watched(fault))
        except CannotWrite:
            last = fault.failed[0][0] == "sync_folder" and new.exists()
            assert last or not new.exists()
            if not last:
                fault.mended = True
                compact(plan, storage=Watched(fault))
        assert verify(new).ok
        assert files(old) == before
        if not fault.failed:
            assert step > 20
            return
