"""A mailbox by the documented rules, in dicts: what the sandbox is compared with.

Written from Google's guides, not from the sandbox. It makes up no ids: those that Gmail gives to
new things are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

BIN = {"SPAM", "TRASH"}
NEW_TO_ONESELF = ("SENT", "INBOX", "UNREAD")


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Letter(NamedTuple):
    """What counts of a message: `parent` is named by both reply headers, where there is one."""

    subject: str
    message_id: str
    parent: str = ""

    @property
    def key(self) -> str:
        return self.subject.lower().removeprefix("re: ")

    def raw(self, date: str) -> bytes:
        reply = f"References: {self.parent}\r\nIn-Reply-To: {self.parent}\r\n"
        return (
            "From: me@example.com\r\nTo: me@example.com\r\n"
            f"Subject: {self.subject}\r\nMessage-ID: {self.message_id}\r\nDate: {date}\r\n"
            f"{reply if self.parent else ''}\r\nWords.\r\n"
        ).encode()


@dataclass
class Message:
    id: str
    thread: str
    letter: Letter
    labels: set[str]
    place: tuple[int, int]  # date and order of arrival
    draft: str = ""
    binned: float = 0  # since when it lies in spam or trash


@dataclass
class Mailbox:
    """Every method that is refused changes nothing and raises Refused."""

    messages: dict[str, Message] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    arrived: int = 0
    now: float = 0

    # What is there

    def get(self, id: str) -> Message:
        if id not in self.messages:
            raise Refused(404)
        return self.messages[id]

    def thread(self, id: str) -> list[Message]:
        found = [message for message in self.messages.values() if message.thread == id]
        if not found:
            raise Refused(404)
        return sorted(found, key=lambda message: message.place)

    def draft(self, id: str) -> Message:
        for message in self.messages.values():
            if message.draft == id:
                return message
        raise Refused(404)

    def drafts(self) -> list[str]:
        return [message.draft for message in self.messages.values() if message.draft]

    def listed(
        self, wanted: Callable[[Message], bool] = lambda _: True, *, all: bool = False
    ) -> list[Message]:
        """Newest first; without spam and trash unless `all`."""
        found = [
            message
            for message in self.messages.values()
            if wanted(message) and (all or not message.labels & {"SPAM", "TRASH"})
        ]
        return sorted(found, key=lambda message: message.place, reverse=True)

    def snapshot(self) -> dict[str, frozenset[str]]:
        return {id: frozenset(message.labels) for id, message in self.messages.items()}

    def wait(self, now: float) -> None:
        """Spam and trash are emptied of what has lain there for thirty days."""
        self.now = now
        bin = [message for message in self.messages.values() if message.labels & BIN]
        self.remove(message for message in bin if now - message.binned >= 30 * 86_400)

    # What comes

    def insert(
        self, id: str, letter: Letter, labels: Collection[str], thread: str, date: int
    ) -> Message:
        self._check_labels(labels)
        return self._add(id, letter, labels, date, self._existing(thread))

    def import_(
        self, id: str, letter: Letter, labels: Collection[str], thread: str, date: int
    ) -> Message:
        """A second copy is none: the labels of the first are merged."""
        self._check_labels(labels)
        joined = self._existing(thread)
        twins = [m for m in self.messages.values() if self._twin(m, letter) and not m.draft]
        if twins:
            first = min(twins, key=lambda message: message.place[1])
            self._relabel([first], labels, ())
            return first
        return self._add(id, letter, labels, date, joined or self._by_reference(letter))

    def send(self, id: str, letter: Letter, thread: str, now: int) -> Message:
        return self._add(id, letter, NEW_TO_ONESELF, now, self._conversation(letter, thread))

    # Drafts

    def create_draft(self, id: str, draft: str, letter: Letter, thread: str, now: int) -> Message:
        made = self._add(id, letter, ["DRAFT"], now, self._conversation(letter, thread))
        made.draft = draft
        return made

    def update_draft(self, id: str, draft: str, letter: Letter, thread: str, now: int) -> Message:
        old = self.draft(draft)
        joined = self._conversation(letter, thread)
        if thread == old.thread and len(self.thread(thread)) == 1:
            joined = thread
        del self.messages[old.id]
        made = self._add(id, letter, ["DRAFT"], now, joined)
        made.draft = draft
        return made

    def send_draft(self, id: str, draft: str, now: int) -> Message:
        old = self.draft(draft)
        del self.messages[old.id]
        return self._add(id, old.letter, NEW_TO_ONESELF, now, old.thread)

    # What changes

    def modify(self, id: str, add: Collection[str], remove: Collection[str]) -> Message:
        self._check_labels((*add, *remove))
        message = self.get(id)
        if message.draft and self._own(add):
            raise Refused(400)
        self._relabel([message], add, remove)
        return message

    def modify_many(
        self, messages: Iterable[Message], add: Collection[str], remove: Collection[str]
    ) -> None:
        """Drafts are passed over where a label of the user's is added."""
        self._check_labels((*add, *remove))
        takers = [message for message in messages if not (message.draft and self._own(add))]
        self._relabel(takers, add, remove)

    def remove(self, messages: Iterable[Message]) -> None:
        for message in messages:
            del self.messages[message.id]

    # Labels

    def name_label(self, id: str, name: str, *, new: bool) -> None:
        if not new and id not in self.labels:
            raise Refused(404)
        others = {taken.lower() for other, taken in self.labels.items() if other != id or new}
        if name.lower() in others:
            raise Refused(409)
        self.labels[id] = name

    def delete_label(self, id: str) -> None:
        if self.labels.pop(id, None) is None:
            raise Refused(404)
        for message in self.messages.values():
            message.labels.discard(id)

    # Rules

    def _add(
        self, id: str, letter: Letter, labels: Iterable[str], date: int, thread: str
    ) -> Message:
        self.arrived += 1
        place = (date, self.arrived)
        self.messages[id] = Message(id, thread or id, letter, set(labels), place, binned=self.now)
        return self.messages[id]

    def _relabel(
        self, messages: Iterable[Message], add: Collection[str], remove: Collection[str]
    ) -> None:
        """What goes to spam or to the trash leaves the inbox."""
        leaves = {"INBOX"} if BIN & set(add) else set()
        for message in messages:
            if BIN & (set(add) - set(remove) - message.labels):
                message.binned = self.now
            message.labels = (message.labels | set(add)) - set(remove) - leaves

    def _conversation(self, letter: Letter, thread: str) -> str:
        """Mail of one's own joins a thread that is named, replied to, and of the same subject."""
        if not self._existing(thread):
            return ""
        met = any(
            message.letter.key == letter.key and message.letter.message_id == letter.parent
            for message in self.thread(thread)
        )
        return thread if met else ""

    def _by_reference(self, letter: Letter) -> str:
        found = [
            message
            for message in self.messages.values()
            if message.letter.key == letter.key and message.letter.message_id == letter.parent
        ]
        return max(found, key=lambda message: message.place[1]).thread if found else ""

    def _existing(self, thread: str) -> str:
        """Refused where it is asked for and not there."""
        return self.thread(thread)[0].thread if thread else ""

    def _twin(self, message: Message, letter: Letter) -> bool:
        return message.letter.message_id == letter.message_id

    def _check_labels(self, labels: Iterable[str]) -> None:
        if any(label not in self.labels for label in self._own(labels)):
            raise Refused(400)

    def _own(self, labels: Iterable[str]) -> list[str]:
        return [label for label in labels if label.startswith("Label_")]
