"""Settings as JSON and as lines of text. docs/commands.md describes these keys; they only grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gmailkit.cli import screen
from gmailkit.cli.views import Json
from gmailkit.model.filter import Filter
from gmailkit.model.send_as import SendAs
from gmailkit.model.settings import (
    AutoForwarding,
    Delegate,
    ForwardingAddress,
    ImapSettings,
    LanguageSettings,
    PopSettings,
    VacationSettings,
)
from gmailkit.services.settings.change import SettingChange
from gmailkit.services.settings.dispositions import DISPOSITIONS
from gmailkit.services.settings.filters import FilterRule
from gmailkit.services.settings.preferences import Summary
from gmailkit.services.settings.reading import EXPUNGE, WINDOWS

_THEN: dict[object, str] = {theirs: ours for ours, theirs in DISPOSITIONS.items()}
_EXPUNGE: dict[object, str] = {theirs: ours for ours, theirs in EXPUNGE.items()}
_WINDOWS: dict[object, str] = {theirs: ours for ours, theirs in WINDOWS.items()}


def vacation(found: VacationSettings) -> Json:
    return {
        "on": found.enable_auto_reply,
        "subject": found.response_subject,
        "text": found.response_body_plain_text,
        "html": found.response_body_html,
        "from": found.start_time,
        "until": found.end_time,
        "contacts_only": found.restrict_to_contacts,
        "domain_only": found.restrict_to_domain,
    }


def forwarding(found: AutoForwarding) -> Json:
    then = _THEN.get(found.disposition, found.disposition)
    return {"on": found.enabled, "address": found.email_address, "then": then}


def forwarding_address(found: ForwardingAddress) -> Json:
    return {"address": found.forwarding_email, "status": found.verification_status}


def delegate(found: Delegate) -> Json:
    return {"address": found.delegate_email, "status": found.verification_status}


def send_as(found: SendAs) -> Json:
    return {
        "address": found.send_as_email,
        "name": found.display_name,
        "reply_to": found.reply_to_address,
        "signature": found.signature,
        "primary": found.is_primary,
        "default": found.is_default,
        "treat_as_alias": found.treat_as_alias,
        "status": found.verification_status,
    }


def filter_rule(found: FilterRule) -> Json:
    c = found.criteria
    return {
        "id": found.id,
        "from": c.from_,
        "to": c.to,
        "subject": c.subject,
        "query": c.query,
        "not": c.negated_query,
        "has_attachment": c.has_attachment,
        "larger": c.size if c.size_comparison == "larger" else None,
        "smaller": c.size if c.size_comparison == "smaller" else None,
        "add": found.add,
        "remove": found.remove,
        "forward": found.forward,
    }


def language(found: LanguageSettings) -> Json:
    return {"language": found.display_language}


def imap(found: ImapSettings) -> Json:
    return {
        "on": found.enabled,
        "auto_expunge": found.auto_expunge,
        "expunge": _EXPUNGE.get(found.expunge_behavior, found.expunge_behavior),
        "max_folder_size": found.max_folder_size,
    }


def pop(found: PopSettings) -> Json:
    return {
        "on": found.access_window not in ("disabled", None),
        "mail": _WINDOWS.get(found.access_window),
        "then": _THEN.get(found.disposition, found.disposition),
    }


_VIEWS: dict[type, Any] = {
    VacationSettings: vacation,
    AutoForwarding: forwarding,
    ForwardingAddress: forwarding_address,
    Delegate: delegate,
    SendAs: send_as,
    FilterRule: filter_rule,
    LanguageSettings: language,
    ImapSettings: imap,
    PopSettings: pop,
}


def view(found: object) -> Json | None:
    """Any of the above; None for nothing."""
    if found is None:
        return None
    if isinstance(found, Filter):  # as Gmail answers, with ids: only its own id is news
        return {"id": found.id}
    shown: Json = _VIEWS[type(found)](found)
    return shown


def change(account: str, found: SettingChange) -> Json:
    return {
        "account": account,
        "done": found.done,
        "change": found.what,
        "number": found.number,
        "units": found.units,
        "create": found.create or None,
        "before": view(found.before),
        "after": view(found.after),
        "kept": view(found.kept),
    }


def summary(found: Summary) -> Json:
    delegates = None if found.delegates is None else [delegate(each) for each in found.delegates]
    return {
        "vacation": vacation(found.vacation),
        "forwarding": forwarding(found.forwarding),
        "forwarding_addresses": [forwarding_address(each) for each in found.forwarding_addresses],
        "send_as": [send_as(each) for each in found.send_as],
        "filters": [filter_rule(each) for each in found.filters],
        "delegates": delegates,
        "language": language(found.language)["language"],
        "imap": imap(found.imap),
        "pop": pop(found.pop),
    }


def text(value: object) -> str:
    """A value for people: times in the zone of this machine, one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M %Z}"
    if isinstance(value, tuple | list):
        return ", ".join(map(text, value)) or "-"
    return screen.visible(str(value)) if value not in (None, "") else "-"


def differences(before: Json | None, after: Json | None) -> Iterator[str]:
    """Line by line, what becomes of each field that changes; of one side alone, what it holds."""
    if before is None or after is None:
        only = before or after or {}
        said = {key: value for key, value in only.items() if value not in (None, "", False, ())}
        yield from (f"{_name(key)}: {_short(value)}" for key, value in said.items())
        return
    for key, value in after.items():
        if value != before.get(key):
            yield f"{_name(key)}: {_short(before.get(key))} becomes {_short(value)}"


def action_words(found: FilterRule) -> str:
    """What a filter does, in words."""
    words = [*(f"add {name}" for name in found.add), *(f"remove {name}" for name in found.remove)]
    return ", ".join([*words, *([f"forward to {found.forward}"] if found.forward else [])])


def _name(key: str) -> str:
    return key.replace("_", " ")


def _short(value: object) -> str:
    shown = text(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
