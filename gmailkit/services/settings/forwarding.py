"""Forwarding of all new mail, and the addresses it may go to."""

from __future__ import annotations

from gmailkit.client.client import Client
from gmailkit.errors import NotFound, UsageError
from gmailkit.model.settings import AutoForwarding, ForwardingAddress
from gmailkit.services.settings.change import Changes, SettingChange, Step
from gmailkit.services.settings.dispositions import DISPOSITIONS, Then

_ADDRESSES = "settings.forwardingAddresses"


class Forwarding:
    """Anybody with gmail.readonly may look; changes are for service accounts (gmail.settings.basic
    and gmail.settings.sharing), others are Refused.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def show(self) -> AutoForwarding:
        """Whether all new mail is forwarded, and where to. 1 unit."""
        return self._changes.client.settings.get_auto_forwarding()

    def list(self) -> tuple[ForwardingAddress, ...]:
        """The addresses there are, accepted or pending. 1 unit."""
        return self._changes.client.settings.forwarding_addresses.list()

    def add(self, address: str) -> SettingChange:
        """Add an address; its owner has to follow a link in a mail. 100 units; Conflict if there
        is one like it.
        """
        new = ForwardingAddress(forwarding_email=address)
        step = Step(
            method=f"{_ADDRESSES}.create",
            body={"forwardingEmail": address},
            kind=ForwardingAddress,
        )
        what = f"add the forwarding address {address}"
        return self._changes.make(SettingChange(what=what, after=new), step)

    def remove(self, address: str) -> SettingChange:
        """Take an address off; Gmail stops forwarding to it. 6 units."""
        former = find_address(self._changes.client, address)
        step = Step(
            method=f"{_ADDRESSES}.delete",
            params={"forwardingEmail": former.forwarding_email},
            former={"forwardingEmail": former.forwarding_email},
        )
        what = f"remove the forwarding address {former.forwarding_email}"
        return self._changes.make(SettingChange(what=what, before=former), step)

    def on(self, address: str, *, then: Then = "keep") -> SettingChange:
        """Forward all new mail to an accepted address; `then` is what becomes of it here. 7 units.

        NotFound for an address that is not there, UsageError for one that is pending still.
        """
        accepted = check_accepted(self._changes.client, address)
        changes = {"enabled": True, "emailAddress": accepted, "disposition": DISPOSITIONS[then]}
        return self._rewrite(f"forward all new mail to {accepted}", changes)

    def off(self) -> SettingChange:
        """Forward no longer. 6 units."""
        return self._rewrite("forward mail no longer", {"enabled": False})

    def _rewrite(self, what: str, changes: dict[str, object]) -> SettingChange:
        return self._changes.rewrite(
            what,
            AutoForwarding,
            get="settings.getAutoForwarding",
            update="settings.updateAutoForwarding",
            changes=changes,
        )


def find_address(client: Client, address: str) -> ForwardingAddress:
    """The forwarding address as Gmail spells it; NotFound names those there are. 1 unit."""
    there = client.settings.forwarding_addresses.list()
    for each in there:
        if each.forwarding_email.casefold() == address.strip().casefold():
            return each
    raise NotFound(
        f"{address} is no forwarding address of this mailbox.",
        hint="There are: " + ", ".join(each.forwarding_email for each in there)
        if there
        else "Add it in Gmail's own settings, or by a service account: "
        "gmailkit settings forwarding add ADDRESS",
    )


def check_accepted(client: Client, address: str) -> str:
    """The address as Gmail spells it, if mail may be forwarded to it. 1 unit."""
    found = find_address(client, address)
    if found.verification_status == "pending":
        raise UsageError(
            f"{found.forwarding_email} has not accepted yet.",
            hint="Its owner has to follow the link in the mail from Gmail first.",
        )
    return found.forwarding_email
