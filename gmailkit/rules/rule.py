"""A rule: which mail, what is done to it, and samples that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gmailkit.query.tree import Node

Raw = Mapping[str, Any]
ARCHIVE, READ, SPAM = "INBOX", "UNREAD", "SPAM"  # taken off
STAR, TRASH = "STARRED", "TRASH"  # put on
IMPORTANT = "IMPORTANT"
TABS = {
    "primary": "CATEGORY_PERSONAL",
    "social": "CATEGORY_SOCIAL",
    "promotions": "CATEGORY_PROMOTIONS",
    "updates": "CATEGORY_UPDATES",
    "forums": "CATEGORY_FORUMS",
}
# What a filter of Gmail may put on and take off, besides one label of one's own
# (guides/filter_settings).
PUT_ON = frozenset((STAR, TRASH, IMPORTANT, *TABS.values()))
TAKEN_OFF = frozenset((ARCHIVE, READ, SPAM, IMPORTANT))
NEW_MAIL = frozenset(("INBOX", "UNREAD"))  # what a message bears as it arrives


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Labels to put on and to take off: Gmail's own by their ids, those of the user by name."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    forward: str = ""

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.forward)

    @property
    def own(self) -> tuple[str, ...]:
        """Labels of the user's own that it puts on."""
        return tuple(name for name in self.add if name not in PUT_ON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A message, and the `labels` it bears once all rules have seen it arrive.

    Its bytes lie in `file`, relative to the rules' own; or it is made of the other fields.
    """

    labels: frozenset[str]
    file: str = ""
    sender: str = ""
    to: str = ""
    subject: str = ""
    list_id: str = ""
    text: str = ""
    has_attachment: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`match` is a search; without one, `criteria` are those of a filter, as Gmail's JSON has them.

    `verbatim` is what else stands in a filter of Gmail, in its own JSON: it has no plain form, is
    handed on as it is, and only Gmail knows what it means.
    """

    name: str
    match: Node | None = None
    criteria: Raw = field(default_factory=dict)
    action: Action = Action()
    verbatim: Raw = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a file; `source` names it in what is said."""

    source: str
    all: tuple[Rule, ...]

    def named(self, name: str) -> Rule | None:
        return next((rule for rule in self.all if rule.name == name), None)


def sort(before: Iterable[str], actions: Iterable[Action]) -> frozenset[str]:
    """The labels of a message once these were done to it, as Gmail's filters would.

    They all look at the message as it was, in no order. Open: what wins when one puts a label on
    and another takes it off; here the second. Open: which of two categories stays; here the last.
    """
    done = tuple(actions)
    added = [name for action in done for name in action.add]
    removed = {name for action in done for name in action.remove}
    found = set(before)
    if SPAM in found & removed:
        found.add("INBOX")
    tabs = [name for name in added if name in TABS.values()]
    if tabs:  # a message lies under one
        found -= set(TABS.values())
    found |= {name for name in added if name not in TABS.values()} | set(tabs[-1:])
    found -= removed
    if found & {TRASH, SPAM}:
        found.discard("INBOX")
    return frozenset(found)


def contradictions(one: Action, other: Action) -> tuple[str, ...]:
    """What two rules cannot both do to one message, in words; () if they get along."""
    found = []
    for first, second in ((one, other), (other, one)):
        both = [name for name in first.add if name in second.remove]
        found += [f"one adds {name}, the other takes it off" for name in both]
    tabs = {name for action in (one, other) for name in action.add if name in TABS.values()}
    if len(tabs) > 1:
        found.append("two categories")
    for first, second in ((one, other), (other, one)):
        kept = [name for name in second.add if name not in (TRASH, *TABS.values())]
        kept += ["never spam"] * (SPAM in second.remove)
        if TRASH in first.add and TRASH not in second.add and kept:
            found.append(f"one deletes it, the other keeps it ({', '.join(kept)})")
    return tuple(found)
