"""Where the whole files of a backup lie: in a folder, or in object storage.

A file here is put whole or not at all, under a name such as "keys/recipients.txt". Of those that
frames are appended to, which only a folder can keep, `files.PlainFiles` takes care.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from gmailkit.backup.files import Written
from gmailkit.backup.place import folder_of, origin
from gmailkit.backup.storage import Storage, put_whole, writing
from gmailkit.model.content import Content


class Taken(Exception):
    """A file of that name is there already, and it is another one."""


class Shelf(Protocol):
    """Names are relative to the place of the backup. Reading raises OSError, or the errors of a
    store; writing raises CannotWrite.
    """

    @property
    def told(self) -> str:
        """The place as people name it."""

    @property
    def distant(self) -> bool:
        """Whether each look takes a request."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The files in a folder, by name, with their bytes."""

    def size(self, name: str) -> int | None:
        """Its bytes; None where there is no such file."""

    def read(self, name: str) -> bytes | None:
        """All of it; None where there is no such file."""

    def part(self, name: str, offset: int, length: int) -> bytes | None:
        """Those bytes of it, fewer at its end; None where there is no such file."""

    def opened(self, name: str) -> AbstractContextManager[BinaryIO]:
        """To read and seek in. Raises FileNotFoundError as well."""

    def put_new(self, name: str, content: Content) -> object:
        """Never over another. Raises Taken."""

    def put(self, name: str, content: bytes) -> object:
        """Over what is there."""

    def remove(self, name: str) -> None: ...

    def settle(self, name: str) -> None:
        """Make sure that what lies there outlives a power cut."""


class Folder:
    """Files on disk."""

    distant = False

    def __init__(self, path: Path, storage: Storage) -> None:
        self._path = path
        self._storage = storage

    @property
    def told(self) -> str:
        return str(self._path)

    def sizes(self, folder: str) -> dict[str, int]:
        there = self._path / folder
        found = there.iterdir() if there.is_dir() else ()
        return {f"{folder}/{each.name}": each.stat().st_size for each in found}

    def size(self, name: str) -> int | None:
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def part(self, name: str, offset: int, length: int) -> bytes | None:
        try:
            with (self._path / name).open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        with (self._path / name).open("rb") as file:
            yield file

    def put_new(self, name: str, content: Content) -> None:
        if (self._path / name).exists():
            raise Taken(name)
        self._put(name, content)

    def put(self, name: str, content: bytes) -> None:
        with Content.of(content) as whole:
            self._put(name, whole)

    def _put(self, name: str, content: Content) -> None:
        path = self._path / name
        with writing(path, needed=content.size):
            if not path.parent.is_dir():
                self._storage.make_folder(path.parent)
                self._storage.sync_folder(path.parent.parent)
            put_whole(path, Written(b"", content), self._storage)
            self._storage.sync_folder(path.parent)

    def remove(self, name: str) -> None:
        path = self._path / name
        with writing(path):
            if path.exists():
                self._storage.remove(path)

    def settle(self, name: str) -> None:
        path = self._path / name
        with writing(path):
            self._storage.sync(path)
            self._storage.sync_folder(path.parent)


def shelf_of(place: Path, storage: Storage) -> Shelf:
    """Of the backup at that folder, or of the object storage that the folder stands for."""
    folder = folder_of(place)
    if origin(folder) is None:
        return Folder(folder, storage)
    from gmailkit.backup.objects.bucket import connected

    return connected(folder)
