"""Labels of all messages back to what a snapshot says: one change, through the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from gmailkit.errors import Conflict, NotFound
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.model.shape import to_json
from gmailkit.record.journal import Call
from gmailkit.record.snapshots import Snapshot
from gmailkit.services.changes.following import returning
from gmailkit.services.changes.make import Delta, relabel
from gmailkit.services.changes.states import States, way
from gmailkit.services.cheapest import modify_units
from gmailkit.services.connect import Connection
from gmailkit.services.labels.difference import Difference, difference
from gmailkit.services.labels.names import WRITABLE
from gmailkit.services.labels.snapshots import NOW, OnProgress, since
from gmailkit.services.quota import estimate
from gmailkit.services.search import find_ids
from gmailkit.wire.methods import find

_DRAFT = LabelId("DRAFT")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """What would change: `deltas` to labels of messages, `remade` labels first, and `filters` that
    gave them, as calls.

    `gone` are messages of the snapshot that are there no more; `drafts` differ too, but Gmail puts
    no labels on drafts. `names` are those of the labels; `units` and `seconds` what the change
    costs. `known` is how the messages are now, at `history_id`. `notes` say what stays as it is,
    and why. So many messages are a `match` for the query; None where all were meant.
    """

    snapshot: Snapshot
    query: str
    deltas: tuple[Delta, ...]
    remade: tuple[Label, ...]
    filters: tuple[Call, ...]
    gone: tuple[str, ...]
    drafts: tuple[str, ...]
    names: Mapping[LabelId, str]
    known: States
    history_id: int
    units: int
    seconds: float | None
    notes: tuple[str, ...] = ()
    match: int | None = None

    @property
    def count(self) -> int:
        """Messages that change."""
        return sum(len(delta.ids) for delta in self.deltas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What was changed; `left` are messages that somebody changed since the plan. `number` is that
    of the journal, None when there was nothing to do. `notes` say what stays as it is, and why.
    """

    count: int
    left: tuple[str, ...]
    number: int | None
    notes: tuple[str, ...] = ()


def plan_rollback(
    connection: Connection,
    name: str,
    *,
    query: str | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> RollbackPlan:
    """What would make the labels what they were, of the messages of `query` or of all.

    Raises NotFound for no such snapshot, Conflict where a label that is gone is needed and another
    bears its name. Mail that arrived since stays as it is.
    """
    connection.snapshots.find(name)
    wanted = None if query is None else {str(id) for id in find_ids(connection.client, query)}
    with difference(connection, name, NOW, on_progress=on_progress) as found:
        return _plan(connection, found, query or "", wanted)


def roll_back(
    connection: Connection,
    plan: RollbackPlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Rollback:
    """Make the change; recorded before. What somebody changed since the plan is left alone."""
    try:
        moved = since(connection.client, plan.history_id)
    except NotFound as error:
        raise Conflict(
            "Gmail does not know any more what changed since the plan was made.",
            hint="Plan it once more.",
        ) from error
    left = tuple(id for delta in plan.deltas for id in delta.ids if id in moved)
    deltas = _without(plan.deltas, set(left))
    if not deltas and not plan.remade:
        return Rollback(count=0, left=left, number=None)
    filters, notes = _filters(connection, plan.remade)  # somebody may have changed them since
    done = relabel(
        connection.client,
        connection.journal,
        f"roll labels back to snapshot {plan.snapshot.name}",
        deltas,
        why=plan.query,
        names=plan.names,
        known=plan.known,
        calls=[*map(_creation, plan.remade), *filters],
        on_progress=on_progress,
    )
    return Rollback(
        count=done.count if done else 0,
        left=left,
        number=done.number if done else None,
        notes=notes,
    )


def _plan(
    connection: Connection, found: Difference, query: str, wanted: set[str] | None
) -> RollbackPlan:
    there = {label.id for label in found.after.labels}
    lost = [
        label
        for label in found.before.labels
        if label.type != "system" and connection.journal.now(label.id) not in there
    ]
    own = {label.id for label in found.after.labels if label.type != "system"}
    writable = WRITABLE | own | {label.id for label in lost}
    deltas, gone, drafts, known = _deltas(found, writable, wanted)
    needed = frozenset[LabelId]().union(*(delta.add for delta in deltas))
    by_name = {label.name.casefold() for label in found.after.labels}
    for label in (each for each in lost if each.name.casefold() in by_name):
        if label.id in needed:
            raise _name_taken(label)
    lost = [label for label in lost if label.name.casefold() not in by_name]
    remade = tuple(label for label in lost if wanted is None or label.id in needed)
    prices = connection.client.prices
    units = sum(modify_units(len(delta.ids), prices) for delta in deltas)
    units += len(remade) * find("labels.create").price(prices)
    filters, notes = _filters(connection, remade)
    units += sum(find(call.method).price(prices) for call in filters)
    return RollbackPlan(
        snapshot=found.before,
        query=query,
        deltas=deltas,
        remade=remade,
        filters=filters,
        gone=gone,
        drafts=drafts,
        names=found.names,
        known=known,
        history_id=found.after.history_id,
        units=units,
        seconds=estimate(connection, units).seconds,
        notes=notes,
        match=None if wanted is None else len(wanted),
    )


def _filters(
    connection: Connection, remade: Iterable[Label]
) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """The calls by which filters follow labels that are made again; or why they stay."""
    ids = [connection.journal.now(label.id) for label in remade]
    if not ids:
        return (), ()
    calls, why = returning(connection.client, ids, connection.check_allowed)
    return calls, (why,) if why else ()


def _deltas(
    found: Difference, writable: Iterable[LabelId], wanted: set[str] | None
) -> tuple[tuple[Delta, ...], tuple[str, ...], tuple[str, ...], States]:
    """Deltas, messages that are gone, drafts, and what the messages bear now."""
    groups: dict[tuple[frozenset[LabelId], frozenset[LabelId]], list[str]] = {}
    gone, drafts = list[str](), list[str]()
    known: States = {}
    can = frozenset(writable)
    for each in found.messages():
        if each.before is None or (wanted is not None and each.id not in wanted):
            continue
        if each.after is None:
            gone.append(each.id)
            continue
        then = (each.before & can) | (each.after - can)
        if then == each.after:
            continue
        both = way(each.after, then)
        if _DRAFT in each.before | each.after:
            drafts.append(each.id)
            continue
        groups.setdefault(both, []).append(each.id)
        known[each.id] = each.after
    deltas = tuple(
        Delta(tuple(ids), add, remove)
        for (add, remove), ids in sorted(groups.items(), key=lambda item: -len(item[1]))
    )
    return deltas, tuple(gone), tuple(drafts), known


def _without(deltas: Iterable[Delta], left: set[str]) -> list[Delta]:
    kept = (replace(d, ids=tuple(id for id in d.ids if id not in left)) for d in deltas)
    return [delta for delta in kept if delta.ids]


def _name_taken(label: Label) -> Conflict:
    return Conflict(
        f'The label "{label.name}" of the snapshot is gone, and another bears its name.',
        hint="Rename that one first: gmailkit labels rename",
    )


def _creation(label: Label) -> Call:
    """As it was, with its colour; `former` tells the journal which id is renewed."""
    whole = cast("dict[str, object]", to_json(label))
    body = {key: value for key, value in whole.items() if key not in ("id", "type")}
    return Call(method="labels.create", body=body, former=whole)
