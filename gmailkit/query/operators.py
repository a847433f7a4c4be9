"""The table of Gmail's search operators: a name, and what it makes of its value.

Source: "Refine searches in Gmail" (support.google.com/mail/answer/7190).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from gmailkit.errors import QueryError
from gmailkit.query import tree, values
from gmailkit.query.tree import Field, Node, Place, State, Tab, Thing
from gmailkit.query.values import Value, shorten
from gmailkit.query.words import phrase

Builder = Callable[[Value], Node | None]


def build(value: Value) -> Node | None:
    """What one operator with one value asks for; None where Gmail ignores it.

    An operator without a value filters nothing in Gmail (measured on a live mailbox), and no
    field finds text that holds neither letter nor digit; so the tree leaves both out.
    """
    return OPERATORS[value.operator](value) if value.text else None


def words(value: Value, *, field: Field) -> Node | None:
    if not phrase(value.text):
        return None
    return tree.Words(value.text, field, value.exact)


def _message_id(value: Value) -> Node | None:
    id = value.text.strip("<> ")
    return tree.MessageIdIs(id) if id else None


def _after(value: Value) -> Node:
    return tree.After(values.moment(value))


def _before(value: Value) -> Node:
    return tree.Before(values.moment(value))


def _newer_than(value: Value) -> Node:
    return tree.NewerThan(*values.age(value))


def _older_than(value: Value) -> Node:
    return tree.OlderThan(*values.age(value))


def _larger(value: Value) -> Node:
    return tree.Larger(values.size(value))


def _smaller(value: Value) -> Node:
    return tree.Smaller(values.size(value))


def _label(value: Value) -> Node:
    """System labels go by their names here too; no user label can have one of those."""
    return _SYSTEM_LABELS.get(value.text.casefold()) or tree.Label(value.text)


def _in(value: Value) -> Node:
    return _PLACES.get(value.text.casefold()) or _label(value)


def _is(value: Value) -> Node:
    return _choose(value, _STATES)


def _category(value: Value) -> Node:
    return _choose(value, _TABS)


def _has(value: Value) -> Node:
    return _choose(value, _THINGS)


def _header(value: Value) -> Node:
    # Open: the help page names this operator, but nobody has verified its syntax.
    raise value.refuse(
        "header: is not supported: how Gmail reads it is not documented.",
        "Use from:, to:, subject:, list: or rfc822msgid:.",
    )


def _choose(value: Value, known: Mapping[str, Node]) -> Node:
    if node := known.get(value.text.casefold()):
        return node
    raise value.refuse(
        f"{value.operator}:{shorten(value.text)} is nothing Gmail knows, and would find nothing.",
        _choice_hint(value, known),
    )


def _choice_hint(value: Value, known: Iterable[str]) -> str:
    text = value.text.casefold()
    for name, choices in (("is", _STATES), ("in", _PLACES), ("has", _THINGS), ("category", _TABS)):
        if text in choices:
            return f"Did you mean {name}:{text}?"
    if near := nearest(text, known):
        return f"Did you mean {value.operator}:{near}?"
    return f"It takes one of: {', '.join(known)}."


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known word that `text` is probably a slip of."""
    from difflib import get_close_matches

    found = get_close_matches(text[:24], list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def place_meant(name: str) -> str | None:
    """What `in:` takes for a word that is neither a place nor a label, if it can be guessed."""
    return _MEANT_PLACES.get(name.casefold()) or nearest(name.casefold(), _PLACES)


def unknown(name: str, query: str, position: int) -> QueryError:
    """The error for `name:` where no such operator exists; `position` is that of the name."""
    whole = query[position:].split(maxsplit=1)[0].rstrip('()|{}"')
    quoted = f'"{whole}"'
    if whole.startswith(f"{name}://"):
        message, hint = "A web address must stand in quotes.", f"Write {shorten(quoted)}."
    elif name.isdecimal():
        message, hint = f"{shorten(whole)} must stand in quotes.", f"Write {shorten(quoted)}."
    else:
        message = f"{shorten(name)}: is no search operator, and Gmail would find nothing."
        near = _MEANT.get(name.casefold()) or nearest(name.casefold(), OPERATORS)
        meant = f"Did you mean {near}:? " if near else ""
        hint = f"{meant}To find the text itself, quote it: {shorten(quoted)}."
    return QueryError(message, query=query, position=position, hint=hint)


_STATES: dict[str, Node] = {
    **{state.value: tree.Is(state) for state in State},
    "read": tree.Not(tree.Is(State.UNREAD)),
    "chat": tree.In(Place.CHATS),
}
_PLACES: dict[str, Node] = {
    **{place.value: tree.In(place) for place in Place},
    "drafts": tree.In(Place.DRAFT),
    "starred": tree.Is(State.STARRED),
    "important": tree.Is(State.IMPORTANT),
    "snoozed": tree.Is(State.SNOOZED),
}
_TABS: dict[str, Node] = {tab.value: tree.Category(tab) for tab in Tab}
_THINGS: dict[str, Node] = {
    **{thing.value: tree.Has(thing) for thing in Thing},
    "nouserlabels": tree.Not(tree.Has(Thing.USER_LABELS)),
}
_SYSTEM_LABELS: dict[str, Node] = {
    **{place: tree.In(Place(place)) for place in ("inbox", "sent", "draft", "spam", "trash")},
    "drafts": tree.In(Place.DRAFT),
    "chat": tree.In(Place.CHATS),
    "chats": tree.In(Place.CHATS),
    **{state.value: tree.Is(state) for state in State},
}

OPERATORS: dict[str, Builder] = {
    **{field.value: partial(words, field=field) for field in Field},
    "rfc822msgid": _message_id,
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _newer_than,
    "older_than": _older_than,
    "size": _larger,  # measured: it finds what is larger
    "larger": _larger,
    "smaller": _smaller,
    "label": _label,
    "category": _category,
    "in": _in,
    "is": _is,
    "has": _has,
    "header": _header,
}
# Other programs' words for the same thing, which no spelling distance would find.
_MEANT = {
    "sender": "from",
    "author": "from",
    "recipient": "to",
    "title": "subject",
    "topic": "subject",
    "tag": "label",
    "folder": "in",
    "mailbox": "in",
    "file": "filename",
    "attachment": "filename",
    "since": "after",
    "until": "before",
    "msgid": "rfc822msgid",
    "message-id": "rfc822msgid",
    "messageid": "rfc822msgid",
    "list-id": "list",
    "bigger": "larger",
}
_MEANT_PLACES = {
    "all": "anywhere",
    "allmail": "anywhere",
    "all-mail": "anywhere",
    "everywhere": "anywhere",
    "archived": "archive",
    "bin": "trash",
    "deleted": "trash",
    "junk": "spam",
    "outbox": "scheduled",
    "later": "snoozed",
}
