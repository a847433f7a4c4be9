"""Addresses a mailbox may send from: the primary one, and aliases once they are verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from gmailkit.sandbox.state.settings import Settings
from gmailkit.sandbox.state.users import User

Status = Literal["accepted", "pending"]


@dataclass(frozen=True, slots=True)
class SendAs:
    """Fields after Gmail's. `smtp_msa` never holds the user name and password; `status` of the
    primary address is always accepted.
    """

    email: str
    name: str = ""
    reply_to: str = ""
    signature: str = ""
    primary: bool = False
    default: bool = False
    treat_as_alias: bool = False
    smtp_msa: Mapping[str, object] | None = None
    status: Status = "pending"


class SendAsAddresses:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def all(self, user: User) -> list[SendAs]:
        """The primary one first; exactly one is the default."""
        kept: dict[str, Any] = self._settings.all(user.n, "sendAs")
        found = {key: SendAs(**value) for key, value in kept.items()}
        primary = found.pop(user.address.lower(), None) or SendAs(
            user.address, user.name, primary=True, status="accepted"
        )
        chosen = any(other.default for other in found.values())
        return [replace(primary, default=not chosen), *found.values()]

    def find(self, user: User, email: str) -> SendAs | None:
        return next((one for one in self.all(user) if one.email.lower() == email.lower()), None)

    def put(self, user: User, new: SendAs) -> None:
        """New or changed; as the default it takes over from the one before."""
        if new.default:
            for other in self.all(user):
                if other.default and other.email.lower() != new.email.lower():
                    self._keep(user, replace(other, default=False))
        self._keep(user, new)

    def remove(self, user: User, email: str) -> None:
        """Where it was the default, the primary address is so again."""
        self._settings.remove(user.n, "sendAs", email.lower())

    def accepted(self, user: User) -> dict[str, str]:
        """Lower-case addresses mail may come from, each with the name that stands before it where
        a message gives none.
        """
        primary, *others = self.all(user)
        names = {primary.email.lower(): primary.name or user.name}
        for other in others:
            if other.status == "accepted":
                names[other.email.lower()] = other.name or primary.name or user.name
        return names

    def default(self, user: User) -> SendAs:
        return next(one for one in self.all(user) if one.default)

    def _keep(self, user: User, one: SendAs) -> None:
        self._settings.put(user.n, "sendAs", asdict(one), key=one.email.lower())
