"""users.getProfile."""

from __future__ import annotations

from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import COMPOSE, FULL, METADATA, MODIFY, READONLY


def get_profile(call: Call) -> dict[str, object]:
    messages, threads = call.state.messages.totals(call.user.n)
    return {
        "emailAddress": call.user.address,
        "messagesTotal": messages,
        "threadsTotal": threads,
        "historyId": str(call.state.history.current(call.user.n)),
    }


ROUTES = (
    Route("getProfile", "GET", "profile", get_profile, (FULL, COMPOSE, METADATA, MODIFY, READONLY)),
)
