"""users.settings: getImap and updateImap."""

from __future__ import annotations

from gmailkit.sandbox.parameters import choice
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BASIC, READ, said

_UNSPECIFIED = "expungeBehaviorUnspecified"
_BEHAVIORS = (_UNSPECIFIED, "archive", "trash", "deleteForever")
_SIZES = (0, 1000, 2000, 5000, 10_000)
_CONSUMER = ("gmail.com", "googlemail.com")
_DEFAULT = {
    "enabled": True,
    "autoExpunge": True,
    "expungeBehavior": "archive",
    "maxFolderSize": 0,
}
_PATH = "settings/imap"


def get_imap(call: Call) -> dict[str, object]:
    return said(call.state.settings.find(call.user.n, "imap") or _DEFAULT)


def update_imap(call: Call) -> dict[str, object]:
    """Open: `enabled` of a consumer account is true whatever is written, which is not refused."""
    body = call.body
    behavior = choice(body, "expungeBehavior", _BEHAVIORS, _UNSPECIFIED)
    size = body.number("maxFolderSize") or 0
    if size not in _SIZES:
        raise invalid(f"Invalid max folder size: {size}")
    consumer = call.user.address.rpartition("@")[2].lower() in _CONSUMER
    new = {
        "enabled": body.flag("enabled") or consumer,
        "autoExpunge": body.flag("autoExpunge"),
        "expungeBehavior": "archive" if behavior == _UNSPECIFIED else behavior,
        "maxFolderSize": size,
    }
    call.state.settings.put(call.user.n, "imap", new)
    return said(new)


ROUTES = (
    Route("settings.getImap", "GET", _PATH, get_imap, READ),
    Route("settings.updateImap", "PUT", _PATH, update_imap, BASIC, fields=tuple(_DEFAULT)),
)
