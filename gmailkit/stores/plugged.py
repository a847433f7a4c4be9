"""Stores of other packages: entry points of the group `gmailkit.stores`, named by their scheme.

    [project.entry-points."gmailkit.stores"]
    notmuch = "gmailkit_notmuch:KIND"

A name of ours cannot be taken over.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from gmailkit.errors import CannotDo, UsageError
from gmailkit.model.item import KEPT, Can
from gmailkit.stores.locate import SCHEMES, Location
from gmailkit.stores.protocol import Source, Target

GROUP = "gmailkit.stores"


class Kind(Protocol):
    """What an entry point gives. A kind that is only read has no `target`; one that keeps less than
    all of a message says in `can` what it keeps and can.
    """

    def source(self, location: Location) -> Source:
        """For reading; raises GmailKitError."""

    def target(self, location: Location) -> Target:
        """For adding, made where it is missing; raises GmailKitError."""


def schemes() -> tuple[str, ...]:
    """Those of all packages that are installed here; none is loaded."""
    return tuple(sorted(known()))


def kind(scheme: str) -> Kind:
    """Raises CannotDo for one that does not load, UsageError where there is none."""
    entry = known().get(scheme)
    if entry is None:
        raise UsageError(f"There is no kind of store called {scheme!r}.")
    try:
        return entry.load()  # type: ignore[no-any-return]
    except Exception as error:  # whatever somebody's package does when it is imported
        package = entry.dist.name if entry.dist else entry.value
        raise CannotDo(
            f"The stores called {scheme}: come from {package}, which does not load: {error}",
            hint=f"Update or remove it: pip install --upgrade {package}",
        ) from error


def abilities(kind: Kind) -> Can:
    """As far as it says so; no store is opened."""
    usual = KEPT | Can.WRITE if hasattr(kind, "target") else KEPT
    said: Can = getattr(kind, "can", usual)
    return said


@cache
def known() -> dict[str, EntryPoint]:
    every = entry_points(group=GROUP)
    return {entry.name: entry for entry in every if entry.name not in SCHEMES}
