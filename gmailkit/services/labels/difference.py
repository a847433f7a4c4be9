"""What changed between two snapshots: for each label, and for each message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.record.journal import Journal
from gmailkit.record.snapshots import Bearing, Snapshot
from gmailkit.services.connect import Connection
from gmailkit.services.labels.snapshots import OnProgress, opened

Labels = frozenset[LabelId]


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A message whose labels differ. None: it was not there."""

    id: str
    before: Labels | None
    after: Labels | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """A label that differs: how many messages `came` under it and `went`, with those that arrived
    or are gone. `former` is the name it had.
    """

    name: str
    change: Literal["", "new", "gone", "renamed"] = ""
    former: str = ""
    came: int = 0
    went: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`labels` that differ, by name; messages `changed`, `arrived`, and `gone`.

    `messages()` reads them one by one; ids of labels are those of `after`, and `names` has the
    names. It works as long as the snapshots are there.
    """

    before: Snapshot
    after: Snapshot
    labels: tuple[LabelCounts, ...]
    changed: int
    arrived: int
    gone: int
    names: Mapping[LabelId, str]
    messages: Callable[[], Iterator[MessageChange]]


@contextmanager
def difference(
    connection: Connection,
    before: str,
    after: str,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Iterator[Difference]:
    """Two snapshots, by name or number, or "now", compared. Raises NotFound."""
    store = connection.snapshots
    with ExitStack() as stack:
        old = stack.enter_context(opened(connection, before, on_progress=on_progress))
        new = (
            old
            if before.casefold() == after.casefold()
            else stack.enter_context(opened(connection, after, on_progress=on_progress))
        )
        same = matching(connection.journal, old.labels, new.labels)
        yield _counted(
            old, new, same, lambda: _merged(store.bearing(old), store.bearing(new), same)
        )


def matching(
    journal: Journal, before: Iterable[Label], after: Iterable[Label]
) -> dict[LabelId, LabelId]:
    """Labels of one moment that are there at the other, by their ids then and there.

    By id, also where gmailkit has made a deleted label again; then by name, where somebody else
    has.
    """
    there = {journal.now(label.id): label.id for label in after}
    same = {label.id: there[now] for label in before if (now := journal.now(label.id)) in there}
    taken = set(same.values())
    by_name = {label.name.casefold(): label.id for label in after if label.id not in taken}
    return same | {
        label.id: by_name[name]
        for label in before
        if label.id not in same and (name := label.name.casefold()) in by_name
    }


def _merged(
    before: Bearing, after: Bearing, same: Mapping[LabelId, LabelId]
) -> Iterator[MessageChange]:
    """The messages that differ, in the order of ids, of two that come in that order."""
    nothing = ("", frozenset[LabelId]())
    old, new = next(before, nothing), next(after, nothing)
    while old[0] or new[0]:
        id = min(filter(None, (old[0], new[0])))
        was = frozenset(same.get(label, label) for label in old[1]) if old[0] == id else None
        now = new[1] if new[0] == id else None
        if was != now:
            yield MessageChange(id, was, now)
        if old[0] == id:
            old = next(before, nothing)
        if new[0] == id:
            new = next(after, nothing)


def _counted(
    old: Snapshot,
    new: Snapshot,
    same: Mapping[LabelId, LabelId],
    messages: Callable[[], Iterator[MessageChange]],
) -> Difference:
    came, went = Counter[LabelId](), Counter[LabelId]()
    kinds = Counter[str]()
    for each in messages():
        kinds[
            "arrived" if each.before is None else "gone" if each.after is None else "changed"
        ] += 1
        was, now = each.before or frozenset(), each.after or frozenset()
        came.update(now - was)
        went.update(was - now)
    former = {same.get(label.id, label.id): label for label in old.labels}
    names = {id: label.name for id, label in former.items()}
    names |= {label.id: label.name for label in new.labels}
    present = {label.id for label in new.labels}
    found = [
        LabelCounts(
            name=name,
            change=_change(former.get(id), name, there=id in present),
            former=former[id].name if id in former and former[id].name != name else "",
            came=came[id],
            went=went[id],
        )
        for id, name in sorted(names.items(), key=lambda each: each[1].casefold())
    ]
    return Difference(
        before=old,
        after=new,
        labels=tuple(each for each in found if each.change or each.came or each.went),
        changed=kinds["changed"],
        arrived=kinds["arrived"],
        gone=kinds["gone"],
        names=names,
        messages=messages,
    )


def _change(
    former: Label | None, name: str, *, there: bool
) -> Literal["", "new", "gone", "renamed"]:
    if former is None:
        return "new"
    if not there:
        return "gone"
    return "renamed" if former.name != name else ""
