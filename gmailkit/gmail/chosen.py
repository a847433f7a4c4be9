"""The messages that a verb is about: a query, messages, or their ids."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.errors import UsageError
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import is_id
from gmailkit.model.message import Message, MessageRef
from gmailkit.query.builder import Q

One = Envelope | Message | MessageRef
Chosen = str | Q | One | Iterable[str | One]
"""Messages to act on: a query, or a message (or its id), or several of them.

A text of 16 hexadecimal digits is an id; a search for it is that in quotes.
"""


def id_of(message: str | One) -> str:
    return message if isinstance(message, str) else message.id


def names(given: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several: a bare string is one name, never its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def choice(
    messages: Chosen | None, ids: Iterable[str] | None
) -> tuple[str | None, tuple[str, ...]]:
    """A query, or ids; UsageError unless exactly one of the two was given."""
    if (messages is None) == (ids is None):
        raise UsageError("Name the messages once: by a query, as messages, or as ids.")
    if isinstance(messages, One) or (isinstance(messages, str) and is_id(messages)):
        return None, (id_of(messages),)
    if isinstance(messages, str | Q):
        return str(messages), ()
    return None, tuple(id_of(each) for each in (messages if messages is not None else ids or ()))
