"""The folders and files of a Maildir as they lie on the disk; links are never followed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gmailkit.model.flags import from_maildir
from gmailkit.stores.maildir.names import label_of
from gmailkit.stores.reading import entries, listed

_DEEPEST = 30
_IN_USE = ("cur", "new")  # what lies in `tmp` is not delivered yet


@dataclass(frozen=True, slots=True)
class Letter:
    """A message: the file, its folders (the first one names it), and its name without flags."""

    path: Path
    folders: tuple[str, ...]
    unique: str
    flags: frozenset[str]

    @property
    def ref(self) -> str:
        return f"{self.folders[0]}/{self.unique}"

    @property
    def labels(self) -> frozenset[str]:
        found = (label_of(folder) for folder in self.folders)
        return frozenset(label for label in found if label is not None)


class Tree:
    """`key` says which names in several folders are one message; hard links are too."""

    def __init__(self, root: Path, key: Callable[[str], str] = lambda unique: "") -> None:
        self._root = root
        self._key = key
        self._shared: dict[object, tuple[str, ...]] | None = None
        self._listed: tuple[str, dict[str, str]] | None = None

    def note(self, folder: str, unique: str, path: Path) -> None:
        """A file was added: the folder is not listed anew for each."""
        self._shared = None
        if self._listed and self._listed[0] == folder:
            self._listed[1][unique] = str(path)

    def folders(self) -> list[str]:
        """Their paths below the root, "" the root itself, in the order of the alphabet."""
        return sorted(self._folders("", 0))

    def letters(self) -> Iterator[Letter]:
        """Each message once."""
        for folder in self.folders():
            for unique, path in sorted(self._files(folder).items()):
                letter = self._letter(folder, unique, path)
                if letter.folders[0] == folder:
                    yield letter

    def find(self, ref: str) -> Letter | None:
        folder, _, unique = ref.rpartition("/")
        path = self._files(folder).get(unique)
        return self._letter(folder, unique, path) if path else None

    def look_anew(self) -> None:
        """Forget the list that was kept."""
        self._listed = None

    def file(self, folders: Iterable[str], unique: str, *, likely: str) -> Path | None:
        """Of one of these folders, the file with that name, whatever its flags are; mostly it is
        the `likely` one, and nothing need be listed.
        """
        for folder in folders:
            path = self._root / folder / "cur" / likely
            if path.is_file() and not path.is_symlink():
                return path
            found = self._files(folder).get(unique)
            if found and not Path(found).exists():  # its flags were changed meanwhile
                self.look_anew()
                found = self._files(folder).get(unique)
            if found:
                return Path(found)
        return None

    def _letter(self, folder: str, unique: str, path: str) -> Letter:
        shared = self._all_shared().get(self._identity(unique, path), ())
        file = Path(path)
        _, mark, letters = file.name.rpartition(":2,")
        flags = from_maildir(letters) if mark else frozenset()
        return Letter(file, shared or (folder,), unique, flags)

    def _files(self, folder: str) -> dict[str, str]:
        """Paths, as texts, which are a third of what `Path`s are. The last folder's list is kept:
        messages are mostly read in order.
        """
        if self._listed is None or self._listed[0] != folder:
            self._listed = None  # two lists are never held
            self._listed = folder, self._list(folder)
        return self._listed[1]

    def _list(self, folder: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in _IN_USE:
            for entry in listed(self._root / folder / part):
                if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                    unique = entry.name.partition(":2,")[0]
                    # Of two of that name it is always the same one, that in `new` before others.
                    found[unique] = max(entry.path, found.get(unique, ""))
        return found

    def _all_shared(self) -> dict[object, tuple[str, ...]]:
        """The folders of each message that lies in several."""
        if self._shared is None:
            first: dict[object, str] = {}
            self._shared = {}
            for folder in self.folders():
                for unique, path in self._list(folder).items():
                    if identity := self._identity(unique, path):
                        before = self._shared.get(identity) or first.setdefault(identity, folder)
                        if before != folder:
                            every = (before,) if isinstance(before, str) else before
                            self._shared[identity] = (*every, folder)
        return self._shared

    def _identity(self, unique: str, path: str) -> object:
        if key := self._key(unique):
            return bytes.fromhex(key)
        try:
            status = os.lstat(path)
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if status.st_nlink > 1 else None

    def _folders(self, below: str, depth: int) -> Iterator[str]:
        found = {
            entry.name
            for entry in entries(self._root / below)
            if entry.is_dir(follow_symlinks=False)
        }
        if "cur" in found:
            yield below
        for name in found - {"cur", "new", "tmp"} if depth < _DEEPEST else ():
            yield from self._folders(f"{below}/{name}" if below else name, depth + 1)
