"""What comes into a mailbox of Gmail by its IMAP, under the ids of its API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gmailkit.errors import CannotDo
from gmailkit.model.content import Content
from gmailkit.model.item import Item, Ref
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything, Node
from gmailkit.stores.imap.arriving import MOST, Arrived, Arriving
from gmailkit.stores.imap.gmail import all_mail, categories_of, marked
from gmailkit.stores.imap.reading import FACTS
from gmailkit.stores.protocol import Begun
from gmailkit.transport.imap.session import Session
from gmailkit.zones import LOCAL

_DRAFTS = frozenset({"\\draft", "\\drafts"})
_FACTS = f"{FACTS} X-GM-MSGID X-GM-THRID X-GM-LABELS"


class ArrivingInGmail(Arriving):
    """Of All Mail; Gmail itself answers what matches, some seconds after it came.

    Raises CannotDo for a search in Spam or Trash, which lie elsewhere.
    """

    sure = False
    page = 200

    def __init__(self, session: Session, wanted: Node) -> None:
        if reaches_spam_and_trash(wanted):
            raise CannotDo(
                "By IMAP nobody hears of what comes into Spam or Trash.",
                hint="Leave --in away: Gmail's history tells of it too.",
            )
        super().__init__(session, all_mail(session))
        self._texts = (
            []
            if isinstance(wanted, Everything)
            else [to_text(part).encode() for part in parts(with_instants(wanted, LOCAL))]
        )

    def taken(self, uids: Sequence[int]) -> list[str]:
        found = []
        for start in range(0, len(uids), self.page):
            got = self.session.fetch(uids[start : start + self.page], "UID X-GM-MSGID X-GM-LABELS")
            for uid, each in sorted(got.items()):
                if each.listed.id and _DRAFTS.isdisjoint(map(str.lower, each.listed.labels)):
                    name = f"{each.listed.id:x}"  # as the API writes it
                    self._remember(name, uid)
                    found.append(name)
        return found

    def matching(self, uids: Sequence[int]) -> list[int]:
        if not self._texts or not uids:
            return list(uids)
        found = set[int]()
        for start in range(0, len(uids), self.page):
            some = ",".join(map(str, uids[start : start + self.page])).encode()
            for text in self._texts:
                found.update(self.session.uids((b"UID", some, b"X-GM-RAW", text)))
        return sorted(found)

    def names_matching(self, names: Iterable[str]) -> list[str]:
        """Those of these names that match, in the order of the folder."""
        self._stay()
        uids = {uid: name for name in names if (uid := self._uids.get(name) or self.locate(name))}
        return [uids[uid] for uid in self.matching(sorted(uids)) if uid in uids]

    def locate(self, name: str) -> int | None:
        try:
            key = str(int(name, 16)).encode()
        except ValueError:
            return None
        uid = max(self.session.uids((b"X-GM-MSGID", key)), default=None)
        if uid:
            self._remember(name, uid)
        return uid

    def read(self, uid: int) -> Arrived | None:
        got = self.session.fetch([uid], f"{_FACTS} BODY.PEEK[]<0.{MOST}>").get(uid)
        if got is None or got.bytes is None:
            return None
        labels, marks = marked(got.listed, categories_of(self.session, uid))
        item = Item(
            content=Content.of(got.bytes[:MOST]),
            labels=labels,
            flags=marks,
            received=got.listed.received,
            thread=f"{got.listed.thread:x}",
        )
        return Arrived(Ref(f"{got.listed.id:x}"), Begun(item, got.listed.size))
