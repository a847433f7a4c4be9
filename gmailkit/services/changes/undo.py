"""A change that was made, taken back: what is as the change left it becomes what it was before.

What somebody changed since is left alone, and named. The undo is a change of its own, so it can be
undone as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from gmailkit.client.client import Client
from gmailkit.errors import Conflict, NotFound, Refused
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.record.journal import Call, Change, Journal, Touched
from gmailkit.services.changes.following import (
    CREATE,
    DELETE,
    LIST,
    backwards,
    filters_giving,
    giving,
    returning,
    stay_as_they_are,
    without_pairs,
)
from gmailkit.services.changes.make import (
    Delta,
    OnProgress,
    answered,
    as_of_today,
    carry_out,
    grouped,
    relabel_alone,
)
from gmailkit.services.changes.reverse import Left, reverse
from gmailkit.services.changes.standing import Later, after, later
from gmailkit.services.changes.states import (
    INBOX,
    PLACES,
    TRASH,
    States,
    of_one,
    states,
    way,
)
from gmailkit.services.changes.sure import answer_if_made, doubts
from gmailkit.services.labels import LabelNames

Allowed = Callable[[str], None]
_Delta = tuple[str, frozenset[LabelId], frozenset[LabelId]]  # an id, labels to add, to remove
_PUT_IN = frozenset({"messages.import", "messages.insert"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """What taking back `change` would do: `deltas` to labels of messages, and `calls`.

    `left` are ids of messages that somebody moved since (or that are gone): they stay as they are.
    `notes` say what else is left as it is, and why. `known` is how the messages are now. Where
    nothing is left to take back, `before` is the number of the change before it that can be.
    """

    change: Change
    deltas: tuple[Delta, ...]
    calls: tuple[Call, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]
    known: States
    before: int | None = None

    @property
    def empty(self) -> bool:
        """Nothing is left to take back."""
        return not (self.deltas or self.calls)

    @property
    def count(self) -> int:
        """Messages that become what they were."""
        return sum(len(delta.ids) for delta in self.deltas)

    def without(self, gone: Collection[str]) -> UndoPlan:
        """The same where some messages turned out to be gone: a listing does not tell."""
        deltas = (
            replace(delta, ids=tuple(id for id in delta.ids if id not in gone))
            for delta in self.deltas
        )
        return replace(self, deltas=tuple(deltas), left=(*self.left, *gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What became of a change that was cut short: the `change` itself, finished, or the one that
    took it back. `notes` say what nobody can tell of it, or what is left as it is; `left` are ids
    of messages that somebody moved since, or that are gone.
    """

    change: Change
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def plan_undo(
    client: Client,
    journal: Journal,
    number: int | None = None,
    *,
    allowed: Allowed = lambda method: None,
) -> UndoPlan:
    """What `undo` would do; nothing is changed. Without a number: the last change that can be.

    `allowed` raises Refused for a method that the sign-in cannot call: filters follow a label that
    comes back only where they may. Raises NotFound for no such change, Conflict for one that is
    undone, cut short, or for good.
    """
    change = _last(journal) if number is None else journal.find(number)
    _check(change)
    plan = _Planner(client, journal, change, allowed).plan()
    return replace(plan, before=_before(journal, change)) if plan.empty else plan


def undo(
    client: Client,
    journal: Journal,
    number: int | None = None,
    *,
    allowed: Allowed = lambda method: None,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[Change | None, UndoPlan]:
    """Take a change back, the last one without a number: the change that does so, and what it did.
    None where nothing is left to take back: then nothing is recorded, and it does not count as
    undone. Raises as `plan_undo`.
    """
    with journal.alone():  # so nobody takes it back at the same time
        plan = plan_undo(client, journal, number, allowed=allowed)
        if plan.empty:
            return None, plan
        done, gone = relabel_alone(
            client,
            journal,
            f"undo {plan.change.number}: {plan.change.what}",
            plan.deltas,
            names=plan.change.names,
            known=plan.known,
            calls=plan.calls,
            undoes=plan.change.number,
            on_progress=on_progress,
        )
    return done, plan.without(gone)


def recover(
    client: Client,
    journal: Journal,
    number: int,
    *,
    roll_back: bool = False,
    allowed: Allowed = lambda method: None,
) -> Recovery:
    """Finish a change that was cut short, or take back what was made of it. One of which nothing
    was made counts as "refused", one of which somebody has left nothing since as "moot".

    Raises NotFound for no such change, Conflict for one that is not cut short.
    """
    with journal.alone():  # so nobody is about it any more
        change = journal.find(number)
        if change.state != "begun":
            raise Conflict(
                f"Change {number} was not cut short.", hint=f"gmailkit journal show {number}"
            )
        if not roll_back:
            left = _moved_since(client, journal, change)
            done = carry_out(client, journal, change, again=True, left=left)
            return Recovery(change=done, notes=doubts(done), left=left)
        calls = [_if_made(client, journal, call) for call in change.calls]
        journal.note(number, calls)
        change = journal.end(number)
    back, plan = undo(client, journal, number, allowed=allowed)
    if back is None and not plan.notes and not any(call.made for call in calls):
        change = journal.end(number, "moot" if plan.left else "refused")
    return Recovery(change=back or change, notes=plan.notes, left=plan.left)


def _moved_since(client: Client, journal: Journal, change: Change) -> tuple[str, ...]:
    """The messages that lie neither where they lay before nor where the change puts them: somebody
    moved them since it was cut short.
    """
    if not PLACES & set(change.watched):
        return ()
    touched = list(journal.touched(change))
    known = states(client, [each.id for each in touched], PLACES)

    def is_moved(each: Touched) -> bool:
        made = after(change, each) & PLACES
        halfway = made - {INBOX}  # it is put there last
        return known.get(each.id, made) not in (each.had & PLACES, made, halfway)

    return tuple(each.id for each in touched if is_moved(each))


def _if_made(client: Client, journal: Journal, call: Call) -> Call:
    """With its answer, where it was made and that was lost."""
    answer = None if call.made else answer_if_made(client, as_of_today(journal, call))
    return call if answer is None else answered(journal, call, answer)


def _last(journal: Journal) -> Change:
    for change in journal.changes(states=("done", "begun")):
        if change.state == "begun":  # an older one is not what anybody means by the last
            _check(change)
        if _can_be_undone(change):
            return change
    raise NotFound("There is nothing to undo.", hint="To see all changes: gmailkit journal")


def _before(journal: Journal, change: Change) -> int | None:
    older = (each for each in journal.changes(states=("done",)) if each.number < change.number)
    return next((each.number for each in older if _can_be_undone(each)), None)


def _can_be_undone(change: Change) -> bool:
    made = change.count or change.calls  # a restore may find that all is there already
    return bool(made) and not (change.undone_by or change.undoes or change.for_good)


def _check(change: Change) -> None:
    number = change.number
    if change.state == "begun":
        raise Conflict(
            f"Change {number} was cut short.",
            hint=f"To finish it or take it back: gmailkit journal recover {number}",
        )
    if change.state == "refused":
        raise Conflict(f"Nothing was made of change {number}: Gmail refused it, or never got it.")
    if change.state == "moot":
        raise Conflict(
            f"Change {number} was cut short and rolled back: somebody had changed all of it since."
        )
    if change.undone_by:
        raise Conflict(
            f"Change {number} is undone already, by change {change.undone_by}.",
            hint=f"To make it again: gmailkit undo {change.undone_by}",
        )
    if change.for_good:
        raise Conflict(f"Change {number} cannot be undone: {change.what}.")


class _Planner:
    def __init__(self, client: Client, journal: Journal, change: Change, allowed: Allowed) -> None:
        self._client = client
        self._journal = journal
        self._change = change
        self._allowed = allowed
        self._notes = [*doubts(change), *change.stays]
        self._left: list[str] = []
        self._later: Later = {}
        self._stands: Counter[int] = Counter()  # messages by the later change that keeps them

    def plan(self) -> UndoPlan:
        touched = list(self._journal.touched(self._change))
        calls = self._permitted(without_pairs(self._journal, tuple(self._calls())))
        self._later = later(self._journal, self._change, [each.id for each in touched])
        calls = tuple(self._without_needed(calls, {each.id for each in touched}))
        calls = (*calls, *self._following(calls))
        with suppress(Refused):  # who may not read filters is not told
            self._allowed(LIST)
            self._notes += giving(self._client, calls)
        today = self._today(
            {self._journal.now(LabelId(str(call.former.get("id")))) for call in calls}
        )
        labels = {today[label] for label in self._change.watched if label in today}
        known = states(self._client, [each.id for each in touched], labels)
        deltas = chain(
            self._deltas(touched, today, known),
            self._carrying(calls, known),
            self._put_in(known),
        )
        whole = grouped(deltas)
        for number, count in sorted(self._stands.items()):
            messages = f"{count:,} message{'' if count == 1 else 's'}"
            self._notes.append(f"What change {number} did since to {messages} stays.")
        return UndoPlan(
            change=self._change,
            deltas=whole,
            calls=calls,
            left=tuple(self._left),
            notes=tuple(dict.fromkeys(self._notes)),
            known=known,
        )

    def _calls(self) -> Iterator[Call]:
        calls = (call for call in reversed(self._change.calls) if call.made)
        taken = [(call, self._reverse(call)) for call in calls if call.method not in _PUT_IN]
        for (_, found), back in zip(taken, backwards(taken), strict=True):
            if back:
                yield back
            elif found:
                self._notes.append("A filter stays away: what took its place was deleted since.")

    def _reverse(self, call: Call) -> Call | None:
        try:
            return reverse(self._client, self._journal, call)
        except Left as left:
            self._notes.append(str(left))
            return None

    def _permitted(self, calls: tuple[Call, ...]) -> tuple[Call, ...]:
        """Without what is done to filters where the sign-in cannot, and a label comes back: its
        mail is put right all the same. Else Refused, before anything is done: a filter would give
        a label that is gone.
        """
        filters = {each.method for each in calls} & {CREATE, DELETE}
        try:
            for method in sorted(filters):
                self._allowed(method)
        except Refused as error:
            if all(each.method != "labels.create" for each in calls):
                raise
            self._notes.append(stay_as_they_are(error))
            return tuple(each for each in calls if each.method not in filters)
        return calls

    def _without_needed(self, calls: tuple[Call, ...], own: Collection[str]) -> Iterator[Call]:
        """A label that was made on the way to something else stays where it holds more by now than
        the change's `own` messages, or those by a later change too, or a filter gives it.
        """
        made = {
            self._journal.now(call.stands_in)
            for call in self._change.calls
            if call.stands_in and call.made
        }
        given: Mapping[str, str] = {}
        with suppress(Refused):
            self._allowed(LIST)
            given = filters_giving(self._client, made, calls)
        for call in calls:
            id = LabelId(str(call.params.get("id")))
            if call.method != "labels.delete" or id not in made:
                yield call
                continue
            bearing = self._bearing(id)
            others = sum(ref not in own or id in self._later.get(ref, {}) for ref in bearing)
            why = f"is on {others:,} other message{'' if others == 1 else 's'} by now"
            if not others and id in given:
                why = f"is given by a filter by now, the one for {given[id]}"
            if others or id in given:
                self._notes.append(f"The label {call.former.get('name')} {why}: it stays.")
            else:
                yield call

    def _bearing(self, label: LabelId) -> list[MessageId]:
        found = self._client.messages.list(label_ids=[label], include_spam_trash=True)
        return [ref.id for ref in found]

    def _following(self, calls: tuple[Call, ...]) -> tuple[Call, ...]:
        """What makes the filters follow the labels that come back under new ids."""
        ids = {
            self._journal.now(LabelId(str(call.former["id"])))
            for call in calls
            if call.method == "labels.create" and call.former.get("id")
        }
        found, why = returning(self._client, ids, self._allowed)
        self._notes += [why] if why and ids and why not in self._notes else []
        return found

    def _today(self, remade: set[LabelId]) -> dict[LabelId, LabelId]:
        """The labels that are watched, by the ids they bear now; those that are gone are left out,
        unless they will be made again.
        """
        there = {label.id for label in LabelNames.of(self._client).labels}
        never_made = {call.stands_in for call in self._change.calls}
        found = {}
        for label in self._change.watched:
            now = self._journal.now(label)
            if now in there or now in remade:
                found[label] = now
            elif now not in never_made:
                self._notes.append(f"The label {self._change.names.get(label, label)} is gone.")
        return found

    def _deltas(
        self, touched: list[Touched], today: dict[LabelId, LabelId], known: States
    ) -> Iterator[_Delta]:
        """What each message gets back and loses."""
        for each in touched:
            if each.id not in known:
                self._left.append(each.id)
                continue
            now = frozenset(old for old, new in today.items() if new in known[each.id])
            changed, moved = _changed(self._change, each, now)
            if moved:
                self._left.append(each.id)
            changed -= self._kept(each.id, changed, today)
            add, remove = way(now, now ^ changed)
            yield (
                each.id,
                frozenset(today[label] for label in add if label in today),
                frozenset(today[label] for label in remove if label in today),
            )

    def _kept(
        self, id: str, changed: frozenset[LabelId], today: dict[LabelId, LabelId]
    ) -> frozenset[LabelId]:
        """What of this a later change made so once more, and thus keeps so."""
        since = self._later.get(id, {})
        numbers = {label: since[today[label]] for label in changed if today.get(label) in since}
        self._stands.update(set(numbers.values()))
        kept = frozenset(numbers)
        return kept | (changed & PLACES) if kept & PLACES else kept

    def _carrying(self, calls: tuple[Call, ...], known: States) -> Iterator[_Delta]:
        """The messages that lose a label with the label itself: so that it can come back."""
        for call in calls:
            if call.method == "labels.delete":
                label = LabelId(str(call.params["id"]))
                for id in self._bearing(label):
                    known[id] = known.get(id, frozenset()) | {label}
                    yield id, frozenset(), frozenset({label})

    def _put_in(self, known: States) -> Iterator[_Delta]:
        """The messages that were put in go to Trash, unless somebody moved them since."""
        for call in self._change.calls:
            if not (call.made and call.method in _PUT_IN):
                continue
            id, made = str(call.answer.get("id")), PLACES & set(call.answer.get("labelIds", ()))
            now = of_one(self._client, id, PLACES).get(id)
            if id in call.there:
                self._notes.append("It was there before: it stays.")
            elif now is None or now != made:
                self._left.append(id)
            else:
                known[id] = now
                yield id, frozenset({TRASH}), frozenset()


def _changed(
    change: Change, touched: Touched, now: frozenset[LabelId]
) -> tuple[frozenset[LabelId], bool]:
    """Labels that a message got or lost and that are so still, and whether somebody moved the
    message since.
    """
    had, made = touched.had, after(change, touched)
    changed = had ^ made
    moved = False
    if changed & PLACES and now & PLACES != made & PLACES:
        moved = now & PLACES != had & PLACES
        changed -= PLACES
    return frozenset(each for each in changed if (each in now) == (each in made)), moved
