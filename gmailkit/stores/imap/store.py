"""The folders of an IMAP server as a store; a message in several of them is one.

What the way over IMAP does to a message: lines end with CRLF, and its date counts whole seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby, islice
from types import TracebackType
from urllib.parse import quote

from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import CannotDo, GmailKitError, NotFound
from gmailkit.model.content import Content
from gmailkit.model.flags import to_gmail
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.context import Context
from gmailkit.query.tree import Everything, Node
from gmailkit.record.digests import Digests
from gmailkit.stores.imap.changes import Changes, Mark, changes
from gmailkit.stores.imap.items import item_of
from gmailkit.stores.imap.names import Names
from gmailkit.stores.imap.reading import FACTS, Read, begin, go_to, read
from gmailkit.stores.imap.refs import read_ref, ref_of
from gmailkit.stores.imap.searching import search
from gmailkit.stores.imap.survey import Place, Spot, Survey, survey
from gmailkit.stores.imap.writing import Writing
from gmailkit.stores.protocol import Begun, Facts, Fetched, Folder
from gmailkit.transport.imap.session import Session
from gmailkit.zones import LOCAL

_PAGE = 500  # messages of which flags and sizes are asked for at a time
_LISTED = 1000  # the same where they are only listed
_SKIMMED = 50  # beginnings that are held at a time


class ImapStore:
    """`folders` are those that count, with all below them; all of the server's where none is named.

    The session is open, and closed with the store. Raises what it raises: Unreachable, TryLater,
    Conflict (a folder was made anew meanwhile), NotFound (there is no such folder).
    """

    can = Can.LABELS | Can.FLAGS | Can.DATE | Can.WRITE | Can.DELETE | Can.SEARCH | Can.WATCH

    def __init__(
        self,
        session: Session,
        folders: Iterable[str] = (),
        *,
        digests: Digests | None = None,
        context: Context | None = None,
        resources: ExitStack | None = None,
    ) -> None:
        """`digests` remembers what was compared, so that it is read once; `resources` are closed
        after the store.
        """
        self._resources = resources or ExitStack()
        self.session = session
        self._digests = digests
        self.only = frozenset(folders)
        place = "/".join(quote(each, safe="") for each in sorted(self.only))
        self.name = session.server.url + (f"/{place}" if place else "")
        self._context = context
        self._survey: Survey | None = None
        self._writing: Writing | None = None

    def __enter__(self) -> ImapStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._resources:
            try:
                self.flush()
            finally:
                self.session.__exit__(kind, error, trace)

    def close(self) -> None:
        self.__exit__(None, None, None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the server wants people to be told."""
        return (self.session.alert,) if self.session.alert else ()

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """Folder, UIDVALIDITY and UID, as in RFC 5092; folders by name, INBOX first."""
        self.flush()
        self._survey, self._writing = None, None
        every = self._surveyed()
        if wanted is None or isinstance(wanted, Everything):
            spots: Iterable[Spot] = every.spots()
        else:
            spots = search(self.session, every, wanted, self._asked())
        return (self._ref(spot) for spot in spots)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        coming = iter(refs)
        while page := list(islice(coming, _PAGE)):
            for name, some in groupby(page, lambda ref: read_ref(ref)[:2]):
                yield from self._page(name, list(some))

    def changes(self, since: Mark) -> Changes:
        """What became of the mail there since `since`, the mark of the last look ({} for none)."""
        return changes(self.session, since, self.only)

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        coming = iter(refs)
        while page := list(islice(coming, _LISTED)):
            for (name, validity), some in groupby(page, lambda ref: read_ref(ref)[:2]):
                yield from self._listed(name, validity, list(some))

    def skim(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        coming = iter(refs)
        while page := list(islice(coming, _SKIMMED)):
            for name, some in groupby(page, lambda ref: read_ref(ref)[:2]):
                yield from self._begun(name, list(some))

    def room(self) -> int | None:
        return self.session.room()

    def has_trash(self) -> bool:
        """Whether `discard` has a place to put mail; no folder is looked into."""
        folders = self.session.folders()
        names = Names(folders, self.session.prefix())
        return any(each.holds_mail and names.label_of(each) == "TRASH" for each in folders)

    def folders(self) -> Iterator[Folder]:
        """Folders as the server counts them, by their labels where they have one."""
        every = self._surveyed()
        for place in every.places:
            counts = self.session.status(place.folder.name)
            name = place.label or place.folder.name
            yield Folder(name, counts.get("MESSAGES"), counts.get("UNSEEN"))

    def find(self, item: Item) -> Iterator[Ref]:
        found = self._written().find(item)
        if found is not None:
            yield self._ref(found)

    def add(self, item: Item) -> Ref:
        return self._ref(self._written().add(item))

    def flush(self) -> None:
        """What a server has said yes to is its own to keep; what it was is noted here."""
        if self._writing:
            self._writing.flush()

    def remove(self, refs: Iterable[Ref]) -> None:
        """For good, from each of the folders where it lies. Raises CannotDo where the server cannot
        delete single messages.
        """
        every = self._surveyed()
        spots = [spot for ref in refs for spot in self._spots(every, ref)]
        for number, some in groupby(sorted(spots), lambda spot: spot.folder):
            self.session.examine(every.places[number].folder.name, write=True)
            self.session.remove([spot.uid for spot in some])
        self._survey, self._writing = None, None

    def holds(self, item: Item) -> bool:
        return self._written().holds(item)

    def discard(self, refs: Collection[Ref]) -> Iterator[Ref]:
        """Into the folder with the mark of Trash. Raises CannotDo where there is none."""
        every = self._surveyed()
        trash = next((at for at in every.places if at.label == "TRASH"), None)
        if trash is None and refs:
            raise CannotDo(
                f"{self.name} has no Trash, and nothing is deleted for good.",
                hint="Make a folder of that name there by a mail program, and try again.",
            )
        for ref in refs:
            # That by which it is called goes last: an undo that was killed finds it once more.
            for spot in reversed(self._spots(every, ref)):
                folder = every.places[spot.folder].folder.name
                if trash and folder != trash.folder.name:
                    self.session.examine(folder, write=True)
                    self.session.move([spot.uid], trash.folder.name)
            yield ref
        self._survey, self._writing = None, None

    def _listed(self, name: str, validity: int, refs: list[Ref]) -> Iterator[tuple[Ref, Facts]]:
        every, number = self._surveyed(), self._number(name, validity)
        if number is None:
            return
        go_to(self.session, every.places[number])
        got = self.session.fetch([read_ref(ref)[2] for ref in refs], FACTS)
        for ref in refs:
            if found := got.get(uid := read_ref(ref)[2]):
                item = item_of(every, Spot(number, uid), found.listed, Content.of(b""))
                labels = to_gmail(item.labels, item.flags)
                yield ref, Facts(found.listed.size, labels, item.received)

    def _page(self, name: tuple[str, int], refs: list[Ref]) -> Iterator[Fetched]:
        every, number = self._surveyed(), self._number(*name)
        if number is None:
            yield from ((ref, _gone(ref)) for ref in refs)
            return
        place = every.places[number]
        uids = [read_ref(ref)[2] for ref in refs]
        for ref, uid, got in zip(refs, uids, read(self.session, place, uids), strict=True):
            if isinstance(got, Read):
                yield ref, item_of(every, Spot(number, uid), got.listed, got.content)
            else:
                yield ref, got or _gone(ref)

    def _begun(
        self, name: tuple[str, int], refs: list[Ref]
    ) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        every, number = self._surveyed(), self._number(*name)
        if number is None:
            yield from ((ref, _gone(ref)) for ref in refs)
            return
        uids = [read_ref(ref)[2] for ref in refs]
        found = begin(self.session, every.places[number], uids)
        for ref, uid, got in zip(refs, uids, found, strict=True):
            item = got and item_of(every, Spot(number, uid), got.listed, got.content)
            yield ref, Begun(item, got.listed.size) if got and item else _gone(ref)

    def _spots(self, every: Survey, ref: Ref) -> tuple[Spot, ...]:
        name, validity, uid = read_ref(ref)
        number = self._number(name, validity)
        return () if number is None else every.all_of(Spot(number, uid))

    def _number(self, name: str, validity: int) -> int | None:
        """Which folder of the survey it is; None for one that is gone, or was made anew."""
        every = self._surveyed()
        number = every.place(name)
        return None if number is None or every.places[number].validity != validity else number

    def _ref(self, spot: Spot) -> Ref:
        place: Place = self._surveyed().places[spot.folder]
        return ref_of(place.folder.name, place.validity, spot.uid)

    def _surveyed(self) -> Survey:
        if self._survey is None:
            self._survey = survey(self.session, self.only, self._digests)
        return self._survey

    def _written(self) -> Writing:
        if self._writing is None:
            self._writing = Writing(self.session, self._surveyed(), self._digests)
        return self._writing

    def _asked(self) -> Context:
        me = frozenset([self.session.user])
        return self._context or Context(SYSTEM_CLOCK.now(), me=me, zone=LOCAL)


def _gone(ref: Ref) -> NotFound:
    return NotFound(f"There is no message {ref} any more.")
