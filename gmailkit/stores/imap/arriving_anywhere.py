"""What comes into a folder of any server: named by its header and when it was received, since its
number is another one once the folder was made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from gmailkit.model.content import Content
from gmailkit.model.ids import HIDDEN
from gmailkit.query.context import Context
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.tree import Everything, Node
from gmailkit.stores.imap.arriving import MOST, Arrived, Arriving, seconds_of
from gmailkit.stores.imap.items import item_of
from gmailkit.stores.imap.names import Names
from gmailkit.stores.imap.reading import FACTS
from gmailkit.stores.imap.refs import ref_of
from gmailkit.stores.imap.searching import search
from gmailkit.stores.imap.survey import Place, Spot, Survey
from gmailkit.stores.protocol import Begun
from gmailkit.transport.imap.answers import Folder
from gmailkit.transport.imap.session import Session

_NAMED = "UID FLAGS INTERNALDATE BODY.PEEK[HEADER]"


class ArrivingAnywhere(Arriving):
    """`wanted` is searched as `ImapStore` does, and in Spam or Trash where that is the folder."""

    sure = True
    page = 20

    def __init__(
        self, session: Session, folder: str, wanted: Node, context: Callable[[], Context]
    ) -> None:
        super().__init__(session, folder)
        folders = session.folders()
        self._names = Names(folders, session.prefix())
        self._folder = next((x for x in folders if x.name == folder), Folder(name=folder))
        self._wanted = wanted
        self._context = context

    def taken(self, uids: Sequence[int]) -> list[str]:
        found = []
        for start in range(0, len(uids), self.page):
            found += self._note(self._named(uids[start : start + self.page]))
        return found

    def matching(self, uids: Sequence[int]) -> list[int]:
        if isinstance(self._wanted, Everything) or not uids:
            return list(uids)
        every = self._survey(uids)
        label = every.places[0].label
        if label in HIDDEN and not reaches_spam_and_trash(self._wanted):
            every.places[0].label = None
        found = search(self.session, every, self._wanted, self._context())
        return [spot.uid for spot in found]

    def locate(self, name: str) -> int | None:
        """Among those received in the same second."""
        try:
            at = int(name.partition("-")[0], 16)
        except ValueError:
            return None
        self.taken(self._received(at, at))
        return self._uids.get(name)

    def read(self, uid: int) -> Arrived | None:
        got = self.session.fetch([uid], f"{FACTS} BODY.PEEK[]<0.{MOST}>").get(uid)
        if got is None or got.bytes is None:
            return None
        content = Content.of(got.bytes[:MOST])
        item = item_of(self._survey([uid]), Spot(0, uid), got.listed, content)
        return Arrived(ref_of(self.folder, self._validity, uid), Begun(item, got.listed.size))

    def _named(self, uids: Sequence[int]) -> list[tuple[int, str]]:
        got = self.session.fetch(uids, _NAMED)
        return [
            (uid, f"{seconds_of(got[uid].listed.received):x}-{_digest(got[uid].bytes or b'')}")
            for uid in uids
            if uid in got and "\\Draft" not in got[uid].listed.flags
        ]

    def _survey(self, uids: Sequence[int]) -> Survey:
        every = Survey(self._names)
        every.note(
            Place(
                folder=self._folder,
                validity=self._validity,
                label=self._names.label_of(self._folder),
                draft=False,
                uids=list(uids),
            )
        )
        return every


def _digest(header: bytes) -> str:
    """Line ends are the server's own."""
    return hashlib.sha256(header.replace(b"\r\n", b"\n").strip()).hexdigest()[:20]
