"""How the parts of one backup lie: where its streams and its index are kept, and in what form.

An encrypted backup has two indexes, since most hosts that add to it cannot read it: a plain one of
ids, sizes and times, from the lines beside the packs, and one of everything, itself encrypted, from
the packs. Each is derived, and brought up to date by whoever opens it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gmailkit.backup import marker
from gmailkit.backup.files import Files, PlainFiles
from gmailkit.backup.index import Index
from gmailkit.backup.place import folder_of, origin
from gmailkit.backup.shelf import shelf_of
from gmailkit.backup.storage import DISK, Storage
from gmailkit.backup.stream import EVENTS, MESSAGES, STREAMS, Stream
from gmailkit.backup.whole import WholeFiles
from gmailkit.errors import BackupDamaged, KeyNeeded

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import BackupKey, Identity
    from gmailkit.backup.crypt.keys import Keys, Opened

INDEX = "index.sqlite3"
DERIVED = (INDEX, "search.sqlite3")  # what may be deleted at any time begins so
ENCRYPTED_INDEX = "index.sqlite3mc"  # by SQLite3 Multiple Ciphers


class Layout(msgspec.Struct, frozen=True):
    """`path` is the folder that was named; `index` the file of its index, which `key` opens where
    it is encrypted. `blind`: it is an encrypted backup, and there is no key to read it with.
    `remote`: the folder stands for object storage.
    """

    path: Path
    index: Path
    files: Mapping[Stream, Files]
    kind: type[Index] = Index
    key: bytes | None = None
    blind: bool = False
    remote: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path, storage: Storage, identity: Identity = None) -> Layout:
        """Of the backup that is there, to read it; `identity` opens one that is encrypted.

        Raises KeyNeeded, BackupDamaged and UsageError of one that is encrypted.
        """
        return cls._of(path, storage, lambda keys: keys.open(_given(identity)))

    @classmethod
    def to_write(cls, path: Path, storage: Storage, identity: Identity = None) -> Layout:
        """The same to add to it: of an encrypted one no key is needed for that, and nobody is asked
        for a passphrase; without a key the layout is blind.
        """
        return cls._of(path, storage, lambda keys: _open_if_given(keys, _given(identity)))

    @classmethod
    def to_verify(cls, path: Path, storage: Storage, identity: Identity = None) -> Layout:
        """The same to look at it; without a key it is blind. Another key raises KeyNeeded."""
        return cls._of(path, storage, lambda keys: keys.try_open(_given(identity)))

    @classmethod
    def _of(cls, path: Path, storage: Storage, unlock: Callable[[Keys], Opened | None]) -> Layout:
        path = folder_of(path)
        if marker.is_encrypted(path):
            return _encrypted(path, storage, unlock)
        if origin(path):
            shelf = shelf_of(path, storage)
            whole = {stream: WholeFiles(shelf, stream) for stream in STREAMS}
            return cls(path, path / INDEX, whole, remote=True)
        files = {stream: PlainFiles(path, stream, storage) for stream in STREAMS}
        return cls(path, path / INDEX, files)

    @property
    def encrypted(self) -> bool:
        return self.blind or self.key is not None

    @property
    def messages(self) -> Files:
        return self.files[MESSAGES]

    @property
    def events(self) -> Files:
        return self.files[EVENTS]

    def size(self) -> int:
        """Bytes of all its files; in object storage of those of its streams."""
        if not self.remote:
            return sum(_sizes(self.path))
        shelf = shelf_of(self.path, DISK)
        return sum(sum(shelf.sizes(stream.folder).values()) for stream in STREAMS)

    @property
    def unindexed(self) -> str:
        """Why there may be no index although nothing is wrong, as a sentence; "" where its absence
        is a loss.
        """
        if self.key is not None:
            return (
                "It has no index of all that is in it yet: nobody has read it since it was made, "
                "or since its keys were changed."
            )
        if self.remote:
            return "This machine has no index of it yet: nobody has read it here."
        return ""

    @property
    def unfinished_index(self) -> Path:
        """What a new one is called until it is complete."""
        return self.index.with_name(f"{self.index.name}.new")

    def create_index(self, storage: Storage) -> Index:
        """A new, empty one, under its unfinished name."""
        return self.kind.create(self.unfinished_index, storage, key=self.key)

    def open_index(self, storage: Storage) -> Index:
        """For writing; raises as `Index.open`."""
        return self.kind.open(self.index, storage, key=self.key)

    def read_index(self) -> Index:
        """For reading; raises as `Index.read`."""
        return self.kind.read(self.index, key=self.key)

    def index_in_memory(self) -> Index:
        """An empty one that leaves no trace."""
        return self.kind.in_memory(self.index, key=self.key)

    @property
    def index_lags(self) -> bool:
        """Whether others have added what the index does not know: hosts without a key, or those
        that share object storage."""
        if self.key is None and not self.remote:
            return False
        try:
            index = self.read_index()
        except BackupDamaged:
            return True
        try:
            return any(
                set(files.numbers()) - set(index.ends(stream))
                for stream, files in self.files.items()
            )
        except BackupDamaged:
            return True
        finally:
            index.close()


def _sizes(path: Path) -> Iterator[int]:
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(OSError):  # one that a running backup takes away
                yield (Path(folder) / name).stat().st_size


def _given(identity: Identity) -> BackupKey:
    from gmailkit.backup.crypt.given import key_of

    return key_of(identity)


def _open_if_given(keys: Keys, given: BackupKey) -> Opened | None:
    keys.recipients()  # whom for has to be known before anything is fetched
    with suppress(KeyNeeded):
        return keys.try_open(given, ask=False)
    return None


def _encrypted(path: Path, storage: Storage, unlock: Callable[[Keys], Opened | None]) -> Layout:
    from gmailkit.backup.crypt.blind_index import BlindIndex
    from gmailkit.backup.crypt.keys import Keys
    from gmailkit.backup.crypt.sealed import SealedFiles

    keys = Keys(path, storage)
    opened = unlock(keys)
    identities = opened.identities if opened else None
    shelf, remote = shelf_of(path, storage), origin(path) is not None
    recipients = cache(keys.recipients)  # nobody changes them while this one writes
    files = {
        stream: SealedFiles(shelf, stream, recipients=recipients, identities=identities)
        for stream in STREAMS
    }
    if opened is None:
        return Layout(path, path / INDEX, files, kind=BlindIndex, blind=True, remote=remote)
    index, key, notes = path / ENCRYPTED_INDEX, opened.index_key, opened.notes
    return Layout(path, index, files, key=key, remote=remote, notes=notes)
