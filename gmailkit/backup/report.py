"""What verify finds, and how it is gathered."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmailkit.backup.frame import FIRST


@dataclass(frozen=True, slots=True)
class Damage:
    """A message that is not as it was saved: which, where (pack, byte of its frame) and why."""

    account: str
    id: str
    pack: int
    offset: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `verify` found.

    `messages` and `bytes` (of mail) are as they were saved; of `unread` of those messages only the
    place was looked at, which is all of them for a quick look. `events` were read. `damaged` are
    there but broken, `missing` are not there though the index knows them. `problems` are all else
    that is wrong, in sentences: bytes of a pack that cannot be read, index and packs disagreeing, a
    lost pack. `notes` are no defects. `head` (hex) stands for all frames up to the last, and
    `events_head` for those of the events: keep them elsewhere, and nobody can change the backup
    before that point unseen.
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

    @property
    def ok(self) -> bool:
        return not (self.damaged or self.missing or self.problems)


@dataclass
class Findings:
    """A report in the making. `chain` is the digest the next frame must name, None after a gap,
    and `broken` where it was not so once; `met` holds every message seen, when there is no index to
    tell that none comes twice. `saved_until` is the head (hex) with which the last run ended, ""
    when no event tells of one, and `reached` whether the packs hold it."""

    messages: int = 0
    mail: int = 0
    unread: int = 0
    packs: int = 0
    events: int = 0
    damaged: list[Damage] = field(default_factory=list)
    missing: list[Damage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    chain: bytes | None = FIRST
    broken: bool = False
    head: bytes = FIRST
    events_head: bytes = FIRST
    saved_until: str = ""
    reached: bool = False
    met: set[tuple[str, str]] = field(default_factory=set)

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
            head=self.head.hex(),
            events_head=self.events_head.hex(),
        )
