"""What takes a change back: which messages lose and get which labels, and which calls are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from gmailkit.client.client import Client
from gmailkit.errors import Refused
from gmailkit.model.counted import count_text
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
from gmailkit.services.changes.make import Delta, grouped
from gmailkit.services.changes.reverse import Left, reverse
from gmailkit.services.changes.standing import Later, after, later
from gmailkit.services.changes.states import PLACES, TRASH, States, of_one, states, way
from gmailkit.services.changes.sure import doubts
from gmailkit.services.labels import LabelNames

Allowed = Callable[[str], None]  # raises Refused for a method that the sign-in cannot call
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


def taking_back(client: Client, journal: Journal, change: Change, allowed: Allowed) -> UndoPlan:
    """What would take that change back, as `plan_undo` tells it; nothing is changed."""
    return _Planner(client, journal, change, allowed).plan()


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
            messages = count_text(count, "message")
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
            others = [ref for ref in bearing if ref not in own or id in self._later.get(ref, {})]
            why = self._where(id, others, beside=bool(own))
            if not others and id in given:
                why = f"is given by a filter by now, the one for {given[id]}"
            if others or id in given:
                self._notes.append(f"The label {call.former.get('name')} {why}: it stays.")
            else:
                yield call

    def _where(self, label: LabelId, messages: Collection[MessageId], *, beside: bool) -> str:
        """On what a label is, in words; `beside` messages that the change touched itself."""
        count = count_text(len(messages), "other message" if beside else "message")
        away = set(self._bearing(label, TRASH)) if messages else set()
        return f"is on {count}{' in Trash' if away.issuperset(messages) else ''} by now"

    def _bearing(self, *labels: LabelId) -> list[MessageId]:
        found = self._client.messages.list(label_ids=labels, include_spam_trash=True)
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
