"""users.settings.forwardingAddresses."""

from __future__ import annotations

from gmailkit.sandbox import verification
from gmailkit.sandbox.refusal import exists, invalid, not_found
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import READ, SHARING, email_of, said

_PATH = "settings/forwardingAddresses"
_ONE = f"{_PATH}/{{forwardingEmail}}"
_FIELDS = ("forwardingEmail", "verificationStatus")


def list_addresses(call: Call) -> dict[str, object]:
    kept = call.state.settings.all(call.user.n, "forwardingAddress")
    return said({"forwardingAddresses": list(kept.values())})


def get_address(call: Call) -> dict[str, object]:
    key = call.path["forwardingEmail"].lower()
    kept = call.state.settings.find(call.user.n, "forwardingAddress", key)
    if kept is None:
        raise not_found()
    return kept


def create_address(call: Call) -> dict[str, object]:
    """Open: addresses of the own domain may need no confirmation. Here every one is pending."""
    call.check_delegated()
    email = email_of(call.body, "forwardingEmail")
    if call.state.users.receiving(email) == call.user:
        raise invalid("Invalid forwarding address: it is the mailbox itself")
    new: dict[str, object] = {"forwardingEmail": email, "verificationStatus": "pending"}
    with call.state.database.change():
        if call.state.settings.find(call.user.n, "forwardingAddress", email.lower()):
            raise exists()
        call.state.settings.put(call.user.n, "forwardingAddress", new, key=email.lower())
        verification.ask(call.state, call.user, email, "Receive Mail forwarded from")
    return new


def delete_address(call: Call) -> None:
    """Open: what becomes of auto-forwarding to it. Turned off here; filters stop forwarding."""
    call.check_delegated()
    key = call.path["forwardingEmail"].lower()
    with call.state.database.change():
        if not call.state.settings.remove(call.user.n, "forwardingAddress", key):
            raise not_found()
        auto = call.state.settings.find(call.user.n, "autoForwarding") or {}
        if str(auto.get("emailAddress", "")).lower() == key:
            call.state.settings.remove(call.user.n, "autoForwarding")


ROUTES = (
    Route("settings.forwardingAddresses.list", "GET", _PATH, list_addresses, READ),
    Route("settings.forwardingAddresses.get", "GET", _ONE, get_address, READ),
    Route(
        "settings.forwardingAddresses.create",
        "POST",
        _PATH,
        create_address,
        SHARING,
        fields=_FIELDS,
    ),
    Route("settings.forwardingAddresses.delete", "DELETE", _ONE, delete_address, SHARING),
)
