"""users.settings: getAutoForwarding and updateAutoForwarding."""

from __future__ import annotations

from gmailkit.sandbox import forwarding
from gmailkit.sandbox.parameters import choice
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import DISPOSITIONS, NO_DISPOSITION, READ, SHARING, said

_FIELDS = ("enabled", "emailAddress", "disposition")
_PATH = "settings/autoForwarding"


def get_auto_forwarding(call: Call) -> dict[str, object]:
    return said(call.state.settings.find(call.user.n, "autoForwarding") or {})


def update_auto_forwarding(call: Call) -> dict[str, object]:
    """Open: Gmail may choose a disposition where none is said. Refused here when enabled."""
    call.check_delegated()
    disposition = choice(call.body, "disposition", DISPOSITIONS, NO_DISPOSITION)
    new: dict[str, object] = {
        "enabled": call.body.flag("enabled"),
        "emailAddress": call.body.text("emailAddress"),
        "disposition": "" if disposition == NO_DISPOSITION else disposition,
    }
    if new["enabled"] and not new["disposition"]:
        raise invalid("Invalid disposition")
    if new["enabled"] or new["emailAddress"]:
        forwarding.check_accepted(call.state, call.user, str(new["emailAddress"]))
    call.state.settings.put(call.user.n, "autoForwarding", new)
    return said(new)


ROUTES = (
    Route("settings.getAutoForwarding", "GET", _PATH, get_auto_forwarding, READ),
    Route(
        "settings.updateAutoForwarding",
        "PUT",
        _PATH,
        update_auto_forwarding,
        SHARING,
        fields=_FIELDS,
    ),
)
