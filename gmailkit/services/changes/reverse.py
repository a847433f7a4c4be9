"""A call of a method to the call that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.sure import (
    KEY_PAIR,
    LABEL_FIELDS,
    SWITCH,
    as_now,
    holds,
    written,
)
from gmailkit.services.changes.words import in_words

Raw = Mapping[str, Any]
# Of these there is none: mail is gone or left, or Gmail would ask an address to confirm once more.
NO_WAY_BACK = frozenset(
    {
        *("drafts.delete", "drafts.send", "drafts.update"),
        *("messages.batchDelete", "messages.delete", "messages.send", "threads.delete"),
        *("settings.cse.keypairs.create", "settings.cse.keypairs.obliterate"),
        *("settings.forwardingAddresses.delete", "settings.sendAs.delete"),
        *("settings.sendAs.smimeInfo.delete", "settings.sendAs.verify"),
    }
)
_BY_ANSWER = ("drafts.create", "labels.create", "settings.filters.create")
_UPDATES = {"settings.sendAs.patch": "settings.sendAs.update"}


class Left(Exception):
    """It is not taken back: the sentence that says why."""


def reverse(client: Client, journal: Journal, call: Call) -> Call:
    """Raises Left where somebody changed it since, or Gmail has no way back."""
    params = journal.today(call.params)
    if call.there and set(call.there) & {call.answer.get("id"), *map(str, call.body.values())}:
        raise Left("It was there before: it stays.")
    if "id" not in call.answer and call.method in _BY_ANSWER:
        raise Left("Gmail was not asked to tell what it made.")
    match call.method:
        case "labels.create" | "settings.filters.create":
            return _deletion(client, journal, call)
        case "settings.sendAs.smimeInfo.insert":
            return _deletion(client, journal, call, **params)
        case "settings.sendAs.smimeInfo.setDefault":
            return _chosen_before(client, call, params)
        case "drafts.create":
            return _draft_gone(client, call)
        case "settings.cse.keypairs.enable":
            return _switched_back(client, call, params, "disable")
        case "settings.cse.keypairs.disable":
            return _switched_back(client, call, params, "enable")
        case "labels.delete":
            return _label_again(client, call, params)
        case "settings.filters.delete":
            body = {key: value for key, value in call.former.items() if key != "id"}
            return Call(method="settings.filters.create", body=body, former=call.former)
        case "settings.cse.identities.create":
            kind = "settings.cse.identities"
            return _without(client, kind, "emailAddress", call, parameter="cseEmailAddress")
        case "settings.cse.identities.delete":
            return Call(method="settings.cse.identities.create", body=call.former)
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
    raise Left(f"There is no way back for this: {in_words(call)}.")


def _deletion(client: Client, journal: Journal, call: Call, **beside: Any) -> Call:
    kind = call.method.removesuffix(".create").removesuffix(".insert")
    id, name = journal.now(LabelId(str(call.answer["id"]))), call.answer.get("name")
    try:
        found = client.call(f"{kind}.get", id=id, **beside)
    except NotFound:
        raise Left(f"{f'The label {name}' if name else 'What was made then'} is gone.") from None
    if name and found.get("name") != name:
        raise Left(f"The label {name} was renamed to {found.get('name')} since: it stays.")
    return Call(method=f"{kind}.delete", params={**beside, "id": id}, former=found)


def _chosen_before(client: Client, call: Call, params: Raw) -> Call:
    """The certificate that was the default one."""
    try:
        found = client.call("settings.sendAs.smimeInfo.get", **params)
    except NotFound:
        raise Left("The certificate is gone.") from None
    if not found.get("isDefault"):
        raise Left("Another certificate was chosen since.")
    return replace(
        call, params={**params, "id": call.former["id"]}, former=found, answer={}, made=False
    )


def _switched_back(client: Client, call: Call, params: Raw, back: str) -> Call:
    found = as_now(client, replace(call, params=params, get=KEY_PAIR))
    if found is None:
        raise Left("The key pair is gone.")
    if found.get(SWITCH) == f"{back}d":
        raise Left(f"The key pair was {back}d since.")
    return Call(method=f"settings.cse.keypairs.{back}", params=params, former=found)


def _draft_gone(client: Client, call: Call) -> Call:
    """Only as it was kept: each edit gives it another message."""
    id = str(call.answer["id"])
    try:
        found = client.call("drafts.get", id=id, format="minimal")
    except NotFound:
        raise Left("The draft is gone already: deleted, or sent.") from None
    if _message_of(found) != _message_of(call.answer):
        raise Left("The draft was edited since: it stays.")
    return Call(method="drafts.delete", params={"id": id})


def _message_of(draft: Raw) -> object:
    return draft.get("message", {}).get("id")


def _label_again(client: Client, call: Call, params: Raw) -> Call:
    try:
        client.call("labels.get", **params)
    except NotFound:
        return Call(method="labels.create", body=_pick(call.former), former=call.former)
    raise Left(f"The label {call.former.get('name')} is there again already.")


def _without(client: Client, kind: str, name: str, call: Call, *, parameter: str = "") -> Call:
    params = {parameter or name: call.body[name]}
    try:
        found = client.call(f"{kind}.get", **params)
    except NotFound:
        raise Left(f"{call.body[name]} is gone already.") from None
    return Call(method=f"{kind}.delete", params=params, former=found)


def _label_as_before(client: Client, call: Call, params: Raw) -> Call:
    found = _label_left_as_made(client, call, params, written(call))
    body = {name: call.former.get(name) for name in written(call)}
    if body.get("color", found.get("color")) is None and found.get("color"):
        whole = {**_pick(found), **body}  # a patch cannot take a colour away
        update = {key: value for key, value in {**whole, "id": found["id"]}.items() if value}
        return Call(method="labels.update", params=params, former=found, body=update)
    said = {key: value for key, value in body.items() if value is not None}
    return Call(method="labels.patch", params=params, former=found, body=said)


def _whole_label_as_before(client: Client, call: Call, params: Raw) -> Call:
    made = written(call)
    if "name" in call.answer:  # what the call left out, it took away
        made = {name: call.answer.get(name) for name in LABEL_FIELDS}
    found = _label_left_as_made(client, call, params, made)
    body = {**_pick(call.former), "id": found["id"]}
    return Call(method="labels.update", params=params, former=found, body=body)


def _label_left_as_made(client: Client, call: Call, params: Raw, made: Raw) -> Raw:
    """The label as it is now; Left where it is gone, or somebody changed it since."""
    try:
        found = client.call("labels.get", **params)
    except NotFound:
        raise Left(f"The label {call.former.get('name')} is gone.") from None
    if not holds(found, made):
        raise Left(f"The label {found.get('name')} was changed since.")
    return found


def _setting_as_before(client: Client, call: Call, params: Raw) -> Call:
    found = as_now(client, replace(call, params=params))
    if found is None:
        raise Left("It is gone.")
    if not holds(found, call.answer or call.body):
        raise Left("It was changed since, elsewhere.")
    method = _UPDATES.get(call.method, call.method)
    return Call(method=method, params=params, former=found, body=call.former, get=call.get)


def _pick(label: Raw) -> Raw:
    return {name: label[name] for name in LABEL_FIELDS if label.get(name)}
