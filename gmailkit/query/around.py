"""`holiday AROUND 10 vacation`, and `"secret AROUND 25 birthday"`, where the order counts."""

from __future__ import annotations

import re

from gmailkit.query.tree import Around, Field, Node
from gmailkit.query.values import Value
from gmailkit.query.words import phrase

_ORDERED = re.compile(r"(?P<left>.+?) AROUND (?P<distance>\d{1,9}) (?P<right>.+)", re.ASCII)
_DISTANCE = re.compile(r"\d{1,9}", re.ASCII)
HINT = (
    "Write: holiday AROUND 10 vacation (in one field: subject:(a AROUND 3 b)). "
    'For the word itself write "AROUND".'
)


def ordered(quoted: Value) -> Node | None:
    """The proximity that a quoted text asks for; None where it is a plain phrase."""
    found = _ORDERED.fullmatch(quoted.text)
    if not found:
        return None
    return _around(quoted, found["left"], found["right"], int(found["distance"]), ordered=True)


def between(left: Value, distance: str, right: str) -> Node:
    """Two words or quoted texts at most `distance` words apart, in any order."""
    if not _DISTANCE.fullmatch(distance):
        raise left.refuse("AROUND needs the number of words that may lie between.", HINT)
    return _around(left, left.text, right, int(distance), ordered=False)


def _around(value: Value, left: str, right: str, distance: int, *, ordered: bool) -> Node:
    if not (phrase(left) and phrase(right)):
        raise value.refuse("AROUND needs a word on both sides.", HINT)
    if " AROUND " in f" {left} {right} ":
        raise value.refuse("AROUND joins two words, not three.", "Join two pairs with a blank.")
    if value.operator not in set(Field):
        raise value.refuse(f"AROUND cannot stand after {value.operator}:.", HINT)
    return Around(left, right, distance, ordered, Field(value.operator))
