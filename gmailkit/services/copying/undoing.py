"""A copy into files or a mailbox on a server, taken back: what it added and nobody changed since.

Nothing is deleted for good: on a server it lies in Trash, of files beside the store (PATH.undone).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gmailkit.errors import CannotDo, Conflict, NotFound, to_type
from gmailkit.model.item import Item, Ref
from gmailkit.record.additions import BY_SANDBOX, Addition, Additions
from gmailkit.services.copying.outcomes import in_order
from gmailkit.services.places import Places
from gmailkit.stores.door import beside
from gmailkit.stores.locate import FILES, Location
from gmailkit.stores.protocol import Source, Undoing

_PAGE = 50  # taken back before that is written down


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyUndo:
    """What taking back copy `number` into `place` would do: `refs` go; `left` were changed or moved
    since, or are gone, and stay as they are. `kept` is where those that go lie then.
    """

    number: int
    place: str
    source: str
    refs: tuple[Ref, ...]
    left: tuple[Ref, ...]
    kept: str


def copies_into(places: Places, name: str) -> Iterator[Addition]:
    """The copies into that store, newest first. Raises CannotDo for one that gives nothing back."""
    yield from places.additions(places.source(_located(places, name))).all()


def plan_undo_copy(places: Places, name: str, number: int | None = None) -> CopyUndo:
    """What `undo_copy` would do; nothing is changed. Raises as that."""
    location = _located(places, name)
    there = places.source(location)
    return _plan(there, _found(places.additions(there), number), location)


def undo_copy(
    places: Places,
    name: str,
    number: int | None = None,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> CopyUndo:
    """Take back a copy into the store of that name, without a number the last one. Stopped at any
    point, the same call goes on.

    Raises NotFound for no such copy, Conflict for one that is taken back, CannotDo for a store that
    gives nothing back, or where that would touch other mail, and what opening the store raises.
    """
    location = _located(places, name)
    with places.target(location) as target:
        additions = places.additions(target)
        addition = _found(additions, number)
        if not isinstance(target, Undoing):
            raise _gives_nothing(location)
        plan = _plan(target, addition, location)
        before, done = addition.state, 0
        going = set(plan.refs)
        back = [Ref(ref) for ref, came in addition.settled.items() if came in going]
        places.give_back(addition.head.source, location, back)
        additions.turn(addition, "undoing")
        gone = target.discard(plan.refs)
        try:
            while page := list(islice(gone, _PAGE)):
                target.flush()
                additions.take(addition, page)
                on_progress(done := done + len(page), len(plan.refs))
        except CannotDo:
            if not done:  # it stays as it was
                additions.turn(addition, before)
            raise
        additions.turn(addition, "undone")
    return plan


def _located(places: Places, name: str) -> Location:
    location = places.locate(name)
    if location.scheme == "backup":
        raise _gives_nothing(location)
    return location


def _gives_nothing(location: Location) -> CannotDo:
    if location.scheme == "backup":
        return CannotDo(
            "A backup only grows: nothing is taken out of it.",
            hint="Mail that was copied there lies under an account of its own, and no other mail "
            "is changed by it: " + to_type("backup", "status", location.path),
        )
    return CannotDo(f"{location.scheme}: gives nothing back that was copied there.")


def _found(additions: Additions, number: int | None) -> Addition:
    if number is None:
        every = (each for each in additions.all() if each.state != "undone")
        made = (each for each in every if each.came or each.begun or each.state == "undoing")
        found = next(made, None)
        if found is None:
            raise NotFound(
                f"There is no copy into {additions.place} to take back.",
                hint=BY_SANDBOX,
            )
        return found
    found = additions.find(number)
    if found.state == "undone":
        raise Conflict(f"Copy {number} into {additions.place} is taken back already.")
    return found


def _plan(there: Source, addition: Addition, location: Location) -> CopyUndo:
    same = dict(_same(there, addition))
    left = tuple(Ref(came) for came in addition.came if came not in same)
    return CopyUndo(
        number=addition.number,
        place=there.name,
        source=addition.head.source,
        refs=tuple(same),
        left=() if addition.state == "undoing" else left,  # those have gone with the first try
        kept=str(beside(Path(location.path).expanduser())) if location.scheme in FILES else "Trash",
    )


def _same(there: Source, addition: Addition) -> Iterator[tuple[Ref, None]]:
    """What is there as the copy added it: the same bytes, and no label that came since, but that of
    Trash by an undo that was killed.
    """
    others = frozenset({"DRAFT", "TRASH"} if addition.state == "undoing" else {"DRAFT"})
    came = {Ref(name): {each.hash: frozenset(each.labels)} for name, each in addition.came.items()}
    for ref, got in there.fetch(in_order(there, _Left(set(came)))):
        if isinstance(got, Item) and _is_as(got, came[ref], others):
            yield ref, None
    if addition.begun:  # by a run that was killed; it was not there when that was written down
        maybe = {each.hash: frozenset(each.labels) for each in addition.begun.values()}
        for ref, got in there.fetch(each for each in there.refs() if each not in came):
            if isinstance(got, Item) and _is_as(got, maybe, others):
                yield ref, None


@dataclass(frozen=True, slots=True)
class _Left:
    names: set[Ref]

    def take(self, names: Collection[Ref]) -> set[Ref]:
        taken = self.names.intersection(names)
        self.names.difference_update(taken)
        return taken

    def rest(self) -> Iterator[Ref]:
        return iter(sorted(self.names))


def _is_as(item: Item, known: Mapping[str, frozenset[str]], others: frozenset[str]) -> bool:
    labels = known.get(item.content.digest_with_crlf)
    return labels is not None and item.labels - others <= labels
