"""Rules, and what would become of filters, as JSON and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gmailkit.cli import screen
from gmailkit.cli.views import Json

if TYPE_CHECKING:
    from gmailkit.rules.filters import Wanted
    from gmailkit.rules.rule import Action, Rule
    from gmailkit.services.rules.backtest import Backtest
    from gmailkit.services.rules.check import Outcome
    from gmailkit.services.rules.habits.mailbox import SuggestPlan
    from gmailkit.services.rules.habits.suggest import Suggestion, Suggestions
    from gmailkit.services.rules.plan import Kept, RulesPlan
    from gmailkit.services.rules.run import RunPlan

_WORDS = {
    "INBOX": "archive",
    "UNREAD": "mark as read",
    "SPAM": "never spam",
    "IMPORTANT": "never important",
}
_ADDED = {"STARRED": "star", "TRASH": "delete", "IMPORTANT": "mark as important"}


def rule(found: Rule) -> Json:
    return {
        "name": found.name,
        "line": found.line,
        "which": which(found),
        "does": does(found.action, verbatim=found.verbatim),
        "add": found.action.add,
        "remove": found.action.remove,
        "forward": found.action.forward,
        "tests": len(found.samples),
    }


def which(found: Rule) -> str:
    from gmailkit.query.text import to_text

    if found.match is not None:
        return to_text(found.match)
    return criteria({**found.criteria, **found.verbatim.get("criteria", {})})


def criteria(raw: Any) -> str:
    """The criteria of a filter, as one would search for it."""
    from gmailkit.model.filter import FilterCriteria
    from gmailkit.model.shape import from_json

    return from_json(raw, FilterCriteria).words


def does(action: Action, *, verbatim: Any = None) -> str:
    """What a rule does, in words."""
    words = [_ADDED.get(name, f"label {name}") for name in action.add]
    words = [word.replace("label CATEGORY_", "category ") for word in words]
    words += [_WORDS.get(name, f"take off {name}") for name in action.remove]
    words += [f"forward to {action.forward}"] if action.forward else []
    words += ["more that only Gmail knows"] if verbatim and verbatim.get("action") else []
    return ", ".join(words)


def plan(account: str, found: RulesPlan, *, number: int | None = None) -> Json:
    """`number` is that of the journal once it is done."""
    return {
        "account": account,
        "file": str(found.path),
        "done": number is not None,
        "change": number,
        "create": [_wanted(each) for each in found.create],
        "delete": [_kept(found, each) for each in found.delete],
        "keep": [_kept(found, each) for each in found.keep],
        "left": [_kept(found, each) for each in found.left],
        "changed": found.changed,
        "labels": found.labels,
        "slips": dict(found.slips),
        "deleted_first": found.order.early,
        "only_run": [{"rule": note.rule, "why": note.text} for note in found.only_run],
        "refused": [{"rule": note.rule, "why": note.text} for note in found.refused],
        "contradictions": [
            {"rules": [each.one, each.other], "why": each.why} for each in found.contradictions
        ],
        "units": found.units,
    }


def plan_lines(account: str, found: RulesPlan) -> Iterator[str]:
    """+ is made, - goes, ! is a remark."""
    kept = screen.count_text(len(found.keep), "filter")
    they = "it" if len(found.keep) == 1 else "they"
    yield f"{account}, by {found.path}: {_summary(found)} ({kept} as {they} should be)"
    for name in found.labels:
        meant = f" (did you mean {found.slips[name]}?)" if name in found.slips else ""
        yield f"  + label {name}{meant}"
    for wanted in found.create:
        changed = " (changed)" if wanted.rule in found.changed else ""
        yield f"  + {wanted.rule}{changed}: {criteria(wanted.criteria)} -> {_done(wanted)}"
    for each in found.delete:
        named = each.rule or "by hand"
        changed = " (changed)" if each.rule in found.changed else ""
        yield f"  - {named}{changed}: {_filter(found, each)}"
    if found.order.early:
        early = screen.count_text(found.order.early, "old filter")
        yield f"  ! {early} deleted before what is new is made: there is no room for both"
    if found.left:
        left = screen.count_text(len(found.left), "filter")
        yield f"  ! {left} made by hand, or by another file, left alone (--prune deletes them)"
    for note in found.only_run:
        yield f"  ! {note.rule}: {note.text}; `rules run` can"
    for fight in found.contradictions:
        yield f"  ! {fight.one} and {fight.other} contradict each other: {fight.why}"
    for note in found.refused:
        yield f"  ! refused: {': '.join(filter(None, (note.rule, note.text)))}"


def run(account: str, found: RunPlan, *, number: int | None = None) -> Json:
    """`number` is that of the journal once it is done."""
    return {
        "account": account,
        "file": str(found.path),
        "done": number is not None,
        "change": number,
        "count": found.count,
        "caught": dict(found.caught),
        "groups": [
            {"add": each.add, "remove": each.remove, "count": len(each.ids), "ids": each.ids}
            for each in found.groups
        ],
        "create": found.create,
        "drafts": found.drafts,
        "notes": [{"rule": note.rule, "why": note.text} for note in found.notes],
        "units": found.units,
        "seconds": found.seconds,
    }


def run_lines(account: str, found: RunPlan) -> Iterator[str]:
    count = screen.count_text(found.count, "message")
    yield f"{account}, by {found.path}: {count} changed, {screen.count_text(found.units, 'unit')}"
    for name, number in found.caught.items():
        yield f"  {name} catches {screen.count_text(number, 'message')}"
    for name in found.create:
        yield f"  + label {name}"
    for each in found.groups:
        words = [*(f"add {name}" for name in each.add)]
        words += [f"remove {name}" for name in each.remove]
        yield f"  {screen.count_text(len(each.ids), 'message')}: {', '.join(words)}"
    if found.drafts:
        drafts = screen.count_text(len(found.drafts), "draft")
        yield f"  ! {drafts} left out: Gmail puts no labels on drafts"
    for note in found.notes:
        yield f"  ! {note.rule}: {note.text}"


def backtest(found: Backtest) -> Json:
    return {
        "looked": found.looked,
        "rules": [
            {"rule": each.rule, "count": each.count, "last": each.last or None, "when": each.when}
            for each in found.caught
        ],
        "fights": [
            {
                "rules": [each.one, each.other],
                "why": each.why,
                "count": each.count,
                "example": each.example,
            }
            for each in found.fights
        ],
        "free": found.free,
        "senders": dict(found.senders),
        "unknown": found.unknown,
        "damaged": found.damaged,
    }


def backtest_remarks(found: Backtest) -> Iterator[str]:
    looked = screen.count_text(found.looked, "message")
    yield f"{found.free:,} of {looked} are caught by no rule."
    if found.senders:
        most = ", ".join(f"{who or 'nobody'} {count}" for who, count in found.senders)
        yield f"Most of those from {most}."
    for each in found.fights:
        count = screen.count_text(each.count, "message")
        yield (f"{each.one} and {each.other} fight over {count}: {each.why} (as {each.example}).")
    for name in found.unknown:
        yield f"{name}: only Gmail understands which mail it means."
    if found.damaged:
        yield f"{screen.count_text(len(found.damaged), 'message')} could not be read: see verify."


def suggest_plan(account: str, found: SuggestPlan) -> Json:
    return {
        "account": account,
        "messages": len(found.refs),
        "known": found.known,
        "more": found.more,
        "units": found.units,
        "seconds": found.seconds,
    }


def suggestions(file: str, found: Suggestions, *, added: tuple[str, ...]) -> Json:
    return {
        "file": file,
        "looked": found.looked,
        "more": found.more,
        "since": found.since,
        "suggestions": [_suggestion(each) for each in found.all],
        "added": added,
        "notes": found.notes,
        "toml": found.text,
    }


def _suggestion(found: Suggestion) -> Json:
    from gmailkit.services.rules.habits.suggest import remarks

    evidence, kind = found.habit.evidence, found.habit.condition.kind
    return {
        **rule(found.rule),
        "by": kind.name.casefold(),
        "filters": found.by_filter,
        "count": len(evidence.hits),
        "bound": round(evidence.bound, 3),
        "others": round(evidence.base, 3),
        "read": found.read,
        "ids": [mail.id for mail in evidence.hits],
        "exceptions": [
            {"id": mail.id, "date": mail.when, "subject": mail.subject} for mail in evidence.misses
        ],
        "remarks": list(remarks(found)),
    }


def outcome(found: Outcome) -> Json:
    return {
        "rule": found.rule,
        "test": found.number,
        "line": found.line,
        "passed": found.passed,
        "expected": sorted(found.expected),
        "found": sorted(found.found),
        "met": found.met,
    }


def outcome_words(found: Outcome) -> str:
    """Why a test failed."""
    said, is_ = (", ".join(sorted(each)) or "none" for each in (found.expected, found.found))
    met = ", ".join(found.met) or "no rule"
    return f"expected {said}; it has {is_} (caught by {met})"


def _summary(found: RulesPlan) -> str:
    if found.idle:
        return "no change"
    made = screen.count_text(len(found.create), "filter")
    return f"{made} made, {len(found.delete):,} deleted, {screen.count_text(found.units, 'unit')}"


def _done(wanted: Wanted) -> str:
    return does(wanted.action, verbatim=wanted.verbatim)


def _filter(plan: RulesPlan, found: Kept) -> str:
    return f"{criteria(found.filter.get('criteria', {}))} -> {_action(plan, found)}"


def _action(plan: RulesPlan, found: Kept) -> str:
    from gmailkit.rules.rule import Action

    action = found.filter.get("action", {})
    add, remove = (
        tuple(plan.names.get(id, id) for id in action.get(key, ()))
        for key in ("addLabelIds", "removeLabelIds")
    )
    return does(Action(add=add, remove=remove, forward=action.get("forward", "")))


def _wanted(found: Wanted) -> Json:
    return {"rule": found.rule, "filter": found.body(lambda name: name)}


def _kept(plan: RulesPlan, found: Kept) -> Json:
    return {"id": found.id, "rule": found.rule or None, "does": _filter(plan, found)}
