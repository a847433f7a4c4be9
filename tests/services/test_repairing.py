"""Damage is named, fetched again from Gmail and saved further on; what is lost stays named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from disks import flip
from gmailkit.backup import writer
from gmailkit.backup.check import verify
from gmailkit.backup.events import LabelList, Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import HEADER
from gmailkit.backup.record import Record
from gmailkit.backup.stream import EVENTS, MESSAGES
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.repairing import Repaired
from mailroom import ME, letter


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    """Forty messages that do not compress."""
    dice = random.Random(1)
    noise = [dice.randbytes(1500).hex() for _ in range(40)]
    return [sandbox.mail.put(ME, letter(f"No {n}", body=noise[n])) for n in range(40)]


@pytest.fixture
def folder(gmail: Gmail, ids: list[str], quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup in several packs; two messages have changed their labels since they were saved."""
    monkeypatch.setattr(writer, "FILE_BYTES", 15_000)
    monkeypatch.setattr(writer, "FRAME_BYTES", 8_000)
    path = quick_path / "mail.backup"
    gmail.backup(path)
    with Backup.open(path, write=True) as backup:
        for id in ids[:2]:
            backup.note(Labels(account=ME, id=id, labels={"STARRED": "STARRED"}))
    assert len(MESSAGES.numbers(path)) >= 3
    return path


@pytest.fixture
def other(settings_for: Callable[..., Settings]) -> Gmail:
    """Somebody else at the same mailbox, who may delete for good."""
    return Gmail(settings=settings_for(purpose="full"))


def mended(gmail: Gmail, path: Path) -> Repaired:
    return gmail.repair(gmail.plan_repair(path))


def state(path: Path) -> dict[str, tuple[object, ...]]:
    """All that a backup tells of each message."""
    with Backup.open(path) as backup:
        assert backup.notes == ()
        return {
            each.id: (
                backup.read(each).raw,
                *(each.thread, each.date_ms, each.saved, each.labels, each.gone),
                backup.label_states(ME, each.id),
            )
            for each in backup.entries()
        }


def test_of_a_pack_that_is_cut_short_all_is_as_before(
    gmail: Gmail, folder: Path, ids: list[str]
) -> None:
    """What became of its messages too: who opens the folder forgets them first."""
    with Backup.open(folder, write=True) as backup:
        first = next(each for each in backup.entries() if each.pack == 1)
        last = [each for each in backup.entries() if each.pack == 1][-1]
        backup.note(Labels(account=ME, id=last.id, labels={"L": "Later"}))
    before = state(folder)
    file = MESSAGES.path(folder, first.pack)
    file.write_bytes(file.read_bytes()[:-200])
    done = mended(gmail, folder)
    assert done.whole
    assert state(folder) == before
    assert verify(folder).ok, verify(folder).problems


def test_a_damaged_frame_is_saved_again_as_it_was_and_stays_where_it_is(
    gmail: Gmail, folder: Path
) -> None:
    before = state(folder)
    pack = MESSAGES.path(folder, 2)
    flip(pack, HEADER + 100)
    harmed = pack.read_bytes()
    plan = gmail.plan_repair(folder)
    assert plan.wanted
    assert plan.units == 20 * len(plan.wanted)
    assert set(plan.ids) == {each.id for each in verify(folder).damaged}
    done = gmail.repair(plan)
    assert (done.mended, done.changed, done.lost, done.failed) == (len(plan.wanted), (), (), ())
    assert done.whole
    assert pack.read_bytes() == harmed
    found = verify(folder)
    assert found.ok
    assert found.messages == len(before)
    assert any("are damaged, as is known since" in note for note in found.notes)
    assert state(folder) == before
    assert gmail.plan_repair(folder).ids == ()
    for name in ("index.sqlite3", "index.sqlite3.sha256"):
        (folder / name).unlink()
    with Backup.open(folder, write=True):
        pass
    assert state(folder) == before
    assert verify(folder).ok
    (folder / "index.sqlite3").unlink()
    assert not verify(folder).uncounted  # what lay there is known, though no index tells it


def test_what_was_mended_and_is_damaged_again_is_mended_again(gmail: Gmail, folder: Path) -> None:
    before = state(folder)
    flip(MESSAGES.path(folder, 2), HEADER + 100)
    harmed = {each.id for each in verify(folder).damaged}
    mended(gmail, folder)
    with Backup.open(folder) as backup:
        places = {(each.pack, each.offset) for each in backup.entries() if each.id in harmed}
    for pack, offset in places:
        flip(MESSAGES.path(folder, pack), offset + HEADER + 10)
    assert {each.id for each in verify(folder).damaged} == harmed
    assert mended(gmail, folder).whole
    assert verify(folder).problems == ()
    assert state(folder) == before


@pytest.mark.parametrize("harm", ["gone", "cut", "the newest gone"])
def test_a_lost_pack_comes_back_with_all_that_became_of_its_messages(
    gmail: Gmail, folder: Path, ids: list[str], harm: str
) -> None:
    before = state(folder)
    number = MESSAGES.numbers(folder)[-1] if harm == "the newest gone" else 1
    pack = MESSAGES.path(folder, number)
    if harm == "cut":
        pack.write_bytes(pack.read_bytes()[:300])
    else:
        pack.unlink()
    done = mended(gmail, folder)
    assert done.whole
    assert done.mended > 0
    assert state(folder) == before
    assert verify(folder).ok


def test_what_gmail_has_no_more_stays_damaged_and_named(
    gmail: Gmail, other: Gmail, folder: Path
) -> None:
    flip(MESSAGES.path(folder, 1), HEADER + 100)
    hit = [each.id for each in verify(folder).damaged]
    other.messages.delete(hit[0])
    done = mended(gmail, folder)
    assert (done.lost, done.mended, done.whole) == ((hit[0],), len(hit) - 1, False)
    assert [each.id for each in verify(folder).damaged] == hit[:1]
    with Backup.open(folder) as backup:
        assert hit[0] in backup.known(ME)
    for name in ("index.sqlite3", "index.sqlite3.sha256"):
        (folder / name).unlink()
    with Backup.open(folder, write=True):
        pass
    found = verify(folder)  # an index that is made anew does not know it any more; the events do
    assert [each.id for each in found.missing] == hit[:1]
    assert found.problems == ()
    again = mended(gmail, folder)
    assert (again.lost, again.mended) == ((hit[0],), 0)


def test_messages_of_which_no_index_knows_are_told_as_bytes_and_come_with_the_next_backup(
    gmail: Gmail, folder: Path, ids: list[str]
) -> None:
    (folder / "index.sqlite3").unlink()
    flip(MESSAGES.path(folder, 1), HEADER + 100)
    done = mended(gmail, folder)
    assert done.plan.unknown > 0
    assert not done.whole
    gmail.backup(folder)
    found = verify(folder)
    assert (found.messages, found.damaged, found.missing) == (len(ids), (), ())
    assert not found.ok


def test_messages_of_another_account_are_left_to_who_is_signed_in_there(
    gmail: Gmail, folder: Path
) -> None:
    with Backup.open(folder, write=True) as backup:
        backup.add(Record("ann@example.org", "beef", "beef", 1, {}, b"Subject: hers\n\nHi.\n"))
    newest = MESSAGES.path(folder, MESSAGES.numbers(folder)[-1])
    flip(newest, newest.stat().st_size - 9)
    done = mended(gmail, folder)
    assert done.plan.others == {"ann@example.org": 1}
    assert not done.whole
    assert [each.id for each in verify(folder).damaged] == ["beef"]


@pytest.mark.parametrize("name", ["index.sqlite3", "gmailkit-backup.json", "index.sqlite3.sha256"])
def test_an_index_and_a_marker_are_made_anew_and_gmail_is_not_asked(
    sandbox: Sandbox, gmail: Gmail, folder: Path, name: str
) -> None:
    before = state(folder)
    asked = len(sandbox.requests)
    flip(folder / name, (folder / name).stat().st_size // 2)
    assert not verify(folder).ok
    done = mended(gmail, folder)
    assert (done.whole, done.mended) == (True, 0)
    assert len(sandbox.requests) == asked
    assert verify(folder).ok
    assert state(folder) == before


def test_damaged_events_are_written_again_from_the_index(gmail: Gmail, folder: Path) -> None:
    with Backup.open(folder, write=True) as backup:
        backup.note(LabelList(account=ME, labels=({"id": "Label_1", "name": "Work"},)))
    before = state(folder)
    file = EVENTS.path(folder, 1)
    with file.open("rb") as opened:
        head = opened.read(HEADER)
    flip(file, HEADER + 5)
    assert head.startswith(file.read_bytes()[:HEADER])
    assert verify(folder).holes
    done = mended(gmail, folder)
    assert (done.whole, done.mended) == (True, 0)
    found = verify(folder)
    assert found.ok, found
    assert any("events/000001.jsonl.zst" in note and "known since" in note for note in found.notes)
    assert state(folder) == before


def test_a_killed_repair_is_finished_by_the_next(
    gmail: Gmail, folder: Path, tmp_path: Path
) -> None:
    """Stopped after each message in turn, and with the index lost in the worst moment."""
    before = state(folder)
    flip(MESSAGES.path(folder, 2), HEADER + 100)
    plan = gmail.plan_repair(folder)

    class Stop(Exception):
        pass

    for last in range(1, len(plan.ids)):
        path = tmp_path / f"stopped{last}"
        shutil.copytree(folder, path)

        def stop(done: int, total: int, last: int = last) -> None:
            if done == last:
                raise Stop

        with pytest.raises(Stop):
            gmail.repair(gmail.plan_repair(path), on_progress=stop)
        (path / "index.sqlite3").unlink()
        assert mended(gmail, path).whole
        assert verify(path).ok
        assert {id: facts[0] for id, facts in state(path).items()} == {
            id: facts[0] for id, facts in before.items()
        }


@pytest.mark.parametrize("kind", ["503", "404", "403-forbidden", "truncate"])
def test_a_fault_of_gmail_costs_nothing_but_another_repair(
    sandbox: Sandbox, gmail: Gmail, folder: Path, kind: str
) -> None:
    before = state(folder)
    flip(MESSAGES.path(folder, 1), HEADER + 100)
    plan = gmail.plan_repair(folder)
    sandbox.faults.next(kind, method="messages.get")
    done = gmail.repair(plan)
    failed = kind in ("404", "403-forbidden")
    assert (len(done.lost) + len(done.failed), done.mended) == (failed, len(plan.ids) - failed)
    if failed:
        assert len(verify(folder).damaged) == 1
        assert mended(gmail, folder).mended == 1
    assert verify(folder).ok
    assert state(folder) == before
