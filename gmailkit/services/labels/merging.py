"""Two labels made one: all messages of the first under the second, then the first deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gmailkit.client.client import Client
from gmailkit.errors import UsageError
from gmailkit.model.label import Label
from gmailkit.record.journal import Call, Change
from gmailkit.services.changes.following import following
from gmailkit.services.changes.make import Delta, grouped, relabel
from gmailkit.services.cheapest import modify_units
from gmailkit.services.connect import Connection
from gmailkit.services.labels.definitions import deletion, own, patch
from gmailkit.services.labels.names import LabelNames
from gmailkit.services.rules.own import NamingRule, naming_rules
from gmailkit.wire.methods import find

Pair = tuple[Label, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMerge:
    """What a merge does: each first label of `merged` goes into its second, and is deleted; each
    of `renamed` gets that name. `deltas` are the messages, `filters` the calls that make filters
    name the second, `units` what it costs. `rules` are those of files that name the first.
    """

    merged: tuple[Pair, ...]
    renamed: tuple[tuple[Label, str], ...]
    deltas: tuple[Delta, ...]
    filters: tuple[Call, ...]
    rules: tuple[NamingRule, ...]
    units: int

    @property
    def count(self) -> int:
        return sum(len(delta.ids) for delta in self.deltas)


def plan_merge(connection: Connection, source: str, into: str) -> LabelMerge:
    """What `merge` would do. Labels nested under `source` come to lie under `into`; one that is
    there already is merged as well. They stay where `into` itself lies under `source`.

    NotFound for no such label, UsageError for one of Gmail's own, or the same one twice.
    """
    client = connection.client
    names = LabelNames.of(client)
    first, second = own(names.get(source)), own(names.get(into))
    if first.id == second.id:
        raise UsageError(f'"{first.name}" cannot be merged into itself.')
    merged, renamed = [(first, second)], list[tuple[Label, str]]()
    for label in _below(names, first, second):
        wanted = _spelt(names, second.name + label.name[len(first.name) :])
        there = names.find(wanted)
        if there is None:
            renamed.append((label, wanted))
        elif there.id not in (first.id, label.id):
            merged.append((label, there))
    deltas = _deltas(client, merged)
    units = sum(modify_units(len(delta.ids), client.prices) for delta in deltas)
    units += len(renamed) * find("labels.patch").price(client.prices)
    units += len(merged) * find("labels.delete").price(client.prices)
    filters = _filters(client, merged)
    units += sum(find(call.method).price(client.prices) for call in filters)
    return LabelMerge(
        merged=tuple(merged),
        renamed=tuple(renamed),
        deltas=deltas,
        filters=filters,
        rules=tuple(naming_rules(connection, {label.name for label, _ in merged})),
        units=units,
    )


def merge(
    connection: Connection,
    plan: LabelMerge,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Change:
    """Carry it out: one change, which `undo` takes back. Messages that came under a label since
    the plan are taken along: with the label they would lose it.

    Raises Refused where filters give the label and the sign-in may not change them: then nothing
    was changed.
    """
    client = connection.client
    filters = _filters(client, plan.merged)
    for method in {call.method for call in filters}:
        connection.check_allowed(method)
    first, second = plan.merged[0]
    done = relabel(
        client,
        connection.journal,
        f"merge label {first.name} into {second.name}",
        _deltas(client, plan.merged),
        names={label.id: label.name for pair in plan.merged for label in pair},
        calls=[
            *filters,
            *(patch(label, {"name": name}) for label, name in plan.renamed),
            *(deletion(client, label) for label, _ in plan.merged),
        ],
        on_progress=on_progress,
    )
    if done is None:  # there are calls
        raise AssertionError("a merge deletes a label")
    return done


def _filters(client: Client, merged: Iterable[Pair]) -> tuple[Call, ...]:
    return following(client, {label.id: into.id for label, into in merged})


def _below(names: LabelNames, first: Label, second: Label) -> list[Label]:
    if second.name.startswith(f"{first.name}/"):
        return []
    return [label for label in names.labels if label.name.startswith(f"{first.name}/")]


def _spelt(names: LabelNames, name: str) -> str:
    """Under the labels that are there as these are spelt: Gmail refuses it otherwise."""
    parts = name.split("/")
    for depth in range(1, len(parts)):
        if above := names.find("/".join(parts[:depth])):
            parts[:depth] = above.name.split("/")
    return "/".join(parts)


def _deltas(client: Client, merged: Iterable[Pair]) -> tuple[Delta, ...]:
    pairs = tuple(merged)
    found = grouped(
        (ref.id, frozenset({into.id}), frozenset({label.id}))
        for label, into in pairs
        for ref in client.messages.list(label_ids=[label.id], include_spam_trash=True)
    )
    # Also for messages that come while the others are changed, though none is there now.
    each = [Delta((), frozenset({into.id}), frozenset({label.id})) for label, into in pairs]
    there = {(delta.add, delta.remove) for delta in found}
    return (*found, *(delta for delta in each if (delta.add, delta.remove) not in there))
