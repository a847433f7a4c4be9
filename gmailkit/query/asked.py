"""A search as Gmail is to be asked it: its days as moments, and no part longer than Gmail takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, tzinfo

from gmailkit.errors import QueryError
from gmailkit.query.instants import instant
from gmailkit.query.text import to_text
from gmailkit.query.tree import After, And, Before, Node, Not, Or, all_of, any_of, negate

# Gmail documents no limit; long lists of alternatives are known to break at a few thousand.
SAFE_LENGTH = 1500  # characters
HALVINGS = 8  # of a search that is too long: 256 parts at most


def with_instants(node: Node, zone: tzinfo) -> Node:
    """Days become epoch seconds of `zone`: a bare day is one of Google's Pacific time.

    What lies before 1970 becomes 1970: Gmail has no spelling for it, and no mail.
    """
    match node:
        case And(nodes):
            return all_of(with_instants(each, zone) for each in nodes)
        case Or(nodes):
            return any_of(with_instants(each, zone) for each in nodes)
        case Not(inner):
            return negate(with_instants(inner, zone))
        case After(at):
            return After(_seconds(at, zone))
        case Before(at):
            return Before(_seconds(at, zone))
        case _:
            return node


def _seconds(at: date | int, zone: tzinfo) -> int:
    return max(int(instant(at, zone)), 0)


def parts(node: Node, *, limit: int = SAFE_LENGTH) -> tuple[Node, ...]:
    """Searches of at most `limit` characters that together find what `node` finds.

    Raises QueryError for one that is longer and has no alternatives to part it at.
    """
    return tuple(_parted(node, limit, HALVINGS))


def _parted(node: Node, limit: int, halvings: int) -> Iterator[Node]:
    text = to_text(node)
    if len(text) <= limit:
        yield node
    elif halvings:
        for half in _halves(node, text):
            yield from _parted(half, limit, halvings - 1)
    else:
        raise _too_long(text, f"It would take more than {2**HALVINGS} searches.")


def _halves(node: Node, text: str) -> tuple[Node, Node]:
    choices = _alternatives(node)
    rest: tuple[Node, ...] = ()
    if not choices and isinstance(node, And):
        longest = max(node.nodes, key=lambda each: len(_alternatives(each)))
        choices = _alternatives(longest)
        rest = tuple(each for each in node.nodes if each is not longest)
    if not choices:
        raise _too_long(text, "Only alternatives (OR) can be asked one after another.")
    half = len(choices) // 2
    first, second = any_of(choices[:half]), any_of(choices[half:])
    return all_of((*rest, first)), all_of((*rest, second))


def _alternatives(node: Node) -> tuple[Node, ...]:
    """Several nodes of which any will do, or none where it cannot be parted."""
    match node:
        case Or(nodes):
            return nodes
        case Not(And(nodes)):
            return tuple(map(negate, nodes))
        case _:
            return ()


def _too_long(text: str, why: str) -> QueryError:
    return QueryError(
        f"A search of {len(text):,} characters is longer than Gmail can be trusted with.",
        query=text,
        position=SAFE_LENGTH,
        hint=why,
    )
