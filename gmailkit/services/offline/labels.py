"""Labels of a saved message as a search names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gmailkit.query.labels import is_system


def names(labels: Mapping[str, str]) -> frozenset[str]:
    """As a search looks for them: Gmail's own by id, a person's by name."""
    return frozenset(_names(labels.items()))


def _names(labels: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (id if is_system(id) else name for id, name in labels)
