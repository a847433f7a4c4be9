"""A stream whose files are encrypted by age, each written whole, once, at a commit.

`packs/000001.mbox.zst.age` is age over what would be `packs/000001.mbox.zst`; beside it lies what a
host without a key may know of it (`blind.py`). Nothing plain is ever on disk.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from gmailkit.backup.crypt import age, blind
from gmailkit.backup.crypt.age import Identities
from gmailkit.backup.events import encode, line_at
from gmailkit.backup.files import Written
from gmailkit.backup.frame import FIRST
from gmailkit.backup.packs import Entry
from gmailkit.backup.storage import Storage, put_whole, writing
from gmailkit.backup.stream import MESSAGES, End, Gap, Place, Stream, frame_text
from gmailkit.backup.survey import Survey, parser, survey
from gmailkit.errors import BackupDamaged, KeyNeeded
from gmailkit.model.content import IN_MEMORY, Content, Spool
from gmailkit.model.hidden import hidden_file

SUFFIX = ".age"
_HEADER = 4096  # bytes; that of a dozen recipients is shorter


class SealedFiles:
    """See `Files`. Without `identities` it is blind: it adds, and knows what lies there by the
    lines beside the files.
    """

    grow = False

    def __init__(
        self,
        backup: Path,
        stream: Stream,
        storage: Storage,
        *,
        recipients: Callable[[], Sequence[str]],
        identities: Identities | None,
    ) -> None:
        self._backup = backup
        self.stream = Stream(stream.folder, f"{stream.suffix}{SUFFIX}")
        self._storage = storage
        self._recipients = recipients
        self._identities = identities
        self._spool: Spool | None = None
        self._sizes: dict[int, int] = {}
        self._last: tuple[int, BinaryIO] | None = None

    def numbers(self) -> list[int]:
        return self.stream.numbers(self._backup)

    def is_ours(self, name: str) -> bool:
        number = name.removesuffix(blind.SUFFIX)
        beside = number.isdecimal() and name == self._beside(int(number)).name
        return beside or self.stream.is_file(name)

    def size(self, number: int) -> int:
        if number not in self._sizes:
            path = self._path(number)
            if not path.exists():
                return 0
            try:
                self._sizes[number] = _plain_size(path)
            except BackupDamaged:
                return 0
        return self._sizes[number]

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        yield self._plain(number)

    def text(self, place: Place) -> bytes:
        try:
            plain = self._plain(place.number)
        except OSError as error:
            path = self._path(place.number)
            raise BackupDamaged(f"{path} cannot be read: {error.strerror}.") from error
        plain.seek(place.offset)
        return frame_text(plain.read(place.length), place)

    def survey(self, number: int, known: End, size: int) -> Survey[Any]:
        try:
            if self._identities is None:
                return self._told(number, known, size)
            with self.opened(number) as file:
                return survey(file, number, known, size, parser(self.stream))
        except BackupDamaged:
            return Survey(known, gaps=[Gap(known.length, size - known.length, torn=False)])

    def append(self, number: int, offset: int, frame: Written) -> None:
        self._spool = self._spool or Spool(in_memory=IN_MEMORY)
        for piece in frame:
            self._spool.write(piece)

    def sync(self, number: int, end: End, items: Sequence[tuple[Any, Place]], *, safe: int) -> None:
        spool, self._spool = self._spool, None
        if spool is None:
            return
        with spool.done() as plain, age.encrypt(plain.pieces(), self._recipients()) as sealed:
            lines = [blind.line(item, place) for item, place in items]
            told = blind.written(lines, end=end, size=sealed.size, sha256=_sha256(sealed))
            with Content.of(told) as beside:
                self._put(self._beside(number), beside, replace=True)
            self._put(self._path(number), sealed)
        self._sizes[number] = end.length

    def ids_are_right(self, number: int) -> bool:
        """Whether the lines beside a file are those that were written, and of that file."""
        try:
            return blind.read(self._beside(number)).head.size == self._path(number).stat().st_size
        except (BackupDamaged, OSError):
            return False

    def mend_ids(self, number: int) -> None:
        """Write them again from what the file holds, which takes a key. Raises CannotWrite."""
        found = self.survey(number, End(0, FIRST), self.size(number))
        places = [
            (each, each.place) if isinstance(each, Entry) else each for _, each in found.items
        ]
        self._tell(number, found.end(1 << 62), places)

    def _tell(self, number: int, end: End, items: Sequence[tuple[Any, Place]]) -> None:
        path = self._path(number)
        lines = [blind.line(item, place) for item, place in items]
        told = blind.written(lines, end=end, size=path.stat().st_size, sha256=blind.sha256_of(path))
        with Content.of(told) as beside:
            self._put(self._beside(number), beside, replace=True)

    def cut(self, number: int, length: int) -> None:
        """Never: a file is there as a whole, or not at all."""

    def settle(self, number: int) -> None:
        path = self._path(number)
        with writing(path):
            self._storage.sync(path)
            self._storage.sync_folder(path.parent)

    def told_event(self, place: Place) -> bytes:
        if self._identities is not None:
            return line_at(self.text(place), place.position)
        for event, at in blind.read(self._beside(place.number)).events(place.number):
            if at == place:
                return encode(event)
        raise BackupDamaged(f"{self._beside(place.number)} does not hold what the index says.")

    def _told(self, number: int, known: End, size: int) -> Survey[Any]:
        beside = blind.read(self._beside(number))
        if beside.head.length != size:
            raise BackupDamaged(f"{self._beside(number)} is of another file.")
        packs = self.stream.folder == MESSAGES.folder
        items = beside.entries(number) if packs else beside.events(number)
        return Survey(known, ends=[beside.end], items=[(0, item) for item in items])

    def _plain(self, number: int) -> BinaryIO:
        """Up to the first chunk that was changed. Raises OSError, BackupDamaged, KeyNeeded."""
        if self._identities is None:
            raise KeyNeeded(
                f"{self._backup} is encrypted, and no key was given.",
                hint="Name the file with your age identity: --identity FILE",
            )
        if self._last is None or self._last[0] != number:
            self._last = None
            path = self._path(number)
            plain = io.BytesIO() if path.stat().st_size <= IN_MEMORY else hidden_file()
            try:
                with path.open("rb") as file:
                    age.decrypt_start(file, plain, self._identities)
            except KeyNeeded as error:
                raise BackupDamaged(f"{path} is for other keys, or damaged.") from error
            except BackupDamaged as error:
                raise BackupDamaged(f"{path}: {error.message}") from error
            self._last = number, plain
        self._last[1].seek(0)
        return self._last[1]

    def _put(self, path: Path, content: Content, *, replace: bool = False) -> None:
        """Whole or not at all; a pack that is there is not ours to write over."""
        with writing(path, needed=content.size):
            if path.exists() and not replace:
                raise FileExistsError(17, "A file of that name is there already")
            put_whole(path, Written(b"", content), self._storage)
            self._storage.sync_folder(path.parent)

    def _path(self, number: int) -> Path:
        return self.stream.path(self._backup, number)

    def _beside(self, number: int) -> Path:
        return self._backup / self.stream.folder / f"{number:06d}{blind.SUFFIX}"


def _plain_size(path: Path) -> int:
    with path.open("rb") as file:
        start = file.read(_HEADER)
        size = path.stat().st_size
        try:
            return age.plain_size(start, size)
        except BackupDamaged:
            return age.plain_size(start + file.read(age.LONGEST_HEADER), size)


def _sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for piece in content.pieces():
        digest.update(piece)
    return digest.hexdigest()
