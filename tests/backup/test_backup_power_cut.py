"""A power cut loses any part of what was not synced; nothing that was reported as saved."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from disks import contents, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.storage import Disk

SECTOR = 512
MAIL = [message(number, size=5000) for number in range(200)]  # several frames a commit


@dataclass
class File:
    """What is surely on disk, and the writes that may or may not be."""

    synced: bytes = b""
    loose: list[tuple[int, bytes]] = field(default_factory=list)
    named: bool = False  # whether its name in the folder is synced

    def after_a_power_cut(self, lot: random.Random) -> bytes | None:
        """None when not even its name has survived."""
        if not self.named and lot.random() < 0.5:
            return None
        content = bytearray(self.synced)
        for offset, data in self.loose:
            chance = lot.choice([0, 0.5, 1])  # all of a write, any part of it, or nothing
            for start in range(0, len(data), SECTOR):
                if lot.random() < chance:
                    piece = data[start : start + SECTOR]
                    end = offset + start + len(piece)
                    content.extend(bytes(max(0, end - len(content))))
                    content[offset + start : end] = piece
        return bytes(content)


class Recorder(Disk):
    """A disk that remembers what would survive; `moments` are states a power cut may leave.

    SQLite's file is taken as it was at the last commit: with synchronous=FULL that is its promise.
    """

    def __init__(self, lot: random.Random, chance: float) -> None:
        self._lot = lot
        self._chance = chance
        self._files: dict[Path, File] = {}
        self._index = b""
        self.saved = 0
        self.moments: list[tuple[int, bytes, dict[str, bytes | None]]] = []

    def create(self, path: Path) -> None:
        super().create(path)
        if path.parent.name == "packs":
            self._files[path] = File()
        self._look()

    def write(self, path: Path, offset: int, pieces: Sequence[bytes]) -> None:
        super().write(path, offset, pieces)
        if path in self._files:
            self._files[path].loose.append((offset, b"".join(pieces)))
        self._look()

    def sync(self, path: Path) -> None:
        if path in self._files:
            self._files[path].synced = path.read_bytes()
            self._files[path].loose.clear()
        self._look()

    def sync_folder(self, path: Path) -> None:
        for each, file in self._files.items():
            file.named |= each.parent == path
        self._look()

    def step(self, name: str, path: Path) -> None:
        if name == "index committed":
            self._index = path.read_bytes()
            self.saved = len(_entries(path.parent))
        self._look()

    def _look(self) -> None:
        if self._index and self._lot.random() < self._chance:
            packs = {p.name: f.after_a_power_cut(self._lot) for p, f in self._files.items()}
            self.moments.append((self.saved, self._index, packs))


def _entries(path: Path) -> list[str]:
    with Backup.open(path) as backup:
        return [entry.id for entry in backup.entries()] if not backup.notes else []


def check_moment(path: Path, saved: int, index: bytes, packs: dict[str, bytes | None]) -> None:
    (path / "index.sqlite3").write_bytes(index)
    for name, content in packs.items():
        if content is not None:
            (path / "packs" / name).write_bytes(content)
    with Backup.open(path, write=True) as backup:
        kept = [backup.read(entry) for entry in backup.entries()]
    assert kept[:saved] == MAIL[:saved]
    assert [each for each in MAIL if each in kept] == kept
    check_verify(path)
    save(path, MAIL)
    assert sorted(contents(path), key=MAIL.index) == MAIL
    check_verify(path)


def check_verify(path: Path) -> None:
    """No message is lost. A frame that is may lie before sound ones: nobody can tell that from
    damage, so it stays and is named."""
    found = verify(path)
    assert not found.damaged, found
    assert not found.missing, found
    assert all("no readable frame" in text for text in found.problems), found


def cut_power(folder: Path, seed: int, chance: float) -> int:
    lot = random.Random(seed)
    recorder = Recorder(lot, chance)
    save(folder / "whole", MAIL, storage=recorder)
    for number, (saved, index, packs) in enumerate(recorder.moments):
        path = folder / str(number)
        path.mkdir()
        shutil.copy(folder / "whole" / "gmailkit-backup.json", path)
        (path / "packs").mkdir()
        check_moment(path, saved, index, packs)
        shutil.rmtree(path)
    return len(recorder.moments)


def test_what_was_saved_survives_a_power_cut(quick_path: Path) -> None:
    assert cut_power(quick_path, seed=1, chance=0.5) > 10


@pytest.mark.soak
def test_what_was_saved_survives_five_hundred_power_cuts(quick_path: Path) -> None:
    cuts = sum(cut_power(quick_path / str(seed), seed, chance=1.0) for seed in range(13))
    print(f"{cuts} power cuts")
    assert cuts >= 500
