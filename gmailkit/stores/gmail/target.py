"""A mailbox of Gmail as a target.

What Gmail does to the bytes that it takes in: lines end with CRLF, and an import may add header
lines of its own (Received, for one). Its date of a message is that of the Date header: nobody can
say when it was received. What it has no place for is left out: CHAT, and the kinds of stars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from gmailkit.client.client import Client
from gmailkit.errors import CannotDo, NotFound, ServerFault, UsageError
from gmailkit.mime.digest import digest_of, digest_with_sender
from gmailkit.mime.parse import parse_headers
from gmailkit.model import flags
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.model.ids import HIDDEN, LabelId, MessageId
from gmailkit.model.item import Can, Item, Ref
from gmailkit.model.message import Message
from gmailkit.stores.dates import HEADER
from gmailkit.stores.gmail.source import name_of_mailbox

# What an insert or import may carry beside labels that a person made; DRAFT goes another way.
PLACED = frozenset(
    "INBOX UNREAD STARRED IMPORTANT SENT SPAM TRASH CATEGORY_PERSONAL CATEGORY_SOCIAL "
    "CATEGORY_PROMOTIONS CATEGORY_UPDATES CATEGORY_FORUMS".split()
)
DRAFT, CHAT = "DRAFT", "CHAT"
_PLAIN_ID = re.compile(r"<([\w.!#$%&'*+/=?^`~-]+@[\w.-]+)>", re.ASCII)
_NOT_TAKEN = frozenset({400, 413})
_FOLD = 4  # what another transfer encoding makes of a message at most
_LATELY = 200  # newest messages among which one without a Message-ID and a date is looked for


class Conversations(msgspec.Struct, frozen=True, kw_only=True):
    """Which conversation of the target one of the source has become; `note` remembers it."""

    find: Callable[[str], str]
    note: Callable[[str, str], None]


class GmailTarget:
    """Takes messages in as they are; nothing is sent.

    `labels` are the ids of all names that come (case-folded, as Gmail compares them), `mark` is the
    label that everything bears which is added; both as they are when they are asked for, since what
    is missing may be made with the first message.
    """

    can = Can.LABELS | Can.FLAGS | Can.THREADS | Can.WRITE

    def __init__(
        self,
        client: Client,
        address: str,
        *,
        labels: Callable[[], Mapping[str, LabelId]],
        conversations: Conversations,
        mark: Callable[[], LabelId | None] = lambda: None,
    ) -> None:
        self.name = name_of_mailbox(address)
        self._client = client
        self._labels = labels
        self._conversations = conversations
        self._mark = mark
        self._namesake = True  # whether another may bear the Message-ID that was looked for last
        # Many of one second without a Message-ID, or of one: each is read once, not for each other.
        self._seen = dict[tuple[MessageId, bool], _There]()

    def find(self, item: Item) -> Iterator[Ref]:
        """5 units, and 20 for each message of the same Message-ID, or of the same second where it
        has none. What lies in Trash or Spam counts only for what lay there.
        """
        head = parse_headers(item.content.part(0, HEADER))
        name = searched_id(head.message_id)
        candidates = self._candidates(name, (head.date, item.received))
        self._namesake = bool(candidates) or not name
        wanted = _Wanted(item.content, digest_of if name else digest_with_sender)
        for id in candidates:
            there = self._seen.get((id, bool(name))) or self._look(id, wanted)
            if there and len(candidates) > 1 and there.words:
                self._seen[id, bool(name)] = there
            if there and _place(item) == there.place and wanted.is_said_by(there):
                yield Ref(id)

    def _look(self, id: MessageId, wanted: _Wanted) -> _There | None:
        try:
            message, content = self._client.messages.get_raw(id)
        except NotFound:
            return None
        with content:
            return _There.of(_place_of(message), content, wanted)

    def add(self, item: Item) -> Ref:
        """25 units, 10 for a draft; 25 more where an import is refused.

        A message is imported, which lets it find its conversation; inserted where one of the same
        Message-ID is there or may be, since an import would be merged with that. Open: whether the
        search knows of a message at once; else an import may be merged with one that just arrived.
        """
        known = self._conversations.find(item.thread) if item.thread else ""
        try:
            message = self._joined(item, known)
        except (UsageError, CannotDo) as error:
            if error.status not in _NOT_TAKEN:
                raise
            raise CannotDo(f"Gmail does not take it: {error.message}") from error
        if item.thread and message.thread_id != known:
            self._conversations.note(item.thread, message.thread_id)
        return Ref(message.id)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> GmailTarget:
        return self

    def __exit__(self, *_: object) -> None: ...

    def _joined(self, item: Item, thread: str) -> Message:
        try:
            return self._taken(item, thread)
        except NotFound as error:
            if error.status != 404 or not thread:
                raise
            return self._taken(item, "")  # that conversation is gone meanwhile

    def _taken(self, item: Item, thread: str) -> Message:
        raw = item.content
        if _is_draft(item):
            draft = self._client.drafts.create(raw, thread_id=thread or None)
            if draft.message is None:
                raise ServerFault("Gmail answered with a draft that holds no message.")
            return draft.message
        labels = self._ids(flags.to_gmail(item.labels, item.flags))
        if not self._namesake:
            try:
                return self._client.messages.import_(
                    raw,
                    label_ids=labels,
                    thread_id=thread or None,
                    internal_date_source="dateHeader",
                    never_mark_spam="SPAM" not in labels,
                )
            except (UsageError, CannotDo) as error:
                if error.status not in _NOT_TAKEN:
                    raise
        return self._client.messages.insert(
            raw,
            label_ids=labels,
            thread_id=thread or None,
            internal_date_source="dateHeader",
        )

    def _ids(self, labels: Iterable[str]) -> list[LabelId]:
        system = {LabelId(label) for label in labels if label in PLACED}
        own, mark = self._labels(), self._mark()
        named = {own[name] for label in labels if (name := label.casefold()) in own}
        return sorted(system | named | ({mark} if mark else set()))

    def _candidates(
        self, name: str, dates: tuple[datetime | None, datetime | None]
    ) -> list[MessageId]:
        """Messages that may be the same: of that Message-ID, else of that second by one of the
        dates: the first is that of the header, which Gmail takes for what it is given.
        """
        if name:
            return self._listed(f"rfc822msgid:{name}")
        seconds = {int(date.timestamp()) for date in dates if date}
        spans = [f"after:{s - 2} before:{s + 2}" for s in sorted(seconds) if s > 2]
        found = [id for span in spans for id in self._listed(span)]
        if not dates[0] and (mark := self._mark()):  # dated when it was added
            found += self._listed("", [mark], limit=_LATELY)
        return list(dict.fromkeys(found))

    def _listed(
        self, q: str, labels: Iterable[LabelId] = (), *, limit: int | None = None
    ) -> list[MessageId]:
        found = self._client.messages.list(
            q=q, label_ids=labels, include_spam_trash=True, limit=limit
        )
        return [ref.id for ref in found]


class _Wanted(msgspec.Struct):
    """A message that is looked for: the same bytes but for line ends say the same, else what has
    the same `digest`, for which a message is held.
    """

    content: Content
    digest: Callable[[bytes], str]
    words: str = ""

    def is_said_by(self, other: _There) -> bool:
        if other.bytes == self.content.digest_with_crlf:
            return True
        if not other.words or not self.is_near(other.size):
            return False
        self.words = self.words or self.digest(self.content.bytes)
        return other.words == self.words

    def is_near(self, size: int) -> bool:
        """Whether so many bytes may say the same, in another transfer encoding."""
        few, many = sorted((self.content.size, size))
        return many <= _FOLD * few + HEADER


class _There(msgspec.Struct, frozen=True):
    """A message of the mailbox; `words` is its digest, "" where that cannot matter."""

    place: tuple[bool, bool]
    size: int
    bytes: str
    words: str

    @classmethod
    def of(cls, place: tuple[bool, bool], content: Content, wanted: _Wanted) -> _There:
        bytes = content.digest_with_crlf
        reads = wanted.is_near(content.size) and bytes != wanted.content.digest_with_crlf
        words = wanted.digest(content.bytes) if content.size <= IN_MEMORY or reads else ""
        return cls(place, content.size, bytes, words)


def searched_id(message_id: str) -> str:
    """A Message-ID as a search finds it; "" for one with characters that a search means otherwise
    by, or that is none (RFC 5322 section 3.6.4).
    """
    found = _PLAIN_ID.fullmatch(message_id)
    return found[1] if found else ""


def _is_draft(item: Item) -> bool:
    return "draft" in item.flags


def _place(item: Item) -> tuple[bool, bool]:
    return _is_draft(item), not HIDDEN.isdisjoint(item.labels)


def _place_of(message: Message) -> tuple[bool, bool]:
    return DRAFT in message.label_ids, not HIDDEN.isdisjoint(message.label_ids)
