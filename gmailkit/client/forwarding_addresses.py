"""`users.settings.forwardingAddresses` of the Gmail API."""

from __future__ import annotations

from gmailkit.model.settings import ForwardingAddress, ForwardingAddressesPage
from gmailkit.wire.call import Wire


class ForwardingAddresses:
    """Addresses that filters and auto-forwarding may send to, once they were accepted.

    Anybody may read them; writing is for service accounts with domain-wide delegation, others are
    Refused. Last line of each method: its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[ForwardingAddress, ...]:
        """1 unit; gmail.settings.basic."""
        answer = self._wire.call("settings.forwardingAddresses.list", ForwardingAddressesPage)
        return answer.forwarding_addresses

    def get(self, forwarding_email: str) -> ForwardingAddress:
        """1 unit; gmail.settings.basic."""
        return self._wire.call(
            "settings.forwardingAddresses.get", ForwardingAddress, forwarding_email=forwarding_email
        )

    def create(self, forwarding_email: str) -> ForwardingAddress:
        """Add an address: pending until its owner follows the link in a mail, if one is needed.

        100 units; gmail.settings.sharing.
        """
        body = ForwardingAddress(forwarding_email=forwarding_email)
        return self._wire.call("settings.forwardingAddresses.create", ForwardingAddress, body=body)

    def delete(self, forwarding_email: str) -> None:
        """Take the address off, and its verification with it.

        5 units; gmail.settings.sharing.
        """
        self._wire.do("settings.forwardingAddresses.delete", forwarding_email=forwarding_email)
