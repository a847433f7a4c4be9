"""users.watch and users.stop."""

from __future__ import annotations

import re

from gmailkit.sandbox.parameters import choice
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.service_accounts import PROJECT
from gmailkit.sandbox.state.watch import BEHAVIORS, Watch

_SCOPES = (FULL, METADATA, MODIFY, READONLY)
_TOPIC = re.compile(r"projects/([^/\s]+)/topics/[A-Za-z][A-Za-z0-9._~%+-]{2,254}")


def watch(call: Call) -> dict[str, object]:
    """The topic has to be of the OAuth client's own project; that it exists is believed."""
    topic = _TOPIC.fullmatch(call.body.text("topicName"))
    if topic is None or topic[1] != PROJECT:
        raise invalid(f"Invalid topicName does not match projects/{PROJECT}/topics/*")
    labels = call.body.texts("labelIds")
    call.state.labels.check_known(call.user.n, labels)
    # Open: what either means without labelIds. Every change is told then.
    old = choice(call.body, "labelFilterAction", BEHAVIORS, "include")
    wanted = choice(call.body, "labelFilterBehavior", BEHAVIORS, old)
    behavior = next(known for known in BEHAVIORS if known == wanted)
    history = call.state.history.current(call.user.n)
    expires = call.state.watches.start(call.user.n, Watch(labels, behavior), history=history)
    return {"historyId": str(history), "expiration": str(round(expires * 1000))}


def stop(call: Call) -> None:
    """Nothing to stop is no error."""
    call.state.watches.stop(call.user.n)


ROUTES = (
    Route(
        "watch",
        "POST",
        "watch",
        watch,
        _SCOPES,
        fields=("topicName", "labelIds", "labelFilterAction", "labelFilterBehavior"),
    ),
    Route("stop", "POST", "stop", stop, _SCOPES),
)
