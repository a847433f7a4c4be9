"""The vacation responder (guides/vacation_settings; RFC 3834 says whom it must not answer)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gmailkit.mime.address import parse_addresses
from gmailkit.mime.header import decode
from gmailkit.sandbox import headers, outgoing
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

QUIET_SECONDS = 4 * 86_400
_MAX_SUBJECT = 500
_UNFOLDED = SMTP.clone(max_line_length=0)  # the library would encode a long Message-ID
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
    if writer.lower() in own or state.users.receiving(writer) == user:
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
    sender = state.send_as.default(user)
    local, _, domain = sender.email.rpartition("@")
    reply = EmailMessage(policy=_UNFOLDED)
    reply["From"] = Mailbox(state.send_as.accepted(user)[sender.email.lower()], local, domain)
    reply["To"] = to
    subject = f"Re: {decode(message.value('subject')[:_MAX_SUBJECT])}"
    reply["Subject"] = " ".join(f"{said.text('responseSubject')} {subject}".split())
    for parent in headers.message_ids(message.value("message-id"))[:1]:
        reply["In-Reply-To"] = reply["References"] = parent
    reply["Message-ID"] = outgoing.new_message_id()
    reply["Date"] = format_datetime(datetime.fromtimestamp(state.clock.now(), UTC))
    reply["Auto-Submitted"] = "auto-replied"
    reply["Precedence"] = "bulk"
    html = said.text("responseBodyHtml")
    reply.set_content(
        html or said.text("responseBodyPlainText"), subtype="html" if html else "plain"
    )
    return reply.as_bytes()
