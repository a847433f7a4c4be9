"""Whether a document is what a tree asks for."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import assert_never

from gmailkit.query import tree
from gmailkit.query.document import Document
from gmailkit.query.labels import ENCRYPTED, category_id, is_named, is_system
from gmailkit.query.tree import Field, Node, Place, Thing, Unit
from gmailkit.query.words import phrase

# Google writes that a bare date starts at midnight "PST".
# Open: whether summer time counts. The words say no; a caller may hand in America/Los_Angeles.
PACIFIC = timezone(timedelta(hours=-8), "PST")

_HOUR = 3600
# Open: how long a month and a year are; about 30 and 365 days.
_SECONDS = {
    Unit.HOUR: _HOUR,
    Unit.DAY: 24 * _HOUR,
    Unit.MONTH: 30 * 24 * _HOUR,
    Unit.YEAR: 365 * 24 * _HOUR,
}
_PEOPLE = (Field.FROM, Field.TO, Field.CC, Field.BCC)
# Open: whether `has:drive` covers Docs, Sheets and Slides; their files lie in Drive: here it does.
_DOCS = r"https?://docs\.google\.com/(?:a/[^/]+/)?"
_LINKS = {
    thing: re.compile(pattern, re.IGNORECASE)
    for thing, pattern in (
        (
            Thing.DRIVE,
            rf"https?://drive\.google\.com/|{_DOCS}(?:document|spreadsheets|presentation)/",
        ),
        (Thing.DOCUMENT, rf"{_DOCS}document/"),
        (Thing.SPREADSHEET, rf"{_DOCS}spreadsheets/"),
        (Thing.PRESENTATION, rf"{_DOCS}presentation/"),
        (Thing.YOUTUBE, r"https?://(?:(?:www|m)\.)?(?:youtube\.com|youtu\.be)/"),
    )
}


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks and when: `now` in epoch seconds, `me` the asker's own addresses."""

    now: float
    me: frozenset[str] = frozenset()
    zone: tzinfo = PACIFIC

    def __post_init__(self) -> None:
        object.__setattr__(self, "me", frozenset(address.casefold() for address in self.me))


def matches(node: Node, document: Document, *, context: Context) -> bool:
    """Spam and Trash are the caller's affair: `scope.reaches_spam_and_trash` tells."""
    match node:
        case tree.Everything():
            return True
        case tree.And(nodes):
            return all(matches(child, document, context=context) for child in nodes)
        case tree.Or(nodes):
            return any(matches(child, document, context=context) for child in nodes)
        case tree.Not(child):
            return not matches(child, document, context=context)
        case tree.Words(text, field, _):
            return _has_words(text, field, document, context.me)
        case tree.Around():
            return _has_around(node, document)
        case tree.MessageIdIs(id):
            return document.mail.message_id.strip("<> ") == id
        case tree.After(at):
            return document.date >= _instant(at, context.zone)
        case tree.Before(at):
            return document.date < _instant(at, context.zone)
        case tree.NewerThan(count, unit):
            return document.date >= context.now - count * _SECONDS[unit]
        case tree.OlderThan(count, unit):
            return document.date < context.now - count * _SECONDS[unit]
        case tree.Larger(size):
            return document.size > size
        case tree.Smaller(size):
            return document.size < size
        case tree.Label() | tree.In() | tree.Is() | tree.Category() | tree.Has():
            return _has_mark(node, document)
        case _:
            assert_never(node)


def _has_words(text: str, field: Field, document: Document, me: frozenset[str]) -> bool:
    if text.casefold() == "me" and field in _PEOPLE:
        return any(one.email.casefold() in me for one in document.addresses(field))
    return phrase(text) in document.index(field)


def _has_around(node: tree.Around, document: Document) -> bool:
    left, right = phrase(node.left).split(), phrase(node.right).split()
    for text in document.index(node.field).split("\n"):
        words = text.split()
        lefts, rights = _places(left, words), _places(right, words)
        if _near(lefts, len(left), rights, node.distance):
            return True
        if not node.ordered and _near(rights, len(right), lefts, node.distance):
            return True
    return False


def _places(needle: list[str], words: list[str]) -> list[int]:
    """Where in `words` the needle begins."""
    count = len(needle)
    return [
        at
        for at, word in enumerate(words)
        if word == needle[0] and words[at : at + count] == needle
    ]


def _near(firsts: list[int], length: int, seconds: list[int], distance: int) -> bool:
    """Whether a second begins after a first ends, and at most `distance` words on.

    Open: whether Gmail counts the words between or, as here, the steps from one to the other.
    """
    for first in firsts:
        following = bisect_left(seconds, first + length)
        if following < len(seconds) and seconds[following] - (first + length - 1) <= distance:
            return True
    return False


def _instant(at: date | int, zone: tzinfo) -> float:
    return datetime.combine(at, time(), zone).timestamp() if isinstance(at, date) else at


def _has_mark(
    node: tree.Label | tree.In | tree.Is | tree.Category | tree.Has, document: Document
) -> bool:
    match node:
        case tree.Label(name):
            encrypted = name.casefold() == ENCRYPTED and document.is_encrypted
            return encrypted or any(is_named(label, name) for label in document.labels)
        case tree.In(place):
            return _is_in(place, document.labels)
        case tree.Is(state):
            return state.name in document.labels
        case tree.Category(tab):
            return category_id(tab) in document.labels
        case tree.Has(thing):
            return _has_thing(thing, document)
        case _:
            assert_never(node)


def _is_in(place: Place, labels: frozenset[str]) -> bool:
    match place:
        case Place.ANYWHERE:
            return True
        case Place.ARCHIVE:
            return labels.isdisjoint(("INBOX", "SENT", "DRAFT", "SPAM", "TRASH"))
        case Place.CHATS:
            return "CHAT" in labels
        case _:
            return place.name in labels


def _has_thing(thing: Thing, document: Document) -> bool:
    match thing:
        case Thing.ATTACHMENT:
            return bool(document.mail.attachments)
        case Thing.USER_LABELS:
            return not all(map(is_system, document.labels))
        case Thing.DRIVE | Thing.DOCUMENT | Thing.SPREADSHEET | Thing.PRESENTATION | Thing.YOUTUBE:
            return any(map(_LINKS[thing].match, document.links))
        case _:
            return thing.name in document.labels  # a star; only some accounts show these labels
