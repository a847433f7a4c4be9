"""A search put together in Python: the same tree as its text would give.

>>> from gmailkit import Q
>>> wanted = Q.sender("ann") & ~Q.label("Done") & (Q.newer_than(days=7) | Q.starred)
>>> gmail.search(wanted)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, TypeVar

from gmailkit.errors import UsageError
from gmailkit.query import tree
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Field, Place, State, Tab, Thing, Unit
from gmailkit.query.words import phrase

Named = TypeVar("Named", Tab, Thing)


@dataclass(frozen=True, slots=True)
class Q:
    """What is searched for; `&`, `|` and `~` join and negate, `str` gives the text for Gmail.

    Each method raises UsageError for a value that would find nothing or everything.
    """

    node: tree.Node

    unread: ClassVar[Q]
    read: ClassVar[Q]
    starred: ClassVar[Q]
    important: ClassVar[Q]
    muted: ClassVar[Q]
    snoozed: ClassVar[Q]
    inbox: ClassVar[Q]
    sent: ClassVar[Q]
    drafts: ClassVar[Q]
    spam: ClassVar[Q]
    trash: ClassVar[Q]
    archived: ClassVar[Q]
    anywhere: ClassVar[Q]
    with_attachment: ClassVar[Q]

    def __and__(self, other: Q) -> Q:
        if not isinstance(other, Q):
            return NotImplemented
        return Q(tree.all_of((self.node, other.node)))

    def __or__(self, other: Q) -> Q:
        if not isinstance(other, Q):
            return NotImplemented
        return Q(tree.any_of((self.node, other.node)))

    def __invert__(self) -> Q:
        if isinstance(self.node, tree.Everything):
            raise UsageError("The opposite of everything finds nothing.", hint="Leave it out.")
        return Q(tree.negate(self.node))

    def __str__(self) -> str:
        return to_text(self.node)

    def __bool__(self) -> bool:
        raise TypeError("Searches are joined with &, | and ~, not with and, or and not.")

    @classmethod
    def of(cls, text: str) -> Q:
        """What the text of a search says. Raises QueryError as `search` does."""
        return cls(parse(text))

    @classmethod
    def text(cls, words: str) -> Q:
        """These words anywhere in the message, in this order."""
        return _words(words, Field.ANYWHERE)

    @classmethod
    def sender(cls, who: str) -> Q:
        """From a name, an address, a domain, or "me"."""
        return _words(who, Field.FROM)

    @classmethod
    def to(cls, who: str) -> Q:
        return _words(who, Field.TO)

    @classmethod
    def cc(cls, who: str) -> Q:
        return _words(who, Field.CC)

    @classmethod
    def bcc(cls, who: str) -> Q:
        """Of own mail alone: others never see who got it so."""
        return _words(who, Field.BCC)

    @classmethod
    def delivered_to(cls, address: str) -> Q:
        return _words(address, Field.DELIVERED_TO)

    @classmethod
    def subject(cls, words: str) -> Q:
        """These words in this order in the subject."""
        return _words(words, Field.SUBJECT)

    @classmethod
    def mailing_list(cls, list_id: str) -> Q:
        """Words of the List-Id header."""
        return _words(list_id, Field.LIST)

    @classmethod
    def filename(cls, name: str) -> Q:
        """Whole words of an attachment's name: "pdf", "report.pdf"."""
        return _words(name, Field.FILENAME)

    @classmethod
    def message_id(cls, id: str) -> Q:
        """The Message-ID header."""
        if not (bare := id.strip("<> ")):
            raise UsageError("A Message-ID without a character finds nothing.")
        return cls(tree.MessageIdIs(bare))

    @classmethod
    def label(cls, name: str) -> Q:
        """A label by name, not those nested under it."""
        if not name.strip():
            raise UsageError("A label without a name finds nothing.")
        return cls(parse(to_text(tree.Label(name.strip()))))

    @classmethod
    def category(cls, tab: str) -> Q:
        """ "primary", "social", "promotions", "updates", "forums", "reservations", "purchases"."""
        return cls(tree.Category(_one_of(Tab, tab)))

    @classmethod
    def has(cls, thing: str) -> Q:
        """ "attachment", "drive", "youtube", "userlabels", "yellow-star" and so on (`Thing`)."""
        return cls(tree.Has(_one_of(Thing, thing)))

    @classmethod
    def after(cls, when: date | datetime) -> Q:
        """Received then or later; a date is the whole day, in the zone of this machine."""
        return cls(tree.After(_moment(when)))

    @classmethod
    def before(cls, when: date | datetime) -> Q:
        """Received earlier than that."""
        return cls(tree.Before(_moment(when)))

    @classmethod
    def newer_than(cls, *, hours: int = 0, days: int = 0, months: int = 0, years: int = 0) -> Q:
        """Received within that time up to now; one of the four."""
        return cls(tree.NewerThan(*_age(hours, days, months, years)))

    @classmethod
    def older_than(cls, *, hours: int = 0, days: int = 0, months: int = 0, years: int = 0) -> Q:
        """Received longer ago than that; one of the four."""
        return cls(tree.OlderThan(*_age(hours, days, months, years)))

    @classmethod
    def larger(cls, size: int) -> Q:
        """More bytes than that, the whole message."""
        return cls(tree.Larger(_bytes(size)))

    @classmethod
    def smaller(cls, size: int) -> Q:
        """Fewer bytes than that, the whole message."""
        return cls(tree.Smaller(_bytes(size)))

    @classmethod
    def around(cls, left: str, right: str, *, distance: int) -> Q:
        """Two texts at most so many words apart, in any order."""
        if not (phrase(left) and phrase(right)) or distance < 0:
            raise UsageError("Two words and the distance between them are needed.")
        return cls(tree.Around(left, right, distance))


def _words(text: str, field: Field) -> Q:
    """Several words are a phrase; one is as if it were typed: Gmail may take a kindred word too."""
    clean = " ".join(text.replace('"', " ").split())
    if not phrase(clean):
        raise UsageError(f"{text!r} holds no letter or digit, and would find everything.")
    node = parse(to_text(tree.Words(clean, field)))
    assert not isinstance(node, tree.Everything)  # noqa: S101 - it holds a word
    return Q(node)


def _moment(when: date | datetime) -> date | int:
    if not isinstance(when, date):
        raise UsageError(f"{when!r} is no date.", hint="As in date(2026, 1, 31), or Q.of(text).")
    if not isinstance(when, datetime):
        return when
    moment = when if when.tzinfo else when.astimezone()
    return int(moment.timestamp())


def _age(hours: int, days: int, months: int, years: int) -> tuple[int, Unit]:
    given = {Unit.HOUR: hours, Unit.DAY: days, Unit.MONTH: months, Unit.YEAR: years}
    said = [(count, unit) for unit, count in given.items() if count]
    if len(said) != 1 or not _is_whole(said[0][0]):
        raise UsageError("An age is one of hours, days, months and years.", hint="As in days=7.")
    return said[0]


def _bytes(size: int) -> int:
    if not _is_whole(size):
        raise UsageError("A size is a whole number of bytes, 0 or more.")
    return size


def _is_whole(number: int) -> bool:
    """Scripts hand in what they read from somewhere, whatever the types say."""
    return isinstance(number, int) and number >= 0


def _one_of(kind: type[Named], name: str) -> Named:
    try:
        return kind(name.casefold())
    except ValueError:
        raise UsageError(
            f"There is no {name!r} here.", hint=f"There is {', '.join(kind)}."
        ) from None


Q.unread = Q(tree.Is(State.UNREAD))
Q.read = ~Q.unread
Q.starred = Q(tree.Is(State.STARRED))
Q.important = Q(tree.Is(State.IMPORTANT))
Q.muted = Q(tree.Is(State.MUTED))
Q.snoozed = Q(tree.Is(State.SNOOZED))
Q.inbox = Q(tree.In(Place.INBOX))
Q.sent = Q(tree.In(Place.SENT))
Q.drafts = Q(tree.In(Place.DRAFT))
Q.spam = Q(tree.In(Place.SPAM))
Q.trash = Q(tree.In(Place.TRASH))
Q.archived = Q(tree.In(Place.ARCHIVE))
Q.anywhere = Q(tree.In(Place.ANYWHERE))
Q.with_attachment = Q(tree.Has(Thing.ATTACHMENT))
