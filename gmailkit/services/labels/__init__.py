"""Labels as people know them.

names.py         names and ids at one moment
definitions.py   one label made, renamed, coloured, deleted
colors.py        Gmail's palette by name
snapshots.py     which message bears which label, all of them, kept
difference.py, rollback.py   what changed between two of those; a change that takes it back
merging.py, unused.py        two labels into one; labels that nothing needs
wanted.py, applying.py       labels.toml, and what makes it so
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from gmailkit.services.labels.names import LabelNames as LabelNames

if TYPE_CHECKING:
    from gmailkit.services.labels import applying as applying
    from gmailkit.services.labels import definitions as definitions
    from gmailkit.services.labels import difference as difference
    from gmailkit.services.labels import merging as merging
    from gmailkit.services.labels import rollback as rollback
    from gmailkit.services.labels import snapshots as snapshots
    from gmailkit.services.labels import unused as unused
    from gmailkit.services.labels import wanted as wanted

_ON_FIRST_TOUCH = frozenset(
    "applying definitions difference merging rollback snapshots unused wanted".split()
)


def __getattr__(name: str) -> ModuleType:
    """The modules that `Gmail` hands on to load when a verb needs them."""
    if name not in _ON_FIRST_TOUCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
