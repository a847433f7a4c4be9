"""Tree to the text Gmail understands, in one spelling only: `parse(to_text(node)) == node`."""

from __future__ import annotations

import re
from datetime import date
from typing import assert_never

from gmailkit.query import tree
from gmailkit.query.tree import Field, Node

_BARE_VALUE = re.compile(r'[^\s(){}|"+][^\s(){}|"]*')
_NOT_A_TERM = re.compile(r"-|\w[\w-]*:|(?:AND|OR|AROUND)$")


def to_text(node: Node) -> str:
    """One canonical query for a tree; "" for Everything.

    A tree that `parse` did not make may hold text that only quotes can carry; it is then written
    in quotes and read back as exact. A quotation mark has no spelling in Gmail: it turns blank.
    """
    match node:
        case tree.Everything():
            return ""
        case tree.And(nodes):
            return " ".join(_bracketed(child, tree.Or) for child in nodes)
        case tree.Or(nodes):
            return " OR ".join(_bracketed(child, tree.And) for child in nodes)
        case tree.Not(child):
            return "-" + _bracketed(child, tree.And, tree.Or)
        case tree.Words(text, field, exact):
            return _words(text, field, exact=exact)
        case tree.Around():
            return _around(node)
        case tree.After(at):
            return f"after:{_moment(at)}"
        case tree.Before(at):
            return f"before:{_moment(at)}"
        case _:
            return _named(node)


_Named = (
    tree.MessageIdIs
    | tree.NewerThan
    | tree.OlderThan
    | tree.Larger
    | tree.Smaller
    | tree.Label
    | tree.In
    | tree.Is
    | tree.Category
    | tree.Has
)


def _named(node: _Named) -> str:
    match node:
        case tree.MessageIdIs(id):
            return f"rfc822msgid:{_value(id)}"
        case tree.NewerThan(count, unit):
            return f"newer_than:{count}{unit}"
        case tree.OlderThan(count, unit):
            return f"older_than:{count}{unit}"
        case tree.Larger(size):
            return f"larger:{size}"
        case tree.Smaller(size):
            return f"smaller:{size}"
        case tree.Label(name):
            return f"label:{_value(name.replace(chr(34), '-'))}"
        case tree.In(place):
            return f"in:{place}"
        case tree.Is(state):
            return f"is:{state}"
        case tree.Category(tab):
            return f"category:{tab}"
        case tree.Has(thing):
            return f"has:{thing}"
        case _:
            assert_never(node)


def _bracketed(node: Node, *loose: type[Node]) -> str:
    text = to_text(node)
    between_words = isinstance(node, tree.Around) and not node.ordered and not node.field
    return f"({text})" if between_words or isinstance(node, loose) else text


def _words(text: str, field: Field, *, exact: bool) -> str:
    if field:
        return f"{field}:{_quoted(text) if exact else _value(text)}"
    return _quoted(text) if exact or _NOT_A_TERM.match(text) else _value(text)


def _around(node: tree.Around) -> str:
    prefix = f"{node.field}:" if node.field else ""
    if node.ordered:
        return prefix + _quoted(f"{node.left} AROUND {node.distance} {node.right}")
    text = f"{_term(node.left)} AROUND {node.distance} {_term(node.right)}"
    return f"{prefix}({text})" if prefix else text


def _term(text: str) -> str:
    return _words(text, Field.ANYWHERE, exact=False)


def _value(text: str) -> str:
    return text if _BARE_VALUE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    blank = " ".join(text.replace('"', " ").split())
    return f'"{blank}"'


def _moment(at: date | int) -> str:
    return at.isoformat().replace("-", "/") if isinstance(at, date) else str(at)
