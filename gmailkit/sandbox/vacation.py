"""The vacation responder (guides/vacation_settings; RFC 3834 says whom it must not answer)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gmailkit.mime.address import is_addr_spec, parse_addresses
from gmailkit.mime.build import build
from gmailkit.mime.header import clean, decode
from gmailkit.model.mail import Address, Mail
from gmailkit.sandbox import headers, outgoing
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

QUIET_SECONDS = 4 * 86_400
_MAX_SUBJECT = 500
_MAX_ID = 250
_BULK = frozenset(("bulk", "list", "junk"))


@dataclass(frozen=True, slots=True)
class Reply:
    to: str
    raw: bytes


def answer(state: State, user: User, message: Message, sender: str) -> Reply | None:
    """The reply to a message that has arrived from the envelope's `sender`, or None.

    One sender gets one in four days. Open: whether new settings start these days over (not here);
    whether SENT holds a copy of the reply (not here).
    """
    kept = state.settings.find(user.n, "vacation") or {}
    said, now = Body(kept, kept), state.clock.now()
    start, end = said.number("startTime"), said.number("endTime")
    in_time = (start is None or start <= now * 1000) and (end is None or now * 1000 < end)
    if not said.flag("enableAutoReply") or not in_time or _is_automatic(message, sender):
        return None
    writer = next(iter(parse_addresses(message.value("from"))), None)
    if writer is None or not _may_be_answered(state, user, writer.email, said):
        return None
    state.settings.put(user.n, "vacationReply", {"at": now}, key=writer.email.lower())
    return Reply(writer.email, _written(state, user, message, writer.email, said))


def _is_automatic(message: Message, sender: str) -> bool:
    """Sent by a list, a robot or a mail system (RFC 3834 section 2)."""
    submitted = message.value("auto-submitted").partition(";")[0].strip().lower()
    return (
        not sender
        or sender.partition("@")[0].lower() in ("mailer-daemon", "postmaster")
        or submitted not in ("", "no")
        or message.value("precedence").lower() in _BULK
        or any(field.name.lower().startswith("list-") for field in message.fields)
    )


def _may_be_answered(state: State, user: User, writer: str, said: Body) -> bool:
    own = state.send_as.accepted(user)
    if not is_addr_spec(writer) or writer.lower() in own or state.users.receiving(writer) == user:
        return False
    domains = (user.address.rpartition("@")[2].lower(), writer.rpartition("@")[2].lower())
    if said.flag("restrictToDomain") and domains[0] != domains[1]:
        return False
    if said.flag("restrictToContacts") and not _is_contact(state, user, writer):
        return False
    last = state.settings.find(user.n, "vacationReply", writer.lower())
    at = last["at"] if last else None
    return not isinstance(at, float | int) or state.clock.now() - at >= QUIET_SECONDS


def _is_contact(state: State, user: User, writer: str) -> bool:
    """The sandbox keeps no address book: a contact is who the mailbox has written to."""
    found, _ = state.search.page(user, query=f'in:sent to:"{writer}"', limit=1)
    return bool(found)


def _written(state: State, user: User, message: Message, to: str, said: Body) -> bytes:
    own = state.send_as.default(user).email
    original = decode(message.value("subject")[:_MAX_SUBJECT])
    named = headers.message_ids(message.value("message-id"))
    parents = [id for id in named[:1] if id.isascii() and id.isprintable() and len(id) < _MAX_ID]
    html = said.text("responseBodyHtml")
    return build(
        Mail(
            sender=Address(own, state.send_as.accepted(user)[own.lower()]),
            to=(Address(to, ""),),
            subject=" ".join(clean(f"{said.text('responseSubject')} Re: {original}").split()),
            date=datetime.fromtimestamp(state.clock.now(), UTC),
            message_id=outgoing.new_message_id(),
            in_reply_to="".join(parents),
            references=tuple(parents),
            headers=(("Auto-Submitted", "auto-replied"), ("Precedence", "bulk")),
            html=html,
            text="" if html else said.text("responseBodyPlainText"),
        )
    )
