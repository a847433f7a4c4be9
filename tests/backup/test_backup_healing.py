"""What opening for writing mends: the packs are the truth, and what they lost is fetched again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from disks import ME, Watched, contents, flip, message, save
from gmailkit.backup import writer
from gmailkit.backup.check import verify
from gmailkit.backup.events import Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import HEADER, PATTERN
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record
from gmailkit.errors import BackupDamaged

MAIL = [message(number) for number in range(160)]


@pytest.fixture
def backup(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """160 messages in several small packs."""
    monkeypatch.setattr(writer, "FILE_BYTES", 50_000)
    save(quick_path / "b", MAIL, storage=Watched())
    assert len(list((quick_path / "b" / "packs").iterdir())) >= 3
    return quick_path / "b"


def pack(path: Path, number: int) -> Path:
    """Counted from 1, or from -1 for the newest."""
    found = sorted((path / "packs").iterdir())
    return found[number - 1 if number > 0 else number]


def shorten(file: Path, by: int) -> None:
    file.write_bytes(file.read_bytes()[:-by])


LOSSES: dict[str, Callable[[Path], object]] = {
    "the newest pack's end": lambda path: shorten(pack(path, -1), 1_000),
    "an old pack's end": lambda path: shorten(pack(path, 1), 1_000),
    "the newest pack": lambda path: pack(path, -1).unlink(),
    "an old pack": lambda path: pack(path, 2).unlink(),
    "all packs": lambda path: shutil.rmtree(path / "packs"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_lost_messages_are_no_longer_known_and_come_back_with_the_next_run(
    backup: Path, loss: str
) -> None:
    LOSSES[loss](backup)
    missing = len(verify(backup).missing) + len(verify(backup).damaged)
    assert missing > 0
    with Backup.open(backup, write=True) as opened:
        assert any(f"has lost {missing}" in note or "has lost" in note for note in opened.notes)
        assert len(opened.known(ME)) == len(MAIL) - missing
    assert save(backup, MAIL, storage=Watched()) == missing
    assert contents(backup) == MAIL
    found = verify(backup)
    assert not found.missing
    assert not found.damaged
    assert found.messages == len(MAIL)


@pytest.mark.parametrize("loss", ["the newest pack", "an old pack", "all packs"])
def test_a_loss_made_good_is_only_a_note(backup: Path, loss: str) -> None:
    LOSSES[loss](backup)
    save(backup, MAIL, storage=Watched())
    assert verify(backup).ok


def test_a_pack_under_another_number_keeps_what_became_of_its_messages(backup: Path) -> None:
    """Somebody has put the files in another order: nothing is lost by that."""
    labels = {"L1": "Later"}
    with Backup.open(backup, write=True, storage=Watched()) as opened:
        opened.note(Labels(account=ME, id=MAIL[0].id, labels=labels))
    first = pack(backup, 1)
    first.rename(first.with_name("000009.mbox.zst"))
    with Backup.open(backup, write=True, storage=Watched()) as opened:
        assert len(opened.known(ME)) == len(MAIL)
        assert opened.labels(ME, MAIL[0].id) == labels
        assert len(opened.notes) == len(set(opened.notes))
    found = verify(backup)
    assert not found.index_is_wrong, found.problems
    assert (found.messages, found.damaged, found.missing) == (len(MAIL), (), ())


def test_a_lost_packs_number_is_not_used_again_in_the_same_run(backup: Path) -> None:
    newest = pack(backup, -1)
    kept = newest.read_bytes()
    newest.unlink()
    save(backup, MAIL, storage=Watched())
    assert not newest.exists()
    newest.write_bytes(kept)  # found again after all
    found = verify(backup)
    assert found.ok
    assert found.messages == len(MAIL)
    assert any("lies in another place too" in note for note in found.notes)
    with Backup.open(backup, write=True):
        pass
    assert contents(backup) == MAIL
    assert verify(backup).ok


def test_nor_is_it_by_a_run_that_takes_turns_with_others(backup: Path) -> None:
    newest = pack(backup, -1)
    newest.unlink()
    with Backup.open(backup, write=True, account=ME, storage=Watched()) as opened:
        for each in MAIL:
            if each.id not in opened.known(ME):
                opened.add(each)
    assert not newest.exists()
    assert contents(backup) == MAIL
    assert verify(backup).ok


def test_a_pack_that_cannot_be_read_is_told(backup: Path) -> None:
    pack(backup, 2).unlink()
    (backup / "packs" / "000002.mbox.zst").mkdir()
    found = verify(backup)
    assert "packs/000002.mbox.zst cannot be read (Is a directory)." in found.problems
    assert {each.pack for each in found.missing} == {2}
    with Backup.open(backup) as opened, pytest.raises(BackupDamaged, match="000002"):
        for entry in opened.entries():
            opened.read(entry)
    (backup / "index.sqlite3").unlink()
    for options in ({}, {"write": True}):
        with pytest.raises(BackupDamaged, match=r"Cannot read .*000002"):
            Backup.open(backup, **options)


def test_frames_the_index_has_not_seen_are_taken_in(backup: Path) -> None:
    early = backup.parent / "early"
    shutil.copytree(backup, early)
    more = [message(number) for number in range(160, 200)]
    save(backup, MAIL + more, storage=Watched())
    for name in ("index.sqlite3", "index.sqlite3.sha256"):
        shutil.copy(early / name, backup / name)
    with Backup.open(backup, write=True) as opened:
        assert any("40 messages" in note for note in opened.notes) or len(opened.notes) > 1
        assert len(opened.known(ME)) == 200
    assert contents(backup) == MAIL + more
    assert verify(backup).ok


def with_the_index_of_a_few(path: Path, mail: list[Record], few: int) -> tuple[Path, list[Entry]]:
    """A backup as a program leaves it that copies the index first: that one knows only `few`."""
    save(path, mail[:few], storage=Watched())
    early = (path / "index.sqlite3").read_bytes()
    save(path, mail, storage=Watched())
    (path / "index.sqlite3").write_bytes(early)
    (path / "index.sqlite3.sha256").unlink()
    with Backup.open(path, write=True) as opened:  # nothing is damaged yet
        entries = list(opened.entries())
    (path / "index.sqlite3").write_bytes(early)
    (path / "index.sqlite3.sha256").unlink()
    return pack(path, -1), entries


@pytest.mark.parametrize("size", [2_000, 60_000], ids=["in 64 KiB", "in megabytes"])
@pytest.mark.parametrize("place", [8, 13, 20, HEADER + 9], ids="byte {} of a frame".format)
def test_damage_behind_the_end_of_an_older_index_costs_its_own_frame_alone(
    quick_path: Path, size: int, place: int
) -> None:
    mail = [message(number, size=size) for number in range(120)]
    newest, entries = with_the_index_of_a_few(quick_path / "b", mail, few=1)
    bad = next(entry.offset for entry in entries if entry.offset)
    lost = {entry.id for entry in entries if entry.offset == bad}
    content = flip(newest, bad + place)
    assert not verify(quick_path / "b").ok
    with Backup.open(quick_path / "b", write=True) as opened:
        assert any("is damaged" in note and "cannot be read" in note for note in opened.notes)
        assert not any("was cut" in note for note in opened.notes)
        assert opened.known(ME) == {each.id for each in mail} - lost
    assert newest.read_bytes() == content
    assert any("no readable frame" in text for text in verify(quick_path / "b").problems)
    assert save(quick_path / "b", mail, storage=Watched()) == len(lost)
    assert sorted(contents(quick_path / "b"), key=mail.index) == mail
    found = verify(quick_path / "b")
    assert (found.damaged, found.missing, found.messages) == ((), (), len(mail))
    assert any(f"from byte {bad} on are no readable frame" in text for text in found.problems)


def test_behind_damage_an_unfinished_write_is_still_cut(quick_path: Path) -> None:
    newest, entries = with_the_index_of_a_few(quick_path / "b", MAIL, few=1)
    content = bytearray(newest.read_bytes())
    content[next(entry.offset for entry in entries if entry.offset) + HEADER] ^= 1
    newest.write_bytes(content + content[:300])
    with Backup.open(quick_path / "b", write=True) as opened:
        assert any("unfinished write of 300 bytes was cut" in note for note in opened.notes)
        assert any("is damaged" in note for note in opened.notes)
    assert newest.read_bytes() == content


@pytest.mark.parametrize("torn", [1, 40, HEADER, HEADER + 1, 5_000])
@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "no index"])
def test_a_torn_end_is_cut(backup: Path, torn: int, indexed: bool) -> None:
    newest = pack(backup, -1)
    before = newest.read_bytes()
    newest.write_bytes(before + before[:torn])
    if not indexed:
        (backup / "index.sqlite3").unlink()
    with Backup.open(backup, write=True) as opened:
        assert any(f"unfinished write of {torn:,} byte" in note for note in opened.notes)
    assert newest.read_bytes() == before
    assert contents(backup) == MAIL
    assert verify(backup).ok


def test_an_empty_pack_left_by_a_crash_is_removed(backup: Path) -> None:
    empty = backup / "packs" / "000099.mbox.zst"
    empty.touch()
    with Backup.open(backup, write=True):
        assert not empty.exists()
    assert verify(backup).ok


def test_damage_inside_a_pack_is_never_cut(backup: Path) -> None:
    """Sound frames behind it are worth more than a tidy file."""
    newest = pack(backup, -1)
    content = flip(newest, 8)  # the tag of its first header
    (backup / "index.sqlite3").unlink()
    with Backup.open(backup, write=True) as opened:
        assert any("cannot be read" in note for note in opened.notes)
        known = opened.known(ME)
    assert newest.read_bytes() == content
    assert 0 < len(known) < len(MAIL)
    save(backup, MAIL, storage=Watched())
    assert contents(backup) == MAIL
    assert any("no readable frame" in text for text in verify(backup).problems)


def test_a_header_that_lies_about_its_length_hides_nothing_behind_it(backup: Path) -> None:
    first = pack(backup, 1)
    content = bytearray(first.read_bytes())
    content[14] = 0xFF  # 16 MB more than there is
    first.write_bytes(content)
    found = verify(backup)
    assert 0 < len(found.damaged) < 60
    assert {each.offset for each in found.damaged} == {0}


def test_text_like_a_header_inside_a_message_confuses_nobody(quick_path: Path) -> None:
    sly = [
        message(number).__class__(ME, f"{number + 1:x}", "a", 0, {}, raw)
        for number, raw in enumerate([PATTERN * 1000, PATTERN + bytes(68) + b"x", PATTERN])
    ]
    save(quick_path / "b", sly, storage=Watched())
    (quick_path / "b" / "index.sqlite3").unlink()
    assert save(quick_path / "b", sly, storage=Watched()) == 0
    assert contents(quick_path / "b") == sly


def test_a_broken_marker_beside_packs_stops_nobody(backup: Path) -> None:
    marker = backup / "gmailkit-backup.json"
    marker.write_bytes(b"\0" * 100)
    with Backup.open(backup) as opened:
        assert any("gmailkit-backup.json is damaged" in note for note in opened.notes)
    assert contents(backup) == MAIL
    assert marker.read_bytes() == b"\0" * 100
    with Backup.open(backup, write=True) as opened:
        assert any("written anew" in note for note in opened.notes)
    assert verify(backup).ok


def test_a_broken_marker_beside_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gmailkit-backup.json").write_bytes(b"{")
    with pytest.raises(BackupDamaged, match="is damaged"):
        Backup.open(tmp_path, create=True)


def test_an_index_that_was_changed_at_rest_is_built_again(backup: Path) -> None:
    """Else it might claim that a message is saved."""
    content = (backup / "index.sqlite3").read_bytes()
    id = MAIL[5].id.encode()
    (backup / "index.sqlite3").write_bytes(content.replace(id, id[:-1] + b"x"))
    with Backup.open(backup, write=True) as opened:
        assert any("has changed since it was written" in note for note in opened.notes)
        assert opened.known(ME) == {each.id for each in MAIL}
    assert verify(backup).ok


@pytest.mark.parametrize("state", ["a database of somebody else", "an older schema"])
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "not sealed"])
def test_another_database_in_the_indexs_place_is_built_again(
    backup: Path, state: str, sealed: bool
) -> None:
    if not sealed:
        (backup / "index.sqlite3.sha256").unlink()
    index = sqlite3.connect(backup / "index.sqlite3")
    if state == "an older schema":
        index.execute("PRAGMA user_version = 0")
    else:
        index.execute("PRAGMA application_id = 7")
    index.close()
    with Backup.open(backup, write=True) as opened:
        assert any("built again from the packs" in note for note in opened.notes)
    assert contents(backup) == MAIL
    assert verify(backup).ok


def test_a_journal_of_the_old_index_is_not_played_into_the_new_one(backup: Path) -> None:
    index = sqlite3.connect(backup / "index.sqlite3", isolation_level=None)
    index.execute("UPDATE messages SET thread = 'wrong'")
    index.execute("PRAGMA cache_size = 1")
    index.execute("BEGIN IMMEDIATE")
    index.execute("UPDATE messages SET thread = 'wrong as well'")
    journal = (backup / "index.sqlite3-journal").read_bytes()
    index.close()
    assert b"wrong" in journal
    (backup / "index.sqlite3").unlink()
    (backup / "index.sqlite3-journal").write_bytes(journal)
    with Backup.open(backup, write=True) as opened:
        assert [entry.thread for entry in opened.entries()] == [each.thread for each in MAIL]
    assert verify(backup).ok


def test_a_last_frame_whose_header_lies_is_damage_and_not_an_unfinished_write(backup: Path) -> None:
    newest = pack(backup, -1)
    with Backup.open(backup) as opened:
        last = list(opened.entries())[-1]
    content = flip(newest, last.offset + 14)  # now it claims to be 64 KB longer than it is
    (backup / "index.sqlite3").unlink()
    with Backup.open(backup, write=True) as opened:
        assert any("cannot be read" in note for note in opened.notes)
    assert newest.read_bytes() == content
