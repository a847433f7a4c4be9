"""The last door: every call to Gmail by which mail can leave passes here, whoever makes it.

What `once` sends was judged there, and only its caps are looked at again; what an earlier run kept
in a draft is judged as it stands there now. What is sent by Google's own methods
(`gmail.messages.send`, `gmail.call`, `gmailkit api`) is judged here, and written into the ledger so
that caps count it. So is what makes Gmail send by itself: forwarding, automatic replies, mail that
asks somebody to confirm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from gmailkit.errors import GmailKitError, Refused, ServerFault
from gmailkit.mime.digest import digest_of
from gmailkit.mime.parse import parse
from gmailkit.model.content import Content
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.services.policies import policies
from gmailkit.services.sending.guard.gate import (
    cannot_wait,
    judge_bytes,
    judge_caps,
    judge_facts,
    judge_line,
    line_now,
)
from gmailkit.services.sending.guard.leaving import LEAVING
from gmailkit.wire.base64url import decode

Given = Mapping[str, Any]
ANYBODY = "Gmail would answer whoever writes"


@contextmanager
def passing(
    connection: Connection, method: str, params: Given, body: Given, media: Content | None
) -> Iterator[None]:
    """Raises Refused before the call is made when policy.toml forbids what it does."""
    if method not in LEAVING or not policies(connection.settings):
        yield
    elif method in _MESSAGE:
        with _message_passing(connection, method, body, media):
            yield
    else:
        _check_names(body)
        _BY_ITSELF[method](connection, {**params, **body})
        yield


@contextmanager
def _message_passing(
    connection: Connection, method: str, body: Given, media: Content | None
) -> Iterator[None]:
    line = line_now()
    if line and line.judged:
        judge_caps(connection, line.key)
        yield
    elif line:
        judge_line(connection, line.key, _MESSAGE[method](connection, body, media))
        yield
    else:
        with _recorded(connection, _MESSAGE[method](connection, body, media)):
            yield


@contextmanager
def _recorded(connection: Connection, raw: bytes) -> Iterator[None]:
    """Judge the message, and keep a line of it while it leaves."""
    verdict = judge_bytes(connection, raw)
    if verdict.park:
        raise cannot_wait(verdict)
    key = f"api-{uuid4().hex}"
    connection.sends.open(_line(connection, key, raw))
    try:
        judge_caps(connection, key)
        yield
    except BaseException as error:
        maybe = not isinstance(error, GmailKitError) or error.maybe_done
        connection.sends.change(key, state="unknown" if maybe else "failed", error=str(error))
        raise
    connection.sends.change(key, state="sent")


def _line(connection: Connection, key: str, raw: bytes) -> Entry:
    mail, now = parse(raw), connection.sends.now()
    return Entry(
        key=key,
        state="sending",
        way="fast",
        digest=digest_of(raw),
        to=tuple(dict.fromkeys(each.email for each in (*mail.to, *mail.cc, *mail.bcc))),
        subject=mail.subject,
        size=len(raw),
        created=now,
        updated=now,
    )


def _message(connection: Connection, body: Given, media: Content | None) -> bytes:
    return _given(body, media) or _nothing()


def _draft(connection: Connection, body: Given, media: Content | None) -> bytes:
    """The one in the call, else the one that stands in Gmail, which is read for it (20 units)."""
    if raw := _given(body.get("message") or {}, media):
        return raw
    draft = connection.client.drafts.get(str(body.get("id", "")), format="raw")
    return decode(draft.message.raw) if draft.message else _nothing()


def _given(message: Given, media: Content | None) -> bytes:
    text = str(message.get("raw") or "")
    if media is not None and text:
        raise Refused("There are two messages in this call, so policy.toml cannot be asked.")
    if media is not None:
        return media.bytes
    try:
        return decode(text.replace("+", "-").replace("/", "_"))
    except ServerFault:
        raise Refused("The message in this call is no base64url. Nothing was sent.") from None


def _nothing() -> bytes:
    raise Refused("There is no message in this call, so policy.toml cannot be asked about it.")


def _check_names(body: Given) -> None:
    """Google's servers take forwarding_email for forwardingEmail; here one name is looked at."""
    for name, value in body.items():
        if "_" in str(name):
            raise Refused(
                f"{name} is not how Google writes it, so policy.toml cannot be asked.",
                rule="names",
                hint="Write it as Google's documents do: forwardingEmail.",
            )
        if isinstance(value, Mapping):
            _check_names(value)


def _forwarding(connection: Connection, given: Given) -> None:
    """Also when it is switched on, or a filter does it."""
    address = given.get("forwardingEmail") or (given.get("action") or {}).get("forward")
    if given.get("enabled"):
        address = given.get("emailAddress")
    if address:
        judge_facts(connection, str(address))


def _asking(connection: Connection, given: Given) -> None:
    """Gmail writes to the address, to have it confirmed."""
    address = given.get("sendAsEmail") or given.get("delegateEmail")
    judge_facts(connection, *([str(address)] if address else []))


def _replying(connection: Connection, given: Given) -> None:
    if given.get("enableAutoReply"):
        judge_facts(connection, strange=ANYBODY)


# Where the bytes of the message are.
_MESSAGE: Mapping[str, Callable[[Connection, Given, Content | None], bytes]] = {
    "messages.send": _message,
    "drafts.send": _draft,
}
_BY_ITSELF: Mapping[str, Callable[[Connection, Given], None]] = {
    "settings.filters.create": _forwarding,
    "settings.forwardingAddresses.create": _forwarding,
    "settings.updateAutoForwarding": _forwarding,
    "settings.sendAs.create": _asking,
    "settings.sendAs.verify": _asking,
    "settings.delegates.create": _asking,
    "settings.updateVacation": _replying,
}
