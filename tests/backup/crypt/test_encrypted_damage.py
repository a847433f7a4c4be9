"""An encrypted backup that is damaged, or whose runs die: told and mended, with a key or none."""

from __future__ import annotations

import random
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from crypt_room import owners
from disks import ME, Counts, Failing, Watched, contents, flip, in_a_child, killed_at, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted, rotate
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.events import Gone, Run
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.errors import (
    BackupDamaged,
    CannotWrite,
    KeyNeeded,
)

MAIL = [message(number) for number in range(60)]


def test_a_changed_byte_gives_no_text_of_its_chunk(path: Path, identity: Path) -> None:
    """Anywhere in a pack: what was whole before it is read, the rest is named."""
    save(path, [message(number, size=20_000) for number in range(30)])
    GIVEN.identity = identity
    contents(path)
    (pack,) = (path / "packs").glob("*.age")
    before = pack.read_bytes()
    originals = {record.id: record.raw for record in contents(path)}
    for place in random.Random(7).sample(range(len(before)), 12):
        changed = bytearray(before)
        changed[place] ^= 1
        pack.write_bytes(changed)
        report = verify(path)
        assert not report.ok
        assert len(report.damaged) + len(report.missing) > 0
        with Backup.open(path) as backup:
            read = 0
            for entry in backup.entries():
                with suppress(BackupDamaged):
                    assert backup.read(entry).raw == originals[entry.id]
                    read += 1
        assert read == report.messages < 30
        GIVEN.identity = None
        blind = verify(path)
        GIVEN.identity = identity
        assert len(blind.damaged) == 30


def test_whether_it_is_whole_is_told_with_and_without_a_key(path: Path, identity: Path) -> None:
    save(path, MAIL)
    for given in (None, identity):
        GIVEN.identity = given
        report = verify(path)
        assert report.problems == ()
        assert (report.ok, report.messages) == (True, 60)
    head = report.head
    contents(path)
    assert verify(path, heads=[head]).ok
    first = sorted((path / "packs").glob("*.age"))[0]
    first.rename(path / "lost")
    for given in (None, identity):
        GIVEN.identity = given
        report = verify(path)
        assert len(report.missing) == 50


@pytest.mark.parametrize("lost", [3, 5], ids=["in the middle", "the last"])
def test_a_pack_that_goes_before_its_owner_looks_is_missed_with_and_without_a_key(
    path: Path, identity: Path, lost: int
) -> None:
    """A host without a key saved it, and the index of its owner has never known it."""
    for number in range(5):
        with Backup.open(path, write=True, storage=Watched()) as backup:
            backup.add(MAIL[number])
            backup.note(Run(account=ME, mode="incremental", saved=1))
        if not number:
            GIVEN.identity = identity
            contents(path)
            GIVEN.identity = None
    for file in (path / "packs").glob(f"00000{lost}.*"):
        file.unlink()
    without_index = shutil.copytree(path, path.with_name("copy"))
    (without_index / "index.sqlite3").unlink()
    for given in (None, identity):
        GIVEN.identity = given
        assert MAIL[lost - 1].id in {each.id for each in verify(path).missing}
        assert verify(without_index).problems
    nobody_looked = shutil.copytree(path, path.with_name("copy of all that is plain"))
    for file in nobody_looked.glob("index.sqlite3mc*"):
        file.unlink()
    lacking = {(each.account, each.id) for each in verify(nobody_looked).missing}
    assert lacking == {(ME, MAIL[lost - 1].id)}
    contents(path)  # now the index is up to date, and knows nothing of the pack
    assert (ME, MAIL[lost - 1].id) in {(each.account, each.id) for each in verify(path).missing}
    GIVEN.identity = None
    assert save(path, [MAIL[lost - 1]]) == 1
    GIVEN.identity = identity
    contents(path)
    assert verify(path).ok


@pytest.mark.parametrize("stream", ["packs", "events"])
def test_damage_that_no_index_has_known_is_no_unfinished_write(
    path: Path, identity: Path, stream: str
) -> None:
    for number in range(2):
        with Backup.open(path, write=True, storage=Watched()) as backup:
            backup.add(MAIL[number])
            backup.note(Run(account=ME, mode="incremental", saved=1))
        GIVEN.identity = identity
        if not number:
            contents(path)
            GIVEN.identity = None
    assert verify(path).ok
    flip(sorted((path / stream).glob("*.age"))[-1], -1)
    assert verify(path).problems


def test_a_pack_that_is_lost_is_fetched_again(path: Path, identity: Path) -> None:
    save(path, MAIL)
    sorted((path / "packs").glob("*.age"))[0].unlink()
    assert len(verify(path).missing) == 50
    assert save(path, MAIL) == 50
    report = verify(path)
    assert (report.problems, report.missing, report.messages) == ((), (), 60)
    assert any("what lay there is saved anew" in each for each in report.notes)
    GIVEN.identity = identity
    assert len(contents(path)) == 60


def test_what_a_host_without_a_key_saved_again_is_not_lost_to_an_owner_who_has_not_looked_since(
    path: Path, identity: Path
) -> None:
    save(path, MAIL)
    GIVEN.identity = identity
    contents(path)  # now the owner's index knows all
    GIVEN.identity = None
    sorted((path / "packs").glob("*.age"))[0].unlink()
    assert save(path, MAIL) == 50
    GIVEN.identity = identity
    report = verify(path)
    assert (report.damaged, report.missing, report.messages) == ((), (), 60)
    assert any("50 messages that are lost where the index has them" in n for n in report.notes)
    assert len(contents(path)) == 60
    assert verify(path).ok


def test_a_run_that_fails_at_any_step_loses_nothing_that_was_saved(
    path: Path, identity: Path, quick_path: Path
) -> None:
    """And what was not saved yet is fetched by the next run, once."""
    save(path, MAIL[:10])
    for step in range(1, 200):
        trial = quick_path / f"trial {step}"
        shutil.copytree(path, trial)
        failing = Failing(step)
        with suppress(CannotWrite):
            save(trial, MAIL, storage=Watched(failing))
        assert save(trial, MAIL) in (0, 50)
        GIVEN.identity = identity
        assert len(contents(trial)) == 60
        assert verify(trial).ok
        GIVEN.identity = None
        shutil.rmtree(trial)
        if not failing.failed:
            break
    assert step > 20


def test_a_flipped_marker_makes_no_plain_backup_of_it(path: Path, identity: Path) -> None:
    save(path, MAIL[:30])
    marker = path / "gmailkit-backup.json"
    marker.write_text(marker.read_text().replace("age", "agf"))
    save(path, MAIL)
    assert not list((path / "packs").glob("*.zst"))
    GIVEN.identity = identity
    assert len(contents(path)) == 60


def test_a_changed_bit_in_any_other_file_is_found_too(path: Path, identity: Path) -> None:
    """And where it can be made again, `rebuild` makes it again."""
    save(path, MAIL)
    with Backup.open(path, write=True) as backup:
        backup.note(Gone(account=ME, id=MAIL[0].id))
    GIVEN.identity = identity
    contents(path)
    assert verify(path).ok
    for file in (*path.rglob("*.ids"), *(path / "keys").iterdir(), path / "gmailkit-backup.json"):
        before = file.read_bytes()
        for place in random.Random(file.name).sample(range(len(before)), 3):
            changed = bytearray(before)
            changed[place] ^= 1
            file.write_bytes(changed)
            for given in (identity, None):
                GIVEN.identity = given
                with suppress(KeyNeeded):
                    assert not verify(path).ok, (file, place, given)
        GIVEN.identity = identity
        if file.suffix == ".ids":
            rebuild(path)
            assert verify(path).ok
            assert file.read_bytes() == before
        file.write_bytes(before)


def test_keys_that_are_lost_are_not_replaced_by_others(path: Path, identity: Path) -> None:
    """New ones would take the place of those that open the packs; the owner sets it right."""
    save(path, MAIL[:5])
    (path / "keys" / "recipients.txt").unlink()
    for use in (lambda: save(path, MAIL), lambda: begin_encrypted(path, owners(identity))):
        with pytest.raises(BackupDamaged, match="nobody knows whom to encrypt for"):
            use()
    GIVEN.identity = identity
    rotate(path, owners(identity))
    GIVEN.identity = None
    assert save(path, MAIL) == 55


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("reads", [False, True], ids=["blind", "with a key"])
def test_a_run_killed_at_any_step_is_finished_by_the_next(
    path: Path, identity: Path, quick_path: Path, every: int, reads: bool
) -> None:
    save(path, MAIL[:10], storage=Watched())
    GIVEN.identity = identity if reads else None
    killed, step = 0, 1
    while True:
        trial = quick_path / f"killed {step}"
        shutil.copytree(path, trial)
        with Counts() as counts:
            disk = Watched(killed_at(step, counts))
            ended = in_a_child(lambda trial=trial, disk=disk: save(trial, MAIL, storage=disk))  # type: ignore[misc]
        assert save(trial, MAIL, storage=Watched()) in (0, 50)
        GIVEN.identity = identity
        assert len(contents(trial)) == 60
        assert verify(trial).ok
        GIVEN.identity = identity if reads else None
        shutil.rmtree(trial)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        killed, step = killed + 1, step + every
    assert killed > 20 // every
