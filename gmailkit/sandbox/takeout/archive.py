"""Files into zip or tgz archives, each written piece by piece."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self


class Archive(Protocol):
    """One file of an export; closed when left."""

    def add(self, name: str, pieces: Iterable[bytes]) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Zip:
    """Zip64 where it is needed."""

    def __init__(self, path: Path, *, now: float) -> None:
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED)
        date = datetime.fromtimestamp(max(now, 315_532_800), UTC)  # zip begins in 1980
        self._date = (date.year, date.month, date.day, date.hour, date.minute, date.second)

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        about = zipfile.ZipInfo(name, self._date)
        about.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(about, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()


class Tgz:
    """A tar wants each size before the bytes, so they pass through a temporary file."""

    def __init__(self, path: Path, *, now: float) -> None:
        self._tar = tarfile.open(path, "x:gz")  # noqa: SIM115 - closed when left
        self._now = now

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        with tempfile.SpooledTemporaryFile(max_size=50_000_000) as file:
            for piece in pieces:
                file.write(piece)
            about = tarfile.TarInfo(name)
            about.size, about.mtime = file.tell(), int(self._now)
            file.seek(0, io.SEEK_SET)
            self._tar.addfile(about, file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()


def create(path: Path, *, now: float) -> Archive:
    """By the ending of the name: .zip, or .tgz."""
    return Tgz(path, now=now) if path.suffix.lower() == ".tgz" else Zip(path, now=now)
