"""Habits as rules of a file, each with its evidence and a test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gmailkit.query.match import Context
from gmailkit.query.words import phrase
from gmailkit.rules.filters import filters_of, left_to_run
from gmailkit.rules.habits.condition import Condition, Kind
from gmailkit.rules.habits.evidence import BOUND, lower_bound
from gmailkit.rules.habits.propose import Habit
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, STAR, TRASH, Effect, Seen
from gmailkit.rules.rule import NEW_MAIL, Action, Rule, Rules, Sample, sort
from gmailkit.rules.write import short_name, write_rule
from gmailkit.services.rules.check import meeting
from gmailkit.services.rules.files import append, document_of, read_if_any

_EXCEPTIONS = 3  # that are told; --json has all
_PLAIN_NAME = re.compile(r"[\w .'-]+")
_WORDS = {
    ARCHIVE: "left the inbox",
    STAR: "got a star",
    IMPORTANT: "were marked as important",
    TRASH: "were deleted",
}
_DONE = {ARCHIVE: "archive", STAR: "star", IMPORTANT: "important", TRASH: "delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A rule, and the `habit` it comes from. `read` of the messages were read, too: what was read
    and what was only marked so look alike, so no rule says it. `by_filter`: Gmail's filters can do
    it, else only `rules run`.
    """

    rule: Rule
    habit: Habit
    read: int
    by_filter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """`looked` messages were looked at, received since the day `since`; `more` says that older ones
    were left out. `notes` say what was looked past. `text` can be put at the end of the file.
    """

    looked: int
    more: bool
    since: datetime | None
    all: tuple[Suggestion, ...]
    notes: tuple[str, ...]
    text: str


def suggestions(
    habits: Sequence[Habit],
    mails: Sequence[Seen],
    path: Path,
    *,
    now: float,
    more: bool = False,
    notes: Iterable[str] = (),
) -> Suggestions:
    """The habits as rules that fit into the file at `path`; nothing is written."""
    present = read_if_any(path)
    rules = _tested([*_rules(habits, present)], present, path, now)
    found = tuple(
        Suggestion(
            rule=rule,
            habit=habit,
            read=sum("UNREAD" not in mail.labels for mail in habit.evidence.hits),
            by_filter=_is_for_filters(rule),
        )
        for rule, habit in zip(rules, habits, strict=True)
    )
    since = min((mail.when for mail in mails), default=None)
    return Suggestions(
        looked=len(mails),
        more=more,
        since=since,
        all=found,
        notes=tuple(notes),
        text="\n".join(write_rule(each.rule, above=remarks(each)) for each in found),
    )


def add_suggestions(path: Path, found: Suggestions) -> tuple[str, ...]:
    """Put them at the end of the file; the names of the rules. What stands there stays as it is.

    Raises UsageError where the whole would be no file of rules, CannotWrite.
    """
    if found.all:
        append(path, found.text)
    return tuple(each.rule.name for each in found.all)


def remarks(found: Suggestion) -> Iterator[str]:
    """What speaks for a suggestion and what against it, in sentences."""
    evidence = found.habit.evidence
    hits, misses = evidence.hits, evidence.misses
    many = len(hits) + len(misses)
    first = min(mail.when for mail in (*hits, *misses))
    done = _joined([_effect_words(each) for each in evidence.effects])
    yield (
        f"{len(hits):,} of {many:,} mails {_which(found.habit.condition)} since {first:%Y-%m-%d} "
        f"{done}; the last: {_named(hits[-1])}."
    )
    for mail in misses[: -_EXCEPTIONS - 1 : -1]:
        yield f"Not so: {_named(mail)}."
    if (left := len(misses) - _EXCEPTIONS) > 0:
        yield f"And {left:,} more were not."
    yield (
        f"By this it holds for at least {evidence.bound:.0%} of such mail; of other mail for "
        f"{evidence.base:.0%}. "
        + ("Gmail's filters can do it." if found.by_filter else "Only `rules run` can do it.")
    )
    unread = len(hits) - found.read
    if ARCHIVE in evidence.effects and lower_bound(unread, len(hits)) > BOUND:
        yield f"{unread:,} were not read."
    if ARCHIVE in evidence.effects and lower_bound(found.read, len(hits)) > BOUND:
        yield f"{found.read:,} were read: if you only mark them so, add: read = true"


def _rules(habits: Iterable[Habit], present: Rules) -> Iterator[Rule]:
    taken = {rule.name for rule in present.all}
    for habit in habits:
        effects = habit.evidence.effects
        done = next((each.label for each in effects if each not in _DONE), "")
        words = done or _DONE[effects[0]]
        name = short_name(f"{words}: {habit.condition.words}", taken)
        taken.add(name)
        yield Rule(
            name=name,
            match=habit.condition.node,
            action=Action(
                add=tuple(label for label, on in effects if on),
                remove=tuple(label for label, on in effects if not on),
            ),
            samples=(_sample(habit),),
        )


def _tested(rules: Sequence[Rule], present: Rules, path: Path, now: float) -> list[Rule]:
    """Each with the labels that its message bears once all rules of the file have seen it."""
    whole = Rules(present.source, (*present.all, *rules))
    tested = []
    for rule in rules:
        (sample,) = rule.samples
        met = meeting(whole, document_of(sample, path, now=now), Context(now=now))
        labels = sort(NEW_MAIL, (each.action for each in met))
        tested.append(replace(rule, samples=(replace(sample, labels=labels),)))
    return tested


def _sample(habit: Habit) -> Sample:
    """The last such message, as far as the rule looks at it."""
    kind, mail = habit.condition.kind, habit.evidence.hits[-1]
    named = f"{mail.name} <{mail.sender}>" if _PLAIN_NAME.fullmatch(mail.name) else mail.sender
    (text, *_) = (term.text for term in habit.condition.terms)
    to = next((each for each in mail.to if phrase(text).strip() in phrase(each)), "")
    return Sample(
        labels=frozenset(),
        sender=named,
        to=to if kind in (Kind.OWN, Kind.TO) else "",
        subject=mail.subject,
        list_id=mail.list_id if kind is Kind.LIST else "",
    )


def _is_for_filters(rule: Rule) -> bool:
    return not left_to_run(rule) and not any(each.unseen for each in filters_of(rule))


def _which(condition: Condition) -> str:
    texts = [term.text for term in condition.terms]
    match condition.kind:
        case Kind.LIST:
            return f"of the list {texts[0]}"
        case Kind.OWN | Kind.TO:
            return f"to {texts[0]}"
        case Kind.TAG | Kind.SUBJECT:
            return f'with "{texts[0]}" in the subject'
        case Kind.PART:
            return f'from {texts[0]} with "{texts[1]}" in the subject'
        case _:
            return f"from {texts[0]}"


def _effect_words(effect: Effect) -> str:
    return _WORDS.get(effect, f"got label {effect.label}")


def _named(mail: Seen) -> str:
    return f'{mail.when:%Y-%m-%d} "{mail.subject or "(no subject)"}"'


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
