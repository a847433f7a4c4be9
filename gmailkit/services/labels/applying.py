"""What a labels.toml asks for, made so: first a plan, then just that, as one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from gmailkit.errors import Conflict
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.model.shape import to_json
from gmailkit.record.journal import Call, Change
from gmailkit.services.connect import Connection
from gmailkit.services.labels.colors import color_name
from gmailkit.services.labels.definitions import delete_all, patch, renames
from gmailkit.services.labels.names import LabelNames
from gmailkit.services.labels.wanted import VISIBILITIES, Wanted

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsPlan:
    """What would change. `made` are names; `renamed` has the names before and after, nested labels
    too; `changed` a name and what it gets; `pruned` are deleted. `alone` are not in the file.
    """

    made: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    pruned: tuple[Label, ...]
    alone: tuple[str, ...]
    calls: tuple[Call, ...]

    @property
    def empty(self) -> bool:
        return not self.calls and not self.pruned


def plan_labels(
    connection: Connection, wanted: Sequence[Wanted], *, prune: bool = False
) -> LabelsPlan:
    """What would make the labels what is `wanted`; with `prune` all others are deleted.

    A former name counts while the label bears it still, and not where the new one is there. Raises
    Conflict where both are.
    """
    own = [label for label in LabelNames.of(connection.client).labels if label.type != "system"]
    names = {label.id: label.name for label in own}
    order = _renames(names, wanted)
    by_name = {name.casefold(): id for id, name in names.items()}
    labels = {label.id: label for label in own}
    bodies: dict[LabelId, dict[str, object]] = {id: {"name": names[id]} for id in order}
    changed, creations = list[tuple[str, str]](), list[Call]()
    for each in wanted:
        _check_above(each, by_name, names)
        facts = _facts(each)
        id = by_name.get(each.name.casefold())
        if id is None:
            creations.append(Call(method="labels.create", body={"name": each.name, **facts}))
        elif facts := _differing(labels[id], facts):
            bodies.setdefault(id, {}).update(facts)
            changed.append((each.name, _in_words(facts)))
    named = {by_name.get(each.name.casefold()) for each in wanted}
    others = [label for label in own if label.id not in named]
    return LabelsPlan(
        made=tuple(str(call.body["name"]) for call in creations),
        renamed=tuple((labels[id].name, names[id]) for id in order),
        changed=tuple(changed),
        pruned=tuple(connection.client.labels.get_many(x.id for x in others)) if prune else (),
        alone=() if prune else tuple(sorted(names[label.id] for label in others)),
        calls=(*(patch(labels[id], body) for id, body in bodies.items()), *creations),
    )


def apply_labels(connection: Connection, plan: LabelsPlan, *, source: str) -> Change:
    """Carry it out: one change of the journal, which `undo` takes back."""
    return delete_all(
        connection.client, connection.journal, plan.pruned, f"apply {source}", plan.calls
    )


def _renames(names: dict[LabelId, str], wanted: Iterable[Wanted]) -> list[LabelId]:
    """Give `names` the new ones, nested labels too; whose change, in an order in which Gmail takes
    them: a name is free before it is given again.
    """
    declared = {each.name.casefold() for each in wanted}
    left = sorted(wanted, key=lambda each: -each.renamed_from.count("/"))
    order: list[LabelId] = []
    while True:
        by_name = {name.casefold(): id for id, name in names.items()}
        ready = next((each for each in left if _is_due(each, by_name, names)), None)
        if ready is None:
            break
        left.remove(ready)
        own = by_name.get(ready.name.casefold())
        id = own or by_name[ready.renamed_from.casefold()]
        moves = renames(names, id, ready.name)
        names.update(moves)
        order += moves
    for each in left:
        former = each.renamed_from.casefold()
        if former in by_name and former not in declared:
            raise Conflict(
                f'{each.where}: there are both "{each.renamed_from}" and "{each.name}".',
                hint=f'To make them one: gmailkit labels merge "{each.renamed_from}" "{each.name}"',
            )
    return list(dict.fromkeys(order))


def _is_due(each: Wanted, by_name: Mapping[str, LabelId], names: Mapping[LabelId, str]) -> bool:
    """Whether it is to be renamed, or spelt otherwise, and its name is free."""
    there = by_name.get(each.name.casefold())
    if there is not None:
        return names[there] != each.name
    return bool(each.renamed_from) and each.renamed_from.casefold() in by_name


def _check_above(
    each: Wanted, by_name: Mapping[str, LabelId], names: Mapping[LabelId, str]
) -> None:
    """Gmail refuses a label under one that is spelt otherwise; that is said before."""
    parts = each.name.split("/")
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        id = by_name.get(above.casefold())
        if id is not None and names[id] != above:
            raise Conflict(
                f'{each.where}: "{each.name}" would lie under "{names[id]}", spelt otherwise.',
                hint=f'Write "{names[id]}{each.name[len(above) :]}".',
            )


def _facts(each: Wanted) -> dict[str, object]:
    facts: dict[str, object] = {}
    if each.color:
        facts["color"] = to_json(each.color)
    if each.visibility:
        facts["labelListVisibility"] = each.visibility
    return facts


def _differing(label: Label, facts: Raw) -> dict[str, object]:
    has = {"labelListVisibility": "labelShow", **cast("Raw", to_json(label))}
    return {key: value for key, value in facts.items() if has.get(key) != value}


def _in_words(facts: Raw) -> str:
    words = []
    if color := cast("Mapping[str, str] | None", facts.get("color")):
        back, text = color_name(color["backgroundColor"]), color_name(color["textColor"])
        words.append(f"{back} with {text} letters")
    words += [
        word for word, value in VISIBILITIES.items() if value == facts.get("labelListVisibility")
    ]
    return ", ".join(words)
