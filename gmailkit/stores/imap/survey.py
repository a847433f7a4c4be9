"""What lies where on a server: every message of every folder, and which of them are one.

Plain IMAP has copies, no labels: a message in two folders is two. Two are taken for one here when
they lie in different folders, came in the same second, have the same size and begin with the same
64 kB; that is all of most messages.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from gmailkit.errors import NotFound
from gmailkit.model.ids import HIDDEN
from gmailkit.record.digests import Digests
from gmailkit.stores.imap.names import Names
from gmailkit.transport.imap.answers import Folder
from gmailkit.transport.imap.session import Session

_PAGE = 1000  # messages listed at a time
_BEGIN = 64 << 10  # bytes of a message that are compared
_COMPARED = 20  # messages whose beginnings are held at a time
_NAMED = 20  # folders, to who names one that is not there
LISTED = "UID RFC822.SIZE INTERNALDATE"


class Spot(NamedTuple):
    """A message in a folder."""

    folder: int  # which of the survey's
    uid: int


@dataclass(slots=True)
class Place:
    """A folder as it was surveyed."""

    folder: Folder
    validity: int
    label: str | None
    draft: bool
    uids: list[int] = field(default_factory=list)
    keywords: bool | None = None  # whether it keeps any; None while nobody asked


@dataclass(slots=True)
class Survey:
    """`copies` are all spots of messages that lie in several; the first names it."""

    names: Names
    places: list[Place] = field(default_factory=list)
    copies: dict[Spot, tuple[Spot, ...]] = field(default_factory=dict)

    def spots(self) -> Iterator[Spot]:
        """Each message once."""
        for number in range(len(self.places)):
            yield from self.spots_in(number)

    def spots_in(self, number: int) -> Iterator[Spot]:
        """Those that one folder names."""
        for uid in self.places[number].uids:
            spot = Spot(number, uid)
            if self.copies.get(spot, (spot,))[0] == spot:
                yield spot

    def all_of(self, spot: Spot) -> tuple[Spot, ...]:
        return self.copies.get(spot, (spot,))

    def labels(self, spot: Spot) -> frozenset[str]:
        """Those of its folders. What lies in another one beside Trash or Junk was put back, or is
        there by a copy of its own: nobody wants it to be passed over.
        """
        places = [self.places[each.folder] for each in self.all_of(spot)]
        found = frozenset(each.label for each in places if each.label is not None)
        return found - HIDDEN if self.is_in_use(spot) else found

    def is_in_use(self, spot: Spot) -> bool:
        """Whether it lies in more than Trash and Junk."""
        places = (self.places[each.folder] for each in self.all_of(spot))
        return any(
            each.label not in HIDDEN and not self.names.is_view(each.folder) for each in places
        )

    def is_draft(self, spot: Spot) -> bool:
        return any(self.places[each.folder].draft for each in self.all_of(spot))

    def place(self, name: str) -> int | None:
        """Which folder has that name."""
        return next((n for n, each in enumerate(self.places) if each.folder.name == name), None)

    def note(self, place: Place) -> int:
        self.places.append(place)
        return len(self.places) - 1

    def note_copies(self, spots: Iterable[Spot]) -> None:
        """These are one message, named by the spot that a later survey comes to first."""
        every = tuple(sorted(set(spots), key=self._rank))
        for spot in every:
            self.copies[spot] = every

    def _rank(self, spot: Spot) -> tuple[tuple[bool, bool, str], int]:
        return _order(self.places[spot.folder].folder, self.names), spot.uid


class _Seen:
    """`alike` came in the same second and have the same size."""

    def __init__(self) -> None:
        self.alike: dict[tuple[int, float], list[Spot]] = {}
        self._once: dict[tuple[int, float], Spot] = {}

    def note(self, session: Session, number: int, place: Place) -> None:
        for start in range(0, len(place.uids), _PAGE):
            page = place.uids[start : start + _PAGE]
            for uid, got in session.fetch(page, LISTED).items():
                date = got.listed.received.timestamp() if got.listed.received else 0.0
                key, spot = (got.listed.size, date), Spot(number, uid)
                if before := self._once.get(key):
                    self.alike.setdefault(key, [before]).append(spot)
                else:
                    self._once[key] = spot


def survey(
    session: Session, only: frozenset[str] = frozenset(), digests: Digests | None = None
) -> Survey:
    """All folders, or those named in `only`, and those below them; `digests` spares reading what is
    known. Raises NotFound for a name that there is not.
    """
    folders = session.folders()
    names = Names(folders, session.prefix())
    found = Survey(names)
    filled, seen = list[int](), _Seen()
    for folder in sorted(_chosen(folders, only), key=lambda each: _order(each, names)):
        if not folder.holds_mail:
            continue
        selected = session.examine(folder.name)
        place = Place(
            folder=folder,
            validity=selected.validity,
            label=names.label_of(folder),
            draft=names.is_draft(folder),
        )
        number = found.note(place)
        place.uids = session.uids() if selected.count else []
        if place.uids:
            filled.append(number)
            if len(filled) > 1:  # before there is a second one nothing can lie in both
                seen.note(session, number, place)
    if len(filled) > 1:
        session.examine(found.places[filled[0]].folder.name)
        seen.note(session, filled[0], found.places[filled[0]])
    alike = [sorted(each) for each in seen.alike.values() if _in_several(each)]
    known = _known(found, alike, digests) if digests else {}
    unknown = [spot for spots in alike if not all(s in known for s in spots) for spot in spots]
    read = _beginnings(session, found, unknown)
    for spots in alike:
        _join(found, spots, read if spots[0] in read else known)
    return found


def _chosen(folders: list[Folder], only: frozenset[str]) -> list[Folder]:
    if not only:
        return folders
    missing = only.difference(each.name for each in folders)
    if missing:
        raise _no_folder(min(missing), sorted(each.name for each in folders))
    return [
        each
        for each in folders
        if any(each.name == name or each.name.startswith(name + each.delimiter) for name in only)
    ]


def _no_folder(name: str, there: list[str]) -> NotFound:
    near = get_close_matches(name, there, n=1)
    if near:
        hint = f"Did you mean {near[0]}?"
    else:
        more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        hint = f"There are: {', '.join(there[:_NAMED])}{more}"
    return NotFound(f"There is no folder {name!r}.", hint=hint)


def _order(folder: Folder, names: Names) -> tuple[bool, bool, str]:
    """INBOX first, what only shows what lies elsewhere last."""
    return names.is_view(folder), folder.name.upper() != "INBOX", folder.name


def _in_several(spots: list[Spot]) -> bool:
    return len({each.folder for each in spots}) > 1


def _known(found: Survey, alike: list[list[Spot]], digests: Digests) -> dict[Spot, bytes]:
    """What those that may be one are, as far as it was noted."""
    known: dict[Spot, bytes] = {}
    by_folder: dict[int, dict[int, str]] = {}
    for spot in (each for spots in alike for each in spots):
        if spot.folder not in by_folder:
            place = found.places[spot.folder]
            by_folder[spot.folder] = digests.load((place.folder.name, place.validity))
        if digest := by_folder[spot.folder].get(spot.uid):
            known[spot] = bytes.fromhex(digest)
    return known


def _beginnings(session: Session, found: Survey, spots: list[Spot]) -> dict[Spot, bytes]:
    """A hash of the first bytes of each that is still there."""
    hashes: dict[Spot, bytes] = {}
    by_folder = defaultdict[int, list[int]](list)
    for spot in spots:
        by_folder[spot.folder].append(spot.uid)
    for number, uids in sorted(by_folder.items()):
        session.examine(found.places[number].folder.name)
        for start in range(0, len(uids), _COMPARED):
            page = uids[start : start + _COMPARED]
            for uid, got in session.fetch(page, f"UID BODY.PEEK[]<0.{_BEGIN}>").items():
                hashes[Spot(number, uid)] = hashlib.sha256(got.bytes or b"").digest()
    return hashes


def _join(found: Survey, spots: list[Spot], hashes: dict[Spot, bytes]) -> None:
    """Which of those that may be one are; two equal ones in one folder are two."""
    rows = defaultdict[bytes, dict[int, list[Spot]]](lambda: defaultdict(list))
    for spot in sorted(spots):
        if spot in hashes:
            rows[hashes[spot]][spot.folder].append(spot)
    for columns in rows.values():
        for at in range(max(map(len, columns.values()))):
            together = [spots[at] for spots in columns.values() if len(spots) > at]
            if len(together) > 1:
                found.note_copies(together)
