"""Tree to SQL over the tables of `shelf`: the same messages as `match` finds.

Nothing of a query stands in the SQL: words, names and numbers are parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from gmailkit.query import tree
from gmailkit.query.instants import SECONDS, instant
from gmailkit.query.labels import ENCRYPTED, category_id, is_named, is_system
from gmailkit.query.links import LINKS
from gmailkit.query.match import Context
from gmailkit.query.shelf import BITS, COLUMNS, OWN, PEOPLE
from gmailkit.query.tree import Field, Node, Place, Thing
from gmailkit.query.words import phrase

_ELSEWHERE = ("INBOX", "SENT", "DRAFT", "SPAM", "TRASH")  # where what is in the archive is not
# What a plain word is looked for in, but for Bcc, which only own mail is found by.
_OPEN = tuple(
    COLUMNS[field]
    for field in (
        *(Field.SUBJECT, Field.FROM, Field.TO, Field.CC),
        *(Field.FILENAME, Field.ANYWHERE),
    )
)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on `search`: SELECT key FROM search WHERE `sql`, with its parameters."""

    sql: str
    parameters: tuple[str | int | float, ...] = ()


_ALL, _NONE = Where("1"), Where("0")


def to_sql(node: Node, *, context: Context, labels: Iterable[str]) -> Where:
    """The condition that holds for what `match.matches` with this `context` says yes to.

    `labels` are all that stand in `search_labels`: `label:` may mean several of them. As there,
    Spam and Trash are the caller's affair.
    """
    return _Compiler(context, tuple(labels)).of(node)


@dataclass(frozen=True, slots=True)
class _Compiler:
    context: Context
    labels: Sequence[str]

    def of(self, node: Node) -> Where:
        match node:
            case tree.Everything():
                return _ALL
            case tree.And(nodes):
                return _joined("AND", [self.of(child) for child in nodes])
            case tree.Or(nodes):
                return _joined("OR", [self.of(child) for child in nodes])
            case tree.Not(child):
                return _not(self.of(child))
            case tree.Words(text, field, _):
                return self._words(text, field)
            case tree.Around():
                return _around(node)
            case tree.MessageIdIs(id):
                return Where("message_id = ?", (id,))
            case tree.Label(name):
                return self._label(name)
            case tree.In() | tree.Is() | tree.Category() | tree.Has():
                return self._mark(node)
            case _:
                return self._measure(node)

    def _words(self, text: str, field: Field) -> Where:
        if text.casefold() == "me" and field in PEOPLE:
            return self._me(field)
        wanted = phrase(text)
        if not wanted:
            return _ALL  # as in `match`: every text holds nothing
        if field is Field.ANYWHERE:
            own = _own(_matching(wanted, COLUMNS[Field.BCC]))
            return _joined("OR", [_matching(wanted, *_OPEN), own])
        found = _matching(wanted, COLUMNS[field])
        return _own(found) if field is Field.BCC else found

    def _me(self, field: Field) -> Where:
        me = sorted(self.context.me)
        sql = f"SELECT key FROM search_people WHERE field = ? AND email IN ({_marks(me)})"  # noqa: S608 - ours
        found = Where(f"key IN ({sql})", (field.value, *me))
        return _own(found) if field is Field.BCC else found

    def _label(self, name: str) -> Where:
        found = _labelled([label for label in self.labels if is_named(label, name)])
        return _joined("OR", [_thing(ENCRYPTED), found]) if name.casefold() == ENCRYPTED else found

    def _mark(self, node: tree.In | tree.Is | tree.Category | tree.Has) -> Where:
        match node:
            case tree.In(place):
                return _in(place)
            case tree.Is(state):
                return _labelled([state.name])
            case tree.Category(tab):
                return _labelled([category_id(tab)])
            case tree.Has(thing) if thing is Thing.USER_LABELS:
                return _labelled([label for label in self.labels if not is_system(label)])
            case tree.Has(thing) if thing in LINKS or thing is Thing.ATTACHMENT:
                return _thing(thing)
            case tree.Has(thing):
                return _labelled([thing.name])
            case _:
                assert_never(node)

    def _measure(
        self,
        node: (
            tree.After | tree.Before | tree.NewerThan | tree.OlderThan | tree.Larger | tree.Smaller
        ),
    ) -> Where:
        zone, now = self.context.zone, self.context.now
        match node:
            case tree.After(at):
                return Where("date >= ?", (instant(at, zone),))
            case tree.Before(at):
                return Where("date < ?", (instant(at, zone),))
            case tree.NewerThan(count, unit):
                return Where("date >= ?", (now - count * SECONDS[unit],))
            case tree.OlderThan(count, unit):
                return Where("date < ?", (now - count * SECONDS[unit],))
            case tree.Larger(size):
                return Where("size > ?", (size,))
            case tree.Smaller(size):
                return Where("size < ?", (size,))
            case _:
                assert_never(node)


def _joined(word: str, parts: list[Where]) -> Where:
    """Halves of halves: SQLite counts how deep conditions lie in each other, and stops at 1,000."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _joined(word, parts[:half]), _joined(word, parts[half:])
    return Where(f"({left.sql} {word} {right.sql})", (*left.parameters, *right.parameters))


def _not(part: Where) -> Where:
    return replace(part, sql=f"NOT {part.sql}")


def _matching(wanted: str, *columns: str) -> Where:
    sql = "SELECT rowid FROM search_words WHERE search_words MATCH ?"
    return Where(f"key IN ({sql})", (f'{{{" ".join(columns)}}} : "{wanted.strip()}"',))


def _around(node: tree.Around) -> Where:
    """The words are found in the index first, and only where both stand is the text read."""
    if node.field is Field.ANYWHERE:
        own = _own(_near(node, (COLUMNS[Field.BCC],)))
        return _joined("OR", [_near(node, _OPEN), own])
    found = _near(node, (COLUMNS[node.field],))
    return _own(found) if node.field is Field.BCC else found


def _near(node: tree.Around, columns: Sequence[str]) -> Where:
    among = " ".join(columns)
    both = (f'{{{among}}} : "{phrase(text).strip()}"' for text in (node.left, node.right))
    near = " OR ".join(f"near({column}, ?, ?, ?, ?)" for column in columns)
    sql = f"SELECT rowid FROM search_words WHERE search_words MATCH ? AND ({near})"  # noqa: S608 - ours
    each = (node.left, node.right, node.distance, node.ordered)
    return Where(f"key IN ({sql})", (" AND ".join(both), *each * len(columns)))


def _own(part: Where) -> Where:
    return _joined("AND", [part, _labelled(OWN)])


def _in(place: Place) -> Where:
    match place:
        case Place.ANYWHERE:
            return _ALL
        case Place.ARCHIVE:
            return _not(_labelled(_ELSEWHERE))
        case Place.CHATS:
            return _labelled(["CHAT"])
        case _:
            return _labelled([place.name])


def _labelled(labels: Sequence[str]) -> Where:
    """With at least one of these."""
    if not labels:
        return _NONE
    sql = f"SELECT key FROM search_labels WHERE label IN ({_marks(labels)})"  # noqa: S608 - ours
    return Where(f"key IN ({sql})", tuple(labels))


def _thing(name: str) -> Where:
    return Where("things & ?", (BITS[name],))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
