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
        self._texts = {
            field: _Texts() for field in (Field.FROM, Field.TO, Field.LIST, Field.SUBJECT)
        }
        for place, mail in enumerate(self.mails):
            for field, texts in _texts(mail):
                self._texts[field].add(index_of(texts), place)

    def age(self, mail: Seen) -> float:
        """In days."""
        return (self.now - mail.when.timestamp()) / DAY

    def find(self, terms: Terms) -> frozenset[int]:
        """The places of the messages that bear all of these words."""
        first, *more = (self._bearing(term) for term in terms)
        return first.intersection(*more)

    def _bearing(self, term: Words) -> frozenset[int]:
        if term not in self._found:
            self._found[term] = self._texts[term.field].places(phrase(term.text))
        return self._found[term]


class _Texts:
    """The texts of a field, each with the places of its messages. They are found by their words:
    there are about as many senders to look for as texts to look in.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = {}
        self._with: dict[str, set[str]] = {}  # each word

    def add(self, text: str, place: int) -> None:
        if text not in self._places:
            for word in text.split():
                self._with.setdefault(word, set()).add(text)
        self._places.setdefault(text, []).append(place)

    def places(self, needle: str) -> frozenset[int]:
        """Of the messages in whose text it stands as a phrase; "" stands in all."""
        fewest, *more = sorted(
            (self._with.get(word, set()) for word in needle.split()), key=len
        ) or [set(self._places)]
        texts = (text for text in fewest.intersection(*more) if needle in text)
        return frozenset(place for text in texts for place in self._places[text])


def _texts(mail: Seen) -> Iterator[tuple[Field, tuple[str, ...]]]:
    yield Field.FROM, (mail.name, mail.sender)
    yield Field.TO, mail.to
    yield Field.LIST, (mail.list_id,)
    yield Field.SUBJECT, (mail.subject,)
