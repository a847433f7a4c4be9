"""What Gmail's filters lack of the rules of a file: a plan that touches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from gmailkit.errors import GmailKitError, QueryError, Refused, to_type
from gmailkit.model.ids import LabelId
from gmailkit.query.match import Context, matches
from gmailkit.rules.filters import (
    MOST,
    MOST_FORWARDING,
    Order,
    Wanted,
    filters_of,
    forwards,
    in_order,
    key_of,
    left_to_run,
)
from gmailkit.rules.nodes import implies, node_of
from gmailkit.rules.rule import PUT_ON, TAKEN_OFF, Raw, Rules, contradictions
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.rules.check import outcomes_of
from gmailkit.services.rules.files import document_of, read_file
from gmailkit.services.rules.own import owned
from gmailkit.services.sending.guard.door import passing
from gmailkit.services.settings.forwarding import check_accepted
from gmailkit.wire.methods import find

CREATE, DELETE = "settings.filters.create", "settings.filters.delete"


@dataclass(frozen=True, slots=True)
class Kept:
    """A filter of Gmail, as its JSON; `rule` made it, or "" for one made by hand."""

    filter: Raw
    rule: str = ""

    @property
    def id(self) -> str:
        return str(self.filter["id"])


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about a rule."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two rules that want different things of one message; `why` in words."""

    one: str
    other: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPlan:
    """What `apply` would do; nothing is changed.

    `create` would be made, and `labels` before; `delete` go; `keep` are there as they should be;
    `left` were made by hand, or by another file, and stay. `early` filters are deleted before what
    replaces them is made, for want of room. `slips` are labels to be made, and the one there is
    that is spelt much like it. `only_run` says what no filter can do, `refused` why `apply` would
    do nothing at all: a test of the rules that fails, for one.
    """

    path: Path
    rules: Rules
    create: tuple[Wanted, ...]
    delete: tuple[Kept, ...]
    keep: tuple[Kept, ...]
    left: tuple[Kept, ...]
    labels: tuple[str, ...]
    slips: Mapping[str, str]
    only_run: tuple[Note, ...]
    refused: tuple[Note, ...]
    contradictions: tuple[Contradiction, ...]
    names: Mapping[LabelId, str]
    order: Order
    units: int

    @property
    def idle(self) -> bool:
        return not (self.create or self.delete)

    @property
    def changed(self) -> tuple[str, ...]:
        """Rules of which a filter goes and another comes."""
        gone = {each.rule for each in self.delete}
        return tuple(dict.fromkeys(each.rule for each in self.create if each.rule in gone))


def listed(connection: Connection) -> tuple[Raw, ...]:
    """Every filter as Gmail has it. 1 unit."""
    found: Any = connection.client.call("settings.filters.list").get("filter", [])
    return tuple(found)


def plan_rules(connection: Connection, path: Path, *, prune: bool = False) -> RulesPlan:
    """Compare the rules of a file with Gmail's filters; `prune` deletes those made by hand, too.

    2 units, and 1 where a rule forwards. Raises UsageError for a file that is none of rules.
    """
    return plan_of(connection, path, read_file(path), prune=prune)


def plan_of(connection: Connection, path: Path, rules: Rules, *, prune: bool = False) -> RulesPlan:
    """The same of rules that are read already."""
    names = LabelNames.of(connection.client)
    present = listed(connection)
    made, refused = _wanted(rules)
    by_key: dict[str, list[Raw]] = {}
    for each in present:
        by_key.setdefault(key_of(each), []).append(each)
    keep: list[Kept] = []
    create: list[Wanted] = []
    only_run = list(_only_run(rules))
    for key, wanted in _distinct(made, names).items():
        if there := by_key.get(key):
            keep.append(Kept(there.pop(0), wanted.rule))
        elif wanted.unseen:
            only_run.append(Note(wanted.rule, f"filters ignore {', '.join(wanted.unseen)}"))
        else:
            create.append(wanted)
    create.sort(key=lambda each: not each.action.forward)
    ours = owned(connection, path)
    others = [each for many in by_key.values() for each in many]
    delete = [Kept(each, ours.get(str(each["id"]), "")) for each in others]
    left = () if prune else tuple(each for each in delete if not each.rule)
    delete = [each for each in delete if each not in left]
    bodies = [wanted.body(lambda name: name) for wanted in create]
    refused += _forbidden(connection, create, bodies)
    refused += _failing(rules, path, now=connection.clock.now())
    order = in_order(present, bodies, [each.filter for each in delete])
    if order is None:
        refused.append(Note("", _no_room(len(present) + len(create) - len(delete))))
    labels = _missing(create, names)
    return RulesPlan(
        path=path,
        rules=rules,
        create=tuple(create),
        delete=tuple(delete),
        keep=tuple(keep),
        left=left,
        labels=labels,
        slips={name: near for name in labels if (near := names.slip_of(name))},
        only_run=tuple(dict.fromkeys(only_run)),
        refused=tuple(refused),
        contradictions=tuple(fights(connection, path, rules)),
        names={label.id: label.name for label in names.labels},
        order=order or Order((), 0),
        units=_units(connection, len(create), len(delete), len(labels)),
    )


def fights(connection: Connection, path: Path, rules: Rules) -> Iterator[Contradiction]:
    """Rules that contradict each other on a message: one of the tests, or any, where what one
    finds the other finds too.
    """
    now = connection.clock.now()
    context = Context(now=now)
    nodes = {rule.name: node_of(rule) for rule in rules.all}
    samples = [document_of(each, path, now=now) for rule in rules.all for each in rule.samples]
    for one, other in combinations(rules.all, 2):
        why = contradictions(one.action, other.action)
        first, second = nodes[one.name], nodes[other.name]
        if not why or first is None or second is None:
            continue
        met = any(
            matches(first, each, context=context) and matches(second, each, context=context)
            for each in samples
        )
        if met or implies(first, second) or implies(second, first):
            yield Contradiction(one.name, other.name, "; ".join(why))


def _wanted(rules: Rules) -> tuple[list[Wanted], list[Note]]:
    found: list[Wanted] = []
    refused = []
    for rule in rules.all:
        try:
            found += filters_of(rule)
        except QueryError as error:
            refused.append(Note(rule.name, error.message))
    return found, refused


def _distinct(wanted: Iterable[Wanted], names: LabelNames) -> dict[str, Wanted]:
    """Gmail keeps no filter twice: two rules that come to the same one share it."""
    found: dict[str, Wanted] = {}
    for each in wanted:
        found.setdefault(key_of(each.body(lambda name: id_of(names, name))), each)
    return found


def id_of(names: LabelNames, name: str) -> str:
    """The id of a label; of one that is not there its name, which is no id of any other."""
    if name in PUT_ON or name in TAKEN_OFF:
        return name
    label = names.find(name)
    return label.id if label else name.strip().casefold()


def _missing(create: Iterable[Wanted], names: LabelNames) -> tuple[str, ...]:
    wanted = (name for each in create for name in each.action.own)
    return tuple({name.casefold(): name for name in wanted if not names.find(name)}.values())


def _only_run(rules: Rules) -> Iterator[Note]:
    for rule in rules.all:
        if off := left_to_run(rule):
            yield Note(rule.name, f"filters take off no label of your own ({', '.join(off)})")


def _failing(rules: Rules, path: Path, *, now: float) -> Iterator[Note]:
    for each in outcomes_of(rules, path, now=now):
        if not each.passed:
            see = to_type("rules", "test", "--file", str(path))
            yield Note(each.rule, f"test {each.number} fails; to see how: {see}")


def _forbidden(
    connection: Connection, create: Iterable[Wanted], bodies: Iterable[Raw]
) -> Iterator[Note]:
    """Forwarding that Gmail or policy.toml would refuse."""
    for wanted, body in zip(create, bodies, strict=True):
        if not forwards(body):
            continue
        try:
            check_accepted(connection.client, wanted.action.forward)
            with passing(connection, CREATE, {}, body, None):
                pass
        except Refused as error:
            if not error.rule:
                raise
            yield Note(wanted.rule, error.message)
        except GmailKitError as error:
            if error.passing:
                raise
            yield Note(wanted.rule, f"{error.message} {error.hint}".strip())


def _no_room(count: int) -> str:
    if count > MOST:
        return f"Gmail keeps {MOST:,} filters at most; it would be {count:,}"
    return f"Gmail keeps some {MOST_FORWARDING} filters that forward, and these are more"


def _units(connection: Connection, create: int, delete: int, labels: int) -> int:
    prices = connection.client.prices
    return (
        create * find(CREATE).price(prices)
        + delete * find(DELETE).price(prices)
        + labels * find("labels.create").price(prices)
    )
