"""Which mail a habit may be about. The order of `Kind` is that of preference."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from gmailkit.query.tree import Field, Node, Words, all_of
from gmailkit.query.words import split_words
from gmailkit.rules.habits.seen import Mailbox, Seen, Terms

_ANSWER = re.compile(r"(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv)\s*:\s*)+", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]]{2,40})\]")
_BARE = re.compile(r"[\w@.+-]*[\w]")
_SHORTEST_WORD = 4
_MOST_WORDS = 3  # of a subject that begins alike
# Anybody may have an address there: such a domain is no sender.
PUBLIC = frozenset(
    """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com
    icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de
    freenet.de posteo.de mailbox.org proton.me protonmail.com pm.me fastmail.com zoho.com mail.ru
    yandex.ru yandex.com qq.com 163.com 126.com naver.com orange.fr free.fr laposte.net wanadoo.fr
    libero.it bluewin.ch comcast.net verizon.net att.net btinternet.com hotmail.co.uk yahoo.co.uk
    yahoo.fr yahoo.de hotmail.fr outlook.fr outlook.de live.de""".split()
)
_SECOND_LEVEL = frozenset("ac co com edu gov net or org".split())


class Kind(IntEnum):
    """What a condition goes by."""

    LIST = 1
    OWN = 2  # an address of one's own with a +tag
    TAG = 3  # [tag] before the subject, by several senders
    SENDER = 4
    DOMAIN = 5
    TO = 6  # somebody else's address, as that of a team
    PART = 7  # of a sender's mail, by its subject
    SUBJECT = 8


@dataclass(frozen=True, slots=True)
class Condition:
    """Mail that bears all `terms`."""

    kind: Kind
    terms: Terms

    @property
    def node(self) -> Node:
        return all_of(self.terms)

    @property
    def words(self) -> str:
        """As a person would name such mail."""
        return " ".join(term.text for term in self.terms)


def grouped(mailbox: Mailbox, kind: Kind, me: frozenset[str]) -> Iterator[Condition]:
    """The conditions of a kind that the mail itself names, those that most mail names first."""
    naming = _NAMING[kind]
    named = Counter(name for mail in mailbox.mails for name in naming(mail, me))
    for name, _ in named.most_common():
        if split_words(name):
            yield Condition(kind, (term(name, _FIELDS[kind]),))


def term(text: str, field: Field) -> Words:
    """As `parse` would read it back."""
    return Words(text, field, exact=not _BARE.fullmatch(text))


def phrases(subjects: Iterable[str]) -> Counter[str]:
    """Tags, words and beginnings of subjects, with how many subjects have each."""
    found: Counter[str] = Counter()
    for subject in subjects:
        plain = _ANSWER.sub("", subject.strip(), count=1)
        words = split_words(plain)
        names = {word for word in words if _says_something(word)}
        names |= {" ".join(words[:count]) for count in range(2, _MOST_WORDS + 1) if words[count:]}
        found.update(name for name in names if any(map(_says_something, name.split())))
    return found


def _says_something(word: str) -> bool:
    return len(word) >= _SHORTEST_WORD and not any(map(str.isdigit, word))


def _list(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    if mail.list_id:
        yield mail.list_id.casefold()


def _own(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    for address in {each.casefold() for each in mail.to}:
        if "+" in address and without_tag(address) in me:
            yield address


def _tag(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    plain = _ANSWER.sub("", mail.subject.strip(), count=1)
    if found := _BRACKETED.match(plain):
        yield " ".join(split_words(found[1]))


def _sender(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    if mail.sender:
        yield mail.sender.casefold()


def _domain(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    domain = mail.sender.casefold().rpartition("@")[2]
    yield from domains(domain)


def _to(mail: Seen, me: frozenset[str]) -> Iterator[str]:
    for address in {each.casefold() for each in mail.to}:
        if without_tag(address) not in me:
            yield address


def domains(domain: str) -> Iterator[str]:
    """The domain and the one above it, as far as they are somebody's."""
    labels = domain.split(".")
    for own in (labels, labels[1:]):
        is_public = len(own) < 2 or (len(own) == 2 and own[0] in _SECOND_LEVEL)
        if not is_public and ".".join(own) not in PUBLIC:
            yield ".".join(own)


def without_tag(address: str) -> str:
    """The address that the one with a +tag belongs to."""
    local, at, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


_NAMING: dict[Kind, Callable[[Seen, frozenset[str]], Iterator[str]]] = {
    Kind.LIST: _list,
    Kind.OWN: _own,
    Kind.TAG: _tag,
    Kind.SENDER: _sender,
    Kind.DOMAIN: _domain,
    Kind.TO: _to,
}
_FIELDS = {
    Kind.LIST: Field.LIST,
    Kind.OWN: Field.TO,
    Kind.TAG: Field.SUBJECT,
    Kind.SENDER: Field.FROM,
    Kind.DOMAIN: Field.FROM,
    Kind.TO: Field.TO,
}
