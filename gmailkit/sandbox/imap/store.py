"""STORE and UID STORE: flags and labels (RFC 3501 section 6.4.6, RFC 7162, Google's extensions)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gmailkit.sandbox.imap import answer, names
from gmailkit.sandbox.imap.answer import Misspelt, Refused
from gmailkit.sandbox.imap.fetch import say_items
from gmailkit.sandbox.imap.flags import MEANT, SHOWN, Marks, Wish, added, removed, replaced
from gmailkit.sandbox.imap.folders import ALL_MAIL
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.moving import fulfil
from gmailkit.sandbox.imap.session import Command, Session
from gmailkit.sandbox.state.folders import Numbered
from gmailkit.sandbox.state.system_labels import DRAFT, SENT


@dataclass(frozen=True, slots=True)
class Order:
    """`sign` is b"+", b"-" or b"" to replace; `flags` or `labels` (ids), by `kind`."""

    sign: bytes
    kind: bytes
    silent: bool
    flags: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()

    def wish(self, marks: Marks, *, besides: str, known: frozenset[str]) -> Wish:
        """`besides` is the folder's own label, which a replacement leaves alone."""
        if self.kind == b"FLAGS":
            if self.sign == b"+":
                return added(self.flags)
            return removed(self.flags) if self.sign == b"-" else replaced(self.flags, marks)
        if self.sign == b"+":
            return Wish(add=self.labels)
        # Open: whether \Sent and \Draft can be taken away. Here they stay.
        fixed = {SENT, DRAFT}
        if self.sign == b"-":
            return Wish(remove=self.labels - fixed)
        kept = fixed | ({besides} - {ALL_MAIL})
        return Wish(add=self.labels, remove=(marks.labels & known) - self.labels - kept)


def store(session: Session, text: Text) -> str:
    return _store(session, text, by_uid=False)


def uid_store(session: Session, text: Text) -> str:
    return _store(session, text, by_uid=True)


def _store(session: Session, text: Text, *, by_uid: bool) -> str:
    text.space()
    sequence = text.sequence()
    text.space()
    unchanged_since = _unchanged_since(text)
    order = _order(session, text)
    text.end()
    here = session.here
    if here.read_only:
        raise Refused("[READ-ONLY] Folder is currently EXAMINEd. (Failure)")
    messages = here.messages(here.choose(sequence, by_uid=by_uid))
    failed: list[Numbered] = []
    if unchanged_since is not None:
        session.enabled.add("CONDSTORE")
        failed = [one for one in messages if one.stored.history > unchanged_since]
        messages = [one for one in messages if one.stored.history <= unchanged_since]
    _carry_out(session, order, messages)
    _tell(session, order, messages, by_uid=by_uid)
    if failed:
        numbers = [one.uid if by_uid else here.sequence_number(one.uid) for one in failed]
        said = answer.numbers(numbers).decode()
        return f"[MODIFIED {said}] Conditional STORE failed for some messages. (Success)"
    return "Success"


def _carry_out(session: Session, order: Order, messages: Sequence[Numbered]) -> None:
    if not messages:
        return
    here = session.here
    known = frozenset(SHOWN) | session.state.labels.names(session.owner.user.n).keys()
    marks = here.marks(messages)
    with session.changing():
        wishes = [
            (one, order.wish(marks[one.uid], besides=here.folder.label, known=known))
            for one in messages
        ]
        fulfil(session, wishes)


def _tell(session: Session, order: Order, messages: Sequence[Numbered], *, by_uid: bool) -> None:
    """What the client asked for by not saying .SILENT; MODSEQ once it has shown to know it."""
    items = [b"UID"] * by_uid
    if not order.silent:  # \\Starred is a flag as well as a label
        items += [b"X-GM-LABELS", b"FLAGS"] if order.kind == b"X-GM-LABELS" else [b"FLAGS"]
    condstore = "CONDSTORE" in session.enabled
    items += [b"MODSEQ"] * condstore
    if not order.silent or condstore:
        say_items(session, [one.uid for one in messages], items)


def _order(session: Session, text: Text) -> Order:
    sign = next((sign for sign in (b"+", b"-") if text.skips(sign)), b"")
    name = text.word()
    silent = name.endswith(b".SILENT")
    kind = name.removesuffix(b".SILENT")
    text.space()
    if kind == b"FLAGS":
        return Order(sign, kind, silent, flags=read_flags(text))
    if kind == b"X-GM-LABELS":
        labels = _labels(session, _label_words(text), make=sign != b"-")
        return Order(sign, kind, silent, labels=labels)
    raise Misspelt


def read_flags(text: Text) -> tuple[str, ...]:
    if not text.opens():
        found = [text.flag()]
        while text.skips(b" "):
            found.append(text.flag())
        return tuple(found)
    found = []
    while not text.closes():
        found.append(text.flag())
        text.skips(b" ")
    return tuple(found)


def _label_words(text: Text) -> list[str]:
    if not text.opens():
        return [text.label()]
    words: list[str] = []
    while not text.closes():
        words.append(text.label())
        text.skips(b" ")
    return words


def _labels(session: Session, words: Sequence[str], *, make: bool) -> frozenset[str]:
    """Ids; a name of no label makes one, or is passed over. Refuses 400 a name Gmail refuses."""
    user = session.owner.user.n
    found: set[str] = set()
    for word in words:
        if word.startswith("\\"):
            if word.lower() not in MEANT:
                raise Refused(f"[CANNOT] Invalid label: {names.encode(word).decode()} (Failure)")
            found.add(MEANT[word.lower()])
        elif label := session.state.labels.id_of(user, word):
            found.add(label)
        elif make:
            from gmailkit.sandbox.state.labels import UserLabel

            found.add(session.state.labels.add(user, UserLabel(word)).id)
    return frozenset(found)


def _unchanged_since(text: Text) -> int | None:
    if not text.skips(b"("):
        return None
    if text.word() != b"UNCHANGEDSINCE":
        raise Misspelt("Unknown STORE modifier")
    text.space()
    since = text.number()
    text.expect(b")")
    text.space()
    return since


COMMANDS = {
    b"STORE": Command(store, expunges=False),
    b"UID STORE": Command(uid_store),
}
