"""Everything that makes mail leave.

words.py    what a caller may say of a message
writing/    words -> `Outgoing`, built and checked
parent.py, replying.py   a stored message -> the `Outgoing` that answers it
drafting.py drafts as a person handles them
guard/      what policy.toml says, asked at every door
once.py     `Outgoing` -> sent, once and only once: the one gate all mail leaves by
ways/       the ways out (through a draft, in one call, over SMTP), and what became of a message
ending.py   what a crash left on its way, brought to an end
outbox/     mail that leaves later
merge/      one template, many rows
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
    from gmailkit.services.sending.writing import write as write

_ON_FIRST_TOUCH = {
    **{name: name for name in "drafting ending once outbox parent replying".split()},
    "write": "writing.write",
}


def __getattr__(name: str) -> ModuleType:
    """The modules that `Gmail` hands on to load when a verb needs them: searching needs none."""
    if name not in _ON_FIRST_TOUCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{_ON_FIRST_TOUCH[name]}")
