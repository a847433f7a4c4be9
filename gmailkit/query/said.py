"""What a search says of everything it finds: its words, and the time it came in."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.query.context import Context
from gmailkit.query.instants import SECONDS, instant
from gmailkit.query.tree import (
    After,
    And,
    Around,
    Before,
    NewerThan,
    Node,
    OlderThan,
    Or,
    Words,
)

_EVER = (float("-inf"), float("inf"))


def wanted_words(node: Node) -> Iterator[Words]:
    """Each of them, as it was written; what is not wanted is left out."""
    match node:
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from wanted_words(each)
        case Words():
            yield node
        case Around(left=left, right=right, field=field):
            yield from (Words(text, field) for text in (left, right))


def span(node: Node, context: Context) -> tuple[float, float]:
    """From when on, and before when, all that it finds came (epoch seconds); no narrower than that,
    but maybe wider.
    """
    match node:
        case And(nodes):
            spans = [span(each, context) for each in nodes]
            return max(start for start, _ in spans), min(end for _, end in spans)
        case After(at):
            return instant(at, context.zone), _EVER[1]
        case Before(at):
            return _EVER[0], instant(at, context.zone)
        case NewerThan(count, unit):
            return context.now - count * SECONDS[unit], _EVER[1]
        case OlderThan(count, unit):
            return _EVER[0], context.now - count * SECONDS[unit]
        case _:
            return _EVER
