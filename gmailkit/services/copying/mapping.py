"""What labels are called on the way from one store to another, by rules that a person gives.

    Work=Old/Work      the label Work becomes Old/Work; those nested under it stay
    Lists/*=Mail/*     those nested under Lists are nested under Mail
    *=Imported/*       all that no rule before it has taken
    Junk=              the label is left away; its messages come all the same

The first rule that fits counts. Gmail's own labels stand by their ids (INBOX, SENT) on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gmailkit.backup.labels import SYSTEM_NAMES
from gmailkit.errors import UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.services.surveying import survey
from gmailkit.stores.protocol import Facts, Fetched, Source
from gmailkit.stores.wrapped import Wrapped

MARKS = frozenset({"UNREAD", "STARRED", "DRAFT"})  # of a message, and no places


@dataclass(frozen=True, slots=True)
class Rule:
    """`here` is a label, or what labels begin with where it `stands_for_more`."""

    here: str
    there: str
    stands_for_more: bool

    def of(self, label: str) -> str | None:
        """What it becomes, "" for nothing; None where this rule is not about it."""
        if not self.stands_for_more:
            return self.there if label.casefold() == self.here.casefold() else None
        if label in SYSTEM_NAMES or not label.casefold().startswith(self.here.casefold()):
            return None
        return self.there.replace("*", label[len(self.here) :])


@dataclass(frozen=True, slots=True)
class Mapping:
    """Of no rules each label is called as it is."""

    rules: tuple[Rule, ...] = ()
    text: str = ""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Mapping:
        """Rules as they are written, `@FILE` for one with a rule a line. Raises UsageError."""
        lines = [line for text in texts for line in _lines(text)]
        return cls(tuple(map(_rule, lines)), " ".join(lines))

    def label(self, name: str) -> str | None:
        """What it is called there; None where it is left away."""
        if name in MARKS:
            return name
        for rule in self.rules:
            found = rule.of(name)
            if found is not None:
                return found or None
        return name

    def labels(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(found for name in names if (found := self.label(name)))


class Mapped(Wrapped):
    """A source whose labels are called as they will be; a search means them as they are. `seen` are
    the facts that were asked for, with labels as they are.
    """

    def __init__(
        self,
        source: Source,
        mapping: Mapping,
        on_seen: Callable[[int], None] = lambda count: None,
    ) -> None:
        super().__init__(source)
        self._on_seen = on_seen
        self._mapping = mapping
        self.seen: dict[Ref, Facts | None] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref, got in self._source.fetch(refs):
            if isinstance(got, Item):
                got = replace(got, labels=self._mapping.labels(got.labels))
            yield ref, got

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts | None]]:
        for ref, facts in survey(self._source, refs):
            if facts:  # the same few sets of labels come back again and again
                facts = Facts(facts.size, self._sets.setdefault(facts.labels, facts.labels))
            self.seen[ref] = facts
            self._on_seen(len(self.seen))
            yield ref, facts and Facts(facts.size, self._mapping.labels(facts.labels))


def _lines(text: str) -> Iterator[str]:
    if not text.startswith("@"):
        yield text
        return
    try:
        found = Path(text[1:]).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise UsageError(f"Cannot read the rules in {text[1:]}: {why}.") from error
    for line in found.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _rule(text: str) -> Rule:
    here, equals, there = (part.strip() for part in text.partition("="))
    more = here.endswith("*")
    here = here.removesuffix("*")
    if not equals or not (here or more) or "*" in here or there.count("*") > more:
        raise UsageError(
            f"{text!r} is no rule for labels.",
            hint="Write WORK=OLD/WORK, LISTS/*=MAIL/*, or JUNK= to leave a label away.",
        )
    own = there.upper() if there.upper() in SYSTEM_NAMES else there
    return Rule(here, own, more)
