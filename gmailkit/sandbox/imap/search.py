"""SEARCH and UID SEARCH: keys read into one test, and the answer in its two forms.

RFC 3501 section 6.4.4, RFC 4731 (ESEARCH), RFC 7162 (MODSEQ), Google: X-GM-RAW and the others.
"""

from __future__ import annotations

import codecs
import operator
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from gmailkit.sandbox.imap import answer, keys
from gmailkit.sandbox.imap.answer import Misspelt, Refused
from gmailkit.sandbox.imap.flags import MEANT
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.keys import Candidate, Key
from gmailkit.sandbox.imap.session import Command, Session
from gmailkit.sandbox.state.system_labels import SPAM, TRASH

_AT_ONCE = 200
_MOST_FOUND = 10_000_000
_FLAGS = {
    b"ANSWERED": "\\Answered",
    b"DELETED": "\\Deleted",
    b"DRAFT": "\\Draft",
    b"FLAGGED": "\\Flagged",
    b"SEEN": "\\Seen",
    b"RECENT": "\\Recent",
}
_HEADERS = (b"BCC", b"CC", b"FROM", b"SUBJECT", b"TO")
DayOf = Callable[[Candidate], date | None]
_RETURNS = (b"MIN", b"MAX", b"ALL", b"COUNT")


class Reader:
    """Keys out of a command; all of them together are one Key."""

    def __init__(self, session: Session, text: Text) -> None:
        self._session = session
        self._text = text
        self._charset = "utf-8"  # an ASCII that was not promised is welcome all the same
        self.modseq = False

    def charset(self, name: bytes) -> None:
        try:
            self._charset = codecs.lookup(name.decode("ascii")).name
        except (LookupError, ValueError) as error:
            raise Refused("[BADCHARSET (US-ASCII UTF-8)] Unknown charset (Failure)") from error

    def all(self) -> Key:
        """To the end of the command, or of the list that was entered."""
        found = [self._key()]
        while self._text.skips(b" "):
            found.append(self._key())
        return keys.both(found)

    def _key(self) -> Key:
        text = self._text
        if text.opens():
            inner = self.all()
            if not text.closes():
                raise Misspelt
            return inner
        if text.sees_sequence():
            return self._sequence(by_uid=False)
        name = text.word()
        if name in _FLAGS:
            return keys.flag(_FLAGS[name])
        if name.startswith(b"UN") and name[2:] in _FLAGS:
            return keys.inverse(keys.flag(_FLAGS[name[2:]]))
        if name in _HEADERS:
            return keys.header(name.decode("ascii"), self.string())
        read = _KEYS.get(name)
        if read is None:
            raise Misspelt("Unknown search key")
        return read(self)

    def _sequence(self, *, by_uid: bool) -> Key:
        here = self._session.here
        if here.uids or by_uid:
            chosen = set(here.choose(self._text.sequence(), by_uid=by_uid))
            return lambda candidate: candidate.found.uid in chosen
        self._text.sequence()
        return keys.nothing

    def string(self) -> str:
        self._text.space()
        try:
            return self._text.astring().decode(self._charset)
        except UnicodeDecodeError as error:
            raise Misspelt(f"Not in {self._charset}") from error

    def number(self) -> int:
        self._text.space()
        return self._text.number()

    def day(self) -> date:
        self._text.space()
        return self._text.date()

    def negated(self) -> Key:
        self._text.space()
        return keys.inverse(self._key())

    def alternatives(self) -> Key:
        self._text.space()
        one = self._key()
        self._text.space()
        return keys.either(one, self._key())

    def uids(self) -> Key:
        self._text.space()
        return self._sequence(by_uid=True)

    def keyword(self) -> Key:
        self._text.space()
        return keys.flag(self._text.flag())

    def header(self) -> Key:
        name = self.string()
        return keys.header(name, self.string())

    def moved(self) -> Key:
        """Maybe with the name of a flag, which is passed over (RFC 7162 section 3.1.5)."""
        self.modseq = True
        self._text.space()
        if self._text.sees(b'"'):
            self._text.astring()
            self._text.space()
            self._text.word()
            self._text.space()
        return keys.moved_since(self._text.number())

    def message(self) -> Key:
        number = self.number()
        return lambda candidate: int(candidate.found.stored.id, 16) == number

    def thread(self) -> Key:
        number = self.number()
        return lambda candidate: int(candidate.found.stored.thread, 16) == number

    def labels(self) -> Key:
        self._text.space()
        word = self._text.label()
        user = self._session.owner.user
        id = MEANT.get(word.lower()) or self._session.state.labels.id_of(user.n, word)
        return keys.label(id) if id else keys.nothing

    def raw(self) -> Key:
        """Gmail's own search, by the engine that reads `q` on the REST side."""
        query = self.string()
        session = self._session
        everywhere = session.here.folder.label in (SPAM, TRASH)
        hits, _ = session.state.search.page(
            session.owner.user, query=query, spam_trash=everywhere, limit=_MOST_FOUND
        )
        found = {stored.n for stored in hits}
        return lambda candidate: candidate.found.stored.n in found


def _dated(day_of: DayOf, compare: Callable[[date, date], bool]) -> Callable[[Reader], Key]:
    def read(reader: Reader) -> Key:
        named = reader.day()
        return keys.dated(day_of, lambda day: compare(day, named))

    return read


_KEYS: dict[bytes, Callable[[Reader], Key]] = {
    b"ALL": lambda _: keys.everything,
    b"NEW": lambda _: keys.nothing,  # nothing is ever \\Recent
    b"OLD": lambda _: keys.everything,
    b"NOT": Reader.negated,
    b"OR": Reader.alternatives,
    b"UID": Reader.uids,
    b"KEYWORD": Reader.keyword,
    b"UNKEYWORD": lambda reader: keys.inverse(reader.keyword()),
    b"HEADER": Reader.header,
    b"BODY": lambda reader: keys.body(reader.string()),
    b"TEXT": lambda reader: keys.text(reader.string()),
    b"LARGER": lambda reader: keys.larger(reader.number()),
    b"SMALLER": lambda reader: keys.smaller(reader.number()),
    b"BEFORE": _dated(keys.received, operator.lt),
    b"ON": _dated(keys.received, operator.eq),
    b"SINCE": _dated(keys.received, operator.ge),
    b"SENTBEFORE": _dated(keys.sent, operator.lt),
    b"SENTON": _dated(keys.sent, operator.eq),
    b"SENTSINCE": _dated(keys.sent, operator.ge),
    b"MODSEQ": Reader.moved,
    b"X-GM-MSGID": Reader.message,
    b"X-GM-THRID": Reader.thread,
    b"X-GM-LABELS": Reader.labels,
    b"X-GM-RAW": Reader.raw,
}


def search(session: Session, text: Text) -> str:
    return _search(session, text, by_uid=False)


def uid_search(session: Session, text: Text) -> str:
    return _search(session, text, by_uid=True)


def _search(session: Session, text: Text, *, by_uid: bool) -> str:
    reader = Reader(session, text)
    returns = _returns(text)
    if text.skips(b" CHARSET "):
        reader.charset(text.astring())
    text.space()
    key = reader.all()
    text.end()
    found = [one for one in _candidates(session) if key(one)]
    numbers = [one.found.uid if by_uid else one.number for one in found]
    highest = 0
    if reader.modseq:
        session.enabled.add("CONDSTORE")
        highest = max((one.found.stored.history for one in found), default=0)
    if returns is None:
        said = [b" %d" % number for number in numbers]
        session.say(b"SEARCH", *said, b" (MODSEQ %d)" % highest if highest else b"")
    else:
        _say_extended(session, returns, numbers, by_uid=by_uid, highest=highest)
    return "SEARCH completed (Success)"


def _say_extended(
    session: Session, returns: Sequence[bytes], numbers: list[int], *, by_uid: bool, highest: int
) -> None:
    """What there is none of is left out, but for COUNT (RFC 4731 section 3.1)."""
    said = [b'(TAG "%b")' % session.tag] + [b"UID"] * by_uid
    for name in returns or (b"ALL",):
        match name:
            case b"COUNT":
                said.append(b"COUNT %d" % len(numbers))
            case b"MIN" if numbers:
                said.append(b"MIN %d" % numbers[0])
            case b"MAX" if numbers:
                said.append(b"MAX %d" % numbers[-1])
            case b"ALL" if numbers:
                said.append(b"ALL " + answer.numbers(numbers))
    if highest:
        said.append(b"MODSEQ %d" % highest)
    session.say(b"ESEARCH ", b" ".join(said))


def _returns(text: Text) -> tuple[bytes, ...] | None:
    if not text.skips(b" RETURN ("):
        return None
    found: list[bytes] = []
    while not text.skips(b")"):
        found.append(text.word())
        text.skips(b" ")
    if any(name not in _RETURNS for name in found):
        raise Misspelt("Unknown search return option")
    return tuple(found)


def _candidates(session: Session) -> Iterator[Candidate]:
    here = session.here
    for start in range(0, len(here.uids), _AT_ONCE):
        messages = here.messages(here.uids[start : start + _AT_ONCE])
        marks = here.marks(messages) if messages else {}
        for found in messages:
            number = here.sequence_number(found.uid)
            yield Candidate(session.state, found, number, marks[found.uid])


COMMANDS = {
    b"SEARCH": Command(search, expunges=False),
    b"UID SEARCH": Command(uid_search),
}
