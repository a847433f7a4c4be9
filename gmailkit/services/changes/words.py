"""What a call does, in words: as the journal tells it, and an undo before it is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gmailkit.model.filter import FilterCriteria
from gmailkit.model.shape import from_json

if TYPE_CHECKING:
    from gmailkit.record.journal import Call

_SHORT = 80  # characters of a filter's search
_VALUE = 40  # of a value
_OF_ADDRESS = {
    "displayName": "name",
    "replyToAddress": "address for answers",
    "signature": "signature",
}

# By Google's method. {again} where what was deleted is made anew.
_WORDS = {
    "drafts.create": "keep a new draft",
    "drafts.delete": "delete a draft for good",
    "drafts.send": "send a draft",
    "drafts.update": "edit a draft",
    "messages.batchDelete": "delete messages for good",
    "messages.batchModify": "change labels of messages",
    "messages.delete": "delete a message for good",
    "messages.import": "import a message",
    "messages.insert": "put a message in",
    "messages.modify": "change labels of a message",
    "messages.send": "send a message",
    "settings.cse.identities.create": "let {body[emailAddress]} send encrypted mail{again}",
    "settings.cse.identities.delete": "let {params[cseEmailAddress]} send encrypted mail no longer",
    "settings.cse.identities.patch": "change the keys of {params[emailAddress]}",
    "settings.cse.keypairs.create": "add a key pair",
    "settings.cse.keypairs.disable": "switch a key pair off",
    "settings.cse.keypairs.enable": "switch a key pair on",
    "settings.cse.keypairs.obliterate": "destroy a key pair for good",
    "settings.delegates.create": "let {body[delegateEmail]} read this mailbox{again}",
    "settings.delegates.delete": "let {params[delegateEmail]} read this mailbox no longer",
    "settings.forwardingAddresses.create": "add the address {body[forwardingEmail]}",
    "settings.forwardingAddresses.delete": "take away the address {params[forwardingEmail]}",
    "settings.sendAs.create": "send as {body[sendAsEmail]} too",
    "settings.sendAs.delete": "take away the alias {params[sendAsEmail]}",
    "settings.sendAs.patch": "change the address {params[sendAsEmail]}",
    "settings.sendAs.smimeInfo.delete": "delete a certificate of {params[sendAsEmail]}",
    "settings.sendAs.smimeInfo.insert": "add a certificate of {params[sendAsEmail]}",
    "settings.sendAs.smimeInfo.setDefault": "choose a certificate of {params[sendAsEmail]}",
    "settings.sendAs.update": "change the address {params[sendAsEmail]}",
    "settings.sendAs.verify": "mail {params[sendAsEmail]} once more to be verified",
    "settings.updateAutoForwarding": "set the forwarding",
    "settings.updateImap": "set IMAP",
    "settings.updateLanguage": "set the language",
    "settings.updatePop": "set POP",
    "settings.updateVacation": "set the vacation reply",
    "threads.delete": "delete a conversation for good",
}


def in_words(call: Call) -> str:
    """What the call does, "make the label X again"; by its method's name for one unheard of."""
    now, then = call.former.get("name", ""), call.body.get("name", "")
    match call.method:
        case "labels.create":
            return f"make the label {then}{' again' if call.former else ''}"
        case "labels.delete":
            return f"delete the label {now}"
        case "labels.patch" | "labels.update" if then and then != now:
            return f"rename the label {now} to {then}"
        case "labels.patch" | "labels.update":
            return f"colour the label {now}" if "color" in call.body else f"change the label {now}"
        case "settings.filters.create":
            again = " again" if call.former else ""
            return f"make the filter for {filter_in_words(call.body)}{again}"
        case "settings.filters.delete":
            return f"delete the filter for {filter_in_words(call.former)}"
        case "settings.sendAs.patch" if call.body and call.body.keys() <= _OF_ADDRESS.keys():
            what = " and ".join(_OF_ADDRESS[key] for key in call.body)
            return f"set the {what} of {call.params.get('sendAsEmail', '?')}"
    words = _WORDS.get(call.method)
    if words is None:
        return call.method
    again = " again" if call.former else ""
    return words.format(body=_Said(call.body), params=_Said(call.params), again=again)


def values_in_words(call: Call) -> str:
    """The same with what a setting is and what it becomes, each on one short line."""
    was = call.former
    changes = [
        f"{key}{_was(was.get(key))} to {_value(value)}"
        for key, value in call.body.items()
        if (value or was.get(key)) and value != was.get(key)
    ]
    return f"{in_words(call)}: {', '.join(changes)}" if changes else in_words(call)


def back_in_words(call: Call) -> str:
    """The same for one that takes another back."""
    now, then = call.former.get("name", ""), call.body.get("name", "")
    match call.method:
        case "labels.patch" | "labels.update" if then and then != now:
            return f"rename the label {now} back to {then}"
        case "labels.patch" | "labels.update":
            return f"give the label {now} the colour that it had"
    return in_words(call)


def filter_in_words(found: Mapping[str, Any]) -> str:
    """Which mail a filter is for, as one would search for it, on one short line."""
    said = from_json(found.get("criteria", {}), FilterCriteria).words or "what only Gmail knows"
    return said if len(said) <= _SHORT else f"{said[: _SHORT - 1]}…"


def _was(value: object) -> str:
    return f" from {_value(value)}" if value else ""


def _value(value: object) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= _VALUE else f"{said[: _VALUE - 2]}…{said[-1]}"


class _Said(dict[str, object]):
    """What a call was given; "?" for what it was not."""

    def __missing__(self, name: str) -> str:
        return "?"
