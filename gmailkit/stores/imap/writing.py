"""Messages put on a server: appended once, copied into their other folders by the server itself.

Where the connection is lost at that moment the folder is looked through for it before it is sent
again: nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from gmailkit.errors import CannotDo, Conflict, GmailKitError, NotFound, Refused, Unreachable
from gmailkit.model import flags
from gmailkit.model.digests import with_crlf
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Item
from gmailkit.record.digests import Digests
from gmailkit.stores.imap.known import Known
from gmailkit.stores.imap.names import is_keyword, keyword_of
from gmailkit.stores.imap.reading import go_to
from gmailkit.stores.imap.survey import Place, Spot, Survey
from gmailkit.transport.imap.answers import Folder
from gmailkit.transport.imap.session import Session

_TRIES = 3  # times that one message is sent, where its fate was lost and it was not there


class Writing:
    """What may be added to the folders of a survey, which learns of it."""

    def __init__(self, session: Session, every: Survey, digests: Digests | None = None) -> None:
        self._session = session
        self._survey = every
        self._known = Known(session, every, digests)

    def flush(self) -> None:
        self._known.flush()

    def find(self, item: Item) -> Spot | None:
        """Where it is, if it is there with all that labels, folders and flags say of it."""
        there = self._there(item)
        if not there or self._missing(item, there):
            return None
        return None if any(self._words_missing(item, spot) for spot in there) else there[0]

    def holds(self, item: Item) -> bool:
        """In Trash alone it may be deleted at any moment, and counts as gone."""
        there = self._there(item)
        return bool(there) and (self._survey.is_in_use(there[0]) or bool(HIDDEN & item.labels))

    def add(self, item: Item) -> Spot:
        there = self._there(item)
        if not there:
            first, *others = self._folders(item)
            there = (self._append(item, self._place(first)),)
            self._known.note(item, there[0], self._words(item, self._of(there[0])))
        else:
            others = self._missing(item, there)
            self._mark(item, there)
        for name in others:
            copied = self._copy(item, there[0], self._place(name))
            self._known.learn(item, copied)
            self._known.bear(copied, self._known.words(there[0]))
            there = (*there, copied)
        if len(there) > 1:
            self._survey.note_copies(there)
        return self._survey.all_of(there[0])[0]

    def _there(self, item: Item) -> tuple[Spot, ...]:
        found = self._known.find(item)
        return self._survey.all_of(found) if found else ()

    def _folders(self, item: Item) -> list[str]:
        """By name: INBOX first, as reading has it."""
        names = self._survey.names
        labels = [label for label in item.labels if not is_keyword(label)]
        if hidden := HIDDEN & item.labels:  # in its other folders it would be deleted no more
            labels = list(hidden)
        elif not labels:
            labels = ["DRAFT" if "draft" in item.flags else ""]
        found = {names.folder_of(label) for label in labels}
        return sorted(found, key=lambda name: (name != "INBOX", name))

    def _missing(self, item: Item, there: Sequence[Spot]) -> list[str]:
        """Folders that its labels ask for and where it is not."""
        have = {self._survey.places[spot.folder].folder.name for spot in there}
        if all(map(is_keyword, item.labels)) and self._survey.is_in_use(there[0]):
            return []  # it may lie anywhere
        return [name for name in self._folders(item) if name not in have]

    def _words_missing(self, item: Item, spot: Spot) -> frozenset[str]:
        """Flags and keywords that it does not bear yet."""
        have = self._known.words(spot)
        wanted = self._words(item, self._of(spot))
        return frozenset(word for word in wanted if word.lower() not in have)

    def _mark(self, item: Item, there: Iterable[Spot]) -> None:
        for spot in there:
            if words := self._words_missing(item, spot):
                self._session.examine(self._of(spot).folder.name, write=True)
                self._session.store([spot.uid], "+FLAGS", sorted(words))
                self._known.bear(spot, words)

    def _of(self, spot: Spot) -> Place:
        return self._survey.places[spot.folder]

    def _append(self, item: Item, number: int) -> Spot:
        size, words = _size(item), self._words(item, self._survey.places[number])

        def append(folder: str) -> int | None:
            pieces = with_crlf(item.content.pieces())
            return self._session.append(folder, pieces, size, flags=words, received=item.received)

        return self._put(item, number, append, "message")

    def _copy(self, item: Item, spot: Spot, number: int) -> Spot:
        def copy(folder: str) -> int | None:
            go_to(self._session, self._survey.places[spot.folder])
            return self._session.copy(spot.uid, folder)

        return self._put(item, number, copy, "copy")

    def _put(self, item: Item, number: int, put: Callable[[str], int | None], what: str) -> Spot:
        """Said once, or again where it surely has not arrived."""
        folder = self._survey.places[number].folder.name
        for attempt in range(_TRIES):
            try:
                uid = put(folder)
            except Unreachable:
                found = self._arrived(item, number)
                if found is None and attempt == _TRIES - 1:
                    raise
            else:
                found = Spot(number, uid) if uid else self._arrived(item, number)
                if found is None:
                    raise CannotDo(f"{folder} took the {what} and does not show it.")
            if found is not None:
                self._note(found)
                return found
        raise AssertionError  # the last attempt has returned or raised

    def _arrived(self, item: Item, number: int) -> Spot | None:
        """Among what is new in that folder."""
        place = self._survey.places[number]
        at = self._session.examine(place.folder.name)
        if at.validity != place.validity:
            return None
        last = max(place.uids, default=0)
        new = [uid for uid in self._session.uids((b"UID", f"{last + 1}:*".encode())) if uid > last]
        return self._known.among(item, [Spot(number, uid) for uid in new])

    def _note(self, spot: Spot) -> None:
        self._survey.places[spot.folder].uids.append(spot.uid)

    def _words(self, item: Item, place: Place) -> frozenset[str]:
        """Flags and keywords; those that the server does not keep are left out."""
        words = flags.to_imap(item.flags)
        words |= {keyword_of(label) for label in item.labels if is_keyword(label)}
        if all(each.startswith("\\") for each in words) or self._keeps_keywords(place):
            return words
        return frozenset(each for each in words if each.startswith("\\"))

    def _keeps_keywords(self, place: Place) -> bool:
        """A server says so of a folder that is written to (RFC 3501 section 7.1)."""
        if place.keywords is None:
            place.keywords = self._session.examine(place.folder.name, write=True).keywords
        return place.keywords

    def _place(self, name: str) -> int:
        """Which folder of the survey it is, made where there is none."""
        number = self._survey.place(name)
        if number is not None:
            return number
        session = self._session
        refused: GmailKitError | None = None
        try:
            session.create(name)
        except (Conflict, CannotDo) as error:  # it may be there, which servers say in many words
            refused = error
        with suppress(Refused, CannotDo, NotFound):  # people's programs show what is subscribed
            session.settle("the subscription", "SUBSCRIBE", session.quoted(name))
        try:
            at = session.examine(name)
        except NotFound as error:
            raise refused or error from error
        names = self._survey.names
        folder = Folder(name=name, delimiter=names.delimiter)
        place = Place(
            folder=folder,
            validity=at.validity,
            label=names.label_of(folder),
            draft=names.is_draft(folder),
            uids=session.uids() if at.count else [],
        )
        return self._survey.note(place)


def _size(item: Item) -> int:
    """Bytes with CRLF. Raises CannotDo for what no message may hold (RFC 3501 section 4.3.1)."""
    size = 0
    for piece in _sound(with_crlf(item.content.pieces())):
        size += len(piece)
    if not size:
        raise CannotDo("IMAP carries no empty messages.")
    return size


def _sound(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if b"\0" in piece:
            raise CannotDo("IMAP carries no NUL characters, and the message holds one.")
        yield piece
