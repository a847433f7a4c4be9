"""The settings that an archive holds beside the mail. Open: their exact shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

FOLDER = "User Settings"


def files(state: State, user: User) -> Iterator[tuple[str, bytes]]:
    """Names below the folder, and JSON."""
    settings = state.settings
    filters = [{"id": id, **value} for id, value in settings.all(user.n, "filter").items()]
    yield "Filters.json", _json({"filter": filters})
    yield "Vacation Responder.json", _json(settings.find(user.n, "vacation") or {})
    yield "Blocked Addresses.json", _json({"blockedAddress": []})
    for address, value in settings.all(user.n, "sendAs").items():
        if signature := value.get("signature"):
            yield f"Signatures/{address}.html", str(signature).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
