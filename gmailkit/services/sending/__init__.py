"""Everything that makes mail leave.

words.py    what a caller may say of a message
write.py    words -> `Outgoing`, built and checked
parent.py, replying.py   a stored message -> the `Outgoing` that answers it
drafting.py drafts as a person handles them
files.py    attachments, by path, glob, bytes or file object
once.py     `Outgoing` -> sent, once and only once: the one gate all mail leaves by
gate.py     what policy.toml says about it
by_smtp.py  the way over SMTP
trace.py    whether what went that way left, by its copy in Sent
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.services.sending import drafting as drafting
    from gmailkit.services.sending import ending as ending
    from gmailkit.services.sending import once as once
    from gmailkit.services.sending import outbox as outbox
    from gmailkit.services.sending import parent as parent
    from gmailkit.services.sending import replying as replying
    from gmailkit.services.sending import write as write

_ON_FIRST_TOUCH = frozenset("drafting ending once outbox parent replying write".split())


def __getattr__(name: str) -> ModuleType:
    """The modules that `Gmail` hands on to load when a verb needs them: searching needs none."""
    if name not in _ON_FIRST_TOUCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
