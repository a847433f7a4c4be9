"""Who answered a merge, and what came back: read from the conversations of what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound, UsageError
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.delivery_status import Delivery, deliveries
from gmailkit.mime.header import decode
from gmailkit.model.ids import MessageId
from gmailkit.model.message import Message, MessageRef
from gmailkit.services.connect import Connection
from gmailkit.services.sending.merge.standing import Past, Standing

Kind = Literal["answered", "automatic", "bounced", "delayed"]

_HEADERS = (
    "From",
    "Subject",
    "Auto-Submitted",
    "X-Autoreply",
    "Precedence",
    "Content-Type",
    "In-Reply-To",
)
_MESSAGE_ID = re.compile(r"<([^<>\s\"(){}]+)>")
_MOST = 20  # copies in Sent that are looked at
_DAEMONS = ("mailer-daemon", "postmaster")
_BOUNCES = "from:(mailer-daemon OR postmaster)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message that came back to one row. `to` are those the row went to, `sender` is who wrote.

    `status` and `why` are the server's, of what bounced or is delayed.
    """

    kind: Kind
    row: int
    to: str
    sender: str
    subject: str
    time: datetime | None
    message_id: MessageId
    status: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReplies:
    """`replies` in the order in which they came; the numbers are of rows, each counted once: one
    that bounced is not silent, one that was answered by a person is not automatic.
    """

    name: str
    sent: int
    answered: int
    automatic: int
    bounced: int
    silent: int
    replies: tuple[Reply, ...]


def merge_replies(connection: Connection, name: str = "") -> MergeReplies:
    """What came back to the merge of that name; without one to the last merge of this account.

    5 units for each 500 messages that came since, and 20 (of a bounce 45) for each that counts.
    Raises NotFound for a merge that nothing was sent of.
    """
    name = name or _last(connection)
    with closing(Standing(connection.sends, name)) as standing:
        begun = standing.begun()
        rows = _Rows(standing)
        if begun is None or not rows.sent:
            raise NotFound(
                f"Nothing was sent yet by a merge called {name}.", hint=_names(connection)
            )
        found = sorted(_replies(connection, rows, begun), key=_when)
    kinds = {kind: {each.row for each in found if each.kind == kind} for kind in _KINDS}
    bounced = kinds["bounced"]
    answered = kinds["answered"] - bounced
    automatic = kinds["automatic"] - answered - bounced
    return MergeReplies(
        name=name,
        sent=rows.sent,
        answered=len(answered),
        automatic=len(automatic),
        bounced=len(bounced),
        silent=rows.sent - len(answered | automatic | bounced),
        replies=tuple(found),
    )


_KINDS: tuple[Kind, ...] = ("answered", "automatic", "bounced", "delayed")


class _Rows:
    """What was sent, by conversation and by recipient."""

    def __init__(self, standing: Standing) -> None:
        self._threads: dict[str, Past] = {}
        self._people: dict[str, Past] = {}
        self._own: set[str] = set()
        for past in standing.everything():
            if past.state == "sent":
                self._own.add(past.message_id)
                self._threads[past.thread_id] = past
                for each in past.to.split():
                    self._people[each.casefold()] = past

    @property
    def sent(self) -> int:
        return len(self._own)

    def of(self, ref: MessageRef) -> Past | None:
        """The row that a message is an answer to; None for what we sent and what is no answer."""
        return None if ref.id in self._own else self._threads.get(ref.thread_id)

    def has_sent(self, refs: Iterable[MessageRef]) -> bool:
        return any(ref.id in self._own for ref in refs)

    def to(self, recipient: str) -> Past | None:
        return self._people.get(recipient.casefold())


def _replies(connection: Connection, rows: _Rows, begun: datetime) -> Iterator[Reply]:
    since = f"after:{int(begun.timestamp()) - 1}"
    listing = connection.client.messages.list
    came = [ref for ref in listing(q=since, include_spam_trash=True) if rows.of(ref)]
    seen = {ref.id for ref in came}
    # A server far away may not say to what its report is an answer: then it is no conversation.
    strays = [
        ref
        for ref in listing(q=f"{since} {_BOUNCES}", include_spam_trash=True)
        if ref.id not in seen
    ]
    for ref, future in fetch([*came, *strays], lambda ref: _read(connection, ref.id)):
        message = future.result()
        if message is not None and not {"SENT", "DRAFT"} & set(message.label_ids):
            yield from _of_message(connection, rows, ref, message)


def _read(connection: Connection, id: str) -> Message | None:
    try:
        return connection.client.messages.get(id, format="metadata", metadata_headers=_HEADERS)
    except NotFound:
        return None


def _of_message(
    connection: Connection, rows: _Rows, ref: MessageRef, message: Message
) -> Iterator[Reply]:
    past = rows.of(ref)
    if _is_report(message):
        if past is None and _is_about_another(connection, rows, message):
            return
        for each in _deliveries(connection, message.id):
            about = rows.to(each.recipient) or past
            if about and each.action in ("failed", "delayed"):
                kind: Kind = "bounced" if each.action == "failed" else "delayed"
                yield _reply(kind, about, message, each)
    elif past:
        yield _reply("automatic" if _is_automatic(message) else "answered", past, message)


def _is_about_another(connection: Connection, rows: _Rows, report: Message) -> bool:
    """Whether it names a message in Sent that is none of this merge, as one of another merge to the
    same people. 5 units.
    """
    found = _MESSAGE_ID.search(report.header("In-Reply-To"))
    if not found:
        return False
    about = list(connection.client.messages.list(q=f"in:sent rfc822msgid:{found[1]}", limit=_MOST))
    return bool(about) and not rows.has_sent(about)


def _reply(kind: Kind, past: Past, message: Message, report: Delivery | None = None) -> Reply:
    return Reply(
        kind=kind,
        row=past.row,
        to=report.recipient if report else past.to,
        sender=_sender(message),
        subject=decode(message.header("Subject")),
        time=message.date,
        message_id=message.id,
        status=report.status if report else "",
        why=report.why if report else "",
    )


def _deliveries(connection: Connection, id: str) -> tuple[Delivery, ...]:
    try:
        _, content = connection.client.messages.get_raw(id)
    except NotFound:
        return ()
    with content:
        return deliveries(content.bytes)


def _is_report(message: Message) -> bool:
    kind = message.header("Content-Type").lower()
    local = _sender(message).partition("@")[0].casefold()
    return kind.startswith("multipart/report") or local in _DAEMONS


def _is_automatic(message: Message) -> bool:
    """Absences and the like (RFC 3834 section 5, and what older programs write)."""
    said = message.header("Auto-Submitted").strip().lower()
    bulk = message.header("Precedence").strip().lower() in ("auto_reply", "bulk", "junk")
    return bool(said and said != "no") or bulk or bool(message.header("X-Autoreply"))


def _sender(message: Message) -> str:
    found = parse_addresses(message.header("From"))
    return found[0].email if found else ""


def _when(reply: Reply) -> float:
    return reply.time.timestamp() if reply.time else 0.0


def _last(connection: Connection) -> str:
    marks = connection.merges.all()
    if not marks:
        raise UsageError(
            "No merge was sent from this account yet.", hint="gmailkit merge TEMPLATE ROWS"
        )
    return marks[0].name


def _names(connection: Connection) -> str:
    names = ", ".join(mark.name for mark in connection.merges.all()[:10])
    return f"Merges of this account: {names}." if names else ""
