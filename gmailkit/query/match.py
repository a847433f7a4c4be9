"""Whether a document is what a tree asks for."""

from __future__ import annotations

from typing import assert_never

from gmailkit.query import tree
from gmailkit.query.context import PACIFIC as PACIFIC
from gmailkit.query.context import Context as Context
from gmailkit.query.document import Document
from gmailkit.query.instants import SECONDS, instant
from gmailkit.query.labels import ENCRYPTED, category_id, is_named, is_system
from gmailkit.query.links import LINKS
from gmailkit.query.near import is_near
from gmailkit.query.tree import Field, Node, Place, Thing
from gmailkit.query.words import phrase

PEOPLE = (Field.FROM, Field.TO, Field.CC, Field.BCC)


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
            text = document.index(node.field)
            return is_near(text, node.left, node.right, node.distance, node.ordered)
        case tree.MessageIdIs(id):
            return document.mail.message_id.strip("<> ") == id
        case tree.After(at):
            return document.date >= instant(at, context.zone)
        case tree.Before(at):
            return document.date < instant(at, context.zone)
        case tree.NewerThan(count, unit):
            return document.date >= context.now - count * SECONDS[unit]
        case tree.OlderThan(count, unit):
            return document.date < context.now - count * SECONDS[unit]
        case tree.Larger(size):
            return document.size > size
        case tree.Smaller(size):
            return document.size < size
        case tree.Label() | tree.In() | tree.Is() | tree.Category() | tree.Has():
            return _has_mark(node, document)
        case _:
            assert_never(node)


def _has_words(text: str, field: Field, document: Document, me: frozenset[str]) -> bool:
    if text.casefold() == "me" and field in PEOPLE:
        return any(one.email.casefold() in me for one in document.addresses(field))
    return phrase(text) in document.index(field)


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
            return any(map(LINKS[thing].match, document.links))
        case _:
            return thing.name in document.labels  # a star; only some accounts show these labels
