"""SELECT and EXAMINE, the ways out of a folder, and IDLE (RFC 3501, RFC 3691, RFC 2177)."""

from __future__ import annotations

from gmailkit.sandbox.imap.answer import Close, Misspelt
from gmailkit.sandbox.imap.flags import PERMANENT
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.listing import existing
from gmailkit.sandbox.imap.moving import expunge_all
from gmailkit.sandbox.imap.selected import Selected
from gmailkit.sandbox.imap.session import SIGNED_IN, Command, Session
from gmailkit.sandbox.peer import TooLong

_LOOK_SECONDS = 0.05  # another process may write to the mailbox, so it has to be looked at
_LONGEST_IDLE = 29 * 60.0


def select(session: Session, text: Text) -> str:
    return _select(session, text, read_only=False)


def examine(session: Session, text: Text) -> str:
    return _select(session, text, read_only=True)


def close(session: Session, text: Text) -> str:
    """What is marked \\Deleted goes without a word."""
    text.end()
    if not session.here.read_only:
        expunge_all(session)
    session.selected = None
    return "Returned to authenticated state. (Success)"


def unselect(session: Session, text: Text) -> str:
    text.end()
    session.selected = None
    return "Returned to authenticated state. (Success)"


def idle(session: Session, text: Text) -> str:
    """News is told as it happens, until DONE; for half an hour by the sandbox's clock."""
    text.end()
    session.peer.write(b"+ idling\r\n")
    clock = session.state.clock
    since = clock.monotonic()
    while not session.peer.waits(_LOOK_SECONDS):
        session.check_alive()
        if clock.monotonic() - since > _LONGEST_IDLE:
            raise Close("Timeout")
        session.tell_news(expunges=True)
    try:
        said = session.peer.line(most=100).strip()
    except TooLong as error:
        raise Close("Line too long") from error
    if said.upper() != b"DONE":
        raise Misspelt("Expected DONE")
    return "IDLE terminated (Success)"


def _select(session: Session, text: Text, *, read_only: bool) -> str:
    """The folder before is left even where the new one cannot be had."""
    text.space()
    name = text.mailbox()
    if text.skips(b" (CONDSTORE)"):
        session.enabled.add("CONDSTORE")
    text.end()
    session.selected = None
    folder = existing(session, name)
    user = session.owner.user
    here = Selected(session.state, user, folder, read_only=read_only, most=session.most_shown())
    session.selected = here
    permanent = b"" if read_only else f"{PERMANENT} \\*".encode()
    session.say(b"FLAGS (", PERMANENT.encode(), b")")
    session.say(b"OK [PERMANENTFLAGS (", permanent, b")] Flags permitted.")
    session.say(b"OK [UIDVALIDITY %d] UIDs valid." % here.numbers.n)
    session.say(b"%d EXISTS" % len(here.uids))
    session.say(b"0 RECENT")
    session.say(b"OK [UIDNEXT %d] Predicted next UID." % here.numbers.next_uid)
    session.say(b"OK [HIGHESTMODSEQ %d]" % here.told)
    return f"[{'READ-ONLY' if read_only else 'READ-WRITE'}] {_ascii(name)} selected. (Success)"


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode()


COMMANDS = {
    b"SELECT": Command(select, SIGNED_IN),
    b"EXAMINE": Command(examine, SIGNED_IN),
    b"CLOSE": Command(close),
    b"UNSELECT": Command(unselect),
    b"IDLE": Command(idle, SIGNED_IN),
}
