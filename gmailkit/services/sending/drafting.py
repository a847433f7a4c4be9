"""Drafts as a person handles them: listed, kept, opened, edited, sent, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Unpack

import msgspec

from gmailkit.client.listing import Listing
from gmailkit.compose.advice import advise
from gmailkit.compose.quote import sendable
from gmailkit.errors import Conflict, GmailKitError, NotFound, UsageError, to_type
from gmailkit.mime.address import is_mailable
from gmailkit.mime.build import build
from gmailkit.mime.check import check_mail
from gmailkit.mime.digest import digest_of
from gmailkit.mime.parse import parse
from gmailkit.model.draft import Draft
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import DraftId, MessageId, ThreadId
from gmailkit.model.mail import Mail
from gmailkit.model.message import MessageRef
from gmailkit.model.outgoing import Outgoing
from gmailkit.model.shape import to_json
from gmailkit.record.ledger import Entry
from gmailkit.services.asking import asked
from gmailkit.services.changes.recording import recorded
from gmailkit.services.connect import Connection
from gmailkit.services.search import envelopes
from gmailkit.services.sending import outbox
from gmailkit.services.sending.guard.gate import judge
from gmailkit.services.sending.once import Sent, finish
from gmailkit.services.sending.ways.by_draft import PAUSES
from gmailkit.services.sending.ways.look import draft_of
from gmailkit.services.sending.ways.outcome import over, parked
from gmailkit.services.sending.words import ME, Words
from gmailkit.services.sending.writing.files import MOST_BYTES, too_large
from gmailkit.services.sending.writing.write import write
from gmailkit.wire import base64url
from gmailkit.wire.call import Asked
from gmailkit.wire.request import Response


@dataclass(frozen=True, slots=True)
class DraftLine:
    """What a list shows of a draft. The id of its message is another one after each edit."""

    id: DraftId
    envelope: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDraft:
    """A draft as it stood when it was read; `message_id` tells later whether it still does."""

    id: DraftId
    message_id: MessageId
    thread_id: ThreadId
    mail: Mail
    raw: bytes = field(repr=False)


def list_drafts(
    connection: Connection, query: str = "", *, limit: int | None = None
) -> Listing[DraftLine]:
    """Those that match a Gmail search, newest first; 20 units for each that was never seen."""
    client = connection.client
    found = asked(client, query).listed(
        lambda text, limit: client.drafts.list(q=text, limit=limit),
        key=lambda draft: draft.id,
        limit=limit,
    )
    ids: dict[str, DraftId] = {}

    def messages() -> Iterator[MessageRef]:
        for draft in found:
            if draft.message:
                ids[draft.message.id] = draft.id
                yield MessageRef(id=draft.message.id, thread_id=draft.message.thread_id)

    lines = (DraftLine(ids[e.id], e) for e in envelopes(client, connection.cache, messages()))
    return Listing(lines, source=found)


def open_draft(connection: Connection, id: str) -> OpenDraft:
    """The draft of this id, or the one whose message has it; NotFound when there is none."""
    try:
        draft = connection.client.drafts.get(id, format="raw")
    except (NotFound, UsageError) as error:  # the id of a message is none of a draft
        found = _draft_of(connection, id)
        if found is None:
            raise NotFound(
                f"{connection.address} has no draft {id}.",
                hint="It may be sent, deleted, or edited since: gmailkit drafts",
            ) from error
        draft = connection.client.drafts.get(found, format="raw")
    if draft.message is None or not draft.message.raw:
        raise NotFound(f"The draft {id} is empty.")
    raw = base64url.decode(draft.message.raw)
    return OpenDraft(
        id=draft.id,
        message_id=draft.message.id,
        thread_id=draft.message.thread_id,
        mail=parse(raw),
        raw=raw,
    )


def write_draft(connection: Connection, **words: Unpack[Words]) -> Outgoing:
    """As `write`, but it may go to nobody yet. Nothing is kept."""
    if words.get("to") or words.get("cc") or words.get("bcc") or "raw" in words:
        return write(connection, **words)
    message = write(connection, **words | {"to": ME})
    mail = replace(message.mail, to=())
    return replace(message, mail=mail, raw=build(mail))


def save_draft(connection: Connection, message: Outgoing) -> Draft:
    """A lost answer is looked into: a draft that says the same is the one that was made. 10 units.

    One change of the journal, however often it is asked for. Raises what Gmail refuses with; with
    `maybe_done` there may be one, or not.
    """
    connection.check_allowed("drafts.create")
    create = Asked("drafts.create", params={}, body={})
    with recorded(connection.client, connection.journal, [create]) as told:
        draft = _kept(connection, message)
        told([Response(200, {}, msgspec.json.encode(to_json(draft)))])
    return draft


def _kept(connection: Connection, message: Outgoing) -> Draft:
    drafts = connection.client.unrecorded.drafts
    for pause in (*PAUSES, None):
        try:
            return drafts.create(message.raw, thread_id=message.thread_id)
        except GmailKitError as error:
            if not error.maybe_done:
                raise
            error.hint = "It may be kept: look with `gmailkit drafts` before another try."
            if pause is None:
                raise
            if found := _made_all_the_same(connection, message, pause, error):
                return found
    raise AssertionError  # the last try returns or raises


def _made_all_the_same(
    connection: Connection, message: Outgoing, pause: float, error: GmailKitError
) -> Draft | None:
    """The draft of which no answer told; `error` again where nobody can look."""
    connection.clock.sleep(pause)
    try:
        return draft_of(connection, _line(connection, message, key="a new draft"))
    except GmailKitError:
        raise error from None


def edit_draft(connection: Connection, draft: OpenDraft, **words: Unpack[Words]) -> Draft:
    """Replace what `words` name; a text, HTML or Markdown replaces the whole body, `attach` adds.

    One that waits in the outbox waits on, and for a new approval where it needs one. Raises
    Conflict when it has changed since it was opened, or is being sent; Refused when it waits and
    policy.toml forbids what it would say.
    """
    written = write_draft(connection, **words).mail
    given = {name: getattr(written, name) for name in _FIELDS if name in words}
    if given.keys() & {"text", "html"} or words.get("markdown"):
        given |= {"text": written.text, "html": written.html}
    mail = replace(draft.mail, **given, attachments=(*draft.mail.attachments, *written.attachments))
    return replace_draft(connection, draft, mail)


_FIELDS = ("to", "cc", "bcc", "reply_to", "sender", "subject", "text", "html", "in_reply_to")


def replace_draft(connection: Connection, draft: OpenDraft, mail: Mail) -> Draft:
    """Put `mail` in the place of what was opened, in its conversation. Raises as `edit_draft`."""
    raw = build(_writable(connection, mail))
    if len(raw) > MOST_BYTES:
        raise too_large(len(raw))
    new = replace(draft, mail=mail, raw=raw)

    def update() -> Draft:
        _check_unchanged(connection, draft)
        return connection.client.drafts.update(draft.id, raw, thread_id=draft.thread_id or None)

    if waits := outbox.check_editable(connection, draft.id):
        return outbox.edit(connection, waits, ready(new), update)
    _check_free(connection, draft.id)
    return update()


def ready(draft: OpenDraft) -> Outgoing:
    """What `send_draft` would send, with what is to be said of it; nobody is asked.

    UsageError when it goes to nobody, or to what is no address.
    """
    groups = {"To": draft.mail.to, "Cc": draft.mail.cc, "Bcc": draft.mail.bcc}
    edit = to_type("drafts", "edit", draft.id)
    for name, people in groups.items():
        for each in people:
            if not is_mailable(each.email):
                raise UsageError(f"{name}: {str(each)!r} is no e-mail address.", hint=edit)
    if not any(groups.values()):
        raise UsageError("The draft goes to nobody yet.", hint=edit)
    warnings = advise(draft.mail, len(draft.raw))
    return Outgoing(mail=draft.mail, raw=draft.raw, thread_id=draft.thread_id, warnings=warnings)


def send_draft(connection: Connection, id: str, *, key: str | None = None) -> Sent:
    """Send it as it stands, once; the same again returns the first result.

    Raises UsageError as `ready` does, Refused when policy.toml forbids it or wants it
    approved, and as `once.send` does.
    """
    connection.check_allowed("drafts.send")
    sends = connection.sends
    if (line := sends.find(key or _key(id))) and line.state == "sent":
        return finish(connection, line)
    draft = open_draft(connection, id)
    key = key or _key(draft.id)
    with sends.alone(key):
        entry = sends.find(key)
        if entry is None or entry.state in ("failed", "cancelled", "drafted") or _rests(entry):
            entry = _taken_down(connection, draft, key)
    if entry.state in ("held", "parked"):
        raise parked(entry) if entry.state == "parked" else over(entry)
    try:
        return finish(connection, entry)
    except GmailKitError:
        with suppress(GmailKitError):  # it stays a draft like any other, and waits for nothing
            _let_go(connection, key)
        raise


def was_sent(connection: Connection, id: str) -> bool:
    """Whether `send_draft` sent it, by the ledger."""
    line = connection.sends.find(_key(id))
    return line is not None and line.state == "sent"


def delete_draft(connection: Connection, draft: str | OpenDraft) -> None:
    """FOR GOOD. Raises Conflict when it waits in the outbox."""
    opened = open_draft(connection, draft) if isinstance(draft, str) else draft
    connection.check_allowed("drafts.delete")
    _check_free(connection, opened.id)
    connection.client.drafts.delete(opened.id)


def _draft_of(connection: Connection, message_id: str) -> DraftId | None:
    there = connection.client.drafts.list()
    return next((e.id for e in there if e.message and e.message.id == message_id), None)


def _taken_down(connection: Connection, draft: OpenDraft, key: str) -> Entry:
    """Its line in the ledger, before anything is asked of Gmail.

    Its aim is not "sent": whatever becomes of it, the draft is the user's and is not cleared away.
    """
    message = ready(draft)
    _check_free(connection, draft.id, key=key)
    verdict = judge(connection, message)
    entry = msgspec.structs.replace(
        _line(connection, message, key=key),
        state="parked" if verdict.park else "drafted",
        aim="parked" if verdict.park else "held",
        draft_id=draft.id,
        error=verdict.rule,
    )
    return connection.sends.put(entry)


def _line(connection: Connection, message: Outgoing, *, key: str) -> Entry:
    now = connection.sends.now()
    return Entry(
        key=key,
        state="drafting",
        way="draft",
        digest=digest_of(message.raw),
        to=tuple(each.email for each in message.recipients),
        subject=message.mail.subject,
        size=message.size,
        created=now,
        updated=now,
        thread_id=message.thread_id or "",
    )


def _rests(entry: Entry) -> bool:
    """Sending it was refused, and it is due at no time."""
    return entry.state == "held" and entry.due is None


def _let_go(connection: Connection, key: str) -> None:
    with connection.sends.alone(key):
        entry = connection.sends.find(key)
        if entry and _rests(entry):
            connection.sends.change(key, state="failed", draft_id="")


def _key(id: str) -> str:
    return f"draft {id}"


def _check_free(connection: Connection, id: DraftId, *, key: str = "") -> None:
    """What waits for its time or an approval, or is being sent, stays as it was agreed to."""
    own = connection.sends.find(key or _key(id))
    waits = own is not None and own.state in ("held", "parked", "sending") and not _rests(own)
    if waits or connection.sends.drafts_of_others((id,), key=key or _key(id)):
        entry = outbox.with_draft(connection, id)
        if entry and entry.state in outbox.WAITING:
            raise Conflict(
                f"The draft {id} waits in the outbox ({entry.state}).",
                hint=to_type("outbox", "cancel", entry.key),
            )
        raise Conflict(f"The draft {id} is being sent.", hint=to_type("sent", "--finish"))


def _check_unchanged(connection: Connection, draft: OpenDraft) -> None:
    """Open: Gmail has no update under a condition; an edit within the same second is not seen."""
    try:
        now = connection.client.drafts.get(draft.id, format="minimal")
    except NotFound as error:
        raise Conflict(
            "The draft was sent or deleted meanwhile.", hint="See: gmailkit drafts"
        ) from error
    if now.message is None or now.message.id != draft.message_id:
        raise Conflict(
            "The draft was changed meanwhile, somewhere else.", hint="Open it anew and try again."
        )


def _writable(connection: Connection, mail: Mail) -> Mail:
    """What was read, as it may be written again: dated now, its own headers once."""
    return replace(
        mail,
        date=datetime.fromtimestamp(int(connection.clock.now()), UTC),
        headers=tuple(header for header in mail.headers if _is_extra(header)),
        attachments=tuple(
            replace(each, inline=each.inline and bool(mail.html))
            for each in map(sendable, mail.attachments)
        ),
        defects=(),
    )


def _is_extra(header: tuple[str, str]) -> bool:
    """Whether it may stand beside the fields that `Mail` has."""
    with suppress(UsageError):
        check_mail(Mail(headers=(header,)))
        return True
    return False
