"""Changes to a mailbox: written in the journal, made, taken back.

states.py    what messages bear of some labels, read the cheapest way
make.py      a change: begun in the journal, made, ended
undo.py      a change made before, taken back; taking_back.py: what does so
recovering.py   one that was cut short, finished or taken back
following.py filters made anew for a label that goes into another, or comes back
reverse.py, sure.py   a call -> the call that takes it back; whether one was made
recording.py, entries.py   Google's own calls, recorded; what the journal keeps of each
words.py     what a call does, in words
plan.py, verbs.py    labels of many messages: first a plan, then just that; archive, trash and so on
offloading.py, trashed.py   to Trash what is safe in a backup; what lies there, and how long
deleting.py  for good, out of Trash
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.services.changes import deleting as deleting
    from gmailkit.services.changes import offloading as offloading
    from gmailkit.services.changes import plan as plan
    from gmailkit.services.changes import recovering as recovering
    from gmailkit.services.changes import trashed as trashed
    from gmailkit.services.changes import undo as undo
    from gmailkit.services.changes import verbs as verbs

_ON_FIRST_TOUCH = frozenset("deleting offloading plan recovering trashed undo verbs".split())


def __getattr__(name: str) -> ModuleType:
    """The modules that `Gmail` hands on to load when a verb needs them."""
    if name not in _ON_FIRST_TOUCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
