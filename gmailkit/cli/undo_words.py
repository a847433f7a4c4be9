"""What taking a change back does, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.record.journal import Call

_WORDS = {
    "settings.filters.create": "make the filter again",
    "settings.filters.delete": "delete the filter",
    "settings.delegates.create": "let {body[delegateEmail]} read this mailbox again",
    "settings.delegates.delete": "let {params[delegateEmail]} read this mailbox no longer",
    "settings.forwardingAddresses.delete": "take away the address {params[forwardingEmail]}",
    "settings.sendAs.delete": "take away the alias {params[sendAsEmail]}",
}


def in_words(call: Call) -> str:
    """What the call does, "make the label X again"; by its method's name where that is all."""
    now, then = call.former.get("name", ""), call.body.get("name", "")
    match call.method:
        case "labels.create":
            return f"make the label {then} again"
        case "labels.delete":
            return f"delete the label {now}"
        case "labels.patch" | "labels.update" if then and then != now:
            return f"rename the label {now} back to {then}"
        case "labels.patch" | "labels.update":
            return f"give the label {now} the colour that it had"
    words = _WORDS.get(call.method)
    return words.format(body=call.body, params=call.params) if words else call.method
