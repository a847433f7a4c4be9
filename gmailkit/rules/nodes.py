"""Rules as searches: what a filter's criteria ask for, and what only a search can see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.errors import QueryError
from gmailkit.query import tree
from gmailkit.query.parse import parse
from gmailkit.query.tree import Field, Node, Place, Thing, Words, all_of, any_of, negate
from gmailkit.query.words import phrase
from gmailkit.rules.rule import Raw, Rule

KNOWN = frozenset(
    "from to subject query negatedQuery hasAttachment excludeChats size sizeComparison".split()
)
_GRAMMAR = re.compile(r"""\bOR\b|[|{}()"]|(?:^|\s)-""")
# Gmail's filters look at mail that is only arriving: it bears no label and has no age.
_ONLY_LATER = (
    tree.After | tree.Before | tree.NewerThan | tree.OlderThan | tree.Label | tree.In | tree.Is
)
_ONLY_WITH_LABELS = frozenset(Thing) - {
    *(Thing.ATTACHMENT, Thing.DRIVE, Thing.DOCUMENT, Thing.SPREADSHEET, Thing.PRESENTATION),
    Thing.YOUTUBE,
}


def node_of(rule: Rule) -> Node | None:
    """The search that finds what the rule means; None where only Gmail can tell."""
    if rule.match is not None:
        return rule.match
    if rule.verbatim.get("criteria"):
        return None
    try:
        return all_of(_asked(rule.criteria))
    except (QueryError, ValueError):
        return None


def unseen(node: Node) -> tuple[str, ...]:
    """What in a search Gmail's filters ignore, as it is written there: "is:", "after:"."""
    found: dict[str, None] = {}
    for leaf in _leaves(node):
        if isinstance(leaf, _ONLY_LATER):
            found[_WORDS[type(leaf)]] = None
        elif isinstance(leaf, tree.Has) and leaf.thing in _ONLY_WITH_LABELS:
            found[f"has:{leaf.thing}"] = None
    return tuple(found)


def implies(one: Node, other: Node) -> bool:
    """Whether what `one` finds, `other` finds too, as far as a look at their parts tells."""
    return set(_joined(other)) <= set(_joined(one))


def _joined(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, tree.And) else (node,)


def _asked(criteria: Raw) -> Iterator[Node]:
    """Open: excludeChats. Chats are no longer mail, so it hardly matters."""
    yield from _fields(criteria, "from", Field.FROM)
    yield from _fields(criteria, "to", Field.TO, Field.CC, Field.BCC)
    yield from _fields(criteria, "subject", Field.SUBJECT)
    if query := criteria.get("query"):
        yield parse(query)
    if without := criteria.get("negatedQuery"):
        yield negate(parse(without))
    if criteria.get("hasAttachment"):
        yield tree.Has(Thing.ATTACHMENT)
    if criteria.get("excludeChats"):
        yield negate(tree.In(Place.CHATS))
    if (size := criteria.get("size")) is not None:
        larger = criteria.get("sizeComparison") == "larger"
        yield tree.Larger(size) if larger else tree.Smaller(size)


def _fields(criteria: Raw, key: str, *fields: Field) -> Iterator[Node]:
    """A phrase in any of the fields. Open: how much of the grammar of searches Gmail reads there;
    alternatives, brackets and quotes it does, as its own dialog writes them.
    """
    text = criteria.get(key, "")
    if not text:
        return
    if _GRAMMAR.search(text):
        yield any_of(parse(f"{field}:({text})") for field in fields)
    elif phrase(text):
        yield any_of(Words(text, field, exact=True) for field in fields)
    else:
        raise ValueError(f"{text!r} finds nothing")


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case tree.And(nodes) | tree.Or(nodes):
            for each in nodes:
                yield from _leaves(each)
        case tree.Not(inner):
            if inner != tree.In(Place.CHATS):
                yield from _leaves(inner)
        case _:
            yield node


_WORDS: dict[type, str] = {
    tree.After: "after:",
    tree.Before: "before:",
    tree.NewerThan: "newer_than:",
    tree.OlderThan: "older_than:",
    tree.Label: "label:",
    tree.In: "in:",
    tree.Is: "is:",
}
