"""What a label may be called."""

from __future__ import annotations

import unicodedata

from gmailkit.client.label_names import LabelNames as LabelNames
from gmailkit.errors import UsageError
from gmailkit.model.ids import LabelId
from gmailkit.query.labels import is_system

# Gmail's own labels that can be put on and taken off; their ids are their names.
WRITABLE = frozenset(
    map(
        LabelId,
        "INBOX UNREAD STARRED IMPORTANT SPAM TRASH CATEGORY_PERSONAL CATEGORY_SOCIAL "
        "CATEGORY_PROMOTIONS CATEGORY_UPDATES CATEGORY_FORUMS".split(),
    )
)
LONGEST = 225  # characters of a name
MOST = 10_000  # labels of a person's own in one mailbox
# Collected from Gmail's answers, nowhere documented.
_RESERVED = frozenset(
    """inbox spam trash bin unread starred important sent draft drafts chat chats allmail archive
    archived muted migrated todo todos buzz [gmail]""".split()
)


def check_new(name: str) -> None:
    """UsageError for what a label cannot be called, before anything is written down or asked."""
    if reason := bad_name(name):
        raise UsageError(
            f'"{name}" cannot be the name of a label: {reason}.', hint="Nothing was changed."
        )


def bad_name(name: str) -> str:
    """Why Gmail would refuse it; "" for one that it may take."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if name.casefold() in _RESERVED or is_system(name) or name.casefold().startswith("[gmail]/"):
        return "Gmail keeps it for itself"
    if name.startswith("^") or any(unicodedata.category(each) in ("Cc", "Cs") for each in name):
        return "Gmail refuses some of its characters"
    if any(not part or part != part.strip() for part in name.split("/")):
        return "each part between slashes begins and ends with a character that is no blank"
    return ""
