"""Folders as they are listed: LIST with its extensions, XLIST, LSUB, STATUS, subscriptions.

RFC 3501, RFC 5258 (LIST-EXTENDED), RFC 5819 (LIST-STATUS), RFC 6154 (SPECIAL-USE).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gmailkit.sandbox.imap import answer, names
from gmailkit.sandbox.imap.answer import Misspelt, Refused
from gmailkit.sandbox.imap.folders import Folder, Folders, View
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.reader import APPEND_LIMIT
from gmailkit.sandbox.imap.session import SIGNED_IN, Command, Session

_STATUS = b"MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ APPENDLIMIT".split()
_SELECT = b"SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE".split()
_RETURN = b"SUBSCRIBED CHILDREN SPECIAL-USE STATUS".split()
_OLDER = {"\\All": "\\AllMail", "\\Junk": "\\Spam", "\\Flagged": "\\Starred"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a LIST wants; `status` are the items of each folder's STATUS."""

    patterns: tuple[str, ...]
    select: tuple[bytes, ...] = ()
    returns: tuple[bytes, ...] = ()
    status: tuple[bytes, ...] = ()


def list_(session: Session, text: Text) -> str:
    asked = _asked(text)
    folders = session.folders()
    if asked.patterns == ("",):
        session.say(b'LIST (\\Noselect) "/" "/"')
    for folder in _matching(folders, asked.patterns):
        subscribed = folders.is_subscribed(folder)
        if b"SUBSCRIBED" in asked.select and not subscribed:
            continue
        if b"SPECIAL-USE" in asked.select and not folder.special:
            continue
        attributes = _attributes(folders, folder, folder.special)
        if subscribed and b"SUBSCRIBED" in asked.select + asked.returns:
            attributes.append(b"\\Subscribed")
        _say(session, b"LIST", attributes, folder)
        if asked.status and folder.selectable:
            _say_status(session, folder, asked.status)
    return "Success"


def xlist(session: Session, text: Text) -> str:
    """Gmail's own, of before SPECIAL-USE; it marks INBOX too."""
    folders = session.folders()
    for folder in _matching(folders, _asked(text).patterns):
        inbox = "\\Inbox" if folder.name == "INBOX" else ""
        special = inbox or _OLDER.get(folder.special, folder.special)
        _say(session, b"XLIST", _attributes(folders, folder, special), folder)
    return "Success"


def lsub(session: Session, text: Text) -> str:
    folders = session.folders()
    for folder in _matching(folders, _asked(text).patterns):
        if folders.is_subscribed(folder) or not folder.selectable:
            _say(session, b"LSUB", _attributes(folders, folder, folder.special), folder)
    return "Success"


def status(session: Session, text: Text) -> str:
    text.space()
    name = text.mailbox()
    text.space()
    items = _words(text, _STATUS)
    text.end()
    _say_status(session, existing(session, name), items)
    return "Success"


def subscribe(session: Session, text: Text) -> str:
    _set_subscribed(session, text, unsubscribed=False)
    return "Success"


def unsubscribe(session: Session, text: Text) -> str:
    _set_subscribed(session, text, unsubscribed=True)
    return "Success"


def existing(session: Session, name: str, *, code: str = "NONEXISTENT") -> Folder:
    """Raises Refused for a name of nothing, or of nothing that holds messages."""
    folder = session.folders().find(name)
    if folder is None:
        raise Refused(f"[{code}] Unknown Mailbox: {_printable(name)} (Failure)")
    if not folder.selectable:
        raise Refused(f"[NONEXISTENT] Invalid folder: {_printable(name)} (Failure)")
    return folder


def _printable(name: str) -> str:
    return names.encode(name)[:200].decode("ascii")


def _set_subscribed(session: Session, text: Text, *, unsubscribed: bool) -> None:
    text.space()
    folder = existing(session, text.mailbox())
    text.end()
    user = session.owner.user
    view = View.of(session.state, user)
    others = view.unsubscribed - {folder.label}
    now = others | {folder.label} if unsubscribed else others
    replace(view, unsubscribed=now).put(session.state, user)


def _asked(text: Text) -> Asked:
    text.space()
    select: tuple[bytes, ...] = ()
    if text.sees(b"("):
        select = _words(text, _SELECT)
        text.space()
    reference = text.mailbox()
    text.space()
    patterns = _patterns(text) if text.opens() else [text.pattern()]
    returns: tuple[bytes, ...] = ()
    wanted: tuple[bytes, ...] = ()
    if text.skips(b" RETURN "):
        returns, wanted = _returns(text)
    text.end()
    return Asked(tuple(reference + one for one in patterns), select, returns, wanted)


def _patterns(text: Text) -> list[str]:
    found = [text.pattern()]
    while not text.closes():
        text.space()
        found.append(text.pattern())
    return found


def _returns(text: Text) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    found: list[bytes] = []
    wanted: tuple[bytes, ...] = ()
    text.expect(b"(")
    while not text.skips(b")"):
        word = text.word()
        if word not in _RETURN:
            raise Misspelt
        if word == b"STATUS":
            text.space()
            wanted = _words(text, _STATUS)
        found.append(word)
        text.skips(b" ")
    return tuple(found), wanted


def _words(text: Text, known: list[bytes]) -> tuple[bytes, ...]:
    """A list in parentheses, maybe empty, of words that are `known`."""
    found: list[bytes] = []
    text.expect(b"(")
    while not text.skips(b")"):
        found.append(text.word())
        text.skips(b" ")
    if any(word not in known for word in found):
        raise Misspelt
    return tuple(found)


def _matching(folders: Folders, patterns: tuple[str, ...]) -> Iterator[Folder]:
    """ "*" is anything, "%" anything within one level; INBOX in any letters."""
    wanted = [_expression(pattern) for pattern in patterns]
    for folder in folders.all():
        if any(one.fullmatch(folder.name) for one in wanted):
            yield folder


def _expression(pattern: str) -> re.Pattern[str]:
    if pattern.upper() == "INBOX":
        return re.compile("INBOX")
    squeezed = re.sub(r"[*%]*\*[*%]*", "*", re.sub("%+", "%", pattern))
    wild = {"*": ".*", "%": "[^/]*"}
    pieces = re.split(r"([*%])", squeezed)
    return re.compile("".join(wild.get(p, re.escape(p)) for p in pieces), re.S)


def _attributes(folders: Folders, folder: Folder, special: str) -> list[bytes]:
    said = [b"\\HasChildren" if folders.has_children(folder) else b"\\HasNoChildren"]
    if not folder.selectable:
        said.append(b"\\Noselect")
    if special:
        said.append(special.encode())
    return said


def _say(session: Session, kind: bytes, attributes: list[bytes], folder: Folder) -> None:
    name = answer.mailbox(folder.name, utf8=session.utf8)
    session.say(kind, b" ", answer.listed(attributes), b' "/" ', name)


def _say_status(session: Session, folder: Folder, items: tuple[bytes, ...]) -> None:
    state = session.state
    numbers = state.folders.numbers(session.owner.user.n, folder.label)
    shown = session.most_shown()
    values = {
        b"MESSAGES": len(state.folders.uids(numbers.n, newest=shown)),
        b"RECENT": 0,
        b"UIDNEXT": numbers.next_uid,
        b"UIDVALIDITY": numbers.n,
        b"UNSEEN": state.folders.unread(numbers.n),
        b"HIGHESTMODSEQ": state.history.last(session.owner.user.n),
        b"APPENDLIMIT": APPEND_LIMIT,
    }
    said = answer.listed(b"%b %d" % (item, values[item]) for item in items)
    session.say(b"STATUS ", answer.mailbox(folder.name, utf8=session.utf8), b" ", said)


COMMANDS = {
    b"LIST": Command(list_, SIGNED_IN),
    b"XLIST": Command(xlist, SIGNED_IN),
    b"LSUB": Command(lsub, SIGNED_IN),
    b"STATUS": Command(status, SIGNED_IN),
    b"SUBSCRIBE": Command(subscribe, SIGNED_IN),
    b"UNSUBSCRIBE": Command(unsubscribe, SIGNED_IN),
}
