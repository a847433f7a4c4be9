"""A power cut loses any part of what was not synced: contents by the sector, names one by one. What
`flush` has made sure of stays, nothing torn is taken for whole, and the next run finishes.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gmailkit.errors import BackupDamaged
from gmailkit.model.item import Item
from gmailkit.stores.door import unwatched
from gmailkit.stores.eml import ZipTarget
from store_room import PLACES

SECTOR = 512
MAIL = [
    Item.of(
        b"Date: Sun, %d Mar 2026 12:00:00 +0000\nSubject: %d\n\n" % (number + 1, number)
        + random.Random(number).randbytes(size // 2).hex().encode(),
        labels=frozenset({"INBOX", *(["Work"] if number % 2 else [])}),
    )
    for number, size in enumerate([10, 3000, 700, 1, 1500, 100, 6000])
]
WANTED = {item.content.bytes: item.labels for item in MAIL}


@dataclass(frozen=True)
class Left:
    """What a power cut left: inodes by name, contents by inode (None: a folder)."""

    saved: int  # messages that were safe
    names: dict[str, int]
    contents: dict[int, bytes | None]

    def put(self, root: Path) -> None:
        first: dict[int, Path] = {}
        for name, inode in self.names.items():
            path, content = root / name, self.contents[inode]
            if content is None:
                path.mkdir()
            elif inode in first:
                path.hardlink_to(first[inode])
            else:
                first[inode] = path
                path.write_bytes(content)


@dataclass
class Power:
    """Sees every sync that really happens below `root`, and what would survive at every step."""

    root: Path
    lot: random.Random
    chance: float
    saved: int = 0
    left: list[Left] = field(default_factory=list)
    _contents: dict[int, bytes | None] = field(default_factory=dict)  # as they are now, or were
    _synced: dict[int, bytes] = field(default_factory=dict)
    _names: dict[int, dict[str, int]] = field(default_factory=dict)  # of a folder, as it was synced

    def fsync(self, descriptor: int) -> None:
        self._look(self.root)
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = {x.name: x.inode() for x in os.scandir(descriptor)}
        else:
            self._synced[status.st_ino] = self._contents[status.st_ino] or b""

    def step(self, step: str, path: Path) -> None:
        self._look(self.root)
        if self.lot.random() < self.chance:
            names = dict(self._surviving("", self.root.stat().st_ino))
            kept = {inode: self._after(inode) for inode in set(names.values())}
            self.left.append(Left(self.saved, names, kept))

    def _look(self, folder: Path) -> None:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                self._contents[entry.inode()] = None
                self._look(Path(entry.path))
            else:
                self._contents[entry.inode()] = Path(entry.path).read_bytes()

    def _surviving(self, below: str, folder: int) -> list[tuple[str, int]]:
        """Names that were changed since the folder was synced are as they were, or as they are."""
        synced = self._names.get(folder, {})
        try:
            now = {entry.name: entry.inode() for entry in os.scandir(self.root / below)}
        except FileNotFoundError:
            now = synced
        found: list[tuple[str, int]] = []
        for name in sorted({*synced, *now}):
            inode = self.lot.choice([synced.get(name), now.get(name)])
            if inode is not None:
                path = f"{below}/{name}".removeprefix("/")
                found.append((path, inode))
                if self._contents[inode] is None:
                    found += self._surviving(path, inode)
        return found

    def _after(self, inode: int) -> bytes | None:
        new, old = self._contents[inode], self._synced.get(inode, b"")
        if new is None or new == old:
            return new
        chance = self.lot.choice([0, 0.5, 1])  # all of it, any part, or nothing
        length = self.lot.choice([len(old), len(new)])
        size = max(len(old), len(new))
        was, became = old.ljust(size, b"\0"), new.ljust(size, b"\0")
        return b"".join(
            (became if self.lot.random() < chance else was)[at : at + SECTOR]
            for at in range(0, size, SECTOR)
        )[:length]


def copied(place: str, path: Path, power: Power | None = None) -> None:
    """As `copy` does it: made sure of after every second message."""
    with PLACES[place](path, power.step if power else unwatched) as store:
        for number, item in enumerate(MAIL):
            if not any(store.find(item)):
                store.add(item)
            if number % 2:
                store.flush()
                if power:
                    power.saved = number + 1


def contents(place: str, path: Path) -> dict[bytes, frozenset[str]]:
    """Labels by content; no message is there twice. mbox names those that are not whole."""
    with PLACES[place](path, unwatched) as store:
        found: dict[bytes, frozenset[str]] = {}
        for _, got in store.fetch(store.refs()):  # type: ignore[union-attr]
            if isinstance(got, BackupDamaged) and place == "mbox":
                continue
            assert isinstance(got, Item), got
            raw = got.content.bytes
            assert raw not in found
            found[raw] = got.labels
    return found


def check(place: str, path: Path, left: Left) -> None:
    path.mkdir()
    left.put(path)
    for manifest in path.rglob("manifest.jsonl"):
        for line in manifest.read_bytes().split(b"\n")[:-1]:
            if line.endswith(b"}") and b"\0" not in line:
                assert (manifest.parent / json.loads(line)["path"]).exists()
    there = contents(place, path)
    assert all(raw in WANTED for raw in there)
    for item in MAIL[: left.saved]:
        assert there[item.content.bytes] == item.labels
    copied(place, path)
    assert contents(place, path) == WANTED
    shutil.rmtree(path)


def cut_power(
    place: str, folder: Path, seed: int, chance: float, monkeypatch: pytest.MonkeyPatch
) -> int:
    power = Power(folder / "disk", random.Random(seed), chance)
    power.root.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", power.fsync)
        copied(place, power.root, power)
        power.chance, power.saved = 1, len(MAIL)
        power.step("done", power.root)
    for number, left in enumerate(power.left):
        check(place, folder / f"{number}", left)
    return len(power.left)


@pytest.mark.parametrize("place", PLACES)
def test_what_was_made_sure_of_survives_a_power_cut(
    place: str, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cut_power(place, quick_path, 1, 0.5, monkeypatch) > 5


@pytest.mark.soak
@pytest.mark.parametrize("place", PLACES)
def test_it_survives_hundreds_of_power_cuts(
    place: str, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = [cut_power(place, quick_path / f"{n}", n, 1, monkeypatch) for n in range(20)]
    print(f"{sum(cuts)} power cuts")
    assert sum(cuts) >= 300


def test_a_zip_file_is_whole_after_a_power_cut_or_not_there(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    power = Power(quick_path / "disk", random.Random(1), 1)
    power.root.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", power.fsync)
        with ZipTarget(power.root / "mail.zip", step=power.step) as target:
            for item in MAIL:
                target.add(item)
        power.saved = len(MAIL)
        power.step("done", power.root)
    for number, left in enumerate(power.left):
        path = quick_path / f"{number}"
        path.mkdir()
        left.put(path)
        assert left.saved == 0 or (path / "mail.zip").exists()
        for file in path.glob("mail.zip"):
            assert len(zipfile.ZipFile(file).namelist()) == len(MAIL) + 1
