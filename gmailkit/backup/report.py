"""What verify finds, and how it is gathered."""

from __future__ import annotations

import msgspec

from gmailkit.backup.events import Run
from gmailkit.backup.frame import FIRST, Frame
from gmailkit.backup.marker import MARKER
from gmailkit.backup.packs import Entry
from gmailkit.backup.stream import MESSAGES


class Damage(msgspec.Struct, frozen=True):
    """A message that is not as it was saved: which, where (pack, byte of its frame) and why."""

    account: str
    id: str
    pack: int
    offset: int
    why: str


class Hole(msgspec.Struct, frozen=True):
    """Bytes of a file of a stream ("packs", "events") that are no readable frame."""

    stream: str
    number: int
    offset: int
    length: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found.

    `messages` and `bytes` (of mail) are as they were saved; of `unread` of those messages only the
    place was looked at, which is all of them for a quick look. `events` were read. `damaged` are
    there but broken, `missing` are not there though the index knows them. `problems` are all else
    that is wrong, in sentences: bytes of a pack that cannot be read, index and packs disagreeing, a
    lost pack. `notes` are no defects. `head` (hex) stands for all frames up to the last, and
    `events_head` for those of the events: keep them elsewhere, and nobody can change the backup
    before that point unseen. `harmed` are the damaged and missing messages as they were saved,
    `holes` the bytes that are no readable frame, for who mends them; `index_is_wrong` when that has
    to be made anew. `bereft` are damaged too, as they were saved: their own records are whole, but
    the bytes stand in those of other messages, which are not. `uncounted`: packs
    are damaged, and no index tells which messages lay there: neither `damaged` nor `missing` has
    them.
    """

    messages: int
    bytes: int
    unread: int
    packs: int
    events: int
    damaged: tuple[Damage, ...]
    missing: tuple[Damage, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    head: str
    events_head: str
    harmed: tuple[Entry, ...] = ()
    bereft: tuple[Entry, ...] = ()
    holes: tuple[Hole, ...] = ()
    index_is_wrong: bool = False
    uncounted: bool = False

    @property
    def ok(self) -> bool:
        return not (self.damaged or self.missing or self.problems)

    @property
    def slight(self) -> bool:
        """It is not as it should be, but no message is lost: a repair makes anew what is."""
        lost = self.damaged or self.missing or self.holes
        return not lost and (self.index_is_wrong or any(MARKER in each for each in self.problems))


class Chain(msgspec.Struct):
    """The chain of one stream, as far as it was followed. `next` is the digest that the next frame
    must name, None after a gap; `broken` where it was not so once."""

    next: bytes | None = FIRST
    head: bytes = FIRST
    broken: bool = False

    def breaks(self) -> None:
        self.next = None
        self.broken = True

    def goes_on_to(self, digest: bytes) -> None:
        """Somebody else knows that the next frames end with that one."""
        self.next = self.head = digest

    def follow(self, frame: Frame) -> bool:
        """Whether the frame names the one before it."""
        follows = self.next in (None, frame.previous)
        self.broken |= not follows
        self.next = self.head = frame.digest
        return follows


class Findings(msgspec.Struct):
    """A report in the making. `met` are the messages seen that the index does not know, which is
    all of them when there is none, each with the SHA-256 of the bytes in its record ("": none).
    `loose` are those of them whose bytes stand elsewhere. `again` are sound messages, with the
    SHA-256 of their bytes, that the index has in another place than the one beyond its end where
    they were seen. `saved_until` is the head (hex) with
    which the last run ended that the index does not know, "" when no event tells of one, and
    `reached` whether the packs hold it."""

    messages: int = 0
    mail: int = 0
    unread: int = 0
    packs: int = 0
    events: int = 0
    damaged: list[Damage] = msgspec.field(default_factory=list)
    missing: list[Damage] = msgspec.field(default_factory=list)
    harmed: list[Entry] = msgspec.field(default_factory=list)
    bereft: list[Entry] = msgspec.field(default_factory=list)
    holes: list[Hole] = msgspec.field(default_factory=list)
    problems: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    chain: Chain = msgspec.field(default_factory=Chain)
    events_chain: Chain = msgspec.field(default_factory=Chain)
    saved_until: str = ""
    reached: bool = False
    met: dict[tuple[str, str], str] = msgspec.field(default_factory=dict)
    loose: list[Entry] = msgspec.field(default_factory=list)
    again: dict[tuple[str, str], str] = msgspec.field(default_factory=dict)
    index_is_wrong: bool = False
    index_tells: bool = True
    frames_are_missing: bool = False

    def meets(self, entry: Entry) -> None:
        """A message that the index does not know."""
        if entry.same is None:
            self.met[entry.account, entry.id] = entry.sha256
        else:
            self.met.setdefault((entry.account, entry.id), "")
            self.loose.append(entry)

    def take_what_was_saved_again(self) -> None:
        """Once all packs were gone through: what is lost where the index has it, and lies sound in
        a file that this does not know yet, is not lost. (Hosts without a key save it again, and
        leave the owner's index as it is.)
        """
        found = [e for e in self.harmed if self.again.get((e.account, e.id)) == e.sha256]
        keys = {(each.account, each.id) for each in found}
        if not keys:
            return
        self.harmed = [each for each in self.harmed if (each.account, each.id) not in keys]
        self.damaged = [each for each in self.damaged if (each.account, each.id) not in keys]
        self.missing = [each for each in self.missing if (each.account, each.id) not in keys]
        self.messages += len(found)
        self.mail += sum(each.length for each in found)
        what = "1 message that is" if len(found) == 1 else f"{len(found):,} messages that are"
        self.notes.append(f"{what} lost where the index has them were saved again, further on.")

    def saves_until(self, run: Run) -> None:
        self.saved_until = run.packs_head if run.packs_head != FIRST.hex() else ""

    def hold_against_runs(self) -> None:
        """Once all packs were gone through."""
        if self._lacks_the_end:
            self.problems.append("The packs end before what the last run saved.")

    @property
    def _lost_messages(self) -> bool:
        """Whether any may have lain in what is damaged or gone."""
        holes = any(each.stream == MESSAGES.folder for each in self.holes)
        return holes or self.frames_are_missing or self._lacks_the_end

    @property
    def _lacks_the_end(self) -> bool:
        return bool(self.saved_until) and not self.reached

    def blame_index(self, problem: str) -> None:
        self.problems.append(problem)
        self.index_is_wrong = True

    def report(self) -> Report:
        return Report(
            messages=self.messages,
            bytes=self.mail,
            unread=self.unread,
            packs=self.packs,
            events=self.events,
            damaged=tuple(self.damaged),
            missing=tuple(self.missing),
            problems=tuple(self.problems),
            notes=tuple(self.notes),
            head=self.chain.head.hex(),
            events_head=self.events_chain.head.hex(),
            harmed=tuple(self.harmed),
            bereft=tuple(self.bereft),
            holes=tuple(self.holes),
            index_is_wrong=self.index_is_wrong,
            uncounted=not self.index_tells and self._lost_messages,
        )
