"""Two mailboxes with the same letters in one backup: each letter is kept once, both are whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import flip
from fakes import ImpatientClock
from gmailkit.backup import writer
from gmailkit.backup.check import verify
from gmailkit.backup.events import Gone
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.record import Record
from gmailkit.config import Settings
from gmailkit.errors import PartialError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services.backup.status import backup_status
from gmailkit.services.compacting import Retention, compact, plan_compact
from mailroom import ME, letter

ANN = "ann@example.com"
dice = random.Random(1)
LETTERS = [letter(f"To the list, {n}", body=dice.randbytes(1500).hex()) for n in range(12)]
Key = tuple[str, str]


@pytest.fixture
def ids(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Of each letter, in both mailboxes."""
    return [(sandbox.mail.put(ME, raw), sandbox.mail.put(ANN, raw)) for raw in LETTERS]


@pytest.fixture
def ann(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(ANN, "full"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def folder(
    gmail: Gmail,
    ann: Gmail,
    ids: list[tuple[str, str]],
    quick_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A backup of both, in which me holds what ann has as well; in several frames."""
    monkeypatch.setattr(writer, "FRAME_BYTES", 12_000)
    path = quick_path / "mail.backup"
    assert gmail.backup(path).fetched == len(LETTERS)
    assert ann.backup(path).fetched == len(LETTERS)
    return path


def held(path: Path) -> dict[Key, bytes]:
    with Backup.open(path) as backup:
        return {(e.account, e.id): backup.read(e).raw for e in backup.entries()}


def pointing(path: Path) -> set[str]:
    with Backup.open(path) as backup:
        return {each.account for each in backup.entries() if each.same}


def harm(path: Path, account: str) -> list[Key]:
    """A bit flips in the first frame that holds nothing but messages of that account; these."""
    with Backup.open(path) as backup:
        frames: dict[tuple[int, int], list[Key]] = {}
        for each in backup.entries():
            frames.setdefault((each.pack, each.offset), []).append((each.account, each.id))
            length = each.frame_length
        (pack, offset), hit = next(
            (place, keys) for place, keys in frames.items() if {who for who, _ in keys} == {account}
        )
    flip_in_pack(path, pack, offset + min(length, 150))
    return hit


def flip_in_pack(path: Path, pack: int, place: int) -> None:
    file = path / "packs" / f"{pack:06d}.mbox.zst"
    flip(file, place)


def test_a_letter_that_two_got_is_kept_once_and_shown_for_each(
    home: Home, folder: Path, ids: list[tuple[str, str]]
) -> None:
    wanted = {
        (who, id): raw
        for pair, raw in zip(ids, LETTERS, strict=True)
        for who, id in zip((ME, ANN), pair, strict=True)
    }
    assert held(folder) == wanted
    assert pointing(folder) == {ANN}
    status = backup_status(home, folder, clock=ImpatientClock())
    assert status.mail == 2 * sum(map(len, LETTERS))
    assert (status.shared, status.shared_bytes) == (len(LETTERS), sum(map(len, LETTERS)))
    assert [each.messages for each in status.accounts] == [len(LETTERS)] * 2


@pytest.mark.parametrize("who", ["me", "ann"])
def test_lost_bytes_come_back_for_both_from_whichever_is_signed_in(
    gmail: Gmail, ann: Gmail, folder: Path, who: str
) -> None:
    before, hit = held(folder), harm(folder, ME)
    report = verify(folder)
    assert {(each.account, each.id) for each in report.damaged} >= set(hit)
    assert len(report.damaged) == 2 * len(hit)
    signed_in = gmail if who == "me" else ann
    plan = signed_in.plan_repair(folder)
    assert (len(plan.ids), plan.others) == (len(hit), {})
    done = signed_in.repair(plan)
    assert (done.mended, done.lost, done.failed, done.whole) == (2 * len(hit), (), (), True)
    assert held(folder) == before
    assert verify(folder).ok, verify(folder)
    rebuild(folder)
    assert held(folder) == before
    assert verify(folder).ok


def test_records_without_bytes_are_written_again_and_gmail_is_not_asked(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    before, hit = held(folder), harm(folder, ANN)
    assert {(each.account, each.id) for each in verify(folder).damaged} == set(hit)
    asked = len(sandbox.requests)
    done = gmail.repair(gmail.plan_repair(folder))
    assert (done.mended, done.whole, len(sandbox.requests)) == (len(hit), True, asked)
    assert held(folder) == before
    assert verify(folder).ok


def test_what_one_has_deleted_since_is_taken_from_the_other_and_else_named_for_both(
    settings_for: Callable[..., Settings], ann: Gmail, folder: Path, ids: list[tuple[str, str]]
) -> None:
    of_ann, before = dict(ids), held(folder).keys()
    hit = [id for _, id in harm(folder, ME)]
    ann.messages.delete(of_ann[hit[0]])
    done = ann.repair(ann.plan_repair(folder))
    assert done.lost == (of_ann[hit[0]],)
    assert (done.others, done.whole) == ({ME: 1}, False)
    assert {(each.account, each.id) for each in verify(folder).damaged} == {
        (ME, hit[0]),
        (ANN, of_ann[hit[0]]),
    }
    rebuild(folder)
    assert {(each.account, each.id) for each in verify(folder).missing} == {
        (ME, hit[0]),
        (ANN, of_ann[hit[0]]),
    }
    with Gmail(settings=settings_for(ME), clock=ImpatientClock()) as me:
        assert me.backup(folder).fetched == 1
    assert held(folder).keys() == before - {(ANN, of_ann[hit[0]])}
    rebuild(folder)  # her record is sound, and its bytes are there again
    assert held(folder).keys() == before
    assert not verify(folder).missing


def test_where_gmail_gives_other_bytes_now_the_equal_message_of_another_account_stays_named(
    gmail: Gmail, ids: list[tuple[str, str]], quick_path: Path
) -> None:
    path, (mine, hers) = quick_path / "forged", ids[0]
    with Backup.open(path, create=True) as backup:
        for account, id in ((ME, mine), (ANN, hers)):
            backup.add(Record(account, id, id, 1, {}, LETTERS[0] + b"more"))
            backup.flush()
    harm(path, ME)
    done = gmail.repair(gmail.plan_repair(path))
    assert (done.mended, done.changed, done.others) == (1, (mine,), {ANN: 1})
    assert not done.whole
    assert [(each.account, each.id) for each in verify(path).damaged] == [(ANN, hers)]
    with Backup.open(path) as backup:
        entry = backup.find(ME, mine)
        assert entry
        assert backup.read(entry).raw == LETTERS[0]


def test_bytes_that_one_account_gives_back_were_not_compared_with_the_gmail_of_another(
    gmail: Gmail, ids: list[tuple[str, str]], quick_path: Path
) -> None:
    path, (mine, hers) = quick_path / "seeded", ids[0]
    with Backup.open(path, create=True) as backup:
        for account, id, origin in ((ANN, hers, "takeout"), (ME, mine, "")):
            backup.add(Record(account, id, id, 1, {}, LETTERS[0], origin=origin))
            backup.flush()
    harm(path, ANN)
    done = gmail.repair(gmail.plan_repair(path))
    assert (done.mended, done.whole) == (2, True)
    assert verify(path).ok
    with Backup.open(path) as backup:
        assert backup.unverified(ME) == []
        assert backup.unverified(ANN) == [hers]


def test_of_two_equal_messages_of_one_account_the_other_is_asked_for_where_one_is_gone(
    ann: Gmail, sandbox: Sandbox, quick_path: Path
) -> None:
    path, ids = quick_path / "b", [sandbox.mail.put(ANN, LETTERS[0]) for _ in range(3)]
    ann.backup(path)
    before = held(path)
    with Backup.open(path) as backup:
        (holder,) = (each.id for each in backup.entries() if not each.same)
    flip_in_pack(path, 1, 150)
    assert len(verify(path).damaged) == len(ids)
    ann.messages.delete(holder)
    done = ann.repair(ann.plan_repair(path))
    assert (done.mended, done.lost, done.whole) == (len(ids), (), True)
    assert held(path) == before


@pytest.mark.parametrize("gone", [ME, ANN])
def test_a_compaction_that_lets_one_go_keeps_the_letters_of_the_other(
    folder: Path, gone: str
) -> None:
    before = held(folder)
    with Backup.open(folder, write=True) as backup:
        for id in backup.known(gone):
            backup.note(Gone(account=gone, id=id))
    new = folder.with_name("new")
    rules = Retention(gone_before=datetime(2040, 1, 1, tzinfo=UTC))
    compact(plan_compact(folder, new, rules))
    assert held(new) == {key: raw for key, raw in before.items() if key[0] != gone}
    assert pointing(new) == set()
    assert verify(new).ok


def test_a_compaction_keeps_once_what_an_earlier_format_kept_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = folder.with_name("old"), folder.with_name("new")
    monkeypatch.setattr(Backup, "_holder", lambda *_: None)
    with Backup.open(folder) as kept, Backup.open(old, create=True) as backup:
        for each in kept.entries():
            backup.add(kept.read(each))
            backup.flush()
    assert pointing(old) == set()
    monkeypatch.undo()
    done = compact(plan_compact(old, new, Retention()))
    assert done.after < 0.7 * done.before
    assert held(new) == held(old)
    assert len(pointing(new)) == 1


def test_no_letter_goes_to_trash_whose_bytes_in_the_backup_are_damaged(
    ann: Gmail, folder: Path, ids: list[tuple[str, str]]
) -> None:
    hit = [id for _, id in harm(folder, ME)]
    mine = [dict(ids)[id] for id in hit]
    with pytest.raises(PartialError) as caught:
        ann.offload(ann.plan_offload(ids=[of for _, of in ids], backup=folder))
    assert {each.item for each in caught.value.failed} == set(mine)
