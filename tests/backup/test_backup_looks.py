"""Verify's other depths: the structure alone, a part of the bytes, and heads kept elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from disks import Watched, flip, message, save
from gmailkit.backup import skim, writer
from gmailkit.backup.check import verify, verify_part, verify_structure
from gmailkit.backup.frame import HEADER
from gmailkit.errors import UsageError

MAIL = [message(number) for number in range(200)]


@pytest.fixture
def backup(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """200 messages in several small packs."""
    monkeypatch.setattr(writer, "FILE_BYTES", 60_000)
    save(quick_path / "backup", MAIL, storage=Watched())
    assert len(pack_files(quick_path / "backup")) >= 3
    return quick_path / "backup"


def pack_files(path: Path) -> list[Path]:
    return sorted((path / "packs").iterdir())


def test_a_quick_look_counts_all_and_says_that_it_read_nothing(backup: Path) -> None:
    found = verify_structure(backup)
    assert (found.ok, found.messages, found.unread) == (True, len(MAIL), len(MAIL))
    full = verify(backup)
    assert (found.bytes, found.head, found.packs) == (full.bytes, full.head, full.packs)
    assert full.unread == 0


def test_a_quick_look_unpacks_nothing(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("it reads a frame")

    monkeypatch.setattr(skim, "walk", read)
    monkeypatch.setattr("gmailkit.backup.pack_check.stamps_of", read)
    assert verify_structure(backup).ok


@pytest.mark.parametrize("harm", ["a pack gone", "a pack cut", "packs swapped", "no index"])
def test_a_quick_look_finds_what_is_lost_cut_or_reordered(backup: Path, harm: str) -> None:
    one, two, *_ = pack_files(backup)
    if harm == "a pack gone":
        two.unlink()
    elif harm == "a pack cut":
        one.write_bytes(one.read_bytes()[:-1_000])
    elif harm == "packs swapped":
        three = one.with_name("third")
        one.rename(three), two.rename(one), three.rename(two)
    else:
        (backup / "index.sqlite3").unlink()
    found = verify_structure(backup)
    assert not found.ok
    assert harm == "no index" or found.missing or found.damaged


@pytest.mark.parametrize("place", [0, 9, 12, 13, 20, 60], ids="byte {} of a header".format)
def test_a_quick_look_finds_a_changed_header(backup: Path, place: int) -> None:
    """Of the last one too, whose digest no other frame names."""
    _, two, *_, last = pack_files(backup)
    for pack in (two, last):
        at = frames(pack)[-1]
        flip(pack, at + place)
        assert not verify_structure(backup).ok, pack
        flip(pack, at + place)
    assert verify_structure(backup).ok


def frames(pack: Path) -> list[int]:
    with pack.open("rb") as file:
        return [each.offset for each in skim.skim(file, pack.stat().st_size)]


def test_the_parts_together_read_every_byte(backup: Path) -> None:
    count = len(pack_files(backup))
    for pack in pack_files(backup):
        flip(pack, HEADER + 100)
        found = [not verify_part(backup, part, 3).ok for part in (1, 2, 3)]
        assert sum(found) == 1, pack
        assert verify_structure(backup).ok
        flip(pack, HEADER + 100)
    unread = [verify_part(backup, part, 3).unread for part in (1, 2, 3)]
    assert sum(len(MAIL) - each for each in unread) == len(MAIL)
    assert verify_part(backup, 1, count + 5).ok


@pytest.mark.parametrize(("part", "of"), [(0, 3), (4, 3), (1, 0)])
def test_a_part_that_there_is_not_is_refused(backup: Path, part: int, of: int) -> None:
    with pytest.raises(UsageError, match="no part"):
        verify_part(backup, part, of)


def test_a_head_kept_elsewhere_vouches_for_all_before_it(quick_path: Path) -> None:
    path, heads = quick_path / "b", []
    for count in (50, 100, 200):
        save(path, MAIL[:count], storage=Watched())
        heads.append(verify(path).head)
    for look in (verify, verify_structure):
        found = look(path, heads=heads)
        assert found.ok
        assert sum("with all that was saved before it" in note for note in found.notes) == 3


def test_a_backup_that_was_written_anew_does_not_have_the_head(quick_path: Path) -> None:
    save(quick_path / "a", MAIL[:50], storage=Watched())
    save(quick_path / "b", MAIL[1:50], storage=Watched())
    head = verify(quick_path / "a").head
    found = verify(quick_path / "b", heads=[head])
    assert found.problems == (
        f"The head {head} is not in it: the backup was changed before that point or cut there, "
        "or it is another one.",
    )


def test_damage_before_the_head_takes_its_word_away(backup: Path) -> None:
    head = verify(backup).head
    one, *_ = pack_files(backup)
    flip(one, HEADER + 10)
    assert f"Frames before the head {head} are damaged or missing." in (
        verify(backup, heads=[head]).problems
    )


@pytest.mark.parametrize("text", ["", "head", "ab12", "00" * 33])
def test_what_is_no_head_is_refused(backup: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no head"):
        verify(backup, heads=[text])
