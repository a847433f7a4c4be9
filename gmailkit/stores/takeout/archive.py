"""The files of a Takeout archive, one after the other, as they unpack: none is written anywhere."""

from __future__ import annotations

import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gmailkit.errors import CannotDo, NotFound, UsageError
from gmailkit.mime.mbox import Readable
from gmailkit.stores.reading import entries, open_plain

ENDINGS = (".zip", ".tgz", ".tar.gz")
_NUMBERED = re.compile(r"(.*-)(\d{3,})(\.zip|\.tgz|\.tar\.gz)", re.IGNORECASE)
_MOST = 1100  # times what is packed: deflate makes no more (RFC 1951), but of parts that overlap
_DEEPEST = 10
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError)


def parts_of(path: Path) -> list[Path]:
    """The archives, or mbox files, that belong to what was named: one part names all of them, a
    folder what lies in it. Raises NotFound for a part that is missing.
    """
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.", hint="Name an archive, or its folder.")
    if path.is_dir():
        found = sorted(_inside(path, 0), key=_place)
        if not found:
            raise NotFound(f"{path} holds no archive of Takeout and no mbox file.")
        return found
    numbered = _NUMBERED.fullmatch(path.name)
    if not numbered:
        return [path]
    parts = {}
    for entry in entries(path.parent):
        each = _NUMBERED.fullmatch(entry.name)
        if each and (each[1], each[3]) == (numbered[1], numbered[3]):
            parts[int(each[2])] = Path(entry.path)
    missing = set(range(1, max(parts) + 1)) - parts.keys()
    if missing:
        first = f"{numbered[1]}{min(missing):0{len(numbered[2])}}{numbered[3]}"
        raise NotFound(
            f"{path.parent / first} is not there, and mail of it would be missing.",
            hint="Download that part too, into the same folder.",
        )
    return [parts[number] for number in sorted(parts)]


def members(part: Path) -> Iterator[tuple[str, Readable]]:
    """Each file in an archive, in its order, with its name; good until the next one is asked for.

    Raises UsageError for a damaged archive, CannotDo for one under a password.
    """
    try:
        with os.fdopen(open_plain(part.resolve()), "rb") as file:
            most = part.stat().st_size * _MOST
            yield from _members(part, file, most)
    except OSError as error:
        raise UsageError(f"Cannot read {part}: {error.strerror or error}.") from error


def _members(part: Path, file: BinaryIO, most: int) -> Iterator[tuple[str, Readable]]:
    name = part.name.lower()
    with _told(part):
        if name.endswith(".zip"):
            bounds = _Bounds(part, most)
            with zipfile.ZipFile(file) as archive:
                for info in archive.infolist():
                    if info.flag_bits & 1:
                        raise CannotDo(
                            f"{part} is under a password.", hint="Unpack it, and name its folder."
                        )
                    if not info.is_dir():
                        with archive.open(info) as member:
                            yield info.filename, bounds.over(member)
        elif name.endswith(ENDINGS):
            bounds = _Bounds(part, most)
            with tarfile.open(fileobj=file, mode="r|gz") as tar:
                for info_of_tar in tar:
                    if info_of_tar.isreg() and (opened := tar.extractfile(info_of_tar)):
                        yield info_of_tar.name, bounds.over(opened)
        else:
            yield part.name, file


class _Bounds:
    """What all files of an archive unpack to, together. Raises UsageError beyond what it can be."""

    def __init__(self, part: Path, most: int) -> None:
        self._part = part
        self._left = most

    def over(self, member: Readable) -> Readable:
        return _Bounded(self, member)

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UsageError(
                f"{self._part} unpacks to more than an archive of its size holds.",
                hint="Takeout made no such file; nothing of it is taken.",
            )

    @property
    def part(self) -> Path:
        return self._part


class _Bounded:
    def __init__(self, bounds: _Bounds, member: Readable) -> None:
        self._bounds = bounds
        self._member = member

    def read(self, size: int, /) -> bytes:
        with _told(self._bounds.part):
            piece = self._member.read(size)
        self._bounds.spend(len(piece))
        return piece


@contextmanager
def _told(part: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise UsageError(
            f"{part} cannot be read to its end: {error}.", hint="Download that part again."
        ) from error


def _inside(folder: Path, depth: int) -> Iterator[Path]:
    for entry in entries(folder):
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _inside(Path(entry.path), depth + 1)
        elif entry.is_file(follow_symlinks=False) and _is_wanted(entry.name):
            yield Path(entry.path)


def _is_wanted(name: str) -> bool:
    return name.lower().endswith((*ENDINGS, ".mbox"))


def _place(path: Path) -> tuple[str, int, str]:
    numbered = _NUMBERED.fullmatch(path.name)
    return (numbered[1], int(numbered[2]), "") if numbered else (path.name, 0, str(path))
