"""The settings of an account, as Gmail gives them, each by a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gmailkit.client.client import Client
from gmailkit.errors import CannotDo, GmailKitError, NotFound, Refused


class Place(NamedTuple):
    """Google's method, and the key of its answer that holds the list ("": the answer itself)."""

    method: str
    key: str = ""


PLACES = {
    "filters": Place("settings.filters.list", "filter"),
    "send_as": Place("settings.sendAs.list", "sendAs"),
    "vacation": Place("settings.getVacation"),
    "forwarding_addresses": Place("settings.forwardingAddresses.list", "forwardingAddresses"),
    "auto_forwarding": Place("settings.getAutoForwarding"),
    "imap": Place("settings.getImap"),
    "pop": Place("settings.getPop"),
    "language": Place("settings.getLanguage"),
    "delegates": Place("settings.delegates.list", "delegates"),
}
OF_SERVICE_ACCOUNTS = frozenset({"delegates"})  # refused to all others, which is no news


def settings(client: Client) -> Iterator[tuple[str, object | GmailKitError]]:
    """Each setting as Gmail's JSON, a list where there may be several; or why it was not given.

    13 units at most.
    """
    for name, place in PLACES.items():
        try:
            answer = client.call(place.method)
        except (CannotDo, NotFound, Refused) as error:
            if name not in OF_SERVICE_ACCOUNTS:
                yield name, error
        else:
            yield name, answer.get(place.key, []) if place.key else answer
