"""A search explained: its tree as it was read, and what it asks for in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import assert_never

from gmailkit.query import tree
from gmailkit.query.advice import advice
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.labels import names_in
from gmailkit.query.match import Context
from gmailkit.query.parse import parse
from gmailkit.query.sql import Where, to_sql
from gmailkit.query.text import to_text
from gmailkit.query.tree import Field, Node, Place, State, Thing, Unit

_FIELDS = {
    Field.ANYWHERE: "say {}",
    Field.FROM: "are from {}",
    Field.TO: "are to {}",
    Field.CC: "have {} in Cc",
    Field.BCC: "have {} in Bcc",
    Field.DELIVERED_TO: "were delivered to {}",
    Field.SUBJECT: "have {} in the subject",
    Field.LIST: "are of the mailing list {}",
    Field.FILENAME: "have a file named {}",
}
_NOT = {
    "are": "are not",
    "came": "did not come",
    "have": "do not have",
    "lie": "do not lie",
    "say": "do not say",
    "stand": "do not stand",
    "were": "were not",
}
_UNITS = {Unit.HOUR: "hour", Unit.DAY: "day", Unit.MONTH: "month", Unit.YEAR: "year"}
_PLACES = {
    Place.INBOX: "lie in the inbox",
    Place.SENT: "were sent",
    Place.DRAFT: "are drafts",
    Place.SPAM: "lie in Spam",
    Place.TRASH: "lie in Trash",
    Place.CHATS: "are chats",
    Place.ARCHIVE: "are archived",
    Place.ANYWHERE: "lie anywhere, Spam and Trash too",
    Place.SCHEDULED: "are scheduled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`gmail` is what Gmail is asked, one search after another; `where` is the same for an index,
    in which the labels that the search names are taken to be there; `notes` are its doubts.
    """

    tree: tuple[str, ...]
    words: tuple[str, ...]
    gmail: tuple[str, ...]
    where: Where
    notes: tuple[str, ...]


def explain(text: str, *, context: Context) -> Explanation:
    """How a search is read; nobody is asked. Raises QueryError for one that finds nothing."""
    node = parse(text)
    return Explanation(
        tree=tuple(drawn(node)),
        words=tuple(in_words(node)),
        gmail=tuple(to_text(each) for each in parts(with_instants(node, context.zone))),
        where=to_sql(node, context=context, labels=names_in(node)),
        notes=advice(text),
    )


def drawn(node: Node, *, indent: str = "") -> Iterator[str]:
    """The tree, a node a line, what belongs to one below and further in."""
    match node:
        case tree.And(nodes) | tree.Or(nodes):
            yield f"{indent}{type(node).__name__}"
            for child in nodes:
                yield from drawn(child, indent=f"{indent}  ")
        case tree.Not(child):
            yield f"{indent}Not"
            yield from drawn(child, indent=f"{indent}  ")
        case _:
            said = ((name, getattr(node, name)) for name in node.__struct_fields__)
            values = (f"{name}={_plain(value)}" for name, value in said if value not in ("", False))
            yield f"{indent}{type(node).__name__}({', '.join(values)})"


def in_words(node: Node) -> Iterator[str]:
    """The lines of one sentence about the messages that are found."""
    if isinstance(node, tree.Everything):
        yield "All messages."
        return
    yield "Messages that"
    if isinstance(node, tree.And):
        for place, child in enumerate(node.nodes):
            yield from _said(child, "  ", before="and " if place else "")
    else:
        yield from _said(node, "  ")


def _said(node: Node, indent: str, *, before: str = "") -> Iterator[str]:
    match node:
        case tree.And(nodes) | tree.Or(nodes):
            how = "all of this" if isinstance(node, tree.And) else "at least one of this"
            yield f"{indent}{before}{how}:"
            for child in nodes:
                yield from _said(child, f"{indent}  ")
        case tree.Not(tree.And(nodes) | tree.Or(nodes) as inner):
            how = "not all of this" if isinstance(inner, tree.And) else "nothing of this"
            yield f"{indent}{before}{how}:"
            for child in nodes:
                yield from _said(child, f"{indent}  ")
        case tree.Not(tree.Is(State.UNREAD)):
            yield f"{indent}{before}are read"
        case tree.Not(child):
            verb, _, rest = _leaf(child).partition(" ")
            yield f"{indent}{before}{_NOT[verb]} {rest}"
        case _:
            yield f"{indent}{before}{_leaf(node)}"


def _leaf(node: Node) -> str:
    match node:
        case tree.Words(text, field, exact):
            said = f'"{text}"' if " " in text else text
            return _FIELDS[field].format(f"just {said}" if exact and " " not in text else said)
        case tree.Around(left, right, distance, ordered, field):
            said = f"{left} at most {distance} words {'before' if ordered else 'from'} {right}"
            return _FIELDS[field].format(said)
        case tree.After(at):
            return f"came {_moment(at)} or later"
        case tree.Before(at):
            return f"came before {_moment(at)}"
        case tree.NewerThan(count, unit):
            return f"came in the last {_age(count, unit)}"
        case tree.OlderThan(count, unit):
            return f"came more than {_age(count, unit)} ago"
        case tree.Larger(size):
            return f"are larger than {size:,} bytes"
        case tree.Smaller(size):
            return f"are smaller than {size:,} bytes"
        case tree.MessageIdIs(id):
            return f"have the Message-ID <{id}>"
        case tree.Label() | tree.In() | tree.Is() | tree.Category() | tree.Has():
            return _mark(node)
        case _:
            raise AssertionError(node)  # `_said` takes all others apart


def _mark(node: tree.Label | tree.In | tree.Is | tree.Category | tree.Has) -> str:
    match node:
        case tree.Label(name):
            return f"have the label {name}"
        case tree.In(place):
            return _PLACES[place]
        case tree.Is(state):
            return f"are {state}"
        case tree.Category(tab):
            return f"stand under the tab {tab}"
        case tree.Has(Thing.ATTACHMENT):
            return "have an attachment"
        case tree.Has(Thing.USER_LABELS):
            return "have a label of yours"
        case tree.Has(thing):
            return f"have {thing}"
        case _:
            assert_never(node)


def _moment(at: date | int) -> str:
    if isinstance(at, date):
        return f"on {at}"
    try:
        return f"at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{at:,} seconds after 1970 began"


def _age(count: int, unit: Unit) -> str:
    return f"{count} {_UNITS[unit]}{'' if count == 1 else 's'}"


def _plain(value: object) -> str:
    return (
        value.isoformat()
        if isinstance(value, date)
        else repr(str(value) if isinstance(value, str) else value)
    )
