"""Tree to SQL over the tables of `shelf`: the same messages as `match` finds.

Nothing of a query stands in the SQL: words, names and numbers are parameters. Words that stand
beside each other are looked for together, in one expression of the word index: SQLite takes many
times as long for thousands of them one by one. `lookup.keys` runs what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec
from msgspec.structs import replace

from gmailkit.query import tree
from gmailkit.query.context import Context
from gmailkit.query.instants import SECONDS, instant
from gmailkit.query.labels import ENCRYPTED, category_id, is_named, is_system
from gmailkit.query.links import LINKS
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


_LONGEST = 16  # words of a phrase that the word index is asked for; `holds` looks at the others
# Every part keeps to the run of keys that is looked at: the newest messages are found first, and
# the work for them does not grow with the mailbox.
_RUN = "BETWEEN ?1 AND ?2"
_MATCHING = f"SELECT rowid FROM search_words WHERE search_words MATCH ? AND rowid {_RUN}"  # noqa: S608 - ours


class Where(msgspec.Struct, frozen=True):
    """A condition on `search`, with its parameters; `asked` is the question as SQLite takes it.

    `?1` and `?2` in it are the first and the last key that is looked at.
    """

    sql: str
    parameters: tuple[str | int | float, ...] = ()

    @property
    def asked(self) -> str:
        """Takes the first key, the last key, and then `parameters`."""
        return f"SELECT key FROM search WHERE key {_RUN} AND {self.sql} ORDER BY key DESC"  # noqa: S608 - ours


_ALL, _NONE = Where("1"), Where("0")


def to_sql(node: Node, *, context: Context, labels: Iterable[str]) -> Where:
    """The condition that holds for what `match.matches` with this `context` says yes to.

    `labels` are all that stand in `search_labels`: `label:` may mean several of them. As there,
    Spam and Trash are the caller's affair.
    """
    return _Compiler(context, tuple(labels)).of(node)


class _Compiler(msgspec.Struct, frozen=True):
    context: Context
    labels: Sequence[str]

    def of(self, node: Node) -> Where:
        match node:
            case tree.Everything():
                return _ALL
            case tree.And(nodes):
                return self._several("AND", "OR", nodes)
            case tree.Or(nodes):
                return self._several("OR", "AND", nodes)
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

    def _several(self, word: str, opposite: str, nodes: Sequence[Node]) -> Where:
        """Nodes joined by a word, which is `opposite` inside a negation."""
        together = [node for node in nodes if _expression(node, _OPEN)]
        denied = [
            node.node
            for node in nodes
            if isinstance(node, tree.Not) and _expression(node.node, _OPEN)
        ]
        parts = [_together(word, together)] if together else []
        parts += [_not(_together(opposite, denied))] if denied else []
        alone = (
            node
            for node in nodes
            if not _expression(node.node if isinstance(node, tree.Not) else node, _OPEN)
        )
        return _joined(word, [*parts, *map(self.of, alone)])

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
        sql = (
            f"SELECT key FROM search_people WHERE field = ? AND email IN ({_marks(me)})"  # noqa: S608 - ours
            f" AND key {_RUN}"
        )
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


def ranking(words: Iterable[tree.Words]) -> str:
    """What the word index is asked to rank by any of these words; "" where there are none."""
    asked = (
        _in_columns(_shortened(phrase(each.text)), _OPEN)
        if each.field is Field.ANYWHERE
        else _in_columns(_shortened(phrase(each.text)), [COLUMNS[each.field]])
        for each in words
        if phrase(each.text)
    )
    return " OR ".join(asked)


def both_of(one: Where, other: Where) -> Where:
    """What both hold of."""
    return _joined("AND", [one, other])


def without(part: Where, labels: Sequence[str]) -> Where:
    """What bears none of these labels."""
    return both_of(part, _not(_labelled(labels)))


def _joined(word: str, parts: list[Where]) -> Where:
    """Halves of halves: SQLite counts how deep conditions lie in each other, and stops at 1,000."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _joined(word, parts[:half]), _joined(word, parts[half:])
    return Where(f"({left.sql} {word} {right.sql})", (*left.parameters, *right.parameters))


def _not(part: Where) -> Where:
    return replace(part, sql=f"NOT {part.sql}")


def _expression(node: Node, columns: Sequence[str], depth: int = 2) -> str:
    """What the word index is asked for a node of nothing but words; "" where it is not.

    `columns` are those for words of no field. It takes no brackets that lie deep in each other.
    """
    match node:
        case tree.Words(text, field, _):
            wanted = phrase(text)
            own = field is Field.BCC or (field in PEOPLE and text.casefold() == "me")
            if own or not wanted or _is_long(wanted):
                return ""
            return _in_columns(wanted, columns if field is Field.ANYWHERE else [COLUMNS[field]])
        case tree.And(nodes) | tree.Or(nodes) if depth:
            parts = [_expression(child, columns, depth - 1) for child in nodes]
            word = " AND " if isinstance(node, tree.And) else " OR "
            return f"({word.join(parts)})" if all(parts) else ""
        case _:
            return ""


def _together(word: str, nodes: Sequence[Node]) -> Where:
    """Of own mail the hidden recipients too."""
    both = (
        f" {word} ".join(_expression(node, columns) for node in nodes)
        for columns in (_OPEN, (*_OPEN, COLUMNS[Field.BCC]))
    )
    found, own = (Where(f"key IN ({_MATCHING})", (text,)) for text in both)
    return found if found == own else _joined("OR", [found, _own(own)])


def _matching(wanted: str, *columns: str) -> Where:
    asked = _in_columns(_shortened(wanted), columns)
    if not _is_long(wanted):
        return Where(f"key IN ({_MATCHING})", (asked,))
    holds = " OR ".join(f"holds(rowid, '{column}', ?)" for column in columns)
    return Where(f"key IN ({_MATCHING} AND ({holds}))", (asked, *[wanted] * len(columns)))


def _in_columns(wanted: str, columns: Sequence[str]) -> str:
    return f'{{{" ".join(columns)}}} : "{wanted.strip()}"'


def _is_long(wanted: str) -> bool:
    return wanted.count(" ") > _LONGEST


def _shortened(wanted: str) -> str:
    """So much of it as the word index finds in reasonable time in a text that repeats itself."""
    return " ".join(wanted.split()[:_LONGEST])


def _around(node: tree.Around) -> Where:
    """The words are found in the index first, and only where both stand is the text read."""
    if node.field is Field.ANYWHERE:
        own = _own(_near(node, (COLUMNS[Field.BCC],)))
        return _joined("OR", [_near(node, _OPEN), own])
    found = _near(node, (COLUMNS[node.field],))
    return _own(found) if node.field is Field.BCC else found


def _near(node: tree.Around, columns: Sequence[str]) -> Where:
    both = (_in_columns(_shortened(phrase(text)), columns) for text in (node.left, node.right))
    near = " OR ".join(f"near(rowid, '{column}', ?, ?, ?, ?)" for column in columns)
    each = (node.left, node.right, node.distance, node.ordered)
    where = f"key IN ({_MATCHING} AND ({near}))"
    return Where(where, (" AND ".join(both), *each * len(columns)))


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
    sql = f"SELECT key FROM search_labels WHERE label IN ({_marks(labels)}) AND key {_RUN}"  # noqa: S608 - ours
    return Where(f"key IN ({sql})", tuple(labels))


def _thing(name: str) -> Where:
    return Where("things & ?", (BITS[name],))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
