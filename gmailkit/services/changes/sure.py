"""Whether a call whose answer was lost was made: looked up in Gmail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gmailkit.client.client import Client
from gmailkit.errors import Conflict, NotFound
from gmailkit.record.journal import Call

Raw = Mapping[str, Any]


def answer_if_made(client: Client, call: Call) -> Raw | None:
    """What Gmail has where the call was made, None where it was not, or nobody can tell."""
    if look := _LOOKS.get(call.method):
        return look(client, call)
    return _changed(call.get)(client, call) if call.get else None


def check_new(client: Client, calls: Iterable[Call]) -> None:
    """Conflict where a label that is to be made is there: were the answer lost, it would be taken
    for the one that was made, and taken back.
    """
    calls = tuple(calls)
    for call in calls:
        if call.method == "labels.create" and not call.former:
            found = _created_label(client, call)
            # A name of Gmail's own is refused by Gmail, in words of its own.
            if (
                found
                and found.get("type") != "system"
                and all(each.params.get("id") != found["id"] for each in calls)
            ):
                raise Conflict(
                    f'A label "{found["name"]}" exists already.',
                    hint="Names differ by more than case; see `gmailkit labels list`.",
                )


def holds(found: Raw, wanted: Raw) -> bool:
    """Whether all that is wanted is there; Gmail leaves out what is false, 0 or empty."""
    return all((found.get(name) or None) == (value or None) for name, value in wanted.items())


def _created_label(client: Client, call: Call) -> Raw | None:
    wanted = str(call.body["name"]).casefold()
    labels = client.call("labels.list").get("labels", [])
    assert isinstance(labels, list)  # noqa: S101 - for the type checker: Gmail's form
    return next((each for each in labels if each["name"].casefold() == wanted), None)


def _deleted(get: str) -> Callable[[Client, Call], Raw | None]:
    def look(client: Client, call: Call) -> Raw | None:
        try:
            client.call(get, **call.params)
        except NotFound:
            return {}
        return None

    return look


def _changed(get: str) -> Callable[[Client, Call], Raw | None]:
    def look(client: Client, call: Call) -> Raw | None:
        try:
            found = client.call(get, **call.params)
        except NotFound:  # somebody deleted it since
            return None
        return found if holds(found, call.body) else None

    return look


def _created_filter(client: Client, call: Call) -> Raw | None:
    filters = client.call("settings.filters.list").get("filter", [])
    assert isinstance(filters, list)  # noqa: S101 - for the type checker: Gmail's form
    return next((each for each in filters if holds(each, call.body)), None)


_LOOKS: dict[str, Callable[[Client, Call], Raw | None]] = {
    "labels.create": _created_label,
    "labels.delete": _deleted("labels.get"),
    "labels.patch": _changed("labels.get"),
    "labels.update": _changed("labels.get"),
    "settings.filters.create": _created_filter,
    "settings.filters.delete": _deleted("settings.filters.get"),
}
