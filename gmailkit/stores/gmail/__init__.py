"""A mailbox of Gmail, by its API.

source.py   as a source: its messages with labels, flags and conversations
bodies.py   how they come
target.py   as a target: what is taken in, by import or insert, and what is there already
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.stores.gmail.source import GmailSource as GmailSource
    from gmailkit.stores.gmail.source import name_of_mailbox as name_of_mailbox
    from gmailkit.stores.gmail.target import CHAT as CHAT
    from gmailkit.stores.gmail.target import DRAFT as DRAFT
    from gmailkit.stores.gmail.target import PLACED as PLACED
    from gmailkit.stores.gmail.target import Conversations as Conversations
    from gmailkit.stores.gmail.target import GmailTarget as GmailTarget
    from gmailkit.stores.gmail.target import searched_id as searched_id

_HOMES = {
    "GmailSource": "source",
    "name_of_mailbox": "source",
    "CHAT": "target",
    "DRAFT": "target",
    "PLACED": "target",
    "Conversations": "target",
    "GmailTarget": "target",
    "searched_id": "target",
}


def __getattr__(name: str) -> object:
    """Each is loaded when it is needed: a backup has a source alone."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
