"""A Maildir: a message a file, its flags in the file's name, a folder for each label.

Read are Maildir++ (folders `.Work.Receipts` beside `cur`) and folders in folders, whichever program
made them; written is Maildir++. A message with several labels is one file with a name in each of
their folders, and is read as one message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from gmailkit.errors import CannotDo, GmailKitError, NotFound, UsageError
from gmailkit.model.flags import EVERY, to_maildir
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.dates import file_date, received
from gmailkit.stores.door import Door, Step, beside, only_writer, unwatched
from gmailkit.stores.known import Known, check_names
from gmailkit.stores.maildir.names import ARCHIVE, folder_of
from gmailkit.stores.maildir.tree import Letter, Tree
from gmailkit.stores.matching import matching
from gmailkit.stores.protocol import Fetched
from gmailkit.stores.reading import content_of, entries, unreadable

_LOCK = ".gmailkit-lock"
_PARTS = ("tmp", "new", "cur")
_LOOKS = 3  # for a message whose file is not where it was a moment ago
_MOST_FOLDERS = 10_000  # as many labels as Gmail lets one have
_OURS = re.compile(r"([0-9a-f]{32})\.gmailkit,S=(\d+)")  # no other program changes that part


class MaildirStore:
    """`write` makes it where it is missing. Equal messages are kept once.

    Raises NotFound (there is nothing to read), UsageError (the folder is no Maildir), BackupLocked,
    CannotWrite.
    """

    can = Can.BYTES | Can.LABELS | Can.FLAGS | Can.DATE | Can.WRITE

    def __init__(
        self,
        path: Path,
        *,
        write: bool = False,
        context: Context | None = None,
        step: Step = unwatched,
    ) -> None:
        self.path = path.absolute()
        self.name = f"maildir:{self.path}"
        self._context = context
        self._door = Door(step)
        self._write = write
        self._resources = ExitStack()
        self._known: Known | None = None
        self._changed: dict[str, Path] = {}  # by digest, files of ours with another size
        self._touched: set[Path] = set()
        self._tree = Tree(self.path, _key)
        if write:
            with ExitStack() as resources:
                self._begin(resources)
                self._resources = resources.pop_all()
        elif not self._tree.folders():
            raise _no_maildir(self.path)

    def __enter__(self) -> MaildirStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._resources:
            self.flush()

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """The folder and the name without the flags, which may change."""
        every = (Ref(letter.ref) for letter in self._tree.letters())
        return matching(self, every, wanted, self._context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            yield ref, self._got(ref)

    def find(self, item: Item) -> Iterator[Ref]:
        digest = item.content.digest
        if self._all_known().has(digest, item):
            yield self._ref(digest, item)

    def add(self, item: Item) -> Ref:
        if not self._write:
            raise UsageError(f"{self.path} is open for reading.", hint="Open it with write=True.")
        check_names(item)
        digest = item.content.digest
        known = self._all_known()
        there = known.labels(digest)
        if changed := self._changed.get(digest[:32]):
            raise CannotDo(
                f"{changed} was changed by another program.",
                hint="Move it away, and run the same command again.",
            )
        new = item.labels - (there or frozenset())
        if len(new) > _MOST_FOLDERS:
            raise CannotDo(f"A message with {len(new):,} labels would need as many folders.")
        folders = [_folder(label) for label in sorted(new)]
        flags = item.flags | known.flags(digest)
        if there is not None and flags != known.flags(digest):
            self._mark(_folders(there), _unique(digest, item), flags)
        if there is None or new:
            self._put(item, digest, folders or [ARCHIVE], there)
        known.note(digest, item.labels, flags=item.flags)
        return self._ref(digest, item)

    def holds(self, item: Item) -> bool:
        return self._all_known().labels(item.content.digest) is not None

    def discard(self, refs: Collection[Ref]) -> Iterator[Ref]:
        """Into a Maildir beside this one, PATH.undone."""
        aside = beside(self.path)
        for part in _PARTS if refs else ():
            self._door.make_folder(aside / part)
        for ref in refs:
            if letter := self._tree.find(ref):
                name = letter.path.name
                files = [self._tree.file([at], letter.unique, likely=name) for at in letter.folders]
                for each in filter(None, files):
                    self._touched.add(each.parent)
                    if each != letter.path:
                        self._door.remove(each)
                # The name it is known by goes last: an undo that was killed finds it once more.
                self._door.set_aside(letter.path, aside / "cur" / name)
            yield ref
        self._known, self._tree = None, Tree(self.path, _key)

    def flush(self) -> None:
        for folder in sorted(self._touched):
            self._door.sync_folder(folder)
        self._touched.clear()

    def _got(self, ref: Ref) -> Item | GmailKitError:
        """A mail program may give it other flags at any moment, which are part of its name."""
        letter = self._tree.find(ref)
        for _ in range(_LOOKS if letter else 0):  # what is in no list is gone
            if letter and not isinstance(got := _item(letter), NotFound):
                return got
            self._tree.look_anew()
            letter = self._tree.find(ref)
        return _nothing(self.path, ref)

    def _put(
        self, item: Item, digest: str, folders: list[str], there: frozenset[str] | None
    ) -> None:
        """One file, with a name in each of the folders."""
        unique = _unique(digest, item)
        name = f"{unique}:2,{to_maildir(item.flags | self._all_known().flags(digest))}"
        have = None if there is None else self._tree.file(_folders(there), unique, likely=name)
        if not have:  # as it came: an equal one of another program's bears who knows what
            name = f"{unique}:2,{to_maildir(item.flags)}"
        part = have or self.path / "tmp" / unique
        if not have:
            self._door.write_new(part, item.content.pieces(), date=file_date(item))
        for folder in folders:
            inside = self._folder(folder)
            self._door.place(part, inside / name, parts=self.path / "tmp")
            self._touched.add(inside)
            self._tree.note(folder, unique, inside / name)
        if not have:
            self._door.remove(part)

    def _mark(self, folders: list[str], unique: str, flags: frozenset[str]) -> None:
        """In each of its folders; the first, by whose name it is read, is the last."""
        for folder in reversed(folders):
            old = self._tree.file([folder], unique, likely="")
            if not old:
                continue
            letters = {*to_maildir(flags), *old.name.removeprefix(unique).removeprefix(":2,")}
            new = self._folder(folder) / f"{unique}:2,{''.join(sorted(letters))}"
            self._door.renew(old, new)
            self._touched.add(new.parent)
            self._tree.note(folder, unique, new)

    def _folder(self, name: str) -> Path:
        """`cur` of a folder, made with all that belongs to one."""
        folder = self.path / name
        if not (folder / "cur").is_dir() or folder.is_symlink():
            for each in _PARTS:
                self._door.make_inside(self.path, folder / each)
            if name:
                self._door.append(folder / "maildirfolder", b"")
        return folder / "cur"

    def _ref(self, digest: str, item: Item) -> Ref:
        """The first of its folders, as reading it says."""
        labels = self._all_known().labels(digest) or frozenset()
        return Ref(f"{_folders(labels)[0]}/{_unique(digest, item)}")

    def _all_known(self) -> Known:
        """What lies there: by the names and sizes of our files, the content of all others."""
        if self._known is None:
            self._known = Known()
            for letter in self._tree.letters():
                ours = _OURS.fullmatch(letter.unique)
                digest = ours[1] if ours else _hash(letter.path)
                if ours and not _is_of_size(letter.path, int(ours[2])):
                    self._changed[digest] = letter.path
                elif digest:  # what another program put there is not marked
                    flags = letter.flags if ours else EVERY
                    self._known.note(digest, letter.labels, flags=flags)
        return self._known

    def _begin(self, resources: ExitStack) -> None:
        if self.path.exists() and not _is_free(self.path) and not (self.path / "cur").is_dir():
            raise _no_maildir(self.path)
        self._door.make_folder(self.path)
        resources.enter_context(only_writer(self.path, _LOCK))
        self._folder("")
        for each in entries(self.path / "tmp"):
            if _OURS.fullmatch(each.name.removesuffix(".copy")):  # of a run that was killed
                self._door.remove(Path(each.path))


def _folder(label: str) -> str:
    folder = folder_of(label)
    if folder is None:
        raise CannotDo(
            f"The label {label[:40]!r}... is longer than a folder's name may be.",
            hint="Give it a shorter name, or export to another form.",
        )
    return folder


def _folders(labels: Iterable[str]) -> list[str]:
    return sorted(map(_folder, labels)) or [ARCHIVE]


def _unique(digest: str, item: Item) -> str:
    return f"{digest[:32]}.gmailkit,S={item.content.size}"


def _key(unique: str) -> str:
    """What makes files of ours in several folders one message, even where links were lost."""
    ours = _OURS.fullmatch(unique)
    return ours[1] if ours else ""


def _item(letter: Letter) -> Item | GmailKitError:
    try:
        content, status = content_of(letter.path)
    except OSError as error:
        return unreadable(letter.path, error)
    except UsageError as error:
        return error
    return Item(
        content=content,
        labels=letter.labels,
        flags=letter.flags,
        received=received(status),
    )


def _is_of_size(path: Path, size: int) -> bool:
    try:
        return path.lstat().st_size == size
    except FileNotFoundError:
        return False


def _hash(path: Path) -> str:
    """ "" for what cannot be read."""
    try:
        return content_of(path)[0].digest
    except (OSError, UsageError):
        return ""


def _is_free(path: Path) -> bool:
    return path.is_dir() and {each.name for each in entries(path)} <= {_LOCK, *_PARTS}


def _nothing(path: Path, ref: Ref) -> NotFound:
    return NotFound(f"There is no message {ref} in {path}.")


def _no_maildir(path: Path) -> GmailKitError:
    if not path.exists():
        return NotFound(f"There is no folder {path}.")
    return UsageError(
        f"{path} is no Maildir: it holds no folder `cur`.", hint="Name another folder."
    )
