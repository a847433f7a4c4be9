"""Labels as `label:`, `in:`, `is:`, `has:` and `category:` look at them.

Open: SNOOZED, SCHEDULED and MUTED are states that the API shows no label for. They are found only
in a document that carries a label of that id.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator

from gmailkit.query.tree import (
    And,
    Everything,
    Label,
    Node,
    Not,
    Or,
    Tab,
    all_of,
    any_of,
    negate,
)

ENCRYPTED = "encryptedmail"  # what `label:` calls client-side-encrypted mail; a label of nobody

_STARS = frozenset(
    """YELLOW_STAR ORANGE_STAR RED_STAR PURPLE_STAR BLUE_STAR GREEN_STAR RED_BANG YELLOW_BANG
    ORANGE_GUILLEMET GREEN_CHECK BLUE_INFO PURPLE_QUESTION""".split()
)
_SYSTEM = _STARS | {
    *("INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "CHAT"),
    *("UNREAD", "STARRED", "IMPORTANT", "MUTED", "SNOOZED", "SCHEDULED"),
}


def is_system(label: str) -> bool:
    """Whether a label is Gmail's own; unknown `CATEGORY_` ids are too."""
    return label in _SYSTEM or label.startswith("CATEGORY_")


def is_star(label: str) -> bool:
    """Whether it tells the kind of a star, beside STARRED."""
    return label in _STARS


def is_named(label: str, pattern: str) -> bool:
    """Whether `label:pattern` means this label: any case, a dash for any punctuation or blank.

    Open: whether accents are folded, and whether one dash can stand for several characters
    ("Work & Play" as `work-play`); here neither: it is `work---play`.
    """
    name, wanted = _plain(label), _plain(pattern)
    return len(name) == len(wanted) and all(map(_stands_for, wanted, name))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _stands_for(wanted: str, character: str) -> bool:
    return wanted == character or (wanted == "-" and not character.isalnum())


def names_in(node: Node) -> Iterator[str]:
    """Every name that the query asks for with `label:`, as it was written."""
    match node:
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from names_in(each)
        case Not(inner):
            yield from names_in(inner)
        case Label(name):
            yield name


def without(node: Node, names: Collection[str]) -> Node | None:
    """The same search where no message bears a label of these names; None where it then finds
    nothing.
    """
    match node:
        case Label(pattern):
            return None if any(is_named(name, pattern) for name in names) else node
        case Not(inner):
            left = without(inner, names)
            if left is None:
                return Everything()
            return None if isinstance(left, Everything) else negate(left)
        case And(nodes):
            every = [without(each, names) for each in nodes]
            return None if None in every else all_of(each for each in every if each is not None)
        case Or(nodes):
            left_of = [
                each for each in (without(node, names) for node in nodes) if each is not None
            ]
            return any_of(left_of) if left_of else None
        case _:
            return node


def category_id(tab: Tab) -> str:
    """Reservations and purchases have had no id so far; newer accounts may show one."""
    return "CATEGORY_PERSONAL" if tab is Tab.PRIMARY else f"CATEGORY_{tab.name}"
