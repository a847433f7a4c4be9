"""A disk on which the power may be cut at any time: any part of what was not synced is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup.folder import Backup
from gmailkit.backup.storage import Disk

SECTOR = 512
STREAMS = ("packs", "events")


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


@dataclass(frozen=True)
class Moment:
    """What a power cut may leave: of so many messages and events it was said that they are safe."""

    saved: int
    noted: int
    index: bytes
    files: dict[str, bytes | None]

    def lay_out(self, path: Path, whole: Path) -> None:
        """A backup at `path` in that state; `whole` is the one that was recorded."""
        path.mkdir()
        (path / "gmailkit-backup.json").write_bytes((whole / "gmailkit-backup.json").read_bytes())
        for folder in STREAMS:
            (path / folder).mkdir()
        (path / "index.sqlite3").write_bytes(self.index)
        for name, content in self.files.items():
            if content is not None:
                (path / name).write_bytes(content)


class Recorder(Disk):
    """A disk that remembers what would survive; `moments` are states a power cut may leave.

    SQLite's file is taken as it was at the last commit: with synchronous=FULL that is its promise.
    """

    def __init__(self, lot: random.Random, chance: float) -> None:
        self._lot = lot
        self._chance = chance
        self._files: dict[Path, File] = {}
        self._index = b""
        self._safe = (0, 0)
        self.moments: list[Moment] = []

    def create(self, path: Path) -> None:
        super().create(path)
        if path.parent.name in STREAMS:
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
            self._safe = _counts(path.parent)
        self._look()

    def _look(self) -> None:
        if self._index and self._lot.random() < self._chance:
            files = {
                f"{path.parent.name}/{path.name}": file.after_a_power_cut(self._lot)
                for path, file in self._files.items()
            }
            self.moments.append(Moment(*self._safe, self._index, files))


def _counts(path: Path) -> tuple[int, int]:
    with Backup.open(path) as backup:
        if backup.notes:
            return 0, 0
        return len(list(backup.entries())), len(list(backup.events()))
