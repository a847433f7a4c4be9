"""What a caller is told of a message that did not simply leave."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gmailkit.errors import (
    CannotWrite,
    Conflict,
    GmailKitError,
    Kept,
    NotFound,
    Refused,
    SignInNeeded,
    to_type,
)
from gmailkit.record.ledger import Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways import by_draft

NOT_LEFT: tuple[Stage, ...] = ("new", "drafting", "drafted", "held", "parked")
_SAID: dict[Stage, str] = {
    "sent": "has left",
    "held": "waits for its time",
    "parked": "waits for approval",
    "failed": "was refused, and nothing of it left",
    "cancelled": "is cancelled already, and nothing of it left",
}


def over(entry: Entry) -> Conflict:
    """Why nothing more is done under this key."""
    if entry.state in _SAID:
        still = entry.state == "cancelled" and entry.draft_id
        rest = "; it is still a draft" if still else ""
        said = f"The message of {entry.key} {_SAID[entry.state]}{rest}."
        error = Kept(said, due=entry.due) if entry.state == "held" else Conflict(said)
    else:
        error = Conflict(f"Nobody can tell whether the message of {entry.key} left.")
        error.maybe_done = True
    error.hint = _next(entry)
    error.key = entry.key
    return error


def _next(entry: Entry) -> str:
    match entry.state:
        case "sent":
            return "gmailkit sent"
        case "held":
            other = shlex.join(("--key", f"{entry.key}-2"))
            taken_back = to_type("outbox", "cancel", entry.key)
            return (
                f"Another message takes another key: {other}\nTo take this one back: {taken_back}"
            )
        case "parked":
            return to_type("outbox", "approve", entry.key)
        case "failed":
            return "Send it anew; the same key may be used."
        case "cancelled":
            other = shlex.join(("--key", f"{entry.key}-2"))
            if not entry.draft_id:
                return f"To send it all the same, repeat its command with another key: {other}"
            its_draft = to_type("drafts", "send", entry.draft_id)
            return f"{its_draft}\nAnother message takes another key: {other}"
    settle = to_type("sent", "--settle", entry.key, "--as", "sent")
    return f"Look with `gmailkit search in:sent`, then say what you found: {settle} (or failed)."


def told(entry: Entry, error: GmailKitError) -> GmailKitError:
    """Why a message did not leave now; Kept where it waits on, and leaves later all the same."""
    if entry.state != "held" or not (error.passing or isinstance(error, SignInNeeded)):
        return error
    kept = Kept(
        f"The message waits, and leaves later: {error.message}",
        due=entry.due,
        hint=error.hint if entry.way == "smtp" else f"{error.hint}\ngmailkit outbox run".strip(),
        status=error.status,
        reason=error.reason,
        account=error.account,
    )
    kept.key = entry.key
    kept.__cause__ = error
    return kept


@contextmanager
def kept_is_told(connection: Connection, key: str) -> Iterator[None]:
    """An error of the moment invites to try it again, which would be a second message."""
    try:
        yield
    except GmailKitError as error:
        entry = connection.sends.find(key)
        if entry is None or (other := told(entry, error)) is error:
            raise
        raise other from error


def parked(entry: Entry) -> Refused:
    """It waits for an approval."""
    rule = f" ({entry.error})" if entry.error else ""
    error = Refused(
        f"The message waits for approval{rule}: it is parked under the key {entry.key}.",
        hint=to_type("outbox", "approve", entry.key),
    )
    error.key = entry.key
    return error


def nothing_under(key: str) -> NotFound:
    return NotFound(f"Nothing was sent under the key {key}.", hint="gmailkit sent")


@contextmanager
def explained(connection: Connection, key: str, *, given: bool) -> Iterator[None]:
    """Errors come with the key, and say by what the ledger knows whether the message may have left.

    Under a key that nobody knows (not `given`) a second try would be a second message: nothing
    remains of a first one that did not leave.
    """
    try:
        yield
    except GmailKitError as error:
        if not error.key:
            with suppress(GmailKitError):
                _explain(connection, key, error, given=given)
        raise


def _explain(connection: Connection, key: str, error: GmailKitError, *, given: bool) -> None:
    entry = connection.sends.find(key)
    if entry is None:
        return
    error.key = key
    if isinstance(error, CannotWrite):
        return
    if entry.state in NOT_LEFT:
        error.maybe_done = False
        if given:
            error.hint = f"{error.hint}\nNothing left yet; the same again goes on.".strip()
        else:
            _leave_nothing(connection, entry)
    elif entry.state in ("sending", "unknown"):
        error.maybe_done = not given or entry.state == "unknown" or entry.way != "draft"
        error.hint = "It may have left: `gmailkit sent --finish` tells, and sends nothing twice."


def _leave_nothing(connection: Connection, entry: Entry) -> None:
    entry = connection.sends.change(entry.key, aim="nothing")
    with suppress(GmailKitError):  # what remains is cleared away by `gmailkit sent --finish`
        by_draft.clear(connection, entry)
