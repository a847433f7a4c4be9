"""From folder to folder: COPY, MOVE and EXPUNGE, and what they mean for labels.

RFC 3501, RFC 4315 (UIDPLUS), RFC 6851 (MOVE); settings autoExpunge and expungeBehavior.
"""

from __future__ import annotations

from collections.abc import Sequence

from gmailkit.sandbox.imap import answer
from gmailkit.sandbox.imap.answer import Refused
from gmailkit.sandbox.imap.flags import Wish
from gmailkit.sandbox.imap.folders import ALL_MAIL, Folder
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.listing import existing
from gmailkit.sandbox.imap.session import Command, Session
from gmailkit.sandbox.state.folders import Numbered
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import DRAFT, SPAM, TRASH

_ASIDE = (SPAM, TRASH)


def copy(session: Session, text: Text) -> str:
    return _copy(session, text, by_uid=False)


def uid_copy(session: Session, text: Text) -> str:
    return _copy(session, text, by_uid=True)


def move(session: Session, text: Text) -> str:
    return _move(session, text, by_uid=False)


def uid_move(session: Session, text: Text) -> str:
    return _move(session, text, by_uid=True)


def expunge(session: Session, text: Text) -> str:
    text.end()
    _check_writable(session)
    expunge_all(session)
    return "Success"


def uid_expunge(session: Session, text: Text) -> str:
    text.space()
    sequence = text.sequence()
    text.end()
    _check_writable(session)
    here = session.here
    named = set(here.choose(sequence, by_uid=True))
    doomed = [uid for uid in session.state.folders.deleted(here.numbers.n) if uid in named]
    take_out(session, here.messages(doomed))
    return "Success"


def expunge_all(session: Session) -> None:
    """All that is marked \\Deleted in the selected folder."""
    here = session.here
    take_out(session, here.messages(session.state.folders.deleted(here.numbers.n)))


def fulfil(session: Session, wishes: Sequence[tuple[Numbered, Wish]]) -> None:
    """Inside the caller's transaction. With autoExpunge \\Deleted takes effect at once."""
    state, user = session.state, session.owner.user
    at_once = bool((state.settings.find(user.n, "imap") or {}).get("autoExpunge", True))
    doomed: list[Numbered] = []
    for one, wish in wishes:
        if wish.add or wish.remove:
            state.messages.relabel(user.n, [one.stored], wish.add, wish.remove)
        if wish.keywords or wish.no_keywords:
            state.folders.set_keywords(one.stored, wish.keywords, wish.no_keywords)
        if wish.deleted and at_once:
            doomed.append(one)
        elif wish.deleted is not None and wish.deleted != one.deleted:
            state.folders.mark_deleted(user.n, session.here.numbers.n, one, deleted=wish.deleted)
    take_out(session, doomed)


def take_out(session: Session, messages: Sequence[Numbered]) -> None:
    """Out of the selected folder: for good from spam and trash, else its label goes.

    Where no folder but All Mail would show a message any more, the user's setting says what
    becomes of it. Open: what becomes of a draft. It is thrown away here.
    """
    state, user, label = session.state, session.owner.user, session.here.folder.label
    shown = {folder.label for folder in session.folders().all()} - {ALL_MAIL}
    with state.database.change():
        for one in messages:
            if label in (*_ASIDE, DRAFT):
                state.messages.remove(user.n, [one.stored])
                continue
            if label != ALL_MAIL:
                state.messages.relabel(user.n, [one.stored], (), (label,))
            else:
                state.folders.mark_deleted(user.n, session.here.numbers.n, one, deleted=False)
            if shown.isdisjoint(state.messages.labels(one.stored.n)):
                _dispose(session, one.stored)


def _dispose(session: Session, stored: Stored) -> None:
    state, user = session.state, session.owner.user
    settings = state.settings.find(user.n, "imap") or {}
    match settings.get("expungeBehavior", "archive"):
        case "trash":
            state.messages.relabel(user.n, [stored], (TRASH,), ())
        case "deleteForever":
            state.messages.remove(user.n, [stored])


def _copy(session: Session, text: Text, *, by_uid: bool) -> str:
    messages, target = _asked(session, text, by_uid=by_uid)
    with session.changing():
        for one in messages:
            session.state.messages.relabel(
                session.owner.user.n, [one.stored], labels_into(target), ()
            )
    return f"{_copied(session, messages, target)}(Success)"


def _move(session: Session, text: Text, *, by_uid: bool) -> str:
    """From All Mail nothing can be taken but into spam or trash: there it stays."""
    messages, target = _asked(session, text, by_uid=by_uid)
    _check_writable(session)
    here = session.here.folder.label
    gone = () if here in (ALL_MAIL, target.label) else (here,)
    with session.changing():
        for one in messages:
            session.state.messages.relabel(
                session.owner.user.n, [one.stored], labels_into(target), gone
            )
    said = _copied(session, messages, target)
    session.say(b"OK ", said.encode() or b"Moved.")
    return "(Success)"


def labels_into(target: Folder) -> tuple[str, ...]:
    """What a message gets that is put there. Raises Refused for Drafts, where mail is written."""
    if target.label == DRAFT:
        raise Refused("[CANNOT] Cannot copy into the drafts. (Failure)")
    return () if target.label == ALL_MAIL else (target.label,)


def _asked(session: Session, text: Text, *, by_uid: bool) -> tuple[list[Numbered], Folder]:
    text.space()
    sequence = text.sequence()
    text.space()
    name = text.mailbox()
    text.end()
    chosen = session.here.choose(sequence, by_uid=by_uid)
    target = existing(session, name, code="TRYCREATE")
    return session.here.messages(chosen), target


def _copied(session: Session, messages: Sequence[Numbered], target: Folder) -> str:
    """COPYUID with a blank behind it; "" where nothing arrived that the target shows."""
    folders = session.state.folders
    numbers = folders.numbers(session.owner.user.n, target.label)
    pairs = [(one.uid, folders.uid_of(numbers.n, one.stored.n)) for one in messages]
    there = sorted((uid, source) for source, uid in pairs if uid is not None)
    if not there:
        return ""
    sources = b",".join(b"%d" % source for _, source in there).decode()
    uids = answer.numbers(uid for uid, _ in there).decode()
    return f"[COPYUID {numbers.n} {sources} {uids}] "


def _check_writable(session: Session) -> None:
    if session.here.read_only:
        raise Refused("[READ-ONLY] Folder is currently EXAMINEd. (Failure)")


COMMANDS = {
    b"COPY": Command(copy),
    b"UID COPY": Command(uid_copy),
    b"MOVE": Command(move),
    b"UID MOVE": Command(uid_move),
    b"EXPUNGE": Command(expunge),
    b"UID EXPUNGE": Command(uid_expunge),
}
