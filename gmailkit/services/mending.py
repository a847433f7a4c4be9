"""Bytes of a backup that are damaged or gone, and how they come back from Gmail.

Several messages may be such bytes, of several accounts: whoever of them still gives them mends all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypedDict

from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record
from gmailkit.backup.report import Report
from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import (
    BackupDamaged,
    CannotDo,
    Failure,
    NotFound,
    Refused,
    ServerFault,
    UsageError,
)
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.model.ids import MessageId
from gmailkit.model.message import Message
from gmailkit.model.shape import to_millis
from gmailkit.services.labels import LabelNames

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bytes:
    """Those of all these messages, as they were saved. The first one held them for the others,
    where that is still known."""

    messages: tuple[Entry, ...]

    def of(self, account: str) -> tuple[Entry, ...]:
        """The messages of one account."""
        return tuple(each for each in self.messages if each.account == account)

    def to_mend(self) -> tuple[Entry, ...]:
        """With which all of them are whole again."""
        holder = self.messages[0]
        return (holder,) if holder.same is None else self.messages


def lost_bytes(report: Report, harmed: Sequence[Entry]) -> tuple[Bytes, ...]:
    """What has to be fetched, of `harmed` messages whose records cannot be read and of those
    that stood in them."""
    found: dict[_Key, list[Entry]] = {_key(each): [each] for each in harmed if each.same is None}
    known = {_key(each) for each in report.harmed}
    for each in report.bereft:
        if (holder := _holder(each)) in found or holder not in known:
            found.setdefault(holder, []).append(each)
    for each in harmed:
        if each.same and _holder(each) in found:
            found[_holder(each)].append(each)
    return tuple(Bytes(tuple(each)) for each in found.values())


def unrecorded(report: Report, harmed: Sequence[Entry]) -> tuple[Entry, ...]:
    """Messages whose records cannot be read, while their bytes stand whole in those of others."""
    lost = {_key(each) for all in lost_bytes(report, harmed) for each in all.messages}
    return tuple(each for each in harmed if each.same and _key(each) not in lost)


def _key(entry: Entry) -> _Key:
    return entry.account, entry.id


def _holder(entry: Entry) -> _Key:
    return (entry.same.account, entry.same.id) if entry.same else _key(entry)


@dataclass
class Mending:
    """The messages of one account, one by one, as Gmail gives them; what came of it."""

    folder: Backup
    account: str
    mended: int = 0
    changed: list[MessageId] = field(default_factory=list)
    lost: list[MessageId] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    left: list[Entry] = field(default_factory=list)  # of other accounts

    def record_again(self, entries: Iterable[Entry]) -> None:
        """Messages whose bytes can be read; Gmail is not asked."""
        for entry in entries:
            try:
                content = self.folder.content(entry)
            except BackupDamaged as error:
                self.failed.append(Failure.of(entry.id, error))
            else:
                with content:
                    self.folder.mend(record_of(entry, content, origin=entry.origin))
                    self.mended += 1

    def fetch(self, client: Client, wanted: Iterable[Bytes]) -> Iterator[int]:
        """How many messages were asked for, after each. Of equal ones the next is asked for where
        Gmail has the one before no more, or gives other bytes for it now.
        """
        done = 0
        turns = [_Turn(each, list(each.of(self.account))) for each in wanted]
        while asked := {MessageId(each.left.pop(0).id): each for each in turns if each.left}:
            with closing(fetch_raw(client.messages, tuple(asked))) as coming:
                for id, result in coming:
                    done += 1
                    try:
                        _, content = result.result()
                    except NotFound:
                        asked[id].lost.append(id)
                    except (CannotDo, Refused, ServerFault, UsageError) as error:
                        asked[id].failed.append(Failure.of(id, error))
                    else:
                        with content:
                            self._take(asked[id], id, content)
                    yield done
        missed = [each for each in turns if not each.whole]
        for each in missed:
            self.lost += each.lost
            self.failed += each.failed
            self._leave(each.bytes)
        alone = [Bytes((entry,)) for each in missed for entry in each.other]
        if alone:
            yield from (done + more for more in self.fetch(client, alone))

    def _take(self, turn: _Turn, id: MessageId, content: Content) -> None:
        bytes = turn.bytes
        mine = bytes.of(self.account)
        entry = next(each for each in mine if each.id == id)
        right = record_of(entry, content).stamp().sha256 == entry.sha256
        if right:
            for each in bytes.to_mend():  # of the others nobody knows whether Gmail has them so
                origin = "" if each == entry else each.origin
                self.folder.mend(record_of(each, content, origin=origin))
            self.mended += len(bytes.messages)
        elif len(mine) == 1:
            self._mend(entry, content)
            self.changed.append(id)
            self._leave(bytes)
        else:
            turn.other.append(entry)
            return
        turn.whole = True
        turn.left.clear()

    def _leave(self, bytes: Bytes) -> None:
        self.left += [each for each in bytes.messages if each.account != self.account]

    def _mend(self, entry: Entry, content: Content) -> None:
        self.folder.mend(record_of(entry, content))
        self.mended += 1

    def save(self, client: Client, ids: Sequence[MessageId]) -> Iterator[int]:
        """Messages of which no more is known than that they were saved: as if for the first time.
        How many are done, after each."""
        names = LabelNames.of(client)
        with closing(fetch_raw(client.messages, ids)) as coming:
            for done, (id, result) in enumerate(coming, start=1):
                try:
                    message, content = result.result()
                except NotFound:
                    self.lost.append(id)
                except (CannotDo, Refused, ServerFault, UsageError) as error:
                    self.failed.append(Failure.of(id, error))
                else:
                    with content:
                        self.folder.add(_new(self.account, message, names, content))
                        self.mended += 1
                yield done


@dataclass(slots=True)
class _Turn:
    """Bytes that are asked for: by which messages they still can be, and what came of the others;
    `other` are those for which Gmail gives other bytes now."""

    bytes: Bytes
    left: list[Entry]
    other: list[Entry] = field(default_factory=list)
    lost: list[MessageId] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    whole: bool = False


def record_of(entry: Entry, content: Content, *, origin: str = "") -> Record:
    """The message as it was saved, with these bytes; those without an `origin` are Gmail's."""
    return Record(
        account=entry.account,
        id=entry.id,
        thread=entry.thread,
        date_ms=entry.date_ms,
        labels=entry.labels,
        saved=entry.saved,
        origin=origin,
        **_bytes(content),
    )


def _new(account: str, message: Message, names: LabelNames, content: Content) -> Record:
    return Record(
        account=account,
        id=message.id,
        thread=message.thread_id,
        date_ms=to_millis(message.date),
        labels={id: names.name(id) for id in message.label_ids},
        **_bytes(content),
    )


class _Held(TypedDict):
    raw: bytes
    content: Content | None


def _bytes(content: Content) -> _Held:
    """A message that is too large to be held stays where it is."""
    large = content.size > IN_MEMORY
    return {"raw": b"" if large else content.bytes, "content": content if large else None}
