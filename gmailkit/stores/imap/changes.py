"""What became of a mailbox since somebody looked: new, marked otherwise, gone.

Where the server counts changes (CONDSTORE, RFC 7162) only those are asked for, and with QRESYNC it
tells what is gone; else what is new is known by its number, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gmailkit.model.item import Ref
from gmailkit.stores.imap.refs import ref_of
from gmailkit.transport.imap.answers import Selected
from gmailkit.transport.imap.session import Session


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one folder: as long as `validity` is the same, numbers from `next` on are new, and counts
    of change above `modified` (0 where the server counts none).
    """

    validity: int
    next: int
    modified: int


Mark = Mapping[str, Seen]  # by folder


@dataclass(slots=True)
class Changes:
    """`mark` is where the next look begins."""

    mark: dict[str, Seen] = field(default_factory=dict)
    new: list[Ref] = field(default_factory=list)
    marked: list[Ref] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)


def changes(session: Session, since: Mark, only: frozenset[str] = frozenset()) -> Changes:
    """Of all folders, or those in `only`. An empty mark tells all messages as new."""
    found = Changes()
    for folder in session.folders():
        if not folder.holds_mail or (only and folder.name not in only):
            continue
        at = session.examine(folder.name)
        before = since.get(folder.name)
        if before is None or before.validity != at.validity:
            before = Seen(at.validity, 1, 0)
        found.mark[folder.name] = _look(session, at, before, found)
    return found


def _look(session: Session, at: Selected, before: Seen, found: Changes) -> Seen:
    def refs(uids: list[int]) -> list[Ref]:
        return [ref_of(at.folder, at.validity, uid) for uid in sorted(uids)]

    new: list[int] = []
    if at.count and (not at.next or at.next > before.next):
        asked = (b"UID", f"{before.next}:*".encode())
        new = [uid for uid in session.uids(asked) if uid >= before.next]
    found.new += refs(new)
    if before.modified and at.modified > before.modified:
        marked, gone = session.changed(before.modified)
        found.marked += refs([uid for uid in marked if uid < before.next])
        found.gone += refs([uid for uid in gone if uid < before.next])
    last = max(at.next, max(new, default=0) + 1, before.next)
    return Seen(at.validity, last, at.modified)
