"""A call of a method to the call that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmailkit.client.client import Client
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.sure import holds

Raw = Mapping[str, Any]
_LABEL_FIELDS = ("name", "color", "messageListVisibility", "labelListVisibility")
_UPDATES = {"settings.sendAs.patch": "settings.sendAs.update"}


class Left(Exception):
    """It is not taken back: the sentence that says why."""


def reverse(client: Client, journal: Journal, call: Call) -> Call:
    """Raises Left where somebody changed it since, or Gmail has no way back."""
    params = journal.today(call.params)
    match call.method:
        case "labels.create" | "settings.filters.create":
            return _deletion(client, journal, call)
        case "labels.delete":
            return _label_again(client, call, params)
        case "settings.filters.delete":
            body = {key: value for key, value in call.former.items() if key != "id"}
            return Call(method="settings.filters.create", body=body, former=call.former)
        case "settings.delegates.create":
            return _without(client, "settings.delegates", "delegateEmail", call)
        case "settings.forwardingAddresses.create":
            return _without(client, "settings.forwardingAddresses", "forwardingEmail", call)
        case "settings.sendAs.create":
            return _without(client, "settings.sendAs", "sendAsEmail", call)
        case "settings.delegates.delete":
            return Call(method="settings.delegates.create", body=call.former)
        case "labels.patch":
            return _label_as_before(client, call, params)
        case "labels.update":
            return _whole_label_as_before(client, call, params)
        case _ if call.get:
            return _setting_as_before(client, call, params)
    raise Left(f"Gmail has no way back from {call.method}.")


def _deletion(client: Client, journal: Journal, call: Call) -> Call:
    kind = call.method.removesuffix(".create")
    id = journal.now(LabelId(str(call.answer["id"])))
    try:
        found = client.call(f"{kind}.get", id=id)
    except NotFound:
        raise Left("What was made then is gone already.") from None
    if (name := call.answer.get("name")) and found.get("name") != name:
        raise Left(f"The label {name} was renamed to {found.get('name')} since: it stays.")
    return Call(method=f"{kind}.delete", params={"id": id}, former=found)


def _label_again(client: Client, call: Call, params: Raw) -> Call:
    try:
        client.call("labels.get", **params)
    except NotFound:
        return Call(method="labels.create", body=_pick(call.former), former=call.former)
    raise Left(f"The label {call.former.get('name')} is there again already.")


def _without(client: Client, kind: str, name: str, call: Call) -> Call:
    params = {name: call.body[name]}
    try:
        found = client.call(f"{kind}.get", **params)
    except NotFound:
        raise Left(f"{call.body[name]} is gone already.") from None
    return Call(method=f"{kind}.delete", params=params, former=found)


def _label_as_before(client: Client, call: Call, params: Raw) -> Call:
    found = _label_left_as_made(client, call, params)
    body = {name: call.former.get(name) for name in call.body}
    if body.get("color", found.get("color")) is None and found.get("color"):
        whole = {**_pick(found), **body}  # a patch cannot take a colour away
        update = {key: value for key, value in {**whole, "id": found["id"]}.items() if value}
        return Call(method="labels.update", params=params, former=found, body=update)
    said = {key: value for key, value in body.items() if value is not None}
    return Call(method="labels.patch", params=params, former=found, body=said)


def _whole_label_as_before(client: Client, call: Call, params: Raw) -> Call:
    found = _label_left_as_made(client, call, params)
    body = {**_pick(call.former), "id": found["id"]}
    return Call(method="labels.update", params=params, former=found, body=body)


def _label_left_as_made(client: Client, call: Call, params: Raw) -> Raw:
    """The label as it is now; Left where it is gone, or somebody changed it since."""
    try:
        found = client.call("labels.get", **params)
    except NotFound:
        raise Left(f"The label {call.former.get('name')} is gone.") from None
    if not holds(found, call.body):
        raise Left(f"The label {found.get('name')} was changed since.")
    return found


def _setting_as_before(client: Client, call: Call, params: Raw) -> Call:
    try:
        found = client.call(call.get, **params)
    except NotFound:
        raise Left("It is gone.") from None
    if not holds(found, call.answer or call.body):
        raise Left("It was changed since, elsewhere.")
    method = _UPDATES.get(call.method, call.method)
    return Call(method=method, params=params, former=found, body=call.former, get=call.get)


def _pick(label: Raw) -> Raw:
    return {name: label[name] for name in _LABEL_FIELDS if label.get(name)}
