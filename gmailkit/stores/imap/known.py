"""What a server has already, by content: looked up by Message-ID, and by size where there is none;
what may be the same is read and compared byte for byte, but for line ends.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from gmailkit.model.digests import with_crlf
from gmailkit.model.item import Item
from gmailkit.record.digests import Digests
from gmailkit.stores.dates import HEADER
from gmailkit.stores.imap.reading import go_to
from gmailkit.stores.imap.survey import Spot, Survey
from gmailkit.transport.imap.answers import Got
from gmailkit.transport.imap.session import Session

_PAGE = 500  # messages whose names are asked for at a time
_NAME = re.compile(rb"^message-id[ \t]*:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")
_FACTS = "UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"


class Known:
    """Of the folders of a survey; each is asked once, when it is first needed. `digests` remembers
    what was read in earlier runs.
    """

    def __init__(self, session: Session, every: Survey, digests: Digests | None = None) -> None:
        self._session = session
        self._survey = every
        self._spots: dict[bytes, list[Spot]] | None = None
        self._digests: dict[int, dict[int, str]] = {}  # by folder and UID
        self._fresh: dict[int, dict[int, str]] = defaultdict(dict)  # not written down yet
        self._by_digest: dict[str, Spot] | None = None
        self._words: dict[Spot, frozenset[str]] = {}  # equal ones are one object
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._record = digests

    def find(self, item: Item) -> Spot | None:
        """Where it is."""
        key = _key_of(item)
        found = self._same(item, self._all().get(key, []))
        return found or (self._remembered(item) if key.isdigit() else None)

    def among(self, item: Item, spots: Iterable[Spot]) -> Spot | None:
        """Which of a few messages of a folder it is; by its Message-ID where the server has changed
        it (some add a header line).
        """
        several = list(spots)
        return self._same(item, several) or self._namesake(item, several)

    def _namesake(self, item: Item, spots: list[Spot]) -> Spot | None:
        name = _key_of(item)
        if not spots or name.isdigit():
            return None
        go_to(self._session, self._survey.places[spots[0].folder])
        got = self._session.fetch([spot.uid for spot in spots], _FACTS)
        found = [spot for spot in spots if spot.uid in got and _key(got[spot.uid]) == name]
        return found[0] if len(found) == 1 else None

    def words(self, spot: Spot) -> frozenset[str]:
        """The flags and keywords that it bears, in small letters."""
        self._all()
        return self._words.get(spot, frozenset())

    def bear(self, spot: Spot, words: Iterable[str]) -> None:
        """It bears these now as well."""
        every = self._words.get(spot, frozenset()).union(word.lower() for word in words)
        self._words[spot] = self._sets.setdefault(every, every)

    def note(self, item: Item, spot: Spot, words: Iterable[str]) -> None:
        """It is there now, with these flags and keywords."""
        self._all()[_key_of(item)].append(spot)
        self.bear(spot, words)
        self.learn(item, spot)

    def learn(self, item: Item, spot: Spot) -> None:
        """It is that message, byte for byte."""
        self._keep(spot, item.content.digest_with_crlf)

    def flush(self) -> None:
        """Write down what was learned."""
        for number, digests in self._fresh.items():
            if self._record and digests:
                self._record.note(self._folder(number), digests)
        self._fresh.clear()

    def _remembered(self, item: Item) -> Spot | None:
        """By what was sent or read before: some servers guess at sizes (Exchange does)."""
        if self._by_digest is None:
            self._by_digest = {
                known[uid]: Spot(number, uid)
                for number, place in enumerate(self._survey.places)
                if (known := self._of(number))
                for uid in place.uids
                if uid in known
            }
        return self._by_digest.get(item.content.digest_with_crlf)

    def _same(self, item: Item, spots: list[Spot]) -> Spot | None:
        if not spots:
            return None
        wanted = item.content.digest_with_crlf
        for spot in spots:
            if self._digest(spot) == wanted:
                return spot
        return None

    def _digest(self, spot: Spot) -> str:
        """ "" for one that is gone."""
        known = self._of(spot.folder).get(spot.uid)
        if known is None:
            go_to(self._session, self._survey.places[spot.folder])
            content = self._session.content(spot.uid)
            if content is None:
                return ""
            with content:
                known = content.digest_with_crlf
            self._keep(spot, known)
        return known

    def _keep(self, spot: Spot, digest: str) -> None:
        self._of(spot.folder)[spot.uid] = self._fresh[spot.folder][spot.uid] = digest
        if self._by_digest is not None:
            self._by_digest[digest] = spot

    def _of(self, number: int) -> dict[int, str]:
        if number not in self._digests:
            kept = self._record.load(self._folder(number)) if self._record else {}
            self._digests[number] = kept
        return self._digests[number]

    def _folder(self, number: int) -> tuple[str, int]:
        place = self._survey.places[number]
        return place.folder.name, place.validity

    def _all(self) -> dict[bytes, list[Spot]]:
        if self._spots is None:
            self._spots = defaultdict(list)
            for number, place in enumerate(self._survey.places):
                if place.uids:
                    go_to(self._session, place)
                for start in range(0, len(place.uids), _PAGE):
                    page = place.uids[start : start + _PAGE]
                    for uid, got in self._session.fetch(page, _FACTS).items():
                        self._spots[_key(got)].append(Spot(number, uid))
                        self.bear(Spot(number, uid), got.listed.flags)
        return self._spots


def _key(got: Got) -> bytes:
    found = _NAME.search(got.bytes or b"")
    return found[1] if found else b"%d" % got.listed.size


def _key_of(item: Item) -> bytes:
    head = _END.split(item.content.part(0, HEADER), maxsplit=1)[0]
    found = _NAME.search(head)
    return found[1] if found else b"%d" % sum(map(len, with_crlf(item.content.pieces())))
