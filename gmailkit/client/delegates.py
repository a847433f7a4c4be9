"""`users.settings.delegates` of the Gmail API."""

from __future__ import annotations

from gmailkit.model.settings import Delegate, DelegatesPage
from gmailkit.wire.call import Wire


class Delegates:
    """Who may use this mailbox in Gmail's web page (not through this API).

    All of it is for service accounts with domain-wide delegation; others are Refused. Named by
    primary address, never by an alias. Last line of each method: its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[Delegate, ...]:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.delegates.list", DelegatesPage).delegates

    def get(self, delegate_email: str) -> Delegate:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.delegates.get", Delegate, delegate_email=delegate_email)

    def create(self, delegate_email: str) -> Delegate:
        """Let somebody of the same organisation in, accepted at once; 25 at most.

        It may take a minute until it can be used.
        100 units; gmail.settings.sharing.
        """
        body = Delegate(delegate_email=delegate_email)
        return self._wire.call("settings.delegates.create", Delegate, body=body)

    def delete(self, delegate_email: str) -> None:
        """Let somebody in no longer.

        5 units; gmail.settings.sharing.
        """
        self._wire.do("settings.delegates.delete", delegate_email=delegate_email)
