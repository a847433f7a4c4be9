"""users.settings: getPop and updatePop."""

from __future__ import annotations

from gmailkit.sandbox.parameters import choice
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BASIC, DISPOSITIONS, NO_DISPOSITION, READ

_NO_WINDOW = "accessWindowUnspecified"
_WINDOWS = (_NO_WINDOW, "disabled", "fromNowOn", "allMail")
_DEFAULT: dict[str, object] = {"accessWindow": "disabled", "disposition": "leaveInInbox"}
_PATH = "settings/pop"


def get_pop(call: Call) -> dict[str, object]:
    return call.state.settings.find(call.user.n, "pop") or _DEFAULT


def update_pop(call: Call) -> dict[str, object]:
    """Open: what is left out or unspecified falls back to the default."""
    window = choice(call.body, "accessWindow", _WINDOWS, _NO_WINDOW)
    disposition = choice(call.body, "disposition", DISPOSITIONS, NO_DISPOSITION)
    new = dict(_DEFAULT)
    if window != _NO_WINDOW:
        new["accessWindow"] = window
    if disposition != NO_DISPOSITION:
        new["disposition"] = disposition
    if window == "fromNowOn" and get_pop(call)["accessWindow"] != window:
        call.state.pop.open_from(call.user.n, round(call.state.clock.now() * 1000))
    call.state.settings.put(call.user.n, "pop", new)
    return new


ROUTES = (
    Route("settings.getPop", "GET", _PATH, get_pop, READ),
    Route("settings.updatePop", "PUT", _PATH, update_pop, BASIC, fields=tuple(_DEFAULT)),
)
