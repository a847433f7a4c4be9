"""The way through a draft: Gmail keeps the message, then sends it by the draft's id.

The draft vanishes when it is sent, so the request to send it may be repeated, and after any crash
Gmail can tell whether the message left.
"""

from __future__ import annotations

from contextlib import suppress

from gmailkit.errors import (
    CannotWrite,
    Conflict,
    GmailKitError,
    NotFound,
    Refused,
    SignInNeeded,
)
from gmailkit.model.message import Message
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways import look

# Seconds before Gmail is asked what became of a request: one that is still on its way must arrive.
PAUSES = (2.0, 5.0, 15.0)


def create(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """A line that says "drafting" becomes "drafted". 10 units.

    A lost answer is looked into, and the draft made once more when there is none.
    """
    sends = connection.sends
    for pause in (*PAUSES, None):
        try:
            draft = connection.client.unrecorded.drafts.create(
                message.raw, thread_id=message.thread_id
            )
        except GmailKitError as error:
            if not error.maybe_done:
                _nothing_left(connection, entry, error)
            if not error.maybe_done or pause is None:
                raise
            connection.clock.sleep(pause)
            if found := find(connection, entry):
                return found
            continue
        thread = draft.message.thread_id if draft.message else ""
        with suppress(Conflict):  # another line has adopted it: it had the same words
            return sends.change(entry.key, state="drafted", draft_id=draft.id, thread_id=thread)
    raise Conflict("Others take the drafts of this message.", hint="Try again.")


def find(connection: Connection, entry: Entry) -> Entry | None:
    """The line with its draft, when one was made although nobody heard of it."""
    while draft := look.draft_of(connection, entry):
        thread = draft.message.thread_id if draft.message else ""
        with suppress(Conflict):  # taken since we looked
            return connection.sends.change(
                entry.key, state="drafted", draft_id=draft.id, thread_id=thread
            )
    return None


def leave(connection: Connection, entry: Entry) -> Entry:
    """Send the draft. 100 units; a lost answer is looked into, and never leads to a second message.

    Raises NotFound when somebody deleted the draft before it was sent.
    """
    before = entry.state
    asked = before in ("sending", "unknown")  # by an earlier run
    if entry.state != "sending":
        entry = connection.sends.change(entry.key, state="sending")
    for pause in (*PAUSES, None):
        try:
            answer = connection.client.unrecorded.drafts.send(entry.draft_id)
        except NotFound as error:
            if look.is_draft(connection, entry):
                raise
            return _gone(connection, entry, asked=asked, error=error)
        except GmailKitError as error:
            if not error.maybe_done:
                _not_sent(connection, entry, error, before=before)
            if not error.maybe_done or pause is None:
                raise
            connection.clock.sleep(pause)
            if not look.is_draft(connection, entry):
                return _left(connection, entry, error)
            asked = True
        else:
            return note_sent(connection, entry, answer)
    raise AssertionError  # the last try returns or raises


def settle(connection: Connection, entry: Entry) -> Entry:
    """A line that says "sending" or "unknown", of an earlier run, brought to an end.

    It stays "unknown" where the draft is gone and the message is not in Sent.
    """
    if look.is_draft(connection, entry):
        return leave(connection, entry)
    return _gone(connection, entry, asked=True, error=None)


def clear(connection: Connection, entry: Entry) -> Entry:
    """Nothing of a message that did not leave stays behind: its draft goes for good. 10 units."""
    if entry.state == "drafting":
        entry = find(connection, entry) or entry
    if entry.draft_id:
        with suppress(NotFound):
            connection.client.unrecorded.drafts.delete(entry.draft_id)
    return connection.sends.change(entry.key, state="failed", draft_id="", aim="nothing")


def note_sent(connection: Connection, entry: Entry, answer: Message) -> Entry:
    """In the ledger; CannotWrite that says it left when the ledger cannot be written any more."""
    try:
        return connection.sends.change(
            entry.key,
            state="sent",
            message_id=answer.id,
            thread_id=answer.thread_id or entry.thread_id,
            error="",
        )
    except CannotWrite as error:
        raise CannotWrite(
            f"The message left ({answer.id}), but {error.path} could not take that down.",
            path=error.path,
            hint="Do not send it again. With space on the disk `gmailkit sent --finish` finds it.",
        ) from error


def resumable(error: GmailKitError) -> bool:
    """Whether what was refused may go through later as it is."""
    return error.passing or isinstance(error, SignInNeeded | CannotWrite | Conflict)


def _nothing_left(connection: Connection, entry: Entry, error: GmailKitError) -> None:
    """The draft was refused."""
    state = "new" if resumable(error) else "failed"
    connection.sends.change(entry.key, state=state, error=error.message)


def _not_sent(connection: Connection, entry: Entry, error: GmailKitError, *, before: Stage) -> None:
    """The draft is there, and sending it was refused: for now, or for good.

    One that was held or parked `before` waits on where a rule of policy.toml, which may change, is
    why. Only a draft that was made to be sent at once is cleared away.
    """
    waited = before in ("held", "parked")
    by_rule = isinstance(error, Refused) and bool(error.rule)
    again = resumable(error) or (waited and by_rule)
    made_for_it = entry.aim in ("sent", "nothing")
    state: Stage = before if waited and again else "drafted" if again or made_for_it else "failed"
    entry = connection.sends.change(entry.key, state=state, error=error.message)
    if made_for_it and not again:
        with suppress(GmailKitError):  # what remains is cleared away by `gmailkit sent --finish`
            clear(connection, entry)


def _left(connection: Connection, entry: Entry, error: GmailKitError) -> Entry:
    """We asked, no answer came, and the draft is gone: it left, and Sent says as what."""
    if not look.may_read(connection):
        # Within seconds of our own request nobody else takes the draft away.
        return connection.sends.change(entry.key, state="sent", error="")
    for pause in (*PAUSES, None):
        if found := look.sent_of(connection, entry):
            return note_sent(connection, entry, found)
        if pause is not None:
            connection.clock.sleep(pause)
    connection.sends.change(entry.key, state="unknown", error=error.message)
    raise error


def _gone(connection: Connection, entry: Entry, *, asked: bool, error: NotFound | None) -> Entry:
    """The draft is gone before this run had a lost answer: sent earlier, sent by hand, deleted."""
    found = look.sent_of(connection, entry) if look.may_read(connection) else None
    if found:
        return note_sent(connection, entry, found)
    if asked or not look.may_read(connection):
        return connection.sends.change(
            entry.key, state="unknown", error="Its draft is gone, and it is not found in Sent."
        )
    connection.sends.change(
        entry.key, state="failed", draft_id="", error="Its draft was deleted; nothing left."
    )
    raise NotFound(
        "The draft of this message was deleted before it was sent; nothing left.",
        hint="Send it anew; the same key may be used.",
    ) from error
