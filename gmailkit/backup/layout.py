"""How the parts of one backup lie: where its streams and its index are kept, and in what form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gmailkit.backup.files import Files, PlainFiles
from gmailkit.backup.index import Index
from gmailkit.backup.storage import Storage
from gmailkit.backup.stream import EVENTS, MESSAGES, STREAMS, Stream

INDEX = "index.sqlite3"


@dataclass(frozen=True)
class Layout:
    """`path` is the folder that was named; `index` the file of its index."""

    path: Path
    index: Path
    files: Mapping[Stream, Files]

    @classmethod
    def of(cls, path: Path, storage: Storage) -> Layout:
        """Of the backup that is there."""
        files = {stream: PlainFiles(path, stream, storage) for stream in STREAMS}
        return cls(path, path / INDEX, files)

    @property
    def messages(self) -> Files:
        return self.files[MESSAGES]

    @property
    def events(self) -> Files:
        return self.files[EVENTS]

    @property
    def unfinished_index(self) -> Path:
        """What a new one is called until it is complete."""
        return self.index.with_name(f"{self.index.name}.new")

    def create_index(self, storage: Storage) -> Index:
        """A new, empty one, under its unfinished name."""
        return Index.create(self.unfinished_index, storage)

    def open_index(self, storage: Storage) -> Index:
        """For writing; raises as `Index.open`."""
        return Index.open(self.index, storage)

    def read_index(self) -> Index:
        """For reading; raises as `Index.read`."""
        return Index.read(self.index)

    def index_in_memory(self) -> Index:
        """An empty one that leaves no trace."""
        return Index.in_memory(self.index)
