"""A folder of .eml files: the message's bytes and nothing else, with a manifest of what is known.

Any tree of .eml and .emlx files is read. Labels stand in the manifest, and as tags of the file
(`user.xdg.tags`) where the file system takes them; the date of receipt is the file's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from gmailkit.errors import CannotDo, GmailKitError, NotFound, UsageError
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.dates import file_date, received
from gmailkit.stores.door import Door, Step, beside, only_writer, unwatched
from gmailkit.stores.eml.emlx import read_emlx
from gmailkit.stores.eml.manifest import LONGEST, NAME, Line, lines_of
from gmailkit.stores.eml.names import path_of
from gmailkit.stores.known import Known, check_names
from gmailkit.stores.matching import matching
from gmailkit.stores.protocol import Fetched
from gmailkit.stores.reading import content_of, ends_torn, entries, open_plain, unreadable

_PARTS, _LOCK = ".gmailkit-parts", ".gmailkit-lock"
_TAGS = "user.xdg.tags"
_DEEPEST = 50


class EmlStore:
    """`write` makes the folder where it is missing. Equal messages are kept once.

    Raises NotFound (there is nothing to read), BackupLocked, CannotWrite.
    """

    can = KEPT | Can.WRITE

    def __init__(
        self,
        path: Path,
        *,
        write: bool = False,
        context: Context | None = None,
        step: Step = unwatched,
    ) -> None:
        self.path = path.absolute()
        self.name = f"eml:{self.path}"
        self._context = context
        self._door = Door(step)
        self._write = write
        self._resources = ExitStack()
        self._lines: dict[str, Line] | None = None
        self._known: Known | None = None
        self._new: list[Line] = []
        self._touched: set[Path] = set()
        if write:
            with ExitStack() as resources:
                self._begin(resources)
                self._resources = resources.pop_all()
        elif not self.path.is_dir():
            raise NotFound(f"There is no folder {self.path}.")

    def __enter__(self) -> EmlStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._resources:
            self.flush()

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """The path of each file below the folder."""
        return matching(self, map(Ref, _files(self.path, "", 0)), wanted, self._context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            yield ref, self._item(ref)

    def find(self, item: Item) -> Iterator[Ref]:
        digest = item.content.digest
        path = str(path_of(item.content, digest))
        if self._all_known().has(digest, item) and self._is_there(path, item.content.size):
            yield Ref(path)

    def add(self, item: Item) -> Ref:
        if not self._write:
            raise UsageError(f"{self.path} is open for reading.", hint="Open it with write=True.")
        check_names(item)
        digest = item.content.digest
        path = str(path_of(item.content, digest))
        there = self._is_there(path, item.content.size)
        known = self._all_known()
        if there and known.has(digest, item):
            return Ref(path)
        if not there:
            known.forget(digest)
            self._put(item, digest, self.path / path)
        labels = known.note(digest, item.labels, flags=item.flags)
        _tag(self.path / path, labels)
        line = Line(
            path=path,
            sha256=digest,
            size=item.content.size,
            labels=sorted(labels),
            flags=sorted(known.flags(digest)),
            received=item.received,
            thread=item.thread,
        )
        self._new.append(line)
        if self._lines is not None:
            self._lines[path] = line
        return Ref(path)

    def holds(self, item: Item) -> bool:
        digest = item.content.digest
        return self._is_there(str(path_of(item.content, digest)), item.content.size)

    def discard(self, refs: Collection[Ref]) -> Iterator[Ref]:
        """Into a folder beside this one, DIR.undone."""
        for ref in refs:
            self._door.set_aside(self.path / ref, beside(self.path) / ref)
            self._touched.add((self.path / ref).parent)
            yield ref
        self._known = None

    def flush(self) -> None:
        """The files first: what the manifest knows is there."""
        for folder in sorted(self._touched):
            self._door.sync_folder(folder)
        self._touched.clear()
        if self._new:
            new = not (self.path / NAME).exists()
            before = b"\n" if ends_torn(self.path / NAME) else b""
            lines = b"".join(line.encoded() for line in self._new)
            self._door.append(self.path / NAME, before + lines)
            self._new.clear()
            if new:
                self._door.sync_folder(self.path)

    def _put(self, item: Item, digest: str, path: Path) -> None:
        if os.path.lexists(path):
            raise CannotDo(
                f"{path} was changed by another program.",
                hint="Move it away, and run the same command again.",
            )
        part = self.path / _PARTS / digest
        self._door.write_new(part, item.content.pieces(), date=file_date(item))
        self._door.make_inside(self.path, path.parent)
        self._door.place(part, path, parts=part.parent)
        self._door.remove(part)
        self._touched.add(path.parent)

    def _is_there(self, path: str, size: int) -> bool:
        """Its name says the content, and it got that name when it was whole."""
        try:
            status = (self.path / path).lstat()
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and status.st_size == size

    def _item(self, ref: Ref) -> Item | GmailKitError:
        path, line = self.path / ref, self._manifest().get(ref)
        try:
            if ref.lower().endswith(".emlx"):
                with os.fdopen(open_plain(path), "rb") as file:
                    return read_emlx(file, str(path))
            content, status = content_of(path)
        except OSError as error:
            return unreadable(path, error)
        except GmailKitError as error:
            return error
        return Item(
            content=content,
            labels=frozenset(line.labels) if line else frozenset(),
            flags=frozenset(line.flags) if line else frozenset(),
            received=(line.received if line else None) or received(status),
            thread=line.thread if line else "",
        )

    def _manifest(self) -> dict[str, Line]:
        if self._lines is None:
            self._lines = {line.path: line for line in self._told()}
        return self._lines

    def _told(self) -> Iterator[Line]:
        """UsageError for a manifest that is there and cannot be read: labels would be lost."""
        try:
            descriptor = open_plain(self.path / NAME)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise unreadable(self.path / NAME, error) from error
        else:
            with os.fdopen(descriptor, "rb") as file:
                yield from lines_of(iter(partial(file.readline, LONGEST), b""))
        yield from self._new

    def _all_known(self) -> Known:
        if self._known is None:
            self._known = Known()
            for line in self._told():
                with suppress(ValueError):  # no digest: somebody else's line
                    flags = frozenset(line.flags)
                    self._known.forget(line.sha256)  # the last line for a path counts
                    self._known.note(line.sha256, frozenset(line.labels), flags=flags)
        return self._known

    def _begin(self, resources: ExitStack) -> None:
        self._door.make_folder(self.path)
        resources.enter_context(only_writer(self.path, _LOCK))
        self._door.make_inside(self.path, self.path / _PARTS)
        for each in entries(self.path / _PARTS):  # of a run that was killed
            self._door.remove(Path(each.path))
        resources.callback(self._tidy)

    def _tidy(self) -> None:
        with suppress(OSError):
            (self.path / _PARTS).rmdir()


def _files(root: Path, below: str, depth: int) -> Iterator[str]:
    """Paths below `root`, folder by folder; what is hidden or a link is passed over."""
    for entry in entries(root / below):
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _files(root, path, depth + 1)
        elif entry.is_file(follow_symlinks=False) and path.lower().endswith((".eml", ".emlx")):
            yield path


def _tag(path: Path, labels: frozenset[str]) -> None:
    """As file managers read it: names with commas between, so a name may hold none."""
    if not labels or not hasattr(os, "setxattr"):
        return
    tags = ",".join(label.replace(",", ";") for label in sorted(labels))
    with suppress(OSError):  # not every file system takes them, nor that many
        os.setxattr(path, _TAGS, tags.encode(), follow_symlinks=False)
