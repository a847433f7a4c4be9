"""What changes and undos do to a mailbox by the rules of docs/organising.md, in dicts.

Labels of one's own go by a key that stays when they are renamed, or deleted and made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

PLACES = frozenset({"INBOX", "SPAM", "TRASH"})
Labels = frozenset[str]


class Taken(Exception):
    """A label of that name is there already."""


@dataclass(frozen=True)
class Named:
    """A label that had the name `old` (None: was not there) and has `new` (None: is gone). One that
    was made `on_the_way` to something else goes only where it holds nothing more.
    """

    key: str
    old: str | None
    new: str | None
    on_the_way: bool = False


@dataclass
class Made:
    """One change: what each message bore before and after it, and what became of labels."""

    messages: dict[str, tuple[Labels, Labels]] = field(default_factory=dict)
    labels: list[Named] = field(default_factory=list)
    undoes: int | None = None
    undone: bool = False

    @property
    def idle(self) -> bool:
        """All is as it was."""
        return all(before == after for before, after in self.messages.values()) and all(
            each.old == each.new for each in self.labels
        )


@dataclass
class Mailbox:
    messages: dict[str, set[str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    changes: dict[int, Made] = field(default_factory=dict)
    made: int = 0

    def key(self, name: str) -> str | None:
        return next((key for key, each in self.labels.items() if each == name), None)

    def named(self) -> dict[str, set[str]]:
        """Each message with the names of its labels."""
        return {
            id: {self.labels.get(label, label) for label in borne}
            for id, borne in self.messages.items()
        }

    # What somebody does

    def relabel(self, ids: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> Made:
        """What goes to Spam or Trash leaves the inbox."""
        made = Made()
        leaves = {"INBOX"} if {"SPAM", "TRASH"} & set(add) else set()
        for id in ids:
            before = frozenset(self.messages[id])
            self.messages[id] = (set(before) | set(add)) - set(remove) - leaves
            made.messages[id] = (before, frozenset(self.messages[id]))
        return made

    def label_anew(self, ids: Iterable[str], name: str) -> Made:
        """Under a label that is made first, unless it is there."""
        key = self.key(name)
        if key:
            return self.relabel(ids, [key], ["INBOX"])
        self.made += 1
        labels = [Named(f"own {self.made}", None, name, on_the_way=True)]
        self._all(labels)
        made = self.relabel(ids, [labels[0].key], ["INBOX"])
        made.labels = labels
        return made

    def untrash(self, ids: Iterable[str]) -> Made:
        made = Made()
        for id in ids:
            back = ["INBOX"] if self._was_taken_out_of_inbox(id) else []
            made.messages |= self.relabel([id], back, ["TRASH"]).messages
        return made

    def create(self, name: str) -> Made:
        self.made += 1
        return self._all([Named(f"own {self.made}", None, name)])

    def rename(self, name: str, new: str) -> Made:
        """Those below it go first."""
        below = [each for each in self.labels.values() if each.startswith(f"{name}/")]
        return self._all(
            [Named(self.key(each) or "", each, new + each[len(name) :]) for each in (*below, name)]
        )

    def name(self, old: str, new: str) -> Made:
        """That label alone."""
        return self._all([Named(self.key(old) or "", old, new)])

    def delete(self, name: str) -> Made:
        return self._all([Named(self.key(name) or "", name, None)])

    def undo(self, number: int) -> Made:
        """What is as the change left it becomes what it was before."""
        change = self.changes[number]
        back = [
            Named(each.key, each.new, each.old)
            for each in reversed(change.labels)
            if self.labels.get(each.key) == each.new
            and not (each.on_the_way and self._holds_more(each.key, change))
        ]
        undone = self._all(back)
        for id in change.messages.keys() & self.messages.keys():
            before, after = change.messages[id]
            now = self.messages[id]
            other = {
                label
                for label in before ^ after
                if (label in now) == (label in after) and (label.isupper() or label in self.labels)
            }
            if (before ^ after) & PLACES and now & PLACES != after & PLACES:
                other -= PLACES
            was = undone.messages.get(id, (frozenset(now), None))[0]
            self.messages[id] = now ^ other
            if other:
                undone.messages[id] = (was, frozenset(self.messages[id]))
        undone.undoes = number
        return undone

    # What the journal knows

    def enter(self, number: int, made: Made) -> None:
        self.changes[number] = made
        if made.undoes:
            self._mark(made.undoes, undone=True)

    def _mark(self, number: int, *, undone: bool) -> None:
        self.changes[number].undone = undone
        if above := self.changes[number].undoes:
            self._mark(above, undone=not undone)

    def _holds_more(self, key: str, change: Made) -> bool:
        return any(key in self.messages[id] for id in self.messages.keys() - change.messages.keys())

    def _was_taken_out_of_inbox(self, id: str) -> bool:
        if self.messages[id] & {"TRASH", "SPAM"} != {"TRASH"}:
            return False
        for _, change in sorted(self.changes.items(), reverse=True):
            before, after = change.messages.get(id, (frozenset(), frozenset()))
            if "TRASH" in before ^ after:
                return "TRASH" in after and "INBOX" in before
        return False

    def _all(self, named: list[Named]) -> Made:
        """All of them, or Taken and none."""
        labels, messages = dict(self.labels), {id: set(b) for id, b in self.messages.items()}
        made = Made(labels=named)
        try:
            for each in named:
                self._rename(each, made)
        except Taken:
            self.labels, self.messages = labels, messages
            raise
        return made

    def _rename(self, each: Named, made: Made) -> None:
        if each.new is None:
            for id, borne in self.messages.items():
                if each.key in borne:
                    before = frozenset(borne)
                    borne.discard(each.key)
                    made.messages[id] = (before, frozenset(borne))
            del self.labels[each.key]
            return
        if any(key != each.key and name == each.new for key, name in self.labels.items()):
            raise Taken
        self.labels[each.key] = each.new


Act = Callable[[Mailbox], Made]
