"""A backup held against Gmail: ids by listing, bytes by reading; each difference has its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import flip
from gmailkit.backup.events import Cursor
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.record import Record
from gmailkit.config import Settings
from gmailkit.errors import NotFound, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.compacting import Retention, compact, plan_compact
from mailroom import ME, letter

LONG_AGO = datetime(2001, 2, 3, tzinfo=UTC)


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    return [sandbox.mail.put(ME, letter(f"Letter {n}")) for n in range(12)]


@pytest.fixture
def folder(gmail: Gmail, ids: list[str], tmp_path: Path) -> Path:
    gmail.backup(tmp_path / "mail.backup")
    return tmp_path / "mail.backup"


@pytest.fixture
def other(settings_for: Callable[..., Settings]) -> Gmail:
    """Somebody else at the same mailbox, who may delete for good."""
    return Gmail(settings=settings_for(purpose="full"))


def reads(sandbox: Sandbox) -> int:
    return sum(1 for _, path in sandbox.requests if "/messages/" in path)


def test_a_backup_of_all_mail_agrees_in_every_byte(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    plan = gmail.plan_comparison(folder)
    assert (plan.gmail, plan.backup, plan.common, plan.to_read, plan.units) == (12, 12, 12, 12, 240)
    before = reads(sandbox)
    steps: list[tuple[int, int]] = []
    found = gmail.compare(plan, on_progress=lambda *step: steps.append(step))
    assert (found.ok, found.same, reads(sandbox) - before) == (True, 12, 12)
    assert steps[-1] == (12, 12)


def test_a_sample_reads_so_many_and_another_lot_reads_others(
    sandbox: Sandbox, gmail: Gmail, folder: Path, ids: list[str]
) -> None:
    before = reads(sandbox)
    drawn = {
        plan.ids
        for seed in range(20)
        if (plan := gmail.plan_comparison(folder, sample=3, seed=seed))
    }
    assert reads(sandbox) == before
    assert {len(each or ()) for each in drawn} == {3}
    assert len(drawn) > 5
    assert frozenset().union(*filter(None, drawn)) == set(ids)
    assert gmail.compare(gmail.plan_comparison(folder, sample=3)).same == 3
    assert reads(sandbox) == before + 3


def test_what_only_one_side_has_is_told_with_its_reason(
    sandbox: Sandbox, gmail: Gmail, other: Gmail, folder: Path, ids: list[str]
) -> None:
    other.messages.delete(ids[0])
    spam = sandbox.mail.put(ME, letter("Win"), labels=("SPAM",), date=LONG_AGO)
    lost = sandbox.mail.put(ME, letter("Old and imported"), date=LONG_AGO)
    newer = sandbox.mail.put(ME, letter("Just in"))
    plan = gmail.plan_comparison(folder, sample=0)
    assert (plan.kept, plan.hidden, plan.lacking) == ((ids[0],), (spam,), (lost,))
    assert plan.newer == (newer,)
    assert not gmail.compare(plan).ok
    with Backup.open(folder, write=True) as backup:  # as of a run with --all
        backup.note(Cursor(account=ME, history="1", covers="all"))
    plan = gmail.plan_comparison(folder, sample=0)
    assert (plan.hidden, set(plan.lacking)) == ((), {spam, lost})
    rebuild(folder)  # an index that was made anew knows no place in history
    assert gmail.plan_comparison(folder, sample=0) == plan


def test_a_backup_of_a_choice_lacks_nothing_and_what_came_into_trash_is_no_news(
    sandbox: Sandbox, gmail: Gmail, folder: Path, ids: list[str], tmp_path: Path
) -> None:
    spam = sandbox.mail.put(ME, letter("Win"), labels=("SPAM",))
    gmail.backup(tmp_path / "some.backup", query='subject:"Letter 7"')
    plan = gmail.plan_comparison(tmp_path / "some.backup")
    assert (plan.lacking, plan.newer, plan.hidden, len(plan.beyond)) == ((), (), (), 12)
    assert gmail.compare(plan).ok
    plan = gmail.plan_comparison(folder, sample=0)
    assert (plan.newer, plan.hidden, plan.beyond) == ((), (spam,), ())


def test_what_a_compaction_let_go_is_not_lacking(
    gmail: Gmail, folder: Path, ids: list[str], tmp_path: Path
) -> None:
    smaller = tmp_path / "smaller.backup"
    compact(plan_compact(folder, smaller, Retention(drop='subject:"Letter 7"')))
    plan = gmail.plan_comparison(smaller, sample=0)
    assert (len(plan.let_go), plan.lacking, plan.newer) == (1, (), ())
    assert gmail.compare(plan).ok


def test_other_bytes_and_damage_are_named(
    sandbox: Sandbox, gmail: Gmail, ids: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "forged.backup"
    mail = {id: sandbox.mail.raw(ME, id) for id in ids}
    mail[ids[1]] = bytes(reversed(mail[ids[1]]))
    mail[ids[2]] += b"more"
    with Backup.open(path, create=True) as backup:
        for id, raw in mail.items():
            backup.add(Record(ME, id, id, 1, {}, raw))
    found = gmail.compare(gmail.plan_comparison(path))
    assert found.same == 10
    assert {each.item: each.why for each in found.different} == {
        ids[1]: "Gmail gives other bytes than were saved.",
        ids[2]: f"{len(mail[ids[2]]):,} bytes were saved, Gmail gives {len(mail[ids[2]]) - 4:,}.",
    }
    (pack,) = (path / "packs").iterdir()
    flip(pack, -9)
    damaged = gmail.compare(gmail.plan_comparison(path)).different
    assert any("is damaged" in each.why for each in damaged)


def test_a_message_deleted_meanwhile_is_no_difference(
    gmail: Gmail, other: Gmail, folder: Path, ids: list[str]
) -> None:
    plan = gmail.plan_comparison(folder)
    other.messages.delete(ids[3])
    found = gmail.compare(plan)
    assert (found.ok, found.gone, found.same) == (True, (ids[3],), 11)


def test_a_backup_of_another_account_and_an_impossible_sample_are_refused(
    gmail: Gmail, ids: list[str], tmp_path: Path
) -> None:
    with Backup.open(tmp_path / "other", create=True) as backup:
        backup.add(Record("ann@example.org", "1", "1", 1, {}, b"x"))
    with pytest.raises(NotFound, match="holds no mail of me@"):
        gmail.plan_comparison(tmp_path / "other")
    with pytest.raises(UsageError, match="sample"):
        gmail.plan_comparison(tmp_path / "other", sample=-1)


def test_nothing_in_the_folder_changes(gmail: Gmail, folder: Path) -> None:
    def state() -> dict[str, str]:
        files = [each for each in folder.rglob("*") if each.is_file()]
        return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

    before = state()
    gmail.compare(gmail.plan_comparison(folder))
    assert state() == before


@pytest.mark.parametrize("method", ["messages.list", "messages.get"])
@pytest.mark.parametrize("kind", ["503", "429", "truncate", "reset-before"])
def test_a_passing_fault_changes_nothing(
    sandbox: Sandbox, gmail: Gmail, folder: Path, kind: str, method: str
) -> None:
    sandbox.faults.next(kind, method=method)
    assert gmail.compare(gmail.plan_comparison(folder, sample=2)).same == 2


def test_what_gmail_refuses_to_give_is_named_and_is_no_agreement(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    sandbox.faults.next("403-forbidden", method="messages.get")
    found = gmail.compare(gmail.plan_comparison(folder))
    assert (found.ok, found.same, len(found.unread)) == (False, 11, 1)
