"""A search as a tree: what Gmail's `q` says, once spelling is out of the way.

`Node` is a closed union: a `match` over it ends in `assert_never`. Trees are canonical: `And` and
`Or` are flat and hold at least two, nothing is negated twice, `Everything` stands only alone, and
of several spellings (`newer:` and `after:`, `in:starred` and `is:starred`) one is kept. Build
them with `parse`, or join nodes with `all_of`, `any_of` and `negate`.

Source: "Refine searches in Gmail" (support.google.com/mail/answer/7190).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct


class Field(StrEnum):
    """Where words are looked for; the value is the operator that says so."""

    ANYWHERE = ""
    FROM = "from"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    DELIVERED_TO = "deliveredto"
    SUBJECT = "subject"
    LIST = "list"
    FILENAME = "filename"


class Unit(StrEnum):
    HOUR = "h"
    DAY = "d"
    MONTH = "m"
    YEAR = "y"


class Place(StrEnum):
    """What `in:` names, apart from user labels."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFT = "draft"
    SPAM = "spam"
    TRASH = "trash"
    CHATS = "chats"
    ARCHIVE = "archive"
    ANYWHERE = "anywhere"
    SCHEDULED = "scheduled"


class State(StrEnum):
    """What `is:` names; `is:read` is the negation of UNREAD."""

    UNREAD = "unread"
    STARRED = "starred"
    IMPORTANT = "important"
    MUTED = "muted"
    SNOOZED = "snoozed"


class Tab(StrEnum):
    """What `category:` names."""

    PRIMARY = "primary"
    SOCIAL = "social"
    PROMOTIONS = "promotions"
    UPDATES = "updates"
    FORUMS = "forums"
    RESERVATIONS = "reservations"
    PURCHASES = "purchases"


class Thing(StrEnum):
    """What `has:` names; `has:nouserlabels` is the negation of USER_LABELS."""

    ATTACHMENT = "attachment"
    DRIVE = "drive"
    DOCUMENT = "document"
    SPREADSHEET = "spreadsheet"
    PRESENTATION = "presentation"
    YOUTUBE = "youtube"
    USER_LABELS = "userlabels"
    YELLOW_STAR = "yellow-star"
    ORANGE_STAR = "orange-star"
    RED_STAR = "red-star"
    PURPLE_STAR = "purple-star"
    BLUE_STAR = "blue-star"
    GREEN_STAR = "green-star"
    RED_BANG = "red-bang"
    YELLOW_BANG = "yellow-bang"
    ORANGE_GUILLEMET = "orange-guillemet"
    GREEN_CHECK = "green-check"
    BLUE_INFO = "blue-info"
    PURPLE_QUESTION = "purple-question"


class Everything(Struct, frozen=True):
    """The empty search."""


class And(Struct, frozen=True):
    nodes: tuple[Node, ...]


class Or(Struct, frozen=True):
    nodes: tuple[Node, ...]


class Not(Struct, frozen=True):
    node: Node


class Words(Struct, frozen=True):
    """Words in this order in one field. `text` is as the user spelt it, without quotes.

    `exact` (it was written with quotes or a plus) asks Gmail for no stemming and no synonyms.
    Text that is not exact is one word of the query: no blank, quote or bracket in it.
    """

    text: str
    field: Field = Field.ANYWHERE
    exact: bool = False


class Around(Struct, frozen=True):
    """Two texts at most `distance` words apart; `left` first if `ordered`."""

    left: str
    right: str
    distance: int
    ordered: bool = False
    field: Field = Field.ANYWHERE


class MessageIdIs(Struct, frozen=True):
    """The Message-ID header, without angle brackets."""

    id: str


class After(Struct, frozen=True):
    """Received at or after: the start of a day in the context's zone, or epoch seconds UTC."""

    at: date | int


class Before(Struct, frozen=True):
    """Received before: the start of a day in the context's zone, or epoch seconds UTC."""

    at: date | int


class NewerThan(Struct, frozen=True):
    count: int
    unit: Unit


class OlderThan(Struct, frozen=True):
    count: int
    unit: Unit


class Larger(Struct, frozen=True):
    """Bytes of the whole message."""

    size: int


class Smaller(Struct, frozen=True):
    """Bytes of the whole message."""

    size: int


class Label(Struct, frozen=True):
    """A label by name; a dash in `name` stands for any one character that is no letter or digit."""

    name: str


class In(Struct, frozen=True):
    place: Place


class Is(Struct, frozen=True):
    state: State


class Category(Struct, frozen=True):
    tab: Tab


class Has(Struct, frozen=True):
    thing: Thing


Node: TypeAlias = (
    Everything
    | And
    | Or
    | Not
    | Words
    | Around
    | MessageIdIs
    | After
    | Before
    | NewerThan
    | OlderThan
    | Larger
    | Smaller
    | Label
    | In
    | Is
    | Category
    | Has
)


def all_of(nodes: Iterable[Node]) -> Node:
    """Messages that match every node; all messages when there is none."""
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, And):
            flat.extend(node.nodes)
        elif not isinstance(node, Everything):
            flat.append(node)
    if not flat:
        return Everything()
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(nodes: Iterable[Node]) -> Node:
    """Messages that match at least one node.

    Raises ValueError when there is none: no tree says "no message".
    """
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, Everything):
            return node
        flat.extend(node.nodes if isinstance(node, Or) else (node,))
    if not flat:
        raise ValueError("any_of needs at least one node")
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negate(node: Node) -> Node:
    """Messages that do not match. Raises ValueError for Everything: no tree says "no message"."""
    if isinstance(node, Everything):
        raise ValueError("Everything cannot be negated")
    return node.node if isinstance(node, Not) else Not(node)
