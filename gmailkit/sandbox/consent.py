"""What an absent person answers on the consent page, for tests and private sandboxes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consent:
    """The user who consents, the scopes (full URLs) left unticked, or a refusal of everything.

    A `login_hint` that names a user of the sandbox wins over `address`.
    """

    address: str
    withheld: frozenset[str] = frozenset()
    denied: bool = False

    def ticked(self, scopes: Iterable[str]) -> tuple[str, ...]:
        return tuple(scope for scope in scopes if scope not in self.withheld)
