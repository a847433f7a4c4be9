"""The messages of a source that a search means: none by a slip, in silence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from gmailkit.model.item import Ref
from gmailkit.query.known import check_searched
from gmailkit.query.labels import is_system, names_in
from gmailkit.query.tree import Node
from gmailkit.services.surveying import survey
from gmailkit.stores.protocol import Labelled, Source

_OTHERWISE = "It is the label of no message there."


def searched(source: Source, wanted: Node | None) -> Iterator[Ref]:
    """Those that match. Raises NotFound for a label that the source has not; one that knows its
    labels by reading its mail alone is asked where nothing matches.
    """
    every = names_in(wanted) if wanted is not None else ()
    names = [name for name in every if not is_system(name.upper())]
    if not names:
        return source.refs(wanted)
    if isinstance(source, Labelled):
        _check(names, source.labels())
        return source.refs(wanted)
    found = source.refs(wanted)
    first = next(found, None)
    if first is not None:
        return chain([first], found)
    facts = [each for _, each in survey(source, source.refs()) if each]
    if facts:  # an empty store may get any label yet
        _check(names, frozenset().union(*(each.labels for each in facts)))
    return iter(())


def _check(names: list[str], known: frozenset[str]) -> None:
    for name in names:
        check_searched(name, sorted(known), otherwise=_OTHERWISE)
