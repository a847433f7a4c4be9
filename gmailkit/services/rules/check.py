"""The tests that stand beside the rules: which labels a message bears in the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.query.document import Document
from gmailkit.query.match import Context, matches
from gmailkit.rules.nodes import node_of
from gmailkit.rules.rule import NEW_MAIL, Rule, Rules, sort
from gmailkit.services.rules.files import document_of, read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a test: `met` are the rules that caught the message."""

    rule: str
    number: int
    line: int | None
    expected: frozenset[str]
    found: frozenset[str]
    met: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return {name.casefold() for name in self.expected} == {
            name.casefold() for name in self.found
        }


def test_rules(path: Path, *, clock: Clock = SYSTEM_CLOCK) -> tuple[Outcome, ...]:
    """Have each message of a test arrive, with INBOX and UNREAD, and meet all rules of the file.

    Nobody is asked. Raises UsageError for a file that is none of rules, or no message.
    """
    return outcomes_of(read_file(path), path, now=clock.now())


def outcomes_of(rules: Rules, path: Path, *, now: float) -> tuple[Outcome, ...]:
    """The same of rules that are read already."""
    context = Context(now=now)
    outcomes = []
    for rule in rules.all:
        for number, sample in enumerate(rule.samples, 1):
            document = document_of(sample, path, now=now)
            met = meeting(rules, document, context)
            outcomes.append(
                Outcome(
                    rule=rule.name,
                    number=number,
                    line=sample.line,
                    expected=sample.labels,
                    found=sort(NEW_MAIL, (each.action for each in met)),
                    met=tuple(each.name for each in met),
                )
            )
    return tuple(outcomes)


def meeting(rules: Rules, document: Document, context: Context) -> list[Rule]:
    """The rules that catch a message. Those that only Gmail understands catch none here."""
    return [
        rule
        for rule in rules.all
        if (node := node_of(rule)) is not None and matches(node, document, context=context)
    ]
