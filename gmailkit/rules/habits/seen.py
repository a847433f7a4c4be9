"""Messages as far as habits look at them, found by the words of their headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gmailkit.query.tree import Field, Words
from gmailkit.query.words import index_of, phrase

DAY = 86_400
Terms = tuple[Words, ...]


class Effect(NamedTuple):
    """A label that was put on (`on`) or taken off: Gmail's own by its id, one's own by its name."""

    label: str
    on: bool = True


ARCHIVE = Effect("INBOX", on=False)
STAR, IMPORTANT, TRASH = Effect("STARRED"), Effect("IMPORTANT"), Effect("TRASH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message that was received, as it is now.

    `labels` are names, of Gmail's own their ids. `done` is what filters and rules do to such mail:
    no handiwork.
    """

    id: str
    when: datetime
    labels: frozenset[str]
    sender: str = ""
    name: str = ""
    to: tuple[str, ...] = ()
    list_id: str = ""
    subject: str = ""
    done: frozenset[Effect] = frozenset()

    @property
    def source(self) -> str:
        """The list it came by, or who sent it."""
        return (self.list_id or self.sender).casefold()


class Mailbox:
    """Messages from the oldest to the newest, found by terms as Gmail finds them by a search."""

    def __init__(self, mails: Iterable[Seen], *, now: float) -> None:
        self.mails = tuple(sorted(mails, key=lambda mail: mail.when))
        self.now = now
        self._found: dict[Words, frozenset[int]] = {}
        self._texts: dict[Field, dict[str, list[int]]] = {
            field: {} for field in (Field.FROM, Field.TO, Field.LIST, Field.SUBJECT)
        }
        for place, mail in enumerate(self.mails):
            for field, texts in _texts(mail):
                self._texts[field].setdefault(index_of(texts), []).append(place)

    def age(self, mail: Seen) -> float:
        """In days."""
        return (self.now - mail.when.timestamp()) / DAY

    def find(self, terms: Terms) -> frozenset[int]:
        """The places of the messages that bear all of these words."""
        first, *more = (self._bearing(term) for term in terms)
        return first.intersection(*more)

    def _bearing(self, term: Words) -> frozenset[int]:
        if term not in self._found:
            needle = phrase(term.text)
            places = (many for text, many in self._texts[term.field].items() if needle in text)
            self._found[term] = frozenset(place for many in places for place in many)
        return self._found[term]


def _texts(mail: Seen) -> Iterator[tuple[Field, tuple[str, ...]]]:
    yield Field.FROM, (mail.name, mail.sender)
    yield Field.TO, mail.to
    yield Field.LIST, (mail.list_id,)
    yield Field.SUBJECT, (mail.subject,)
