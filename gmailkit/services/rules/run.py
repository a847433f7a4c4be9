"""The rules of a file for mail that is there already, as one change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path

from gmailkit.errors import NotFound, QueryError, UsageError
from gmailkit.model.counted import count_text
from gmailkit.model.ids import LabelId
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.query.tree import In, Node, Place, all_of
from gmailkit.record.journal import Change
from gmailkit.rules.nodes import node_of
from gmailkit.rules.rule import SPAM, TABS, Action, Rule, Rules, contradictions, sort
from gmailkit.services.changes.make import Delta, OnProgress, relabel
from gmailkit.services.changes.states import PLACES, states
from gmailkit.services.cheapest import modify_units
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.labels.definitions import with_labels
from gmailkit.services.quota import estimate
from gmailkit.services.rules.files import read_file
from gmailkit.services.rules.plan import Note
from gmailkit.services.search import find_ids
from gmailkit.wire.methods import find

DRAFT = LabelId("DRAFT")
_AGE = re.compile(r"\d+[a-z]+", re.IGNORECASE)  # of any unit: the search says which there are
_WEEKS = re.compile(r"(\d{1,4})w", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Group:
    """Messages to which the same is done; labels by name."""

    ids: tuple[str, ...]
    add: tuple[str, ...]
    remove: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run of the rules would change; nothing is changed. The ids are frozen.

    `caught` says how many messages each rule catches, of which `groups` are those that change.
    `create` are labels that would be made first; `drafts` are caught too, but Gmail puts no labels
    on drafts. `notes` say what of the rules is not done, and which fight. `units` and `seconds` are
    what the change costs.
    """

    path: Path
    caught: Mapping[str, int]
    groups: tuple[Group, ...]
    create: tuple[str, ...]
    drafts: tuple[str, ...]
    notes: tuple[Note, ...]
    why: str
    units: int
    seconds: float | None

    @property
    def count(self) -> int:
        """Messages that change."""
        return sum(len(group.ids) for group in self.groups)

    @property
    def deleted(self) -> int:
        """Of them those that go to Trash."""
        return sum(len(group.ids) for group in self.groups if "TRASH" in group.add)


def plan_run(
    connection: Connection,
    path: Path,
    *,
    rule: str | None = None,
    since: str | None = None,
    query: str | None = None,
) -> RunPlan:
    """Which messages the rules catch, and what becomes of them: all act at once, as filters do.

    `since` is a day (2026-01-31) or an age (30d); `query` narrows it further. Spam and Trash are
    left out unless a rule names them; "never spam" looks into Spam besides. 5 units for each rule
    and 500 messages it catches, and what it takes to see which labels they bear. Raises UsageError
    for a file that is none of rules, NotFound for an unknown rule or a label that is searched for
    and not there, QueryError.
    """
    rules = _chosen(read_file(path), rule)
    made: dict[str, str] = {}
    within = [node for node in (since_node(since), parse(query or "")) if node]
    client = connection.client
    names = LabelNames.of(client)
    caught: dict[str, list[Action]] = {}
    found: dict[str, tuple[Action, Collection[str]]] = {}
    notes: list[Note] = []
    for each in rules:
        notes += _not_done(each)
        node = node_of(each)
        action = replace(_as_spelt(each.action, names, made), forward="")
        if node is None or not action:
            continue
        ids = _ids(connection, node, within, action)
        found[each.name] = action, ids.keys()
        for id in ids:
            caught.setdefault(id, []).append(action)
    groups, drafts = _groups(connection, names, caught)
    added = {name for group in groups for name in group.add}
    create = tuple(sorted(name for name in added if not names.find(name)))
    prices = client.prices
    units = sum(modify_units(len(group.ids), prices) for group in groups)
    units += len(create) * find("labels.create").price(prices)
    said = (f"--since {since}" if since else "", query or "")
    return RunPlan(
        path=path,
        caught={name: len(ids) for name, (_, ids) in found.items()},
        groups=groups,
        create=create,
        drafts=drafts,
        notes=(*notes, *_fights(found)),
        why=" ".join(filter(None, (rule or "", *said))),
        units=units,
        seconds=estimate(connection, units).seconds,
    )


def run_rules(
    connection: Connection,
    plan: RunPlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Change | None:
    """Make the change; None where there is nothing to do. Recorded before, in calls of 1,000 ids.

    PartialError names messages that are gone, the others are changed.
    """
    if not plan.groups:
        return None
    client, journal = connection.client, connection.journal
    names, calls = with_labels(client, plan.create)
    deltas = [
        Delta(group.ids, _ids_of(names, group.add), _ids_of(names, group.remove))
        for group in plan.groups
    ]
    used = {id for delta in deltas for id in (*delta.add, *delta.remove)}
    return relabel(
        client,
        journal,
        f"rules run {plan.path.name}",
        deltas,
        why=plan.why,
        names=names.named(used),
        calls=calls,
        on_progress=on_progress,
    )


def since_node(text: str | None) -> Node | None:
    """A day (2026-01-31) or an age (30d) as a search; None for no text. Raises UsageError, in words
    of what was typed, not of the search.
    """
    if not text:
        return None
    try:
        return parse(f"newer_than:{text}" if _AGE.fullmatch(text) else f"after:{text}")
    except QueryError as error:
        weeks = _WEEKS.fullmatch(text)
        hint = (
            f"Gmail has no weeks; write days: --since {int(weeks[1]) * 7}d"
            if weeks
            else "Write a day, --since 2026-01-31, or an age in d, m or y: --since 30d"
        )
        raise UsageError(f"since {text}: no day and no age that Gmail knows.", hint=hint) from error


def _chosen(rules: Rules, name: str | None) -> Sequence[Rule]:
    if name is None:
        return rules.all
    if found := rules.named(name):
        return (found,)
    known = {rule.name.casefold(): rule.name for rule in rules.all}
    near = [known[each] for each in get_close_matches(name.casefold(), known, n=3)]
    raise NotFound(
        f'{rules.source} has no rule "{name}".',
        hint=f"Did you mean {', '.join(near)}?"
        if near
        else f"To see them all: gmailkit rules --file {rules.source}",
    )


def _not_done(rule: Rule) -> Iterator[Note]:
    if node_of(rule) is None:
        yield Note(rule.name, "only Gmail understands which mail it means; left out")
    elif rule.verbatim.get("action"):
        yield Note(rule.name, "what only Gmail understands of it is left out")
    if rule.action.forward:
        yield Note(rule.name, "nothing is forwarded: that is for mail to come")


def _fights(found: Mapping[str, tuple[Action, Collection[str]]]) -> Iterator[Note]:
    """Rules that contradict each other on messages which both of them catch."""
    for one, other in combinations(found, 2):
        (action, ids), (against, others) = found[one], found[other]
        why = contradictions(action, against)
        if why and (both := len(set(ids).intersection(others))):
            count = count_text(both, "message")
            yield Note(one, f"contradicts {other} on {count}: {'; '.join(why)}")


def _as_spelt(action: Action, names: LabelNames, made: dict[str, str]) -> Action:
    """Labels in Gmail's own spelling, where they are there; else as the first rule spells them."""

    def spelt(all_: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            label.name if (label := names.find(name)) else made.setdefault(name.casefold(), name)
            for name in all_
        )

    return replace(action, add=spelt(action.add), remove=spelt(action.remove))


def _ids(
    connection: Connection, node: Node, within: Sequence[Node], action: Action
) -> dict[str, None]:
    """Of the messages that it catches, in Spam too where it takes mail out of there."""
    wanted = all_of((node, *within))
    found = dict.fromkeys(str(id) for id in find_ids(connection.client, to_text(wanted)))
    if SPAM in action.remove and not reaches_spam_and_trash(wanted):
        spam = to_text(all_of((In(Place.SPAM), wanted)))
        found |= dict.fromkeys(str(id) for id in find_ids(connection.client, spam))
    return found


def _groups(
    connection: Connection, names: LabelNames, caught: Mapping[str, Sequence[Action]]
) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """What changes, the largest group first, and the drafts."""
    actions = {action for many in caught.values() for action in many}
    looked = PLACES | {DRAFT} | _ids_of(names, _mentioned(actions))
    drafts: list[str] = []
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for id, borne in states(connection.client, caught.keys(), looked).items():
        if DRAFT in borne:
            drafts.append(id)
            continue
        before = frozenset(names.name(label) for label in borne)
        after = sort(before, caught[id])
        if both := _difference(before, after):
            groups.setdefault(both, []).append(id)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return tuple(Group(tuple(ids), *both) for both, ids in ordered), tuple(drafts)


def _difference(
    before: frozenset[str], after: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    if before == after:
        return None
    return tuple(sorted(after - before)), tuple(sorted(before - after))


def _mentioned(actions: Iterable[Action]) -> set[str]:
    """Every label that these may put on or take off."""
    found = {name for action in actions for name in (*action.add, *action.remove)}
    return found | set(TABS.values()) if found & set(TABS.values()) else found


def _ids_of(names: LabelNames, wanted: Iterable[str]) -> frozenset[LabelId]:
    return frozenset(label.id for name in wanted if (label := names.find(name)))
