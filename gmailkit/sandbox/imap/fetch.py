"""FETCH and UID FETCH (RFC 3501 section 6.4.5, RFC 7162, Google: IMAP extensions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gmailkit.sandbox import tree
from gmailkit.sandbox.imap import answer, describe, sections
from gmailkit.sandbox.imap.access import OVER_QUOTA
from gmailkit.sandbox.imap.answer import Close, Misspelt
from gmailkit.sandbox.imap.flags import Marks, shown
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.session import Command, Session
from gmailkit.sandbox.state.folders import Numbered
from gmailkit.sandbox.state.system_labels import UNREAD
from gmailkit.sandbox.tree import Part

_AT_ONCE = 200
_MACROS = {
    b"FAST": b"FLAGS INTERNALDATE RFC822.SIZE",
    b"ALL": b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE",
    b"FULL": b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY",
}
_NAME = re.compile(rb"[A-Za-z0-9.\-]+")
_PARTIAL = re.compile(rb"<(\d{1,10})\.([1-9]\d{0,9})>")


@dataclass(frozen=True)
class Reading:
    """One message that is being fetched."""

    session: Session
    found: Numbered
    marks: Marks
    names: dict[str, str]

    @cached_property
    def raw(self) -> bytes:
        return self.session.state.messages.raw(self.found.stored.n)

    @cached_property
    def root(self) -> Part:
        return tree.read(self.raw)

    def labels(self) -> bytes:
        utf8 = self.session.utf8
        besides = self.session.here.folder.label
        said = shown(self.marks.labels, self.names, besides=besides)
        return answer.listed(
            answer.system_label(name) if name.startswith("\\") else answer.label(name, utf8=utf8)
            for name in said
        )


Say = Callable[[Reading], bytes]


@dataclass(frozen=True, slots=True)
class Item:
    """`reads`: the message counts as read by it."""

    say: Say
    reads: bool = False


def _flags(reading: Reading) -> bytes:
    return b"FLAGS " + answer.listed(flag.encode() for flag in reading.marks.flags)


def _modseq(reading: Reading) -> bytes:
    return b"MODSEQ (%d)" % reading.found.stored.history


def _plain(name: bytes, value: Callable[[Reading], bytes]) -> tuple[bytes, Item]:
    return name, Item(lambda reading: name + b" " + value(reading))


_ITEMS: dict[bytes, Item] = dict(
    (
        (b"FLAGS", Item(_flags)),
        (b"MODSEQ", Item(_modseq)),
        _plain(b"UID", lambda r: b"%d" % r.found.uid),
        _plain(b"INTERNALDATE", lambda r: answer.date_time(r.found.stored.date_ms)),
        _plain(b"RFC822.SIZE", lambda r: b"%d" % r.found.stored.size),
        _plain(b"X-GM-MSGID", lambda r: b"%d" % int(r.found.stored.id, 16)),
        _plain(b"X-GM-THRID", lambda r: b"%d" % int(r.found.stored.thread, 16)),
        _plain(b"X-GM-LABELS", lambda r: r.labels()),
        _plain(b"ENVELOPE", lambda r: describe.envelope(r.root.fields)),
        _plain(b"BODY", lambda r: describe.structure(r.root, r.raw, extended=False)),
        _plain(b"BODYSTRUCTURE", lambda r: describe.structure(r.root, r.raw, extended=True)),
        _plain(b"RFC822.HEADER", lambda r: answer.literal(r.raw[: r.root.body])),
    )
)
_ITEMS[b"RFC822"] = Item(lambda r: b"RFC822 " + answer.literal(r.raw), reads=True)
_ITEMS[b"RFC822.TEXT"] = Item(
    lambda r: b"RFC822.TEXT " + answer.literal(r.raw[r.root.body :]), reads=True
)


def fetch(session: Session, text: Text) -> str:
    return _fetch(session, text, by_uid=False)


def uid_fetch(session: Session, text: Text) -> str:
    return _fetch(session, text, by_uid=True)


def tell_flags(session: Session, uids: Sequence[int], *, by_uid: bool = False) -> None:
    """Unasked: what flags and labels of these messages are now."""
    items = [_ITEMS[b"UID"]] if by_uid else []
    items.append(_ITEMS[b"FLAGS"])
    if "CONDSTORE" in session.enabled:
        items.append(_ITEMS[b"MODSEQ"])
    for start in range(0, len(uids), _AT_ONCE):
        _say_all(session, uids[start : start + _AT_ONCE], items)


def say_items(session: Session, uids: Sequence[int], names: Sequence[bytes]) -> None:
    """As if they had been fetched."""
    _say_all(session, uids, [_ITEMS[name] for name in names])


def _fetch(session: Session, text: Text, *, by_uid: bool) -> str:
    text.space()
    sequence = text.sequence()
    text.space()
    items = _items(text)
    since = _since(text)
    text.end()
    if since is not None or items.get(b"MODSEQ"):
        session.enabled.add("CONDSTORE")
    if since is not None:
        items.setdefault(b"MODSEQ", _ITEMS[b"MODSEQ"])
    if by_uid:
        items = {b"UID": _ITEMS[b"UID"], **items}
    uids = session.here.choose(sequence, by_uid=by_uid)
    if since:
        state, user = session.state, session.owner.user
        moved = set(state.folders.changed(user.n, session.here.numbers.n, since))
        uids = [uid for uid in uids if uid in moved]
    for start in range(0, len(uids), _AT_ONCE):
        some = uids[start : start + _AT_ONCE]
        if any(item.reads for item in items.values()) and not session.here.read_only:
            _mark_read(session, some)
        _say_all(session, some, list(items.values()))
        session.check_alive()
    return "Success"


def _items(text: Text) -> dict[bytes, Item]:
    found: dict[bytes, Item] = {}
    if text.opens():
        while not text.closes():
            _add(found, text)
            text.skips(b" ")
        if not found:
            raise Misspelt
        return found
    for macro, names in _MACROS.items():
        if text.skips(macro):
            return {name: _ITEMS[name] for name in names.split()}
    _add(found, text)
    return found


def _add(found: dict[bytes, Item], text: Text) -> None:
    name = text.matched(_NAME).upper()
    if name in (b"BODY", b"BODY.PEEK") and text.skips(b"["):
        section = sections.read(text)
        at = text.matched(_PARTIAL)
        shown = b"BODY[" + section.shown + b"]"
        found[shown + at] = Item(_body(section, shown, at), reads=name == b"BODY")
    elif name in _ITEMS:
        found[name] = _ITEMS[name]
    else:
        raise Misspelt


def _body(section: sections.Section, shown: bytes, partial: bytes) -> Say:
    start, count = 0, None
    if cut := _PARTIAL.fullmatch(partial):
        start, count = int(cut[1]), int(cut[2])
        shown += b"<%d>" % start

    def say(reading: Reading) -> bytes:
        whole = section.of(reading)
        if whole is None:
            return shown + b" NIL"
        return (
            shown
            + b" "
            + answer.literal(whole[start:] if count is None else whole[start : start + count])
        )

    return say


def _since(text: Text) -> int | None:
    """CHANGEDSINCE (RFC 7162 section 3.1.4.1)."""
    if not text.skips(b" ("):
        return None
    if text.word() != b"CHANGEDSINCE":
        raise Misspelt("Unknown FETCH modifier")
    text.space()
    since = text.number()
    text.expect(b")")
    return since


def _say_all(session: Session, uids: Sequence[int], items: Sequence[Item]) -> None:
    here = session.here
    user = session.owner.user
    names = session.state.labels.names(user.n)
    messages = here.messages(uids)
    all_marks = here.marks(messages) if messages else {}
    for found in messages:
        reading = Reading(session, found, all_marks[found.uid], names)
        said = b" ".join(item.say(reading) for item in items)
        if not session.traffic.move(user, "imap_download", len(said)):
            raise Close(OVER_QUOTA)
        number = here.sequence_number(found.uid)
        session.say(b"%d FETCH (" % number, said, b")")


def _mark_read(session: Session, uids: Sequence[int]) -> None:
    stored = [found.stored for found in session.here.messages(uids)]
    session.state.messages.relabel(session.owner.user.n, stored, (), (UNREAD,))


COMMANDS = {
    b"FETCH": Command(fetch, expunges=False),
    b"UID FETCH": Command(uid_fetch),
}
