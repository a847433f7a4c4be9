"""users.settings: getVacation and updateVacation."""

from __future__ import annotations

from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BASIC, READ, said
from gmailkit.sandbox.sanitise import sanitise

_FIELDS = (
    "enableAutoReply responseSubject responseBodyPlainText responseBodyHtml restrictToContacts "
    "restrictToDomain startTime endTime"
).split()
_PATH = "settings/vacation"


def get_vacation(call: Call) -> dict[str, object]:
    return said(call.state.settings.find(call.user.n, "vacation") or {})


def update_vacation(call: Call) -> dict[str, object]:
    body = call.body
    new: dict[str, object] = {
        "enableAutoReply": body.flag("enableAutoReply"),
        "responseSubject": " ".join(_text(body, "responseSubject").split()),
        "responseBodyPlainText": _text(body, "responseBodyPlainText"),
        "responseBodyHtml": sanitise(_text(body, "responseBodyHtml")),
        "restrictToContacts": body.flag("restrictToContacts"),
        "restrictToDomain": body.flag("restrictToDomain"),
        **_times(body),
    }
    says = ("responseSubject", "responseBodyPlainText", "responseBodyHtml")
    if new["enableAutoReply"] and not any(str(new[name]).strip() for name in says):
        raise invalid("Either the response subject or the response body must be nonempty")
    call.state.settings.put(call.user.n, "vacation", new)
    return said(new)


def _text(body: Body, name: str) -> str:
    """JSON can hold half a character, which no mail can."""
    return body.text(name).encode("utf-8", "replace").decode()


def _times(body: Body) -> dict[str, str]:
    """Milliseconds as strings. Open: 0 counts as not said, as everywhere in this kind of JSON."""
    start, end = body.number("startTime") or 0, body.number("endTime") or 0
    if start < 0 or end < 0:
        raise invalid("Invalid vacation time: it lies before 1970")
    if start and end and start >= end:
        raise invalid("Invalid vacation time: startTime must precede endTime")
    times = {"startTime": start, "endTime": end}
    return {name: str(time) for name, time in times.items() if time}


ROUTES = (
    Route("settings.getVacation", "GET", _PATH, get_vacation, READ),
    Route("settings.updateVacation", "PUT", _PATH, update_vacation, BASIC, fields=_FIELDS),
)
