"""What copies added to places that keep no journal of ours: files, and mailboxes on servers.

A file of lines for each copy, in a folder for each place. A message is written down before it is
added, and once it is; only the latter is synced, a page at a time, so a power cut may have an undo
leave some messages, and never take others. How far a copy is stands in the name of its file:
7.open, 7.done, 7.undoing, 7.undone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import msgspec

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotWrite, NotFound
from gmailkit.model.item import Item, Ref
from gmailkit.paths import PRIVATE_FILE, private_folder, sync_folder
from gmailkit.record.copies import Receipt

State = Literal["open", "done", "undoing", "undone"]
BY_SANDBOX = "A copy that was made with --sandbox is taken back with it."
_NEW = os.O_CREAT | os.O_EXCL


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="copy"):
    """`source` and `target` by their names, `wanted` which part of the source it is."""

    time: datetime
    source: str
    target: str
    wanted: str


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    """A message that is about to be added, and was not there; `hash` is of it with CRLF."""

    ref: str
    hash: str
    labels: tuple[str, ...] = ()


class Came(msgspec.Struct, frozen=True, kw_only=True, tag="came"):
    """What was begun is there, by the name `came`."""

    ref: str
    came: str
    hash: str
    labels: tuple[str, ...] = ()


class Present(msgspec.Struct, frozen=True, kw_only=True, tag="present"):
    """It was there before, by the name `came`."""

    ref: str
    came: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """What was begun is not there: an equal message that comes later is none of the copy's."""

    ref: str


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="taken"):
    """They were taken back, by their names there."""

    came: tuple[str, ...]


_Line = Head | Begun | Came | Present | Refused | Taken
_decoder = msgspec.json.Decoder(_Line)


@dataclass(slots=True)
class Addition:
    """One copy. `came` is what it added and was not taken back, by the names there; `begun` by the
    names in the source, what a run that was killed may have added. `settled` has the names there of
    all that it has looked at, by those in the source.
    """

    number: int
    state: State
    head: Head
    came: dict[str, Came] = field(default_factory=dict)
    begun: dict[str, Begun] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        return self.head.time

    @property
    def what(self) -> str:
        return f"copy mail of {self.head.source}"

    def apply(self, line: _Line) -> None:
        match line:
            case Begun():
                self.begun[line.ref] = line
            case Came():
                self.begun.pop(line.ref, None)
                self.settled[line.ref] = line.came
                if before := self.came.get(line.came):  # by an equal message of the source
                    labels = tuple(sorted({*before.labels, *line.labels}))
                    line = msgspec.structs.replace(line, labels=labels)
                self.came[line.came] = line
            case Present():
                self.begun.pop(line.ref, None)
                self.settled[line.ref] = line.came
            case Refused():
                self.begun.pop(line.ref, None)
            case Taken():
                for each in line.came:
                    self.came.pop(each, None)


class Additions:
    """Those of one place, by its name. Every method raises CannotWrite."""

    def __init__(self, root: Path, place: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.place = place
        self._folder = root / hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()
        self._clock = clock

    def all(self) -> Iterator[Addition]:
        """Newest first."""
        for number, state in sorted(self._listed(), reverse=True):
            if found := self._read(number, state):
                yield found

    def find(self, number: int) -> Addition:
        """Raises NotFound."""
        for each, state in self._listed():
            if each == number and (found := self._read(number, state)):
                return found
        raise NotFound(
            f"There is no copy {number} into {self.place}.",
            hint=BY_SANDBOX,
        )

    def log(
        self,
        source: str,
        wanted: str,
        *,
        holds: Callable[[Item], bool],
        listed: Callable[[], Iterable[Ref]],
    ) -> AdditionLog:
        """For a copy; one of the same that was cut short goes on."""
        for number, state in self._listed():
            found = self._read(number, state) if state == "open" else None
            if found and (found.head.source, found.head.wanted) == (source, wanted):
                return AdditionLog(self, found, holds, listed)
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        head = Head(time=now, source=source, target=self.place, wanted=wanted)
        return AdditionLog(self, Addition(number=0, state="open", head=head), holds, listed)

    def turn(self, addition: Addition, state: State) -> None:
        """It is that far."""
        with self.telling():
            self._path(addition).rename(self._folder / f"{addition.number}.{state}")
            sync_folder(self._folder)
        addition.state = state

    def drop(self, addition: Addition) -> None:
        """It came to its end, and all was there before."""
        with self.telling():
            self._path(addition).unlink()
        addition.number = 0

    def take(self, addition: Addition, came: Iterable[str]) -> None:
        """They are about to be taken back."""
        line = Taken(came=tuple(came))
        with self.telling(), self.opened(addition) as file:
            write(file, [line])
            os.fsync(file.fileno())
        addition.apply(line)

    def opened(self, addition: Addition) -> BinaryIO:
        """Its file, to add to; made where it has no number yet."""
        new = 0 if addition.number else _NEW
        with self.telling():
            if new:
                private_folder(self._folder)
                addition.number = max((number for number, _ in self._listed()), default=0) + 1
            flags = os.O_WRONLY | os.O_APPEND | new
            descriptor = os.open(self._path(addition), flags, PRIVATE_FILE)
            file = os.fdopen(descriptor, "ab", buffering=0)
            if new:
                write(file, [addition.head])
                sync_folder(self._folder)
        return file

    def _path(self, addition: Addition) -> Path:
        return self._folder / f"{addition.number}.{addition.state}"

    def _listed(self) -> list[tuple[int, State]]:
        try:
            names = [each.name.partition(".") for each in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        return [
            (int(number), state)
            for number, _, word in names
            for state in get_args(State)
            if state == word and number.isdigit()
        ]

    def _read(self, number: int, state: State) -> Addition | None:
        """None for one that was killed before its head was written: it has added nothing."""
        found: Addition | None = None
        with self.telling(), (self._folder / f"{number}.{state}").open("rb") as file:
            for raw in file:
                line = None
                with suppress(msgspec.DecodeError):  # a run that was killed may have torn it
                    line = _decoder.decode(raw)
                if isinstance(line, Head):
                    found = Addition(number=number, state=state, head=line)
                elif line and found:
                    found.apply(line)
        return found

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What the disk says, as CannotWrite."""
        try:
            yield
        except OSError as error:
            raise CannotWrite(
                f"Cannot use the record of copies in {self._folder}: {error.strerror}.",
                path=self._folder,
                hint="Without it nothing is copied: nobody could take it back.",
            ) from error


class AdditionLog:
    """What one run of a copy adds, written down (`services.copying.run.Log`); a file is made for it
    with the first message. `holds` says of a message whether it is in the place already, whatever
    its labels: that is not added. `listed` are the names there, by which a copy that was cut short
    knows what has come. Use it as a context manager: with an error it counts as cut short.
    """

    def __init__(
        self,
        additions: Additions,
        addition: Addition,
        holds: Callable[[Item], bool],
        listed: Callable[[], Iterable[Ref]],
    ) -> None:
        self._additions = additions
        self._holds = holds
        self._listed = listed
        self._file: BinaryIO | None = None
        self._before = dict(addition.begun)
        self._under_way: dict[str, Begun] = {}
        self._came = bool(addition.came)
        self._names = set(addition.settled.values())
        self._hashes = {each.hash for each in addition.came.values()}
        self._hashes |= {each.hash for each in addition.begun.values()}
        self.addition = addition

    def unsettled(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        """Those that no run of this copy has brought there, or that are gone since."""
        if not (settled := self.addition.settled):
            return iter(refs)
        there: set[str] = set(self._listed())
        return (ref for ref in refs if settled.get(ref) not in there)

    def begin(self, ref: Ref, item: Item) -> None:
        hash = item.content.digest_with_crlf
        if hash not in self._hashes and self._holds(item):
            return
        self._hashes.add(hash)
        begun = Begun(ref=ref, hash=hash, labels=tuple(sorted(item.labels)))
        self._under_way[ref] = begun
        self._write([begun])

    def was_begun(self, ref: Ref) -> bool:
        return ref in self._before or ref in self._under_way

    def is_of_another(self, there: Ref, ref: Ref) -> bool:
        return there in self._names and self.addition.settled.get(ref) != there

    def end(self, receipts: Iterable[Receipt]) -> None:
        known = self._before | self._under_way
        lines: list[_Line] = []
        for each in receipts:
            self._names.add(each.came)
            begun = known.get(each.ref) if each.state == "added" else None
            if begun:
                lines.append(
                    Came(ref=each.ref, came=each.came, hash=begun.hash, labels=begun.labels)
                )
            elif each.state == "refused":
                lines.append(Refused(ref=each.ref))
            else:
                lines.append(Present(ref=each.ref, came=each.came))
        self._under_way.clear()
        self._write(lines, sync=True)
        self._came |= any(isinstance(line, Came) for line in lines)

    def __enter__(self) -> AdditionLog:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._file:
            self._file.close()
        if self.addition.number and error is None and self._came:
            self._additions.turn(self.addition, "done")
        elif self.addition.number and error is None:
            self._additions.drop(self.addition)

    def _write(self, lines: Iterable[_Line], *, sync: bool = False) -> None:
        with self._additions.telling():
            self._file = self._file or self._additions.opened(self.addition)
            write(self._file, lines)
            if sync:
                os.fsync(self._file.fileno())


def write(file: BinaryIO, lines: Iterable[_Line]) -> None:
    """Each begins with a line end, so that one that was torn spoils no other."""
    file.write(b"".join(b"\n" + msgspec.json.encode(line) for line in lines))
