"""The words that a search wants to be there: what a hit is shown and ranked by."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.query.tree import And, Around, Node, Or, Words


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
