"""A mailbox of Gmail by its IMAP: messages under the ids that its API has, each once.

Every message that is neither Spam nor Trash lies in one folder, which is told by its mark and never
by its name, since that is another in each language. Google's page on the extensions:
developers.google.com/workspace/gmail/imap/imap-extensions. Categories are no labels there; a search
for each tells them. Open: whether category:primary finds inbox mail that bears no such label too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

from gmailkit.errors import CannotDo, GmailKitError, NotFound
from gmailkit.model import flags
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.model.ordered import place_in
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.labels import category_id
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.query.tree import Category, Everything, Node, Tab
from gmailkit.stores.imap.reading import FACTS, Read, begin, go_to, read
from gmailkit.stores.imap.survey import Place
from gmailkit.stores.protocol import Begun, Facts, Fetched, Folder
from gmailkit.transport.imap.answers import Listed
from gmailkit.transport.imap.session import Session
from gmailkit.zones import LOCAL

_PAGE = 500  # messages of which flags and sizes are asked for at a time
_LISTED = 2000  # ids asked for at a time
_SKIMMED = 50  # beginnings that are held at a time
_TABS = (Tab.PRIMARY, Tab.SOCIAL, Tab.PROMOTIONS, Tab.UPDATES, Tab.FORUMS)
_FACTS = f"{FACTS} X-GM-MSGID X-GM-THRID X-GM-LABELS"
_LABELS = {
    "\\inbox": "INBOX",
    "\\sent": "SENT",
    "\\important": "IMPORTANT",
    "\\starred": "STARRED",
    "\\flagged": "STARRED",
    "\\draft": "DRAFT",
    "\\drafts": "DRAFT",
    "\\trash": "TRASH",
    "\\spam": "SPAM",
    "\\junk": "SPAM",
    "\\chat": "CHAT",
    "\\chats": "CHAT",
}
_MARKED = {  # of folders, RFC 6154 and RFC 8457
    "\\sent": "SENT",
    "\\drafts": "DRAFT",
    "\\junk": "SPAM",
    "\\trash": "TRASH",
    "\\flagged": "STARRED",
    "\\important": "IMPORTANT",
}


class _At(NamedTuple):
    """Which of the three folders, and the number there."""

    place: int
    uid: int


class GmailImapStore:
    """Refs are Gmail's ids, the oldest message first within a folder. No unit of the API is spent.

    The session is open, and closed with the store. `notes` are sentences about what cannot be seen.
    Raises CannotDo where the server is none of Gmail's, or All Mail is hidden from IMAP.
    """

    can = KEPT | Can.SEARCH | Can.WATCH

    def __init__(self, session: Session) -> None:
        self.session = session
        self.name = f"imap+gmail:{session.user.casefold()}"
        self._hidden: tuple[str, ...] = ()
        if not session.is_gmail:
            raise CannotDo(
                f"{session.server.place} is no server of Gmail: it knows no X-GM-EXT-1.",
                hint=f"Name it as any server of IMAP: {session.server.url}",
            )
        self._places: list[Place] = []
        self._at: dict[int, _At] = {}
        self._next: dict[int, int] = {}  # by place: the first number that was not there
        self._tabs: dict[tuple[int, str], array[int]] = {}  # sorted numbers by place and label

    def __enter__(self) -> GmailImapStore:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.session.__exit__(kind, error, trace)

    def close(self) -> None:
        self.__exit__(None, None, None)

    @property
    def notes(self) -> tuple[str, ...]:
        said = self.session.alert
        return (*self._hidden, said) if said else self._hidden

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        self._look()
        if wanted is None or isinstance(wanted, Everything):
            yield from map(_ref, self._at)
            return
        asked = [to_text(part).encode() for part in parts(with_instants(wanted, LOCAL))]
        ids = {at: id for id, at in self._at.items()}
        scope = self._places if reaches_spam_and_trash(wanted) else self._places[:1]
        for number, place in enumerate(scope):
            go_to(self.session, place)
            found = {uid for text in asked for uid in self.session.uids((b"X-GM-RAW", text))}
            yield from (_ref(ids[at]) for uid in sorted(found) if (at := _At(number, uid)) in ids)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        coming = iter(refs)
        while page := list(islice(coming, _PAGE)):
            self._look_for(page)
            for place, some in groupby(page, self._place_of):
                yield from self._page(place, list(some))

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        coming = iter(refs)
        while page := list(islice(coming, _LISTED)):
            self._look_for(page)
            for place, some in groupby(page, self._place_of):
                every = list(some)
                uids = [self._at[_id(ref)].uid for ref in every] if place is not None else []
                if place is not None:
                    go_to(self.session, self._places[place])
                got = self.session.fetch(uids, _FACTS)
                for ref, uid in zip(every, uids, strict=False):
                    if place is not None and uid in got:
                        labels, marks = self._marked(place, got[uid].listed)
                        yield ref, _facts(got[uid].listed, flags.to_gmail(labels, marks))

    def skim(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        coming = iter(refs)
        while page := list(islice(coming, _SKIMMED)):
            self._look_for(page)
            for place, some in groupby(page, self._place_of):
                yield from self._begun(place, list(some))

    def sizes(self) -> Iterator[tuple[Ref, int]]:
        """How many bytes every message has, by the server's word: one answer for two thousand."""
        self._look()
        uids: dict[int, dict[int, int]] = {}
        for id, at in self._at.items():
            uids.setdefault(at.place, {})[at.uid] = id
        for place, ids in uids.items():
            go_to(self.session, self._places[place])
            every = list(ids)
            for start in range(0, len(every), _LISTED):
                got = self.session.fetch(every[start : start + _LISTED], "UID RFC822.SIZE")
                yield from ((_ref(ids[uid]), got[uid].listed.size) for uid in got if uid in ids)

    def folders(self) -> Iterator[Folder]:
        """As the server counts them: labels are folders at Gmail, all but that of All Mail."""
        for each in self.session.folders():
            if each.holds_mail and not each.has("\\all"):
                counts = self.session.status(each.name)
                marks = (_MARKED[mark] for mark in _MARKED if each.has(mark))
                yield Folder(next(marks, each.name), counts.get("MESSAGES"), counts.get("UNSEEN"))

    def _page(self, place: int | None, refs: list[Ref]) -> Iterator[Fetched]:
        if place is None:
            yield from ((ref, _gone(ref)) for ref in refs)
            return
        uids = [self._at[_id(ref)].uid for ref in refs]
        found = read(self.session, self._places[place], uids, facts=_FACTS)
        for ref, got in zip(refs, found, strict=True):
            if isinstance(got, Read) and got.listed.id == _id(ref):
                yield ref, self._item(place, got)
            elif isinstance(got, Read) or got is None:
                yield ref, self._elsewhere(ref)
            else:
                yield ref, got

    def _begun(
        self, place: int | None, refs: list[Ref]
    ) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        if place is None:
            yield from ((ref, _gone(ref)) for ref in refs)
            return
        uids = [self._at[_id(ref)].uid for ref in refs]
        found = begin(self.session, self._places[place], uids, facts=_FACTS)
        for ref, got in zip(refs, found, strict=True):
            if got and got.listed.id == _id(ref):
                yield ref, Begun(self._item(place, got), got.listed.size)
            else:
                item = self._elsewhere(ref)
                yield ref, Begun(item, item.content.size) if isinstance(item, Item) else item

    def _elsewhere(self, ref: Ref) -> Item | NotFound:
        """It may have been moved into Trash, or out of it, since the listing."""
        key = (b"X-GM-MSGID", str(_id(ref)).encode())
        for number, place in enumerate(self._places):
            go_to(self.session, place)
            for uid in self.session.uids(key):
                for got in read(self.session, place, [uid], facts=_FACTS):
                    if isinstance(got, Read):
                        self._at[_id(ref)] = _At(number, uid)
                        return self._item(number, got)
        return _gone(ref)

    def _item(self, place: int, got: Read) -> Item:
        labels, marks = self._marked(place, got.listed)
        return Item(
            id=f"{got.listed.id:x}",
            content=got.content,
            labels=labels,
            flags=marks,
            received=got.listed.received,
            thread=f"{got.listed.thread:x}",
        )

    def _marked(self, place: int, listed: Listed) -> tuple[frozenset[str], frozenset[str]]:
        """Labels and flags. That of the folder itself is not among what Gmail tells."""
        own = self._places[place].label
        return marked(listed, self._categories(place, listed.uid) | ({own} if own else set()))

    def _categories(self, place: int, uid: int) -> set[str]:
        """Asked once for all messages of the folder."""
        found = set()
        for tab in _TABS:
            label = category_id(tab)
            if (place, label) not in self._tabs:
                go_to(self.session, self._places[place])
                key = (b"X-GM-RAW", to_text(Category(tab)).encode())
                self._tabs[place, label] = array("L", self.session.uids(key))
            uids = self._tabs[place, label]
            if place_in(uids, uid) is not None:
                found.add(label)
        return found

    def _place_of(self, ref: Ref) -> int | None:
        at = self._at.get(_id(ref))
        return at.place if at else None

    def _look_for(self, refs: Iterable[Ref]) -> None:
        """What was not there when we looked has come behind it: it is listed once for all of these,
        for a search for each looks at the whole folder.
        """
        if not self._places:
            self._look()
        elif any(id and id not in self._at for id in map(_id, refs)):
            for number, place in enumerate(self._places):
                go_to(self.session, place)
                begin = self._next[number]
                uids = self.session.uids((b"UID", b"%d:*" % begin))  # the last one in any case
                self._note(number, [uid for uid in uids if uid >= begin])

    def _look(self) -> None:
        """Which message lies where: one answer for two thousand."""
        self._places = self._three()
        self._at = {}
        self._tabs = {}
        self._next = {}
        for number, place in enumerate(self._places):
            go_to(self.session, place)
            self._note(number, self.session.uids())

    def _note(self, number: int, uids: list[int]) -> None:
        """Which messages these are, in the folder that we are in."""
        self._next[number] = max(uids, default=self._next.get(number, 1) - 1) + 1
        for start in range(0, len(uids), _LISTED):
            page = uids[start : start + _LISTED]
            got = self.session.fetch(page, "UID X-GM-MSGID")
            for uid in page:
                if uid in got and got[uid].listed.id:
                    self._at[got[uid].listed.id] = _At(number, uid)

    def _three(self) -> list[Place]:
        """All Mail, Spam and Trash, as far as they are shown."""
        folders = self.session.folders()
        found, missing = [], []
        for mark, label in (("\\all", None), ("\\junk", "SPAM"), ("\\trash", "TRASH")):
            folder = next((each for each in folders if each.has(mark)), None)
            if folder is None and label is None:
                raise _without_all_mail(self.session)
            if folder is None:
                missing.append("Spam" if label == "SPAM" else "Trash")
                continue
            at = self.session.examine(folder.name)
            found.append(Place(folder=folder, validity=at.validity, label=label, draft=False))
        self._hidden = tuple(
            f"{name} is hidden from IMAP: what lies there is not seen." for name in missing
        )
        return found


def _facts(listed: Listed, labels: frozenset[str]) -> Facts:
    return Facts(listed.size, labels, listed.received, f"{listed.thread:x}")


def marked(listed: Listed, others: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Labels and flags of what is listed with X-GM-LABELS, and `others` that are known of it."""
    named = {_LABELS.get(each.lower(), each) for each in listed.labels} | set(others)
    labels, starred = flags.from_gmail(named | {"UNREAD"})
    marks = flags.from_imap(listed.flags) | starred
    unknown = {each for each in labels if each.startswith("\\")}
    return labels - unknown, marks


def categories_of(session: Session, uid: int) -> set[str]:
    """Those of one message of the folder where the session is; 5 searches."""
    number = str(uid).encode()
    return {
        category_id(tab)
        for tab in _TABS
        if session.uids((b"UID", number, b"X-GM-RAW", to_text(Category(tab)).encode()))
    }


def all_mail(session: Session) -> str:
    """The name of the folder that holds every message but Spam and Trash. Raises CannotDo where it
    is hidden from IMAP.
    """
    for folder in session.folders():
        if folder.has("\\all"):
            return folder.name
    raise _without_all_mail(session)


def _without_all_mail(session: Session) -> CannotDo:
    return CannotDo(
        f"All Mail of {session.user} is hidden from IMAP: no folder holds every message.",
        hint="Show it: in Gmail's settings, under Labels, tick Show in IMAP beside All Mail.",
    )


def _ref(id: int) -> Ref:
    """As the API writes it: hexadecimal, in lower case, without zeros in front."""
    return Ref(f"{id:x}")


def _id(ref: Ref) -> int:
    """0 for what is no id."""
    try:
        return int(ref, 16)
    except ValueError:
        return 0


def _gone(ref: Ref) -> NotFound:
    return NotFound(f"There is no message {ref} any more.")
