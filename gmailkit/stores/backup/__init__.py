"""A backup folder, or one in object storage.

source.py   the messages of one account in it
target.py   mail of any other store, brought into it
followed.py mail of a mailbox of Gmail that is followed there
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.stores.backup.followed import FollowedTarget as FollowedTarget
    from gmailkit.stores.backup.source import BackupStore as BackupStore
    from gmailkit.stores.backup.source import item_of as item_of
    from gmailkit.stores.backup.target import BackupTarget as BackupTarget

_HOMES = {
    "BackupStore": "source",
    "BackupTarget": "target",
    "FollowedTarget": "followed",
    "item_of": "source",
}


def __getattr__(name: str) -> object:
    """Each is loaded when it is needed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
