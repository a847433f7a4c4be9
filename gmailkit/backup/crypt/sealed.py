"""A stream whose files are encrypted by age, each put whole, once, at a commit.

`packs/000001.mbox.zst.age` is age over what would be `packs/000001.mbox.zst`; beside it lies what a
host without a key may know of it (`blind.py`). Nothing plain is ever on disk.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from gmailkit.backup.crypt import age, blind
from gmailkit.backup.crypt.age import Identities
from gmailkit.backup.crypt.blind import Beside
from gmailkit.backup.events import encode
from gmailkit.backup.frame import FIRST
from gmailkit.backup.packs import Entry
from gmailkit.backup.shelf import Shelf, Taken
from gmailkit.backup.stream import MESSAGES, End, Gap, Place, Stream, frame_text
from gmailkit.backup.survey import Survey
from gmailkit.backup.whole import WholeFiles
from gmailkit.errors import BackupDamaged, BackupLocked, KeyNeeded
from gmailkit.model.content import IN_MEMORY, PIECE, Content
from gmailkit.model.digests import sha256_of
from gmailkit.model.hidden import hidden_file

SUFFIX = ".age"
_HEADER = 4096  # bytes; that of a dozen recipients is shorter


class SealedFiles(WholeFiles):
    """See `Files`. Without `identities` it is blind: it adds, and knows what lies there by the
    lines beside the files.
    """

    def __init__(
        self,
        shelf: Shelf,
        stream: Stream,
        *,
        recipients: Callable[[], Sequence[str]],
        identities: Identities | None,
    ) -> None:
        super().__init__(shelf, Stream(stream.folder, f"{stream.suffix}{SUFFIX}"))
        self._recipients = recipients
        self._identities = identities
        self._sizes: dict[int, int] = {}
        self._last: tuple[int, BinaryIO] | None = None

    def is_ours(self, name: str) -> bool:
        number = name.removesuffix(blind.SUFFIX)
        beside = number.isdecimal() and name == f"{int(number):06d}{blind.SUFFIX}"
        return beside or self.stream.is_file(name)

    def size(self, number: int, known: int = 0) -> int:
        if number in self._sizes:
            return self._sizes[number]
        stored = self.stored_size(number)
        if not stored:
            return 0
        if self.shelf.distant and age.may_hold(known, stored):
            return known  # else each file there ever was would be asked for its first bytes
        try:
            self._sizes[number] = self._plain_size(number, stored)
        except BackupDamaged:
            return 0
        return self._sizes[number]

    def look_again(self) -> None:
        super().look_again()
        self._sizes.clear()

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        yield self._plain(number)

    def text(self, place: Place) -> bytes:
        try:
            plain = self._plain(place.number)
        except OSError as error:
            told = self._told(place.number)
            raise BackupDamaged(f"{told} cannot be read: {error.strerror}.") from error
        plain.seek(place.offset)
        return frame_text(plain.read(place.length), place)

    def survey(self, number: int, known: End, size: int) -> Survey[Any]:
        try:
            if self._identities is None:
                return self._told_items(number, known, size)
            return super().survey(number, known, size)
        except BackupDamaged:
            return Survey(known, gaps=[Gap(known.length, size - known.length, torn=False)])

    def told_event(self, place: Place) -> bytes:
        if self._identities is not None:
            return super().told_event(place)
        for event, at in self.beside(place.number).events(place.number):
            if at == place:
                return encode(event)
        raise BackupDamaged(f"{self._beside(place.number)} does not hold what the index says.")

    def beside(self, number: int) -> Beside:
        """What lies beside a file for hosts without a key. Raises BackupDamaged."""
        name = self._beside(number)
        told = f"{self.shelf.told}/{name}"
        try:
            return blind.read(self.shelf.read(name), told)
        except OSError as error:
            raise BackupDamaged(f"{told} cannot be read: {error.strerror}.") from error

    def sha256(self, number: int) -> str:
        """Of the encrypted bytes, in hex. Raises OSError."""
        with super().opened(number) as file:
            return sha256_of(iter(lambda: file.read(PIECE), b""))

    def ids_are_right(self, number: int) -> bool:
        """Whether the lines beside a file are those that were written, and of that file."""
        try:
            return self.beside(number).head.size == self.stored_size(number)
        except (BackupDamaged, OSError):
            return False

    def mend_ids(self, number: int) -> None:
        """Write them again from what the file holds, which takes a key. Raises CannotWrite."""
        found = self.survey(number, End(0, FIRST), self.size(number))
        places = [
            (each, each.place) if isinstance(each, Entry) else each for _, each in found.items
        ]
        told = blind.written(
            [blind.line(item, place) for item, place in places],
            end=found.end(1 << 62),
            size=self.stored_size(number),
            sha256=self.sha256(number),
        )
        self.shelf.put(self._beside(number), told)

    def _put(
        self, number: int, content: Content, end: End, items: Sequence[tuple[Any, Place]]
    ) -> None:
        with age.encrypt(content.pieces(), self._recipients()) as sealed:
            lines = [blind.line(item, place) for item, place in items]
            told = blind.written(
                lines, end=end, size=sealed.size, sha256=sha256_of(sealed.pieces())
            )
            before = self._put_beside(number, told)
            try:
                self._put_new(number, sealed)
            except BackupLocked:
                if before is not None:  # of the file that the other one has put
                    self.shelf.put(self._beside(number), before)
                raise
        self._sizes[number] = end.length

    def _put_beside(self, number: int, told: bytes) -> bytes | None:
        """The lines of the next file. Those that a killed run has left without one are returned,
        for they may be of another machine that is about to put it. Raises BackupLocked.
        """
        name = self._beside(number)
        try:
            with Content.of(told) as lines:
                self.shelf.put_new(name, lines)
        except Taken:
            before = self.shelf.read(name)
            if self.shelf.size(self.stream.told(number)) is not None:
                raise self._taken(number) from None
            self.shelf.put(name, told)
            return before
        return None

    def _told_items(self, number: int, known: End, size: int) -> Survey[Any]:
        beside = self.beside(number)
        if beside.head.length != size:
            raise BackupDamaged(f"{self._beside(number)} is of another file.")
        packs = self.stream.folder == MESSAGES.folder
        items = beside.entries(number) if packs else beside.events(number)
        return Survey(known, ends=[beside.end], items=[(0, item) for item in items])

    def _plain(self, number: int) -> BinaryIO:
        """Up to the first chunk that was changed. Raises OSError, BackupDamaged, KeyNeeded."""
        if self._identities is None:
            raise KeyNeeded(
                f"{self.shelf.told} is encrypted, and no key was given.",
                hint="Name the file with your age identity: --identity FILE",
            )
        if self._last is None or self._last[0] != number:
            self._last = None
            plain = io.BytesIO() if self.stored_size(number) <= IN_MEMORY else hidden_file()
            told = self._told(number)
            try:
                with super().opened(number) as file:
                    self._note_size(number, file.read(_HEADER))
                    file.seek(0)
                    age.decrypt_start(file, plain, self._identities)
            except KeyNeeded as error:
                raise BackupDamaged(f"{told} is for other keys, or damaged.") from error
            except BackupDamaged as error:
                raise BackupDamaged(f"{told}: {error.message}") from error
            self._last = number, plain
        self._last[1].seek(0)
        return self._last[1]

    def _note_size(self, number: int, start: bytes) -> None:
        """Of a file that is read anyway, from how it begins."""
        with suppress(BackupDamaged):
            self._sizes[number] = age.plain_size(start, self.stored_size(number))

    def _plain_size(self, number: int, stored: int) -> int:
        """Raises BackupDamaged."""
        for header in (_HEADER, age.LONGEST_HEADER):
            start = self.shelf.part(self.stream.told(number), 0, min(header, stored)) or b""
            with suppress(BackupDamaged):
                return age.plain_size(start, stored)
        raise BackupDamaged(f"{self._told(number)} is no whole file of age.")

    def _told(self, number: int) -> str:
        return f"{self.shelf.told}/{self.stream.told(number)}"

    def _beside(self, number: int) -> str:
        return f"{self.stream.folder}/{number:06d}{blind.SUFFIX}"
