"""Verify finds every changed bit, names the messages, and changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import random
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import Watched, contents, message, save
from gmailkit.backup import writer
from gmailkit.backup.check import Report, verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import HEADER, PATTERN, zstd
from gmailkit.errors import BackupDamaged, NoBackup

MAIL = [message(number) for number in range(200)]
PACK = "packs/000001.mbox.zst"


@pytest.fixture
def backup(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """200 messages in several small packs."""
    monkeypatch.setattr(writer, "FILE_BYTES", 60_000)
    save(quick_path / "backup", MAIL, storage=Watched())
    assert len(list((quick_path / "backup" / "packs").iterdir())) >= 3
    return quick_path / "backup"


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def finds(path: Path) -> Report | str:
    try:
        return verify(path)
    except NoBackup as error:
        return error.message


def is_seen(found: Report | str) -> bool:
    return isinstance(found, str) or not found.ok


def places(path: Path, names: list[str], count: int, seed: int) -> Iterator[tuple[Path, int]]:
    """`count` bits, spread evenly over those files' bytes by lot."""
    files = [path / name for name in names]
    lot = random.Random(seed)
    for _ in range(count):
        file = lot.choices(files, [each.stat().st_size for each in files])[0]
        yield file, lot.randrange(file.stat().st_size * 8)


def pack_names(path: Path) -> list[str]:
    return sorted(f"packs/{each.name}" for each in (path / "packs").iterdir())


def flip_bits(path: Path, names: list[str], count: int) -> None:
    for file, bit in places(path, names, count, seed=count):
        flip(file, bit)
        found = finds(path)
        assert is_seen(found), f"bit {bit} of {file.name}"
        if isinstance(found, Report) and "packs" in names[0]:
            assert found.damaged or found.missing, f"bit {bit} of {file.name}: no message named"
            assert found.messages + len(found.damaged) + len(found.missing) == len(MAIL)
        flip(file, bit)
    assert verify(path).ok


def test_a_flipped_bit_of_a_pack_is_found_and_its_messages_are_named(backup: Path) -> None:
    flip_bits(backup, pack_names(backup), 40)


def test_a_flipped_bit_of_the_marker_is_found(backup: Path) -> None:
    flip_bits(backup, ["gmailkit-backup.json"], 20)


@pytest.mark.soak
def test_a_thousand_flipped_bits_are_found(backup: Path) -> None:
    flip_bits(backup, pack_names(backup), 1000)


@pytest.mark.soak
def test_any_flipped_bit_of_the_marker_is_found(quick_path: Path) -> None:
    save(quick_path, MAIL[:1], storage=Watched())
    marker = quick_path / "gmailkit-backup.json"
    for bit in range(marker.stat().st_size * 8):
        flip(marker, bit)
        assert is_seen(finds(quick_path)), bit
        flip(marker, bit)
    assert verify(quick_path).ok


@pytest.mark.parametrize("every", [37, pytest.param(1, marks=pytest.mark.soak)])
def test_a_flipped_bit_of_a_frames_header_is_found(backup: Path, every: int) -> None:
    for bit in range(0, HEADER * 8, every):
        flip(backup / PACK, bit)
        assert is_seen(finds(backup)), bit
        flip(backup / PACK, bit)


def test_a_flipped_bit_of_the_index_is_found(backup: Path) -> None:
    flip_bits(backup, ["index.sqlite3", "index.sqlite3.sha256"], 40)


@pytest.mark.soak
def test_a_thousand_flipped_bits_of_the_index_are_found(backup: Path) -> None:
    flip_bits(backup, ["index.sqlite3", "index.sqlite3.sha256"], 1000)


def test_a_flipped_bit_is_found_without_the_index_too(backup: Path) -> None:
    (backup / "index.sqlite3").unlink()
    intact = verify(backup)
    assert [text for text in intact.problems if "index is missing" not in text] == []
    for file, bit in places(backup, pack_names(backup), 20, seed=5):
        flip(file, bit)
        found = verify(backup)
        assert len(found.problems) > 1, bit
        assert found.messages < len(MAIL)
        flip(file, bit)


def test_a_missing_pack_is_named_with_its_messages(backup: Path) -> None:
    (backup / "packs" / "000002.mbox.zst").unlink()
    found = verify(backup)
    assert "packs/000002.mbox.zst is missing." in found.problems
    assert {each.pack for each in found.missing} == {2}
    assert found.messages + len(found.missing) == len(MAIL)


def test_a_missing_pack_is_noticed_without_the_index(backup: Path) -> None:
    (backup / "index.sqlite3").unlink()
    (backup / "packs" / "000002.mbox.zst").unlink()
    assert any("Frames are missing before byte 0" in text for text in verify(backup).problems)


def test_packs_that_changed_places_are_noticed(backup: Path) -> None:
    one, two = backup / "packs" / "000001.mbox.zst", backup / "packs" / "000002.mbox.zst"
    one.rename(backup / "third")
    two.rename(one)
    (backup / "third").rename(two)
    found = verify(backup)
    assert found.missing or found.problems
    (backup / "index.sqlite3").unlink()
    assert sum("Frames are missing" in text for text in verify(backup).problems) >= 2


@pytest.mark.parametrize("left", [0, 1, HEADER, 5_000], ids=lambda left: f"{left} bytes left")
def test_a_shortened_pack_is_damage(backup: Path, left: int) -> None:
    pack = backup / PACK
    pack.write_bytes(pack.read_bytes()[:left])
    found = verify(backup)
    assert any("has lost" in text for text in found.problems)
    assert {each.pack for each in (*found.missing, *found.damaged)} == {1}
    assert found.messages + len(found.missing) + len(found.damaged) == len(MAIL)


def test_an_unfinished_write_is_only_noted(backup: Path) -> None:
    last = backup / pack_names(backup)[-1]
    with last.open("ab") as file:
        file.write(last.read_bytes()[:300])
    found = verify(backup)
    assert found.ok
    assert any("unfinished" in note for note in found.notes)


def test_foreign_files_are_noted_and_nothing_more(backup: Path) -> None:
    (backup / "packs" / "notes.txt").write_text("mine")
    (backup / "thumbs.db").write_text("theirs")
    found = verify(backup)
    assert found.ok
    assert found.notes == (
        "packs/notes.txt is not part of the backup.",
        "thumbs.db is not part of the backup.",
    )


def test_a_wrong_row_of_the_index_is_a_disagreement(backup: Path) -> None:
    with sqlite3.connect(backup / "index.sqlite3") as index:
        index.execute("UPDATE messages SET thread = 'x' WHERE id = ?", (MAIL[7].id,))
    index.close()
    assert any(MAIL[7].id in text and "disagree" in text for text in verify(backup).problems)


def test_a_row_too_few_is_a_disagreement(backup: Path) -> None:
    with sqlite3.connect(backup / "index.sqlite3") as index:
        index.execute("DELETE FROM messages WHERE id = ?", (MAIL[7].id,))
    index.close()
    text = f"The index does not know message {MAIL[7].id} of me@example.com in {PACK}."
    assert text in verify(backup).problems


def test_the_head_changes_with_every_message(quick_path: Path) -> None:
    heads = set()
    for count in (1, 2, 3):
        save(quick_path / "b", MAIL[:count], storage=Watched())
        heads.add(verify(quick_path / "b").head)
    assert len(heads) == 3


def test_progress_ends_at_the_whole(backup: Path) -> None:
    steps: list[tuple[int, int]] = []
    verify(backup, on_progress=lambda done, total: steps.append((done, total)))
    assert (
        steps[-1][0] == steps[-1][1] == sum((backup / n).stat().st_size for n in pack_names(backup))
    )
    assert steps == sorted(steps)


def frame_of(content: bytes) -> bytes:
    """A frame whose header is right, whatever it holds."""
    head = PATTERN + struct.pack("<I", len(content)) + bytes(32)
    return head + hashlib.sha256(head + content).digest() + content


def bomb(size: int) -> bytes:
    packer = zstd.ZstdCompressor()
    packer.set_pledged_input_size(size)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join(parts) + packer.flush()


HOSTILE = {
    "nothing": b"",
    "zeros": bytes(100_000),
    "noise": random.Random(7).randbytes(100_000),
    "headers alone": (PATTERN + bytes(68)) * 500,
    "a header that asks for more than there is": PATTERN + b"\xff" * 68,
    "a sound frame of noise": frame_of(b"noise"),
    "a sound frame of nothing": frame_of(zstd.compress(b"")),
    "a sound frame of no records": frame_of(zstd.compress(b"hello")),
    "a record without our line": frame_of(zstd.compress(b"From a\n\nhi\n\n")),
    "a record whose line is no JSON": frame_of(zstd.compress(b"From a\nX-Gmailkit: {{\n\n\n")),
    "a record whose line is deep JSON": frame_of(
        zstd.compress(b"From a\nX-Gmailkit: " + b"[" * 100_000 + b"\n\n\n")
    ),
    "a record of another version": frame_of(
        zstd.compress(
            b'From a\nX-Gmailkit: {"v":9,"account":"","id":"","thread":"","date_ms":1,'
            b'"labels":{},"length":0,"sha256":""}\n\n\n'
        )
    ),
    "a bomb": frame_of(bomb(300 << 20)),
    "two frames as one": frame_of(zstd.compress(b"From a\n\n\n") * 2),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("with_index", [True, False], ids=["indexed", "no index"])
def test_hostile_packs_are_reported_and_survived(backup: Path, kind: str, with_index: bool) -> None:
    (backup / PACK).write_bytes(HOSTILE[kind])
    if not with_index:
        (backup / "index.sqlite3").unlink()
    found = verify(backup)
    assert not found.ok
    with Backup.open(backup, write=True) as opened:
        assert opened.notes
        for entry in opened.entries():
            with contextlib.suppress(BackupDamaged):
                assert opened.read(entry) in MAIL


def test_verify_sees_a_sound_backup_at_every_moment_of_a_run(quick_path: Path) -> None:
    path = quick_path / "backup"
    looks = 0

    def look(step: str, where: Path) -> None:
        nonlocal looks
        if (path / "gmailkit-backup.json").exists() and (path / "index.sqlite3").exists():
            looks += 1
            found = verify(path)
            assert found.ok, (step, where, found)

    save(path, MAIL[:120], storage=Watched(look))
    save(path, MAIL, storage=Watched(look))
    assert looks > 25
    assert contents(path) == MAIL
